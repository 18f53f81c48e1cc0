"""Settings as flags: in groups, with what they take and what they are if unset."""

import argparse
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from proxy.settings.model import flags
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
