"""``breb-proxy tour``: a payment through the demo, as lines for a shell."""

import shlex
import sys
from collections.abc import Sequence

from proxy.addresses import ListenAddress
from proxy.invocation import COMMAND, curl
from proxy.terminal.arguments import OK, USAGE, Parser, say
from proxy.terminal.screen import is_terminal
from simulator.tour import doubt, first, tour

_ABOUT = """\
Print ten commands for a shell, for the running demo: from a new customer to a settled payment, and
then a payment whose answer is lost, which is sent again and made once.
Paste them into one shell, one after the other, or run them all: breb-proxy tour | sh
The first line asks who answers: where it is not a simulator, no command sends anything.
"""
_OTHERWISE = (
    f"the demo does not answer at {{url}}, so nothing is sent: start it ({COMMAND} demo), or give"
    f" the address that it printed ({COMMAND} tour --listen HOST:PORT)"
)
_CODES = "0 success, 2 wrong usage"


def main(arguments: Sequence[str]) -> int:
    """Print the commands; return the exit code."""
    parser = Parser("tour", _ABOUT, _CODES)
    parser.add_argument(
        "--listen",
        metavar="HOST:PORT",
        default="127.0.0.1:8080",
        help="address of the demo for callers [127.0.0.1:8080]",
    )
    options = parser.read(arguments)
    try:
        address = ListenAddress.parse(options.listen).connectable
    except ValueError as error:
        say(f"--listen: {error}")
        return USAGE
    if is_terminal(sys.stdout):
        sys.stderr.write(f"paste these into one shell, or run them all: {COMMAND} tour | sh\n\n")
    url, typed = f"http://{address}", curl(address.host)
    sys.stdout.write(f"{first(url, _OTHERWISE.format(url=url), typed)}\n\n")
    for number, (title, command) in enumerate([*tour(typed), *doubt(typed)], 1):
        # Not a comment: zsh accepts no typed comments.
        said = shlex.quote(f"{number}. {title}")
        sys.stdout.write(f'[ "$demo" ] && echo {said}\n{command}\n\n')
    return OK
