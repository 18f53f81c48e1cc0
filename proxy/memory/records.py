"""Callers' TLS, read one record at a time; only this module uses the event loop's private parts.

One read takes 256 KiB, and the loop's TLS keeps as much, twice, for as long as the connection
lives. Measured with 400 answers of 50 MB that nobody took: 384 MiB. To make it keep only a record
we rely on undocumented facts:

* `start_tls` puts a buffered protocol at the transport in its first step, before TLS begins;
* that protocol reads into the same memory as long as it lives, and takes less than it offers;
* the transport that it makes has `set_read_buffer_limits`, and reads into a buffered protocol.

`works` tries it at the start. Where it fails, `Budget.by_records` is false, and TLS reads as it
would without us: that takes more memory, and no more.
"""

import asyncio
import logging
import mmap
import socket
import ssl
import sys
from functools import partial
from typing import Final, cast

from proxy.memory.reading import SIP, SIPS, ReadAdapter, Sips

log = logging.getLogger("proxy.memory")

RECORD: Final = SIP + 22  # bytes: the largest of TLS 1.3, as OpenSSL writes it
_PATIENCE: Final = 5.0  # seconds
# A connection to ourselves needs no certificate.
_NO_CERTIFICATE: Final = "AECDH-AES128-SHA:@SECLEVEL=0"
_MISSING: Final = (AttributeError, BufferError, OSError, RuntimeError, TypeError, ValueError)


class Records(ReadAdapter):
    """Stands before the event loop's TLS and reads for it one record at a time."""

    def __init__(self, tls: asyncio.BufferedProtocol) -> None:
        self.tls = tls  # the buffer is its memory
        whole = cast("memoryview", tls.get_buffer(RECORD))
        super().__init__(tls, whole[:RECORD])
        _untouched(whole[RECORD:])

    def buffer_updated(self, nbytes: int) -> None:
        """Pass the bytes on."""
        self.hand_on(nbytes)

    def hand_on(self, nbytes: int) -> None:
        """Give TLS the bytes in the buffer."""
        self.tls.buffer_updated(nbytes)

    def feed(self, data: bytes) -> None:
        """Hand on the bytes that were read before this stood here."""
        for start in range(0, len(data), RECORD):
            part = data[start : start + RECORD]
            self.get_buffer(RECORD)[: len(part)] = part
            self.hand_on(len(part))


def _untouched(memory: memoryview) -> None:
    """Give the kernel the pages that will not be used; they come back at their first use.

    malloc takes a large buffer from freed memory, which is resident: measured, 50 KiB of each.
    """
    if sys.platform != "linux":
        return
    import ctypes

    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
    size = (start + len(memory)) // mmap.PAGESIZE * mmap.PAGESIZE - first
    if size > 0:
        libc = ctypes.CDLL(None)
        libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(size), mmap.MADV_DONTNEED)


def read_by_records(
    protocol: asyncio.Protocol, secured: asyncio.Transport, below: asyncio.Transport
) -> None:
    """Read ``secured``, TLS over ``below``, with little memory."""
    tls = below.get_protocol()
    if not isinstance(tls, Records):
        below.set_protocol(Records(cast("asyncio.BufferedProtocol", tls)))
    secured.set_read_buffer_limits(high=1)  # type: ignore[attr-defined]  # `works` has seen it
    secured.set_protocol(Sips(protocol, SIPS))


def serves(loop: asyncio.AbstractEventLoop) -> bool:
    """Report whether this works for a server: asyncio's own TLS would stop for ever."""
    return not isinstance(loop, asyncio.BaseEventLoop)


# -- the trial -----------------------------------------------------------------------------


async def works(patience: float = _PATIENCE) -> bool:
    """Report whether TLS can be read by records here, by trying it on a connection to ourselves."""
    ends: list[_TrialEnd] = []
    try:
        async with asyncio.timeout(patience):
            await _tried(ends)
    except _MISSING as error:
        log.warning("TLS is not read record by record, and takes more memory: %r", error)
        return False
    finally:
        for end in ends:
            end.transport.abort()
    return True


async def _tried(ends: "list[_TrialEnd]") -> None:
    loop = asyncio.get_running_loop()
    sent = bytes(range(251)) * 1_300  # more than one read, and all of the loop's memory
    for sock in socket.socketpair():
        ends.append((await loop.create_connection(partial(_TrialEnd, sent), sock=sock))[1])
    await asyncio.gather(ends[0].secure(server=True), ends[1].secure(server=False))
    for one, other in (ends, ends[::-1]):
        one.transport.write(sent)
        await other.received.wait()


class _TrialEnd(asyncio.Protocol):
    """One end of a connection to ourselves; it waits for the bytes ``sent`` by the other."""

    def __init__(self, sent: bytes) -> None:
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self.received = asyncio.Event()
        self._sent = sent
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    async def secure(self, *, server: bool) -> None:
        """Put TLS on the connection, with `Records` before it from the first byte on."""
        loop, below, context = asyncio.get_running_loop(), self.transport, _context(server=server)
        loop.call_soon(self._stand_before, below)
        secured = await loop.start_tls(below, self, context, server_side=server)
        self.transport = cast("asyncio.Transport", secured)
        if serves(loop) or not server:
            read_by_records(self, self.transport, below)

    def _stand_before(self, below: asyncio.Transport) -> None:
        if below.get_protocol() is not self and not below.is_closing():
            below.set_protocol(Records(cast("asyncio.BufferedProtocol", below.get_protocol())))

    def data_received(self, data: bytes) -> None:
        """Compare the bytes received with those sent; pause now and then, as real readers do."""
        self._data += data
        if self._data == self._sent:
            self.received.set()
        elif self.transport.is_reading():
            self.transport.pause_reading()
            asyncio.get_running_loop().call_soon(self.transport.resume_reading)


def _context(*, server: bool) -> ssl.SSLContext:
    if server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # 1.3 knows nothing without certificates
    context.set_ciphers(_NO_CERTIFICATE)
    return context
