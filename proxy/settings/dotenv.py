"""The contents of an ``.env`` file, read as ``serve`` reads it: by python-dotenv.

It is imported only where there is a file: the commands that probes start should start fast.
"""

import contextlib
import io
import logging
import os
import re
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from proxy.errors import BadValue, SettingsError
from proxy.words import Phrase, Said, phrase

# It logs each line that it cannot read, at every reading; `unreadable` tells that better. We set a
# level, because a later configuration of logging enables a disabled logger again.
logging.getLogger("dotenv.main").setLevel(logging.CRITICAL + 1)


def text_of(file: Path, *, named: bool = False) -> str:
    """Return the text of a file of settings, nothing if there is none; raise SettingsError.

    A file that cannot be read is an error, since its rules and its upstream would be left out. So
    is a missing file that was ``named``.
    """
    if file == Path(os.devnull):
        return ""
    try:
        return _text(file)
    except FileNotFoundError:
        if file.is_symlink():
            raise wrong(file, phrase("file.dead-link")) from None
        if named:
            absent = BadValue(phrase("value.no-file", path=str(file)))
            raise SettingsError([absent.of("BREB_ENV_FILE")]) from None
        return ""
    except OSError as error:
        raise wrong(file, phrase("file.unreadable", why=why_not(file, error))) from None


def why_not(file: Path, error: OSError, *, replaced: bool = False) -> Said:
    """Word the error that ``file`` cannot be read or, if it is to be ``replaced``, not be that."""
    if sys.platform == "win32":  # which calls it "permission denied", or has its own words
        from proxy.windows import files

        if files.held(file, files.REPLACE if replaced else files.READ):
            return phrase("file.held")
    return error.strerror or str(error)


def wrong(place: Path, what: Phrase) -> SettingsError:
    """Word the error that a file or a folder cannot be used."""
    return SettingsError([phrase("file.wrong", path=str(place), what=what)])


def refuse_foreign(file: Path) -> None:
    """Raise SettingsError for a file that nobody named, if another user made it.

    Such a file decides where the credentials are sent. Under sudo, the user who called it is
    trusted, too.
    """
    if sys.platform == "win32":
        return
    trusted = {0, os.getuid()}
    if os.getuid() == 0 and os.environ.get("SUDO_UID", "").isdecimal():
        trusted.add(int(os.environ["SUDO_UID"]))
    with contextlib.suppress(OSError):  # no file, or an error that its reader reports
        owner = file.stat().st_uid
        if owner not in trusted:
            raise wrong(file, phrase("file.of-another", uid=owner, path=str(file)))


_LONGEST = 262_144  # characters
_BLANKS = re.compile(r"[^\S\r\n]{256}")
_ESCAPED = re.compile(r'^[^#\n=]*=[ \t]*"[A-Za-z]:\\', re.MULTILINE)  # "C:\new" has a line break
_OPEN = 20  # references


def unsafe(text: str) -> Phrase | None:
    """Return why python-dotenv would take for ever to read a text: its patterns are quadratic."""
    if len(text) > _LONGEST:
        return phrase("file.long", most=_LONGEST)
    if _BLANKS.search(text):
        return phrase("file.blanks")
    if sum("}" not in part for part in text.split("${")) > _OPEN + 1:
        return phrase("file.references", most=_OPEN)
    return None


def _text(file: Path) -> str:
    if not stat.S_ISREG(file.stat().st_mode):  # Docker mounts a directory where there is no file
        raise wrong(file, phrase("file.not-regular"))
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # of UTF-16 without a mark every other byte of ASCII is zero
        raise wrong(file, phrase("file.not-utf8"))
    if sys.platform == "win32" and (path := _ESCAPED.search(text)):
        line = text.count("\n", 0, path.start()) + 1
        raise wrong(file, phrase("file.escape", line=line))
    if why := unsafe(text):
        raise wrong(file, phrase("file.unsafe", why=why))
    return text


def assigned(text: str) -> dict[str, str]:
    """Return the settings in the text of such a file, names in capitals.

    Values stand with their references to the environment (``${NAME}``) resolved.
    """
    if not text:
        return {}
    from dotenv import dotenv_values

    found = dotenv_values(stream=io.StringIO(text))
    return {name.upper(): value for name, value in found.items() if value is not None}


def names(text: str) -> list[str]:
    """Return the name of each line, as it is written, as often as it stands there."""
    if not text:
        return []
    from dotenv.parser import parse_stream

    return [binding.key for binding in parse_stream(io.StringIO(text)) if binding.key]


def unreadable(text: str) -> list[tuple[int, str]]:
    """Return number and words of each line that sets nothing, and is no comment."""
    if not text:
        return []
    from dotenv.parser import parse_stream

    found = []
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key and binding.value is None):
            words = binding.original.string
            blank = words[: len(words) - len(words.lstrip())]  # empty lines before it
            found.append((binding.original.line + blank.count("\n"), words))
    return found


def unresolved(text: str) -> list[str]:
    """Return the names whose values lose a ``${NAME}``, since nothing has that name.

    python-dotenv replaces it by nothing, in quotes of either kind as well.
    """
    if "${" not in text:
        return []
    from dotenv.parser import parse_stream
    from dotenv.variables import Variable, parse_variables

    known, found = set(os.environ), []
    for binding in parse_stream(io.StringIO(text)):
        if binding.key is None:
            continue
        if any(
            isinstance(atom, Variable) and atom.default is None and atom.name not in known
            for atom in parse_variables(binding.value or "")
        ):
            found.append(binding.key)
        known.add(binding.key)
    return found


def rewrite(file: Path, values: Mapping[str, str | None]) -> None:
    """Set ``values`` in ``file``, which only its owner can read then; None takes a name out.

    All other lines stay as they are. The file is replaced at once, or not at all; raises OSError.
    """
    from dotenv.parser import parse_stream

    text = file.read_text(encoding="utf-8") if file.exists() else ""
    kept = "".join(
        line.original.string
        for line in parse_stream(io.StringIO(text))
        if line.key is None or line.key.upper() not in values
    )
    if kept and not kept.endswith("\n"):
        kept += "\n"
    added = "".join(
        f"{name}={_quoted(value)}\n" for name, value in values.items() if value is not None
    )
    target = file.resolve()  # a link stays; its target is replaced
    descriptor, made = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as new:
            if sys.platform == "win32":  # before the secret is in it
                from proxy.windows import acl

                if target.exists():
                    acl.copy(target, Path(made))
                acl.keep(Path(made))
            new.write(kept + added)
        Path(made).replace(target)
    except BaseException:
        Path(made).unlink()
        raise


def _quoted(value: str) -> str:
    """Quote what needs it: some readers of such files take quotes as part of the value."""
    if re.fullmatch(r"[A-Za-z0-9._~+/=@:-]+", value):
        return value
    return "'" + value.replace("\\", r"\\").replace("'", r"\'") + "'"
