"""What all four scripts say, in one form: options that the same commands have stand together."""

from collections import defaultdict
from dataclasses import dataclass

from tools.command_tree import FILES, Command, Option, commands


def filled(script: str, **parts: str) -> str:
    """Put the parts into a script in place of their names, as in ``@top@``."""
    for name, text in parts.items():
        script = script.replace(f"@{name}@", text)
    return script


@dataclass(frozen=True)
class Group:
    """Options that the same commands have."""

    commands: tuple[str, ...]
    options: tuple[Option, ...]


class Completed:
    """The commands, the words after them, and their options."""

    def __init__(self) -> None:
        self.commands: list[Command] = commands()
        self.top = [each for each in self.commands if " " not in each.name]
        self.ledger = [each for each in self.commands if each.name.startswith("ledger ")]
        self.groups = _groups(self.commands)
        self.words = {each.name: each.words for each in self.commands if each.words}
        self.files = [each.name for each in self.commands if each.takes_file]

    def taking(self) -> dict[str, Option]:
        """Return the options that take a value, by each name.

        An option means the same in all commands, or at least takes what can be completed alike.
        """
        found: dict[str, Option] = {}
        for group in self.groups:
            for option in group.options:
                for name in option.names if option.takes else ():
                    other = found.setdefault(name, option)
                    if kind(other) != kind(option):
                        raise ValueError(f"{name} takes different things: {other}, {option}")
        return found


def kind(option: Option) -> str | tuple[str, ...]:
    """Say what completes an option's value: words, FILE, DIR, or nothing."""
    return option.choices or (option.takes if option.takes in FILES else "")


def by_kind(taking: dict[str, Option]) -> dict[str | tuple[str, ...], list[str]]:
    """Return names of options by what completes their values."""
    found: dict[str | tuple[str, ...], list[str]] = defaultdict(list)
    for name, option in taking.items():
        found[kind(option)].append(name)
    return found


def _groups(known: list[Command]) -> list[Group]:
    having: dict[Option, list[str]] = defaultdict(list)
    for command in known:
        for option in command.options:
            having[option].append(command.name)
    groups: dict[tuple[str, ...], list[Option]] = defaultdict(list)
    for option, names in having.items():
        groups[tuple(names)].append(option)
    return [Group(names, tuple(options)) for names, options in groups.items()]
