"""``breb-proxy tour``: a payment through the demo, as lines for a shell."""

import sys
from collections.abc import Iterator, Sequence
from itertools import chain

from proxy.addresses import ListenAddress
from proxy.cli.simulators_words import translated
from proxy.errors import BadValue
from proxy.invocation import COMMAND, curl
from proxy.terminal.arguments import OK, USAGE, Parser, say
from proxy.terminal.language import worded
from proxy.terminal.screen import is_terminal
from proxy.words import phrase
from simulator import powershell, tour
from simulator.steps import DOUBT, FIRST

_ABOUT = """\
Print ten commands for a shell, for the running demo: from a new customer to a settled payment, and
then a payment whose answer is lost, which is sent again and made once.
Paste them into one shell, one after the other, or run them all: breb-proxy tour | sh
On Windows they are for PowerShell; in either shell: breb-proxy tour | powershell -Command -
The first line asks who answers: where it is not a simulator, no command sends anything.
"""
_CODES = "0 success, 2 wrong usage"
_RUN = {"sh": "sh", "powershell": "powershell -Command -"}


def main(arguments: Sequence[str]) -> int:
    """Print the commands; return the exit code."""
    parser = Parser("tour", _ABOUT, _CODES)
    parser.add_argument(
        "--listen",
        metavar="HOST:PORT",
        default="127.0.0.1:8080",
        help="address of the demo for callers [127.0.0.1:8080]",
    )
    ours = "powershell" if sys.platform == "win32" else "sh"
    parser.add_argument(
        "--shell",
        choices=sorted(_RUN),
        default=ours,
        help="the shell that is to run them [powershell on Windows, else sh]",
    )
    options = parser.read(arguments)
    try:
        address = ListenAddress.parse(options.listen).connectable
    except BadValue as error:
        say(error.of("--listen"))
        return USAGE
    if is_terminal(sys.stdout):
        run = f"{COMMAND} tour | {_RUN[options.shell]}"
        sys.stderr.write(f"{worded(phrase('tour.paste', run=run))}\n\n")
    lines = _for_powershell if options.shell == "powershell" else _for_sh
    for line in lines(address):
        sys.stdout.write(f"{line}\n\n")
    return OK


def _otherwise(url: str) -> str:
    return worded(phrase("tour.nobody", url=url))


def _for_sh(address: ListenAddress) -> Iterator[str]:
    url, typed = f"http://{address}", curl(address.host)
    yield tour.first(url, _otherwise(url), typed)
    for number, (title, command) in enumerate(tour.tour(typed, chain(FIRST, DOUBT)), 1):
        yield f"{tour.announced(f'{number}. {translated(title)}')}\n{command}"


def _for_powershell(address: ListenAddress) -> Iterator[str]:
    url = f"http://{address}"
    yield powershell.first(url, _otherwise(url))
    for number, (title, command) in enumerate(powershell.tour(chain(FIRST, DOUBT)), 1):
        yield f"{powershell.announced(f'{number}. {translated(title)}')}\n{command}"
