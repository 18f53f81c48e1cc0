"""The script for bash, from version 3.2 on: macOS has no newer one."""

from collections.abc import Iterable

from tools.completion.shared import Completed, by_kind, filled

_SCRIPT = """\
# Completes breb-proxy's commands and options. Made by tools/completion.
# shellcheck shell=bash disable=SC2207
_breb_proxy() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  local command=${COMP_WORDS[1]} option='' words=''
  # bash takes --option=value apart at the sign.
  case $current in
    =) option=$before current='' ;;
    *) case $before in =) option=${COMP_WORDS[COMP_CWORD-2]} ;; *) option=$before ;; esac ;;
  esac
  if [ "$COMP_CWORD" -gt 2 ]; then
    case "$command ${COMP_WORDS[2]}" in @ledger@) command+=" ${COMP_WORDS[2]}" ;; esac
  fi
  COMPREPLY=()
  if [ "$COMP_CWORD" = 1 ]; then
    words='@top@'
  elif [[ $current == -* ]]; then
@options@
  else
    case $option in
@values@
    esac
    case $command in
@words@
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _breb_proxy breb-proxy
"""
_GROUP = """\
    case $command in @commands@)
      words+=' @options@' ;;
    esac"""
_REPLY = 'COMPREPLY=($(compgen @how@ -- "$current")); return ;;'
_HOW = {"FILE": "-f", "DIR": "-d"}


def script(known: Completed) -> str:
    """Return the completion script."""
    return filled(
        _SCRIPT,
        ledger=_any(each.name for each in known.ledger),
        top=" ".join([*(each.name for each in known.top), "--help", "--version"]),
        options="\n".join(_groups(known)),
        values="\n".join(_values(known)),
        words="\n".join(_words(known)),
    )


def _any(names: Iterable[str]) -> str:
    return "|".join(name.replace(" ", "\\ ") for name in names)


def _groups(known: Completed) -> Iterable[str]:
    for group in known.groups:
        names = " ".join(name for option in group.options for name in option.names)
        yield filled(_GROUP, commands=_any(group.commands), options=names)


def _values(known: Completed) -> Iterable[str]:
    for kind, names in by_kind(known.taking()).items():
        how = f"-W '{' '.join(kind)}'" if isinstance(kind, tuple) else _HOW.get(kind)
        yield f"      {_any(sorted(names))}) {filled(_REPLY, how=how) if how else 'return ;;'}"


def _words(known: Completed) -> Iterable[str]:
    for name, words in known.words.items():
        yield f"      {_any([name])}) words='{' '.join(words)}' ;;"
    for name in known.files:
        yield f"      {_any([name])}) {filled(_REPLY, how='-f')}"
