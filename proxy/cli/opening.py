"""The words about opening the console, for the user who starts the proxy."""

from typing import TextIO

from proxy.addresses import ListenAddress
from proxy.admin import operator, secret
from proxy.admin.access import Access
from proxy.invocation import COMMAND
from proxy.terminal.screen import is_terminal


def opening(listener: ListenAddress, access: Access, stream: TextIO) -> str:
    """Return the address that opens it, if ``stream`` is a terminal; else the command for one.

    Any other stream is a log, and logs are read by others than the user who runs the proxy.
    """
    if is_terminal(stream):
        return secret.address(listener, access.link(operator.name()))
    where = str(listener.connectable)
    return f"{COMMAND} console{'' if where == secret.DEFAULT else f' --admin-listen {where}'}"
