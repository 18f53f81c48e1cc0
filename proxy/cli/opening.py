"""How the console is opened, in words for whoever starts the proxy."""

from typing import TextIO

from proxy.addresses import ListenAddress
from proxy.admin import secret
from proxy.admin.access import Access
from proxy.invocation import COMMAND


def opening(listener: ListenAddress, access: Access, stream: TextIO) -> str:
    """Return the address that opens it, if ``stream`` is a terminal; else what prints one.

    What is no terminal is a log, and others than the user who runs the proxy read logs.
    """
    if stream.isatty():
        return secret.address(listener, access.link())
    where = str(listener.connectable)
    return f"{COMMAND} console{'' if where == secret.DEFAULT else f' --admin-listen {where}'}"
