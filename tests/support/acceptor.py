"""A listening socket that gives each connection to a thread; closed, it leaves none of them."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Self

from tests.support.patience import PATIENCE


class Acceptor:
    """Listens on 127.0.0.1 and a port that the kernel chose; ``serve`` is called in the threads.

    A connection is closed after ``serve``, which may raise any OSError; ``close`` shuts those that
    are open, and waits for the threads.
    """

    def __init__(
        self,
        serve: Callable[[socket.socket], None],
        tls: ssl.SSLContext | None = None,
        address: tuple[str, int] = ("127.0.0.1", 0),
    ) -> None:
        self.connections = 0
        self._serve = serve
        self._tls = tls
        self._open: dict[threading.Thread, socket.socket] = {}
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._listener = socket.create_server(address, family=family, backlog=1024)
        self.port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._talk, args=(sock,), daemon=True)
                self._open[thread] = sock
                thread.start()

    def _talk(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE)
        try:
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                self._open[threading.current_thread()] = sock
                sock.do_handshake()
            self._serve(sock)
        except OSError:
            pass
        finally:
            sock.close()
            del self._open[threading.current_thread()]

    def reset_all(self) -> None:
        """End every connection that is open."""
        for sock in list(self._open.values()):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Listen no more, end every connection, and wait for the threads."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else who is in accept() stays there
        self._listener.close()
        self._accepting.join(PATIENCE)
        threads = list(self._open)
        self.reset_all()
        for thread in threads:
            thread.join(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
