"""The script for zsh: as a file of its function path, or read by ``source``."""

from collections.abc import Iterable

from tools.command_tree import Option
from tools.completion.shared import Completed, filled, kind

_SCRIPT = """\
#compdef breb-proxy
# Completes breb-proxy's commands and options. Made by tools/completion.
_breb-proxy() {
  local command=$words[2]
  local -a names options
  if (( CURRENT == 2 )); then
    names=(
@top@
    )
    _describe command names
    return
  fi
  shift words; (( CURRENT-- ))
  if [[ $command == ledger ]]; then
    names=(
@ledger@
    )
    if (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then
      _describe command names
      return
    fi
    if (( ${names[(I)$words[2]:*]} )); then
      command="ledger $words[2]"; shift words; (( CURRENT-- ))
    fi
  fi
@options@
  case $command in
@words@
  esac
  _arguments -s -S $options
}
if [[ $funcstack[1] == _breb-proxy ]]; then
  _breb-proxy "$@"
else
  compdef _breb-proxy breb-proxy
fi
"""
_GROUP = """\
  case $command in (@commands@)
    options+=(
@options@
    ) ;;
  esac"""
_ACTIONS = {"FILE": "_files", "DIR": "_files -/", "": " "}


def script(known: Completed) -> str:
    """Return the completion script."""
    top = [(each.name, each.about) for each in known.top]
    top += [("--help", "show this help"), ("--version", "show the version")]
    below = [(each.name.partition(" ")[2], each.about) for each in known.ledger]
    return filled(
        _SCRIPT,
        top="\n".join(f"      {_quoted(f'{name}:{about}')}" for name, about in top),
        ledger="\n".join(f"      {_quoted(f'{name}:{about}')}" for name, about in below),
        options="\n".join(_groups(known)),
        words="\n".join(_words(known)),
    )


def _groups(known: Completed) -> Iterable[str]:
    for group in known.groups:
        specs = "\n".join(f"      {_spec(option)}" for option in group.options)
        yield filled(_GROUP, commands="|".join(map(_name, group.commands)), options=specs)


def _words(known: Completed) -> Iterable[str]:
    for name, words in known.words.items():
        if name != "ledger":
            yield f"    ({_name(name)}) options+=('*: :({' '.join(words)})') ;;"
    for name in known.files:
        yield f"    ({_name(name)}) options+=('*:FILE:_files') ;;"


def _name(command: str) -> str:
    return command.replace(" ", "\\ ")


def _spec(option: Option) -> str:
    about = option.short.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    spec = f"{_sign(option)}[{about}]{_value(option)}"
    if len(option.names) == 1:
        return _quoted(f"{option.names[0]}{spec}")
    return f"'({' '.join(option.names)})'{{{','.join(option.names)}}}{_quoted(spec)}"


def _sign(option: Option) -> str:
    """Let a value that may be left out stand after a sign only."""
    return "" if not option.takes else "=-" if option.optional else "="


def _value(option: Option) -> str:
    if not option.takes:
        return ""
    by = kind(option)
    action = f"({' '.join(by)})" if isinstance(by, tuple) else _ACTIONS[by]
    takes = option.takes.replace(":", "\\:")
    return f"{'::' if option.optional else ':'}{takes}:{action}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
