"""Exchanges that are over, told many at a time.

Told of each by itself, in the middle of others, metrics cost a thirtieth of an exchange more and
its log line a fourteenth: Python's code and data for them have left the processor's caches by then.
A system call for each line would cost a twentieth.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from proxy.exchange.record import Exchange

_GATHER: Final = 0.1  # seconds
_MANY: Final = 128  # exchanges

Told = Callable[[Sequence[Exchange]], None]


class Gathered:
    """Observer: gathers exchanges for a tenth of a second; `tell` tells of them before that."""

    def __init__(self, *told: Told) -> None:
        self._told = told
        self._over: list[Exchange] = []

    def take(self, exchange: Exchange) -> None:
        """Take one exchange that is over."""
        over = self._over
        if not over:
            asyncio.get_running_loop().call_later(_GATHER, self.tell)
        over.append(exchange)
        if len(over) >= _MANY:
            self.tell()

    def tell(self) -> None:
        """Tell of all that are over."""
        over, self._over = self._over, []
        for told in self._told:
            told(over)
