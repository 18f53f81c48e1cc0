"""The tour as curl lines for a POSIX shell, and one before them for safety.

Who answers at that address may be a proxy that forwards to a bank. So each line does nothing unless
the first one found that a simulator answers: ``$demo`` holds its address then.
"""

import json
import re
import shlex
from collections.abc import Iterable, Mapping

from simulator.simulator import SIMULATOR
from simulator.steps import FIRST, Step

# Shows an answer and puts its id into a variable. No more than an id gets through to eval.
_KEEP = (
    'keep() { [ "$demo" ] && printf \'%s\\n\' "$answer" && eval "$1=$(printf \'%s\' "$answer" |'
    ' sed -n \'s/^{"id":"\\([-0-9a-f]*\\)".*/\\1/p\')"; }'
)


def first(base_url: str, otherwise: str, curl: str = "curl") -> str:
    """Give the line that asks who answers, to be pasted before all others.

    It only reads, and says ``otherwise`` where it finds no simulator. It ends no shell: that may
    be the one somebody works in. ``curl`` is how curl is started.
    """
    base = shlex.quote(base_url.rstrip("/"))
    return (
        f"if {curl} -s {base}/ | grep -q {shlex.quote(f'^{SIMULATOR}')}; then demo={base};"
        f" else demo=; echo {shlex.quote(otherwise)} >&2; fi; {_KEEP}"
    )


def tour(curl: str = "curl", steps: Iterable[Step] = FIRST) -> list[tuple[str, str]]:
    """Give titles and commands, to be pasted one after another.

    They carry no Authorization: behind ``$demo`` stands somebody who puts it on.
    """
    return [(step.title, f'[ "$demo" ] && {_line(curl, step)}') for step in steps]


def announced(title: str) -> str:
    """Give the line that says a title; no comment, since zsh accepts no typed ones."""
    return f'[ "$demo" ] && echo {shlex.quote(title)}'


def _line(curl: str, step: Step) -> str:
    pause = f"sleep {step.pause} && " if step.pause else ""
    if step.body is None:
        return f'{pause}{curl} -sS "$demo{step.path}" && echo'
    more = "".join(f'-H "{name}: {value}" ' for name, value in step.fields.items())
    return (
        f"{pause}answer=$({curl} -sS \"$demo{step.path}\" -H 'Content-Type: application/json'"
        f" {more}-d {_quoted(step.body)}); keep {step.keeps}"
    )


def _quoted(body: Mapping[str, object]) -> str:
    """Quote JSON for the shell, which is to fill in the variables; they hold ids alone.

    It is ASCII: what the lines are piped or pasted through may not be UTF-8.
    """
    text = shlex.quote(json.dumps(body))
    return re.sub(r"\$\w+", lambda variable: f"'{variable[0]}'", text)
