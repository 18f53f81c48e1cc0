"""Those who wait to be accepted, while turns of the event loop are long.

In each turn, uvloop accepts one connection for each descriptor of a listening socket. When
thousands come at once, turns take tens of milliseconds, and a good caller who comes after them
would wait for seconds. So the longer the turns are, the more connections are accepted here.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Final

RATE: Final = 20_000  # connections a second, while more wait
FEW: Final = 16  # connections: it is not worth it for fewer, since the loop itself accepts cheaper
MANY: Final = 256  # connections in one turn


class Crowd:
    """Makes the protocols of all who connect to ``sockets``; the event loop accepts most of them.

    ``usual``: the number of connections that the event loop accepts in a turn, if as many wait.
    """

    def __init__(
        self, sockets: Sequence[socket.socket], make: Callable[[], asyncio.Protocol], usual: int
    ) -> None:
        self._sockets = sockets
        self._make = make
        self._usual = usual
        self._loop = asyncio.get_running_loop()
        self._turn = self._since = 0.0  # seconds: when somebody came, and how long after the others
        self._came = 0  # connections in this turn
        self._tasks: set[asyncio.Task[None]] = set()

    def protocol(self) -> asyncio.Protocol:
        """Make the protocol of a connection that the event loop has accepted."""
        now = self._loop.time()  # uvloop's is the same all through a turn
        if now != self._turn:
            self._turn, self._since, self._came = now, now - self._turn, 0
        self._came += 1
        if self._came == self._usual:
            more = min(int(self._since * RATE), MANY)
            if more > FEW:
                self._loop.call_soon(self._accept, more)
        return self._make()

    def _accept(self, most: int) -> None:
        for listening in self._sockets:
            for _ in range(most):
                try:
                    connection, _ = listening.accept()
                except OSError:  # nobody waits; any other trouble the event loop has as well
                    break
                task = self._loop.create_task(self._take(connection))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _take(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        try:
            await self._loop.connect_accepted_socket(self._make, connection)
        except OSError:  # it has gone
            connection.close()
