"""The script for fish."""

from collections.abc import Iterable

from tools.command_tree import Option
from tools.completion.shared import Completed, kind

_HEAD = """\
# Completes breb-proxy's commands and options. Made by tools/completion.
function __breb_proxy_at -d 'Report whether one of these commands stands on the line'
    set -l words (commandline -opc)
    set -l command $words[2]
    if test "$command" = ledger; and set -q words[3]; and not string match -q -- '-*' $words[3]
        set command "ledger $words[3]"
    end
    contains -- "$command" $argv
end
complete -c breb-proxy -f
complete -c breb-proxy -n __fish_use_subcommand -l help -s h -d 'show this help'
complete -c breb-proxy -n __fish_use_subcommand -l version -d 'show the version'
"""


def script(known: Completed) -> str:
    """Return the completion script."""
    return "".join([_HEAD, *_words(known), *_options(known)])


def _words(known: Completed) -> Iterable[str]:
    for each in known.top:
        yield _line("__fish_use_subcommand", f"-a {each.name} -d {_quoted(each.about)}")
    for each in known.ledger:
        name = each.name.partition(" ")[2]
        yield _line("__breb_proxy_at ledger", f"-a {name} -d {_quoted(each.about)}")
    for command, words in known.words.items():
        if command != "ledger":
            yield _line(f"__breb_proxy_at {command}", f"-a {_quoted(' '.join(words))}")
    for command in known.files:
        yield _line(f'__breb_proxy_at "{command}"', "-F")


def _options(known: Completed) -> Iterable[str]:
    for group in known.groups:
        names = " ".join(f'"{each}"' if " " in each else each for each in group.commands)
        for option in group.options:
            yield _line(f"__breb_proxy_at {names}", _spec(option))


def _line(condition: str, rest: str) -> str:
    return f"complete -c breb-proxy -n {_quoted(condition)} {rest}\n"


def _spec(option: Option) -> str:
    names = [
        f"-l {each[2:]}" if each.startswith("--") else f"-s {each[1:]}" for each in option.names
    ]
    return " ".join([*names, *_value(option), f"-d {_quoted(option.short)}"])


def _value(option: Option) -> list[str]:
    by = kind(option)
    if isinstance(by, tuple):
        return [*([] if option.optional else ["-x"]), f"-a {_quoted(' '.join(by))}"]
    if by:
        return ["-r -F"] if by == "FILE" else ["-x -a '(__fish_complete_directories)'"]
    return ["-x"] if option.takes else []


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
