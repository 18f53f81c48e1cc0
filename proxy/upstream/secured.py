"""TLS on a connection: what comes is opened, what goes out is sealed.

The event loop has TLS of its own. An exchange costs more there, a connection keeps 256 KiB for what
it may read, and what came before an error is lost.
"""

import asyncio
import contextlib
import ssl
from typing import Final

from proxy.memory.reading import SIP

RECORD: Final = SIP  # bytes: the most that one record holds
_WHOLE: Final = RECORD + 2048 + 5  # bytes: of so many, one record is whole (RFC 5246 section 6.2.3)
_NOBODY: Final = asyncio.Protocol()


class Secured(asyncio.Protocol):
    """The client's end of TLS over ``below``, for the protocol ``above``.

    The one above pauses, limits and aborts the transport below itself, and writes here. It learns
    of an end, signed or not, by `eof_received`; then the transport is closed. An error of TLS ends
    the transport, and is what `connection_lost` tells.
    """

    def __init__(
        self,
        below: asyncio.Transport,
        above: asyncio.Protocol,
        context: ssl.SSLContext,
        name: str,
    ) -> None:
        self.above = above
        self._below = below
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._shaken: asyncio.Future[None] | None = None
        self._ended = False  # by close_notify
        self._held = b""  # waits until another handshake, which the server wants, is over (TLS 1.2)
        self._full = False  # the transport below takes no more
        self._error: ssl.SSLError | None = None

    async def handshake(self) -> None:
        """Shake hands; raise OSError."""
        self._shaken = shaken = asyncio.get_running_loop().create_future()
        self._below.set_protocol(self)
        self._shake(shaken)
        await shaken

    def _shake(self, shaken: asyncio.Future[None]) -> None:
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            self._send()
        except ssl.SSLError as error:
            self._break(error)
        else:
            self._send()
            self._shaken = None
            if not shaken.done():
                shaken.set_result(None)

    # -- what goes out ---------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Seal and send."""
        if len(data) <= RECORD and not self._held:
            self._seal(data)
            return
        # By records, since the memory that sealing once took is kept.
        for start in range(0, len(data), RECORD):
            part = data[start : start + RECORD]
            if self._held:
                self._held += part
            else:
                self._seal(part)

    def _seal(self, data: bytes) -> None:
        try:
            self.tls.write(data)
        except ssl.SSLWantReadError:
            self._held = data
            self.above.pause_writing()  # the server may never go on
        except ssl.SSLError as error:
            self._break(error)
            return
        self._send()

    def _write_on(self) -> None:
        held, self._held = self._held, b""
        self.write(held)
        if not (self._held or self._full):
            self.above.resume_writing()

    def _send(self) -> None:
        if not self._below.is_closing():
            self._below.write(self._outgoing.read())

    # -- what comes ------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Open what has come, and hand it on; then what else it led to."""
        opened = self.opened(data)
        if self._outgoing.pending:
            self._send()
        if opened:
            self.above.data_received(opened)
        if self._error is not None:
            self._break(self._error)
        elif self._ended:
            self._end()
        elif self._held:
            self._write_on()

    def opened(self, data: bytes) -> bytes:
        """Open what has come; an error waits for its turn."""
        parts: list[bytes] = []
        try:
            if len(data) <= RECORD:
                self._open(data, parts)
            else:
                view = memoryview(data)
                for start in range(0, len(view), RECORD):
                    self._open(view[start : start + RECORD], parts, _WHOLE)
                self._open(b"", parts)
        except ssl.SSLError as error:
            self._error = error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _open(self, data: bytes | memoryview, parts: list[bytes], least: int = 0) -> None:
        """Open what has come, if it is more than ``least`` bytes."""
        incoming, tls = self._incoming, self.tls
        incoming.write(data)
        if self._shaken is not None:
            self._shake(self._shaken)
            if self._shaken is not None:
                return
        try:
            # A read that finds no whole record costs more than one that does: ask before.
            while incoming.pending > least or tls.pending():
                part = tls.read(RECORD)
                if not part:
                    self._ended = True
                    return
                parts.append(part)
        except ssl.SSLWantReadError:
            return

    # -- ends ------------------------------------------------------------------------------

    def _end(self) -> None:
        """Answer a signed end."""
        self.above.eof_received()
        if not self._below.is_closing():
            with contextlib.suppress(ssl.SSLError):
                self.tls.unwrap()
            self._send()
            self._below.close()

    def _break(self, error: ssl.SSLError) -> None:
        self._error = error
        self._send()  # the alert
        self._below.abort()

    def eof_received(self) -> None:
        """Hand on an end that is not signed, if it is not in a handshake."""
        if self._shaken is None:
            self.above.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand it on, or what led to it."""
        error, self._error = self._error or exc, None
        if self._shaken is not None and not self._shaken.done():
            self._shaken.set_exception(error or ConnectionResetError())
        above, self.above = self.above, _NOBODY  # which refers to this one
        above.connection_lost(error)

    def pause_writing(self) -> None:
        """Hand it on."""
        self._full = True
        self.above.pause_writing()

    def resume_writing(self) -> None:
        """Hand it on, unless what is written would wait all the same."""
        self._full = False
        if not self._held:
            self.above.resume_writing()
