"""Settings as flags: in groups, with what they take and what they are if unset."""

import argparse
import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dotenv.parser import parse_stream
from pydantic_settings import (
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
)

from proxy.admin.client import assignments
from proxy.errors import SettingsError
from proxy.settings.model import PREFIX, Settings, flags, sources, unknown
from proxy.terminal.arguments import Parser, add_sources

_DEST = "setting_"
GROUPS = {
    "upstream": (
        "base_url token_url accept_language allow_insecure_upstream allow_production"
        " ca_bundle client_cert client_cert_key egress_proxy"
    ),
    "callers' listener": (
        "listen tls_cert tls_key allow_open_listener allowed_hosts allowed_origins allow deny"
        " max_callers max_body header_timeout idle_timeout"
    ),
    "admin listener": "admin_listen console redact",
    "access token": (
        "token_timeout token_wait token_lifetime token_max_age revoke_tokens replay_limit"
    ),
    "forwarding": (
        "connect_timeout read_timeout write_timeout max_connections queue_timeout server_timing"
    ),
    "end of the process": "shutdown_grace drain_delay",
    "log": "log_level log_format access_log",
}
_RULE = """\
A flag such as --base-url is BREB_BASE_URL in the environment, in .env and, in lower case, in the
secrets directory; the default stands in brackets. BREB_CLIENT_ID, BREB_CLIENT_SECRET and
BREB_CALLER_KEY are secrets and therefore no flags."""
_TAKES = {
    "_url": "URL",
    "egress_proxy": "URL",
    "listen": "HOST:PORT",
    "_timeout": "SECONDS",
    "token_wait": "SECONDS",
    "_lifetime": "SECONDS",
    "_age": "SECONDS",
    "_grace": "SECONDS",
    "_delay": "SECONDS",
    "_bundle": "FILE",
    "_cert": "FILE",
    "_key": "FILE",
    "max_body": "BYTES",
    "replay_limit": "BYTES",
    "max_": "NUMBER",
    "allow": "RULES",
    "deny": "RULES",
    "allowed_hosts": "NAMES",
    "allowed_origins": "ORIGINS",
    "redact": "NAMES",
    "log_level": "debug|info|warning|error",
    "log_format": "auto|text|json",
    "accept_language": "LANGUAGE",
}


def parser(
    command: str,
    about: str,
    codes: str,
    *,
    apart: frozenset[str] = frozenset(),
    defaults: Mapping[str, str] = MappingProxyType({}),
) -> Parser:
    """Return a parser with a flag for each setting but the secrets and those in ``apart``.

    ``defaults`` are those in which the command differs from the settings.
    """
    made = Parser(command, about if apart else f"{about}\n\n{_RULE}", codes)
    if not apart:
        add_sources(made)
    known = {name: (text, defaults.get(name, default)) for name, text, default in flags()}
    grouped = {title: names.split() for title, names in GROUPS.items()}
    placed = {name for names in grouped.values() for name in names}
    grouped["more"] = [name for name in known if name not in placed]
    for title, names in grouped.items():
        group = made.add_argument_group(title) if names else made
        for name in names:
            if name in known and name not in apart:
                _add(group, name, *known[name])
    return made


def _add(group: Any, name: str, text: str, default: str) -> None:  # noqa: ANN401  argparse's own
    flag = f"--{name.replace('_', '-')}"
    common = {"dest": _DEST + name, "default": None}
    meaning = f"{text} [{default}]".replace("%", "%%")
    if default in ("true", "false"):
        # Both `--console` and `--console=false`, as the environment has it.
        group.add_argument(
            flag, nargs="?", const="true", metavar="true|false", help=meaning, **common
        )
        return
    group.add_argument(flag, metavar=_takes(name), help=meaning, **common)


def _takes(name: str) -> str:
    if name in _TAKES:
        return _TAKES[name]
    parts = (word for part, word in _TAKES.items() if name.endswith(part) or name.startswith(part))
    return next(parts, "VALUE")


def chosen(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that flags gave."""
    return {
        name.removeprefix(_DEST): value
        for name, value in vars(options).items()
        if name.startswith(_DEST) and value  # an empty one counts as unset, as elsewhere
    }


def where(options: argparse.Namespace) -> dict[str, Any]:
    """Return where the other settings are read from; raise SettingsError if they cannot be."""
    folder = options.secrets_dir or os.environ.get("BREB_SECRETS_DIR")
    file = options.env_file or os.environ.get("BREB_ENV_FILE")
    # Its rules and its upstream would be missing without a word.
    if file and not Path(file).exists():
        raise SettingsError([f"{PREFIX}ENV_FILE: no such file: {file}"])
    places = sources(Path(folder) if folder else None, Path(file or ".env"))
    if problems := [*_passed_over(places["_env_file"]), *_unreadable(places.get("_secrets_dir"))]:
        raise SettingsError(problems)
    return places


def _passed_over(file: Path) -> list[str]:
    """Return a problem for each line of ours that dotenv would leave out: it may be a rule."""
    if not file.exists() or file == Path(os.devnull):
        return []
    text, problem = _text(file)
    if problem:
        return [problem]
    return [
        f"{file}: line {binding.original.line} cannot be read; write NAME=value, close its quotes"
        for binding in parse_stream(io.StringIO(text))
        if binding.error and PREFIX in binding.original.string.upper()
    ]


def _unreadable(folder: Path | None) -> list[str]:
    """Return a problem for each secret file that pydantic would pass over, or fail at."""
    try:
        files = sorted(folder.iterdir()) if folder else []
    except OSError as error:
        return [f"{folder}: cannot be read ({error.strerror})"]
    names = {f"{PREFIX}{name}".lower() for name in Settings.model_fields}
    return [
        problem
        for file in files
        if file.name.lower() in names
        for _, problem in [_text(file)]
        if problem
    ]


def _text(file: Path) -> tuple[str, str]:
    """Return what a file holds, and what is wrong with it if it is no text."""
    if not file.is_file():  # a directory is what Docker mounts where there is no file
        return "", f"{file}: is no regular file"
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        return "", f"{file}: cannot be read ({error.strerror})"
    except UnicodeDecodeError:
        text = "\0"
    # Of UTF-16 without a mark every other byte of ASCII is zero.
    return text, f"{file}: cannot be read; save it as UTF-8" if "\0" in text else ""


def origins(given: dict[str, Any], places: dict[str, Any]) -> dict[str, str]:
    """Return for each setting that is set where its value comes from; never the value.

    Raises SettingsError if a source cannot be read.
    """
    file, folder = places.get("_env_file"), places.get("_secrets_dir")
    read: list[tuple[str, Callable[[], PydanticBaseSettingsSource]]] = [
        ("environment", lambda: EnvSettingsSource(Settings)),
        (str(file), lambda: DotEnvSettingsSource(Settings, env_file=file)),
    ]
    if folder:
        read.append((str(folder), lambda: SecretsSettingsSource(Settings, secrets_dir=folder)))
    found = dict.fromkeys(given, "flag")
    for name, make in read:
        try:
            values = make()()
        except (OSError, ValueError) as error:
            raise SettingsError([f"{name}: cannot be read ({error})"]) from None
        for setting in values.keys() & Settings.model_fields.keys():
            found.setdefault(setting, name)
    return found


def doubled(settings: Settings) -> str:
    """Return what to do if the upstream's path prefix is one that callers' paths carry already."""
    if not settings.base_url.path.endswith("/v1"):
        return ""
    return "paths carry /v1 already, so it would be there twice: take it off BREB_BASE_URL"


def slips(places: dict[str, Any]) -> list[str]:
    """Return a warning for each name in the sources that no setting has, with the nearest one."""
    file, folder = Path(places["_env_file"]), places.get("_secrets_dir")
    warnings = [f"{line} (environment)" for line in unknown(os.environ)]
    if file.is_file():
        names = dict(assignments(file.read_text(errors="replace")))
        warnings += [f"{line} ({file})" for line in unknown(names)]
    if folder:
        names = {path.name: "" for path in Path(folder).iterdir()}
        warnings += [f"{line} ({folder})" for line in unknown(names)]
    return warnings
