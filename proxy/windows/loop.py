"""asyncio's event loop, with connections that we can trust with payments.

What it does otherwise rests on private parts of asyncio, which tests try with each Python:

* where we set SO_LINGER to zero, a connection ends in a reset. asyncio shuts it down first, so that
  half an answer looks whole to a caller who reads until the end;
* what has arrived is known before the loop has come to tell it (`Arrivals`): Windows reads on its
  own, so that no poll can see it;
* what has arrived is handed on before a write that failed ends the connection, and once;
* what waits to be written goes in pieces: Windows tells of a write when all of it has gone, so that
  a large body on a slow line would look as if it stood still;
* the socket of an accept that failed is closed at once, not by the garbage collector some day.
"""

import asyncio
import socket
import struct
from asyncio import sslproto
from asyncio.proactor_events import _ProactorSocketTransport
from typing import Any

from proxy.windows.polling import READABLE, polled

_Given: Any = _ProactorSocketTransport  # all that we use of it is private
_LINGER = struct.Struct("HH")
_PIECE = 64 << 10  # bytes


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return the loop that the program runs on."""
    return Loop()


class Loop(asyncio.ProactorEventLoop):
    """A proactor loop with transports of ours."""

    def __init__(self) -> None:
        super().__init__(_Proactor())

    def _make_socket_transport(
        self, sock: Any, protocol: Any, waiter: Any = None, extra: Any = None, server: Any = None
    ) -> Any:
        return _Transport(self, sock, protocol, waiter, extra, server)

    def _make_ssl_transport(
        self, rawsock: Any, protocol: Any, sslcontext: Any, waiter: Any = None, **options: Any
    ) -> Any:
        extra, server = options.pop("extra", None), options.pop("server", None)
        tls = sslproto.SSLProtocol(self, protocol, sslcontext, waiter, **options)
        _Transport(self, rawsock, tls, None, extra, server)
        return tls._app_transport  # noqa: SLF001

    def call_exception_handler(self, context: Any) -> None:
        """Report a failure; a failed accept is told where it was asked for, and only there."""
        ended = getattr(context.get("future"), "get_coro", lambda: None)()
        if getattr(ended, "__name__", "") != "accept_coro":
            super().call_exception_handler(context)


class _Proactor(asyncio.IocpProactor):
    def accept(self, listener: socket.socket) -> Any:
        accepted = super().accept(listener)
        conn = self._made

        def close_if_failed(ended: Any) -> None:
            if not ended.cancelled() and ended.exception() is not None:
                conn.close()

        accepted.add_done_callback(close_if_failed)
        return accepted

    def _get_accept_socket(self, family: int) -> socket.socket:
        made: socket.socket = super()._get_accept_socket(family)  # type: ignore[misc]
        self._made = made
        return made


class Arrivals:
    """Whether bytes or the end have arrived on a connection; with the face of ``select.poll``."""

    def __init__(self, transport: "_Transport") -> None:
        self._transport = transport

    def poll(self, timeout: int) -> bool:
        """Report at once whether something has arrived, whatever ``timeout`` is."""
        del timeout
        return self._transport.has_arrivals()


class _Transport(_Given):  # type: ignore[misc]  # of no known type
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._extra["arrivals"] = Arrivals(self)

    def has_arrivals(self) -> bool:
        """Report whether the read that is under way has got something, or one would get it."""
        reading, sock = self._read_fut, self._sock
        if reading is not None and (reading.done() or not reading._ov.pending):  # noqa: SLF001
            return True
        return sock is not None and bool(polled(sock.fileno(), READABLE))

    def _loop_writing(self, f: Any = None, data: Any = None) -> None:
        if data is None:
            data, self._buffer = self._buffer, None  # type: ignore[has-type]
        if data and len(data) > _PIECE:
            # The front of a bytearray goes without a copy of the rest, which costs 8 GB for 32 MB.
            self._buffer = data if isinstance(data, bytearray) else bytearray(data)
            data = bytes(self._buffer[:_PIECE])
            del self._buffer[:_PIECE]
        super()._loop_writing(f, data)

    def _force_close(self, exc: BaseException | None) -> None:
        reading = self._read_fut
        failed = isinstance(exc, ConnectionError) and not self._closing
        if failed and reading is not None and self.has_arrivals():
            # By the read that has got it, which may be done and not yet told: so it comes once.
            self._conn_lost += 1  # what is still written goes nowhere
            self._buffer = None
            reading.add_done_callback(lambda _: self._force_close(exc))
        else:
            super()._force_close(exc)

    def _call_connection_lost(self, exc: BaseException | None) -> None:
        if self._sock is not None and self._sock.fileno() != -1 and _to_reset(self._sock):
            self._sock: Any = _Unshut(self._sock)
        super()._call_connection_lost(exc)


class _Unshut:
    """A socket that can only be closed: asyncio shuts down what has ``shutdown``."""

    def __init__(self, sock: socket.socket) -> None:
        self.fileno, self.close = sock.fileno, sock.close


def _to_reset(sock: socket.socket) -> bool:
    told = sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER.size)
    return _LINGER.unpack(told) == (1, 0)
