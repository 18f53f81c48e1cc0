"""A way to a server that can become slow, or lose all that is sent without a word to anybody."""

import contextlib
import select
import socket
import threading
import time
from typing import Self

from tests.support.acceptor import Acceptor

_AT_ONCE = 65_536


class Relay:
    """Passes on what comes; each piece waits ``delay`` seconds, and none passes while it is cut.

    A connection that was open when it was cut stays dead for ever, as one whose packets were
    dropped for long; new ones are made, and say nothing, until it is mended. A context manager.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self.delay = 0.0
        self._cut = threading.Event()
        self._over = threading.Event()
        self._acceptor = Acceptor(self._serve)
        self.port = self._acceptor.port

    def cut(self) -> None:
        """Lose everything from now on."""
        self._cut.set()

    def mend(self) -> None:
        """Let new connections through."""
        self._cut.clear()

    def before(self, address: str) -> str:
        """Return the address that leads to a database through it."""
        return address.replace(f":{self._to}/", f":{self.port}/")

    def _serve(self, sock: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._to)) as server:
            sock.settimeout(None)
            while not self._cut.is_set():
                if not self._pass_on(sock, server):
                    return
            self._over.wait()

    def _pass_on(self, sock: socket.socket, server: socket.socket) -> bool:
        ready, _, _ = select.select((sock, server), (), (), 0.05)
        for each in ready:
            data = each.recv(_AT_ONCE)
            if not data:
                return False
            time.sleep(self.delay)
            if not self._cut.is_set():
                (server if each is sock else sock).sendall(data)
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cut.set()
        self._over.set()
        with contextlib.suppress(OSError):
            self._acceptor.close()
