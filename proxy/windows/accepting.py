"""Accepts connections, whatever becomes of one of them.

asyncio's own loop closes the listening socket for good when one accept fails, as it does when a
caller resets its connection before that is taken (python/cpython#93821). The process would live on,
and nobody could reach it.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger("proxy.server")

_PAUSE = 0.05  # seconds, if accepting fails again and again: no descriptors or buffers are free
_MANY = 10  # failures of ours, one after the other
# The caller has gone before it was taken. A thousand of these come in a tenth of a second: after a
# pause for each, nobody would be taken for a minute.
_GONE = frozenset({59, 64, 121, 1236, 10053, 10054, 10060})


@dataclass(frozen=True, slots=True)
class Accepting:
    """A listening socket whose connections get a protocol each, and TLS where that is given."""

    sock: socket.socket
    protocol: Callable[[], asyncio.Protocol]
    tls: ssl.SSLContext | None = None
    handshake_timeout: float | None = None

    async def run(self) -> None:
        """Accept until cancelled."""
        loop, failures = asyncio.get_running_loop(), 0
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    conn, _ = await loop.sock_accept(self.sock)
                except OSError as error:
                    if error.winerror in _GONE:
                        await asyncio.sleep(0)
                        continue
                    failures += 1
                    if failures == _MANY:
                        log.warning("connections cannot be accepted: %s", error.strerror)
                    if failures > 1:
                        await asyncio.sleep(_PAUSE)
                    continue
                failures = 0
                # A handshake takes its time: the next caller does not wait for it.
                tasks.create_task(self._take(conn))

    async def _take(self, conn: socket.socket) -> None:
        within = self.handshake_timeout if self.tls else None
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self.protocol,
                conn,
                ssl=self.tls,
                ssl_handshake_timeout=within,
                ssl_shutdown_timeout=within,
            )
        except OSError:  # it has gone, or speaks no TLS
            conn.close()
        except BaseException:
            conn.close()
            raise
