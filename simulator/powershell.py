"""The tour as lines for PowerShell, which is on every Windows; from cmd they are piped to it.

They keep to what both Windows PowerShell and PowerShell 7 know, and do nothing unless the first
line found that a simulator answers.
"""

import json
import re
from collections.abc import Iterable, Mapping

from simulator.simulator import NAMED
from simulator.steps import FIRST, Step

# Sends a step, shows its answer, which may be an error, and returns the id in it.
_ASK = (
    "function ask($path, $body, $fields = @{}) { if (-not $demo) { return };"
    " $post = if ($body) { @{Method = 'Post'; ContentType = 'application/json'; Body = $body} }"
    " else { @{} };"
    ' try { $answer = Invoke-RestMethod "$demo$path" -Headers $fields @post;'
    " Write-Host ($answer | ConvertTo-Json -Depth 9 -Compress); $answer.id }"
    " catch { Write-Host $_ } }"
)


def first(base_url: str, otherwise: str) -> str:
    """Give the line that asks who answers; it says ``otherwise`` where that is no simulator."""
    base = _quoted(base_url.rstrip("/"))
    return (
        f"$demo = try {{ if ((Invoke-RestMethod {base}).simulator -like {_quoted(f'{NAMED}*')})"
        f" {{ {base} }} }} catch {{ }}; if (-not $demo) {{ Write-Host {_quoted(otherwise)} }};"
        f" {_ASK}"
    )


def tour(steps: Iterable[Step] = FIRST) -> list[tuple[str, str]]:
    """Give titles and commands, to be pasted one after another."""
    return [(step.title, _line(step)) for step in steps]


def announced(title: str) -> str:
    """Give the line that says a title."""
    return f"if ($demo) {{ Write-Host {_quoted(title)} }}"


def _line(step: Step) -> str:
    pause = f"if ($demo) {{ Start-Sleep {step.pause} }}; " if step.pause else ""
    if step.body is None:
        return f'{pause}$null = ask "{step.path}"'
    return f'{pause}${step.keeps} = ask "{step.path}" {_filled(step.body)}{_fields(step.fields)}'


def _fields(fields: Mapping[str, str]) -> str:
    pairs = "; ".join(f'{_quoted(name)} = "{value}"' for name, value in fields.items())
    return f" @{{{pairs}}}" if pairs else ""


def _filled(body: Mapping[str, object]) -> str:
    """Word JSON, in ASCII, with the variables filled in: they hold ids alone."""
    text = _quoted(json.dumps(body))
    return "(" + re.sub(r"\$\w+", lambda variable: f"' + {variable[0]} + '", text) + ")"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
