"""All connections of one listener, and the one timer that watches them."""

import asyncio
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from proxy.asgi import App
from proxy.listener.connection import CallerConnection, ListenerLimits, Refuse
from proxy.pressure import Pressure

SWEEP = 0.25


class Callers:
    """All connections of one listener, and the one timer that watches them."""

    def __init__(
        self, limits: ListenerLimits, refuse: Refuse, pressure: Pressure | None = None
    ) -> None:
        self.limits = limits
        self.pressure = pressure or Pressure()
        self.refuse = refuse
        self.connections: set[CallerConnection] = set()
        self.draining = False
        self._timer: asyncio.TimerHandle | None = None

    def protocol(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> CallerConnection:
        """Make the protocol of one connection, as uvicorn asks for it."""
        del app_state
        loop = _loop or asyncio.get_running_loop()
        return CallerConnection(self, cast("App", config.loaded_app), server_state, loop)

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Keep the timer running while there are connections."""
        if self._timer is None:
            self._timer = loop.call_later(SWEEP, self._sweep, loop)

    def cut(self) -> None:
        """End every exchange under way, and every connection that has none."""
        for connection in list(self.connections):
            connection.time_over()

    def abort(self) -> None:
        """Close all connections, whatever there is left to say on them."""
        for connection in list(self.connections):
            connection.transport.abort()

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for connection in list(self.connections):
            connection.sweep(now)
        self.pressure.settle()
        if self.connections:
            self.watch(loop)
