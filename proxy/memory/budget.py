"""One limit for all the memory that callers can make us hold, in both listeners.

Data that is consumed at once is not counted. Data that stays is: a coarse timer weighs all
connections, and code that keeps bytes calls `Budget.hold`, which weighs all at once when they could
be too much.

* While little waits, everything is read as it comes. When more than `MUCH` waits, connections are
  read in sips, and less of a body may wait before its sender is no longer read.
* Above half of the budget it is `tight`: at most one sip of anything waits. The other half is left
  for connections that hold little.
* Above the budget the greediest give way until the rest fits (`rules.greed`); an exchange that has
  gone up never does.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from proxy.http1.framing import BUFFER
from proxy.memory.reading import SIP
from proxy.memory.rules import EXCHANGE, MIB, SECURED, UNLIMITED, Claim, giving_way

SWEEP: Final = 0.25  # seconds between two weighings, while nothing presses
MUCH: Final = 8 * MIB
"""Bytes that may wait in all before less may wait on each connection."""
_GIVE_BACK: Final = 4 * MIB  # free memory, after a peak, that is worth the time to return it
_PAUSE: Final = 4  # sweeps between two returns


class Holder(Protocol):
    """A connection, to a caller or to the upstream."""

    bare: int
    """Bytes of memory that it takes while it is idle."""

    def weigh(self) -> int:
        """Return the bytes of memory that it holds beyond ``bare``."""

    def claim(self, now: float) -> Claim | None:
        """Return its claim; None if it must not give way."""

    def stalls(self, now: float) -> float:
        """Return for how long (seconds) an answer that may be cut was not taken; 0 if none."""

    def give_way(self) -> bool:
        """Free the memory of its claim; return whether the connection itself closes at once."""


class Budget:
    """The bytes that all connections hold, at most ``most``.

    ``give_back`` returns free memory to the system after a peak. ``mark`` (bytes) bounds the part
    of a body that may wait before its sender is no longer read; while ``tight``, of anything.
    While fewer than ``few`` exchanges are under way, it is enough that the timer weighs them.
    """

    def __init__(self, most: int = UNLIMITED, give_back: Callable[[], None] = lambda: None) -> None:
        self.most = most
        self.mark = BUFFER
        self.few = most // 8 // EXCHANGE
        self.tight = False
        self.by_records = True  # whether TLS may be read record by record (`records.works`)
        self._give_back = give_back
        self._holders: set[Holder] = set()
        self._leaving: set[Holder] = set()
        self._others: list[Callable[[], tuple[int, int]]] = []
        self._bare = 0  # bytes of all idle holders
        self._weighed = 0
        self._since = 0  # bytes held since the last weighing
        self._room = min(MUCH, most // 2)  # its bound (bytes); beyond it, all are weighed again
        self._peak = 0
        self._garbage = 0  # bytes in cycles that the loop's TLS leaves behind
        self._pause = 0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def over(self) -> bool:
        """Whether too much is held: those that give way have not left yet."""
        return self._weighed > self.most

    @property
    def held(self) -> int:
        """The bytes held at the last weighing, and those noted with `hold` since."""
        return self._weighed + self._since

    def include(self, weigh: Callable[[], tuple[int, int]]) -> None:
        """Weigh other connections, which never give way; ``weigh`` returns bare and held bytes."""
        self._others.append(weigh)

    def enter(self, holder: Holder) -> None:
        """Weigh a connection from now on."""
        self._holders.add(holder)
        self._bare += holder.bare
        if self._timer is None:
            self._timer = self._loop.call_later(SWEEP, self._sweep)
        self.hold(holder.bare)

    def leave(self, holder: Holder) -> None:
        """Weigh a connection no more."""
        if holder not in self._holders:
            return
        self._holders.discard(holder)
        self._leaving.discard(holder)
        self._bare -= holder.bare
        if holder.bare >= SECURED:
            self._garbage += holder.bare

    def hold(self, size: int, holder: Holder | None = None) -> None:
        """Note that ``size`` more bytes stay for now; somebody may give way before this returns.

        While others that give way have not left yet, ``holder``, the owner of these bytes, gives
        way: thousands may come in one turn of the event loop; weighing all for each is too slow.
        For bytes that nobody owns all are weighed again when they are many.
        """
        self._since += size
        if self._since <= self._room:
            return
        if not self.over or (holder is None and self._since > self.most // 4):
            self._weigh()
        elif holder is not None and holder not in self._leaving:
            claim = holder.claim(self._loop.time())
            if claim is not None and not claim.known:
                self._sent_away(holder)

    def stalled(self, beyond: int) -> list[Holder]:
        """Return callers that do not take their answers, but ``beyond`` of them; the worst last.

        Each holds a connection to the upstream. Those that have not moved for longest are worst.
        """
        now = self._loop.time()
        stalled = [(time, holder) for holder in self._holders if (time := holder.stalls(now))]
        stalled.sort(key=lambda pair: pair[0])
        return [holder for _, holder in stalled[beyond:]]

    def _weigh(self) -> None:
        waiting, bare = sum(holder.weigh() for holder in self._holders), self._bare
        for weigh in self._others:
            theirs, more = weigh()
            bare, waiting = bare + theirs, waiting + more
        self._peak = max(self._peak, bare + waiting)
        if bare + waiting > self.most:
            waiting -= self._make_room(bare + waiting - self.most)
        self._weighed, self._since = bare + waiting, 0
        self._judge(waiting)

    def _judge(self, waiting: int) -> None:
        """Decide the size of reads from now on, and the room until all are weighed again."""
        held, half, much = self._weighed, self.most // 2, min(MUCH, self.most // 4)
        self.tight = held > (half - half // 4 if self.tight else half)
        if self.tight or waiting > (much // 2 if self.mark == SIP else much):
            self.mark = SIP
        else:
            self.mark = BUFFER
        if self.over:
            self._room = 0
        elif self.mark == BUFFER:
            self._room = max(min(much - waiting, half - held), much // 2)
        else:
            self._room = max((self.most if self.tight else half) - held, self.most // 8)

    def _make_room(self, excess: int) -> int:
        """Make the greediest give way; return the bytes that are free at once, not in a moment."""
        now = self._loop.time()
        excess -= sum(holder.bare + holder.weigh() for holder in self._leaving)
        claims = [
            (claim, holder)
            for holder in self._holders - self._leaving
            if (claim := holder.claim(now)) is not None
        ]
        free = 0
        for holder in giving_way(claims, excess, self.most // 4):
            free += holder.weigh() + holder.bare
            if not self._sent_away(holder):
                free -= holder.weigh() + holder.bare
        return free

    def _sent_away(self, holder: Holder) -> bool:
        """Make one give way; return whether it has left already."""
        at_once = holder.give_way()
        if at_once:
            self.leave(holder)
        else:
            self._leaving.add(holder)
        return at_once

    def _sweep(self) -> None:
        self._timer = None
        self._weigh()
        self._pause = max(0, self._pause - 1)
        much = self._peak - self._weighed > _GIVE_BACK or self._garbage > _GIVE_BACK
        if much and not self._pause:
            self._peak = self._weighed
            self._garbage = 0
            self._pause = _PAUSE
            self._give_back()
            much = False
        if self._weighed or much:
            self._timer = self._loop.call_later(SWEEP, self._sweep)

    def __repr__(self) -> str:
        return f"<Budget {self.held} of {self.most} bytes, {len(self._holders)} connections>"
