"""A uvicorn server for one listener, with our protocol and without signal handling of its own."""

import asyncio
import contextlib
import socket
import ssl
import sys
from collections.abc import Callable, Generator
from typing import Any, cast

from proxy.asgi import App
from proxy.listener import Callers, ListenerLimits, Refuse
from proxy.memory import Budget
from proxy.memory.kernel import bound
from proxy.server.crowd import Crowd
from proxy.server.sockets import BACKLOG
from proxy.server.uvicorn_server import Config, Server

# Connections that are accepted in a turn of the event loop: uvloop accepts one for each descriptor
# of a listening socket. With one, a caller waited for a thousand turns behind a thousand strangers.
# With TLS it is one: four would begin handshakes faster than those that give way are freed.
ACCEPTED = 4
LAST_WORDS = 0.5  # seconds for the last answers to callers at the end of the grace


class Listener(Server):
    """A uvicorn server without signal handling of its own, speaking our caller's protocol."""

    def __init__(
        self,
        app: App,
        refuse: Refuse,
        limits: ListenerLimits,
        grace: float,
        tls: ssl.SSLContext | None,
        budget: Budget | None = None,
    ) -> None:
        self._tls = tls
        self.callers = Callers(limits, refuse, budget)
        self.listening = asyncio.Event()
        self._drained = asyncio.Event()
        super().__init__(
            Config(
                cast("Any", app),
                # uvicorn takes any callable that makes protocols here.
                http=cast("type[asyncio.Protocol]", self.callers.protocol),
                ws="none",
                lifespan="off",
                backlog=BACKLOG,
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=cast("int", grace),
            )
        )
        self.servers = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, as uvicorn does; TLS begins above that, where `callers` can count it.

        If TLS cannot be read by records, the event loop does the handshakes instead.
        """
        budget = self.callers.budget
        hidden: dict[str, Any] = {}
        if self._tls is not None and not budget.by_records:
            within = self.callers.limits.header_timeout
            hidden = {"ssl": self._tls, "ssl_handshake_timeout": within}
        make = self._plain if hidden or self._tls is None else self._secured
        for sock in sockets or ():
            bound(sock, budget)
        if sys.platform == "win32":
            from proxy.windows.accepting import Accepting

            within = self.callers.limits.header_timeout
            tls = hidden.get("ssl")
            self.servers = []
            self._accepting = [Accepting(sock, make, tls, within) for sock in sockets or ()]
            self.started = True
            self.listening.set()
            return
        doors = list(sockets or ())
        if self._tls is None:
            make = Crowd(doors.copy(), make, ACCEPTED).protocol
            doors += [_same(each) for each in doors for _ in range(ACCEPTED - 1)]
        self.servers = [
            await asyncio.get_running_loop().create_server(
                make, sock=sock, backlog=self.config.backlog, **hidden
            )
            for sock in doors
        ]
        self.started = True
        self.listening.set()

    def _plain(self) -> asyncio.Protocol:
        return self.callers.protocol(self.config, self.server_state, {})

    def _secured(self) -> asyncio.Protocol:
        return self.callers.secured(
            self.config, self.server_state, cast("ssl.SSLContext", self._tls)
        )

    async def main_loop(self) -> None:
        """Wait for `drain`; uvicorn's own loop would wake us ten times a second."""
        async with asyncio.TaskGroup() as tasks:
            if sys.platform == "win32":
                accepting = [tasks.create_task(each.run()) for each in self._accepting]
            await self._drained.wait()
            if sys.platform == "win32":
                for each in accepting:
                    each.cancel()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signals to the program, which has two servers; listen no longer than it."""
        try:
            yield
        finally:  # uvicorn leaves its sockets open where it is cancelled
            for server in self.servers:
                server.close()

    def drain(self) -> None:
        """Stop accepting; finish what is under way."""
        self.callers.draining = True
        self.should_exit = True
        self._drained.set()

    async def finish(
        self, serving: asyncio.Task[None], grace: float, time_over: Callable[[], None]
    ) -> None:
        """Drain for ``grace`` seconds; then call ``time_over`` and cut the remaining exchanges."""
        self.drain()
        if not (await asyncio.wait((serving,), timeout=grace))[0]:
            time_over()
            self.callers.cut()
            if not (await asyncio.wait((serving,), timeout=LAST_WORDS))[0]:
                self.callers.abort()
        await serving


def _same(listening: socket.socket) -> socket.socket:
    """Return the same socket under another number; its own `dup` fails where its class is ours."""
    family, kind, protocol = listening.family, listening.type, listening.proto
    other = socket.fromfd(listening.fileno(), family, kind, protocol)
    other.setblocking(False)
    return other
