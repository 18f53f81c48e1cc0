"""``help``: the commands and topics, and the documentation's pages that messages name.

The pages are in the wheel and so in the image and in the packages; in a clone they are in docs/.
"""

import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from proxy.invocation import typed
from proxy.terminal.arguments import OK, USAGE, nearest, say, wrapped
from proxy.terminal.markdown import sections, shown
from proxy.terminal.screen import Screen
from proxy.words import of_locale, phrase

HELP = """\
usage: breb-proxy COMMAND [options]

A local reverse proxy that puts a fresh access token on every request to Passport's Bre-B API.

start:
  run        serve if there are credentials, demo if there are none
  serve      run the proxy
  demo       try it: simulator and proxy together, no credentials needed
  tour       print shell commands for a payment through the demo, step by step
  sandbox    run only the simulator of the Bre-B API

control a running proxy (over its admin listener):
  wait       wait until it has a usable token
  status     show the state of the proxy and its token
  console    print the address that opens the console in a browser
  refresh    renew the token now
  quit       end the proxy, as SIGTERM does

at the machine's start:
  service    install and control the proxy as a service of Windows (on Linux: systemd)

credentials and tokens:
  tokens     list the valid tokens, and mark this proxy's; revoke some
  login      test credentials, and store them in the system's keychain
  logout     delete them there

find out whether a payment was made (BREB_LEDGER):
  ledger     what may have changed something: list, made, show, look-up, settle, backup, verify

find out why it does not work:
  check      check settings, network, TLS, token and one request end to end
  help       explain a message or a subject: breb-proxy help TOPIC; topics lists them

for your shell:
  completion  print what completes commands and options: bash, zsh, fish or powershell

options:
  -h, --help   show this help; of one command: breb-proxy COMMAND --help
  --version    show the version

Settings come from flags, then the environment (BREB_NAME), then .env, then files of a secrets
directory, then the keychain (credentials only), then defaults; config.example.env explains each.
Secrets have no flag.

exit codes: 0 success, 1 failure, 2 wrong settings or usage, 3 an address is in use,
            4 no proxy answers, 130 interrupted; 5 to 8 of ledger's commands: see their help
"""

_TROUBLE = "troubleshooting"
# Page and, of a part of it, the heading. The Spanish page has its parts in the same order.
TOPICS: dict[str, tuple[str, str]] = {
    _TROUBLE: (_TROUBLE, ""),
    "environment": (_TROUBLE, "Is this the demo or the sandbox?"),
    "401": (_TROUBLE, "401 that stays"),
    "403": (_TROUBLE, "403 from Postman on the web, or from your own web page"),
    "421": (_TROUBLE, "421 from Docker"),
    "no-token": (_TROUBLE, "503 No access token"),
    "company-network": (_TROUBLE, "Corporate proxy and TLS inspection"),
    "port-taken": (_TROUBLE, "The port is taken"),
    "pod": (_TROUBLE, "A pod does not start"),
    "outcome-unknown": (_TROUBLE, "Outcome unknown"),
    "slow": (_TROUBLE, "It is slow"),
    "logs": (_TROUBLE, "Where are my logs?"),
    "configuration": ("configuration", ""),
    "credentials": ("credentials", ""),
    "console": ("console", ""),
    "ledger": ("ledger", ""),
    "service": ("service", ""),
    "windows": ("windows", ""),
    "operations": ("operations", ""),
    "fleet": ("fleet", ""),
    "tracing": ("tracing", ""),
    "security": ("security", ""),
    "sandbox": ("sandbox", ""),
    "problem-types": ("problem-types", ""),
    "stability": ("stability", ""),
    "upgrading": ("upgrading", ""),
}
_MEANING = re.compile(r" *(?:\S+(?: \S+)* {2,})?")  # the columns before the meaning of a word
_INDEX = "topics"
_WIDEST = 100  # columns
_NAMES = 18  # columns for the names of topics


def main(words: Sequence[str]) -> int:
    """Print the overview, the list of topics, or a topic; return the exit code."""
    if len(words) > 1:
        say(phrase("usage.one-topic"))
        return USAGE
    if not words:
        sys.stdout.write(overview())
    elif words[0] == _INDEX:
        sys.stdout.write(_index())
    elif known(words[0]):
        sys.stdout.write(_topic(words[0]))
    else:
        near = nearest(words[0], [*TOPICS, _INDEX])
        say(phrase("usage.no-topic", topic=words[0], meant=near))
        return USAGE
    return OK


def known(word: str) -> bool:
    """Report whether ``word`` is a topic."""
    return word in TOPICS


def overview() -> str:
    """Return the commands, as wide as the terminal up to 100 columns, with aligned meanings."""
    return "\n".join(_fitted(line) for line in typed(HELP).split("\n"))


def _fitted(line: str) -> str:
    start = _MEANING.match(line)
    indent = " " * len(start[0] if start else "")
    return "\n".join(wrapped(line, _width(), indent))


def _width() -> int:
    return min(_WIDEST, shutil.get_terminal_size((_WIDEST, 0)).columns)


def _index() -> str:
    lines = [f"{name:<{_NAMES}}{_part(name)[0]}" for name in TOPICS]
    return "\n".join([*lines, ""])


def _topic(name: str) -> str:
    screen = Screen(sys.stdout)

    def bold(text: str) -> str:
        return screen.shade(text, "bold")

    heading, text = _part(name)
    return f"{bold(heading)}\n\n{shown(text, _width(), bold)}\n"


def _part(name: str) -> tuple[str, str]:
    """Return heading and text of a topic, in the reader's language if there is such a page."""
    page, heading = TOPICS[name]
    english = sections(file(page).read_text("utf-8"))
    translated = file(f"es/{page}")
    parts = english
    if of_locale(os.environ) == "es" and translated.is_file():
        parts = sections(translated.read_text("utf-8"))
    if heading:
        return parts[[each for each, _ in english].index(heading)]
    (title, intro), *others = parts
    return title, "\n\n".join([intro, *(f"## {each}\n\n{text}" for each, text in others)])


def file(page: str) -> Path:
    """Return the path of a page of the documentation."""
    package = Path(__file__).parents[1]
    shipped = package / "guide"
    folder = shipped if shipped.is_dir() else package.parent / "docs"
    return folder / f"{page}.md"
