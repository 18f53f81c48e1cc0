"""Settings as flags: in groups, each with the word for its value and its default."""

import argparse
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_args

from proxy.settings.field import Group
from proxy.settings.model import Flag, find, flags
from proxy.settings.precedence import Found
from proxy.settings.sources import locate
from proxy.terminal.arguments import Parser, add_sources

_DEST = "setting_"
GROUPS: tuple[str, ...] = get_args(Group)
_RULE = (
    "Each flag is also a setting: --base-url is BREB_BASE_URL in the environment and in .env, and"
    " the file breb_base_url in the secrets directory. Defaults are in brackets. BREB_CLIENT_ID,"
    " BREB_CLIENT_SECRET, BREB_CALLER_KEY and BREB_EGRESS_CREDENTIALS have no flag: they are"
    " secrets."
)


def parser(
    command: str,
    about: str,
    codes: str,
    *,
    apart: frozenset[str] = frozenset(),
    defaults: Mapping[str, str] = MappingProxyType({}),
) -> Parser:
    """Return a parser with a flag for each setting but the secrets and those in ``apart``.

    ``defaults`` are the command's own, where they differ from the settings' defaults.
    """
    made = Parser(command, about if apart else f"{about}\n\n{_RULE}", codes)
    if not apart:
        add_sources(made)
        made.explain(_of_traces)
    known = [flag for flag in flags() if flag.name not in apart]
    rest: list[argparse.Action] = []
    for title in GROUPS:
        group = made.add_argument_group(title)
        for flag in known:
            if flag.group == title:
                action = _add(group, flag._replace(default=defaults.get(flag.name, flag.default)))
                if not flag.common:
                    rest.append(action)
    made.leave_out(rest)
    return made


def _of_traces() -> tuple[str, str]:
    from proxy.settings.tracing import VARIABLES  # only for those who ask for it

    lines = [f"{each.name}: {each.description} [{each.default}]" for each in VARIABLES]
    title = "traces (no flags: variables of the environment, .env or the secrets directory)"
    return title, "\n".join(lines)


def _add(group: Any, flag: Flag) -> argparse.Action:  # noqa: ANN401  argparse's own
    option = f"--{flag.name.replace('_', '-')}"
    common = {"dest": _DEST + flag.name, "default": None}
    meaning = f"{flag.description} [{flag.default}]".replace("%", "%%")
    if flag.default in ("true", "false"):
        # Both `--console` and `--console=false`, as the environment has it.
        more = {"nargs": "?", "const": "true", "metavar": "true|false"}
    else:
        more = {"metavar": flag.takes}
    made: argparse.Action = group.add_argument(option, help=meaning, **more, **common)
    return made


def found_of(options: argparse.Namespace) -> Found:
    """Find the settings that flags and sources give; raise SettingsError if one is unreadable."""
    return find(chosen(options), locate(options.env_file, options.secrets_dir))


def chosen(options: argparse.Namespace) -> dict[str, str]:
    """Return the settings that flags gave."""
    return {
        name.removeprefix(_DEST): value
        for name, value in vars(options).items()
        if name.startswith(_DEST) and value  # an empty one counts as unset, as elsewhere
    }
