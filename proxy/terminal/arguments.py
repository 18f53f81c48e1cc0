"""The command line's arguments: help, errors of one line; secrets are neither taken nor repeated.

Words are imported where something is wrong: the version and most starts say none.

Exit codes: 0 success; 1 failure; 2 wrong settings or usage; 3 an address is in use; 4 no
proxy answers; 130 interrupted; 5 to 8 belong to the ledger's commands.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn

from proxy.invocation import typed
from proxy.terminal.argparse_words import in_the_readers_language
from proxy.terminal.language import worded
from proxy.terminal.plain import plain

if TYPE_CHECKING:
    from proxy.errors import SettingsError
    from proxy.words import Phrase, Said

OK, FAILED, USAGE, TAKEN, UNREACHED, INTERRUPTED = 0, 1, 2, 3, 4, 130
_SECRETS = {
    "--client-id": "BREB_CLIENT_ID",
    "--client-secret": "BREB_CLIENT_SECRET",
    "--caller-key": "BREB_CALLER_KEY",
    "--egress-credentials": "BREB_EGRESS_CREDENTIALS",
    "--database-password": "BREB_DATABASE_PASSWORD",
}
_WIDEST = 100  # characters; longer lines are hard to read
_INSTEAD = {"--port": "--listen", "--host": "--listen", "--url": "--base-url"}  # others' names


class Parser(argparse.ArgumentParser):
    """Says an error in one line, and never repeats a possible secret.

    ``hint`` names the command that an unknown option belongs to, if there is one.
    """

    hint: "Callable[[str], Said]" = staticmethod(lambda flag: "")

    def __init__(self, command: str, about: str, codes: str) -> None:
        super().__init__(
            prog=f"breb-proxy {command}",
            usage=f"breb-proxy {command} [options]",
            description=about,
            epilog=f"exit codes: {codes}",
            formatter_class=Layout,
            allow_abbrev=False,
            add_help=False,
        )
        self._whole = self.add_argument("-h", "--help", action=_Help, help="show this help")
        self._rest: list[argparse.Action] = []
        self._more: Callable[[], tuple[str, str]] | None = None

    def leave_out(self, rest: Sequence[argparse.Action]) -> None:
        """Show ``rest`` only in the answer to ``--help all``."""
        self._rest = list(rest)
        self._whole.nargs = "?"
        self.epilog = f"{len(rest)} more settings, seldom needed: --help all\n\n{self.epilog}"

    def explain(self, more: Callable[[], tuple[str, str]]) -> None:
        """Let the answer to ``--help all`` have a part that is no option: its title and text."""
        self._more = more

    def lengthen(self) -> None:
        """Add the part of the help that is made only when it is asked for."""
        if self._more is not None:
            self.add_argument_group(*self._more())

    def shorten(self) -> None:
        """Leave the rare options out of the help."""
        for action in self._rest:
            action.help = argparse.SUPPRESS

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse ``arguments``; end the process with exit code 2 if they are wrong."""
        with in_the_readers_language():
            options, rest = self.parse_known_args(list(arguments))
        if rest:
            self._refuse(rest)
        return options

    def _refuse(self, rest: list[str]) -> NoReturn:
        from proxy.words import phrase

        named = [word.partition("=")[0] for word in rest if word.startswith("-")]
        if named:
            known = [name for action in self._actions for name in action.option_strings]
            meant = self.hint(named[0]) or nearest(named[0], known)
            self.error(phrase("usage.no-option", option=named[0], meant=meant))
        self.error(phrase("usage.only-options"))

    def error(self, message: "Said") -> NoReturn:
        """Print the error and where to read more; exit with code 2."""
        from proxy.words import phrase

        say(phrase("usage.wrong", why=message, of=self.prog.removeprefix("breb-proxy")))
        sys.exit(USAGE)

    def _print_message(self, message: str, file: Any = None) -> None:  # noqa: ANN401  argparse's
        """Write as argparse does, but do not hide an error of writing."""
        (file or sys.stdout).write(message)


class _Help(argparse.Action):
    """Shows the help: with ``all``, or where there is nothing to leave out, the whole."""

    def __init__(self, option_strings: Sequence[str], dest: str, **more: Any) -> None:  # noqa: ANN401  argparse's
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, metavar="all", **more)

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> NoReturn:
        del namespace
        if values and values != "all":
            from proxy.words import phrase

            parser.error(worded(phrase("usage.help-all", option=str(option_string))))
        if isinstance(parser, Parser):
            (parser.lengthen if values else parser.shorten)()
        parser.print_help()
        parser.exit()


class Layout(argparse.RawDescriptionHelpFormatter):
    """Options in one column, their meaning in the other, as wide as the terminal up to 100."""

    def __init__(self, prog: str) -> None:
        import shutil  # with the first help

        columns = shutil.get_terminal_size((_WIDEST, 0)).columns
        super().__init__(prog, max_help_position=32, width=min(columns, _WIDEST))

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = (wrapped(line, width) or [""] for line in typed(text).splitlines())
        return "\n".join(indent + part for parts in lines for part in parts)


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Wrap only at blanks: an address or a command in two parts cannot be copied."""
    import textwrap  # only where there is something to read

    return textwrap.wrap(
        text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def words(argument: str) -> str:
    """Read an argument that is a text, for argparse: bytes that are none come as surrogates."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        from proxy.words import phrase

        raise argparse.ArgumentTypeError(worded(phrase("usage.no-text"))) from None
    return argument


def say(what: "Said") -> None:
    """Tell the person at the terminal the reason of a failure; each line begins with our name."""
    for line in worded(what).split("\n"):
        print(f"breb-proxy: {plain(line)}", file=sys.stderr)  # noqa: T201  a command line prints


def say_wrong(error: "SettingsError") -> None:
    """Tell the person at the terminal, in their language, which settings are wrong."""
    for each in (*error.problems, *error.hints):
        say(each)


def nearest(word: str, known: Iterable[str]) -> "Said":
    """Return a hint at the known word that is most like ``word``, or nothing."""
    import difflib  # only where something may be mistyped

    from proxy.words import phrase

    known = list(known)
    if _INSTEAD.get(word) in known:
        return phrase("usage.meant", word=_INSTEAD[word])
    near = difflib.get_close_matches(word, known, n=1)
    return phrase("usage.meant", word=near[0]) if near else ""


def refuse_secrets(arguments: Sequence[str]) -> "Phrase | None":
    """Return the reason to refuse ``arguments`` that hold a secret; never the secret."""
    for word, following in pairwise([*arguments, ""]):
        name, equals, value = word.partition("=")
        if name in _SECRETS:
            return _secret(name)
        if name == "--egress-proxy" and "@" in (value if equals else following):
            return _secret(name)
    return None


def _secret(option: str) -> "Phrase":
    from proxy.words import phrase

    if option in _SECRETS:
        return phrase("usage.secret", option=option, setting=_SECRETS[option])
    return phrase("usage.login")


def add_sources(parser: argparse.ArgumentParser) -> None:
    """Add the flags that name the sources of settings."""
    group = parser.add_argument_group("where settings come from")
    group.add_argument(
        "--env-file", metavar="FILE", help="read this file instead of .env (BREB_ENV_FILE)"
    )
    group.add_argument(
        "--secrets-dir",
        metavar="DIR",
        help="directory with one file for each setting, such as breb_client_secret"
        " (BREB_SECRETS_DIR)",
    )
