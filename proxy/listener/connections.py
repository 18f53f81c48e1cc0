"""All connections of one listener, and the one timer that watches them."""

import asyncio
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from proxy.asgi import App
from proxy.errors import RequestRefused
from proxy.http1.fields import Lines
from proxy.http1.repeated_requests import RepeatedRequests
from proxy.listener.connection import CallerConnection
from proxy.listener.handshake import Handshake
from proxy.listener.turns import Turns
from proxy.memory import Budget, Claim, Holder
from proxy.memory.rules import greed

if TYPE_CHECKING:  # to import it takes a twentieth of a start
    from uvicorn.config import Config
    from uvicorn.server import ServerState

SWEEP = 0.25  # seconds
# Seconds in each turn of the event loop for reads that may be dear. Their requests cost more after
# that, which is counted while memory is short.
SHARE = 0.001
# Seconds for allowing reads whose bytes are dropped: the read itself takes ten times as long.
DROPS = SHARE / 10
STILL = 1.0  # seconds without a move, after which a stranger gives its place to a newcomer
# A look for such strangers takes milliseconds: if it finds fewer, the next waits (seconds).
MANY, LOOK = 64, 0.1


# The answer to bytes that were no request: status, field lines, body.
Refuse = Callable[[RequestRefused], tuple[int, Lines, bytes]]


class ListenerLimits(NamedTuple):
    """Bounds of one listener; seconds and connections."""

    header_timeout: float
    idle_timeout: float
    connections: int
    half_close_timeout: float


class Callers:
    """All connections of one listener, and the one timer that watches them."""

    def __init__(
        self, limits: ListenerLimits, refuse: Refuse, budget: Budget | None = None
    ) -> None:
        self.limits = limits
        self.budget = budget or Budget()
        self.refuse = refuse
        self.heads = RepeatedRequests()
        self.connections: set[CallerConnection] = set()
        self.handshakes: set[Handshake] = set()
        self.turns = Turns()
        self.reads = Turns(SHARE)
        self.drops = Turns(DROPS)
        self.draining = False
        self._timer: asyncio.TimerHandle | None = None
        self._leavers: list[Holder] = []  # who could give way at the last look
        self._look_at = 0.0  # the loop's time of the next one

    def protocol(
        self,
        config: "Config",
        server_state: "ServerState",
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> CallerConnection:
        """Make the protocol of one connection, as uvicorn asks for it."""
        del app_state
        loop = _loop or asyncio.get_running_loop()
        return CallerConnection(self, cast("App", config.loaded_app), server_state, loop)

    def secured(
        self, config: "Config", server_state: "ServerState", context: ssl.SSLContext
    ) -> Handshake:
        """Make what stands at a connection until there is TLS on it."""

        def make() -> CallerConnection:
            return self.protocol(config, server_state, {})

        return Handshake(self, context, self.limits.header_timeout, make)

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Keep the timer running while there are connections."""
        if self._timer is None:
            self._timer = loop.call_later(SWEEP, self._sweep, loop)

    def has_place(self, newcomer: CallerConnection | Handshake) -> bool:
        """Report whether there is a place for a newcomer, if need be that of one who gives way.

        Without that, as many as there may be, who say nothing, would keep all others out.
        """
        if len(self.connections) + len(self.handshakes) <= self.limits.connections:
            return True
        now = asyncio.get_running_loop().time()
        if not self._leavers and now >= self._look_at:
            self._leavers = self._greediest(now)
            self._look_at = now if len(self._leavers) > MANY else now + LOOK
        while self._leavers:
            holder = self._leavers.pop()
            if holder is not newcomer and _gives_place(holder.claim(now)):
                holder.give_way()
                return True
        return False

    def _greediest(self, now: float) -> list[Holder]:
        """Return those who can give their place to a newcomer, the greediest last."""
        every: list[Holder] = [*self.connections, *self.handshakes]
        claims = [(claim, each) for each in every if _gives_place(claim := each.claim(now))]
        claims.sort(key=lambda pair: greed(cast("Claim", pair[0])))
        return [holder for _, holder in claims]

    def cut(self) -> None:
        """End every exchange under way, and every connection that has none."""
        for handshake in list(self.handshakes):
            handshake.give_way()
        for connection in list(self.connections):
            connection.time_over()

    def abort(self) -> None:
        """Close all connections, whatever there is left to say on them."""
        for connection in list(self.connections):
            connection.flow.abort()

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        self._leavers.clear()  # they are not up to date, and some are gone
        for connection in list(self.connections):
            connection.sweep(now)
        if self.connections:
            self.watch(loop)


def _gives_place(claim: Claim | None) -> bool:
    """Report whether its connection is closed for a newcomer."""
    return claim is not None and claim.still > STILL and not claim.known
