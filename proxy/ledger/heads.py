"""Logs the chain's head when it has moved: logs are kept on other machines, too."""

import logging
import math
import sqlite3
import time
from collections.abc import Callable

from proxy.ledger.archive import Where
from proxy.ledger.chain import ChainLink
from proxy.ledger.store import Store
from proxy.ledger.trouble import LedgerRefused

log = logging.getLogger("proxy.ledger")

_EVERY = 60.0  # seconds, at least, from one line to the next


class Heads:
    """Remembers which head was logged last."""

    def __init__(self, where: Where, steady: Callable[[], float] = time.monotonic) -> None:
        self._where = where
        self._steady = steady
        self._told: ChainLink | None = None
        self._at = -math.inf

    def tell(self, store: Store, *, last: bool = False) -> None:
        """Tell the head, unless it was told already, or less than a minute ago and not ``last``."""
        now = self._steady()
        if now < self._at + _EVERY and not last:
            return
        try:
            head = store.head()
        except (sqlite3.Error, OSError, LedgerRefused):  # the writer reports it
            return
        if head != self._told:
            log.info("the chain of the ledger %s is at %s", self._where, head)
            self._told, self._at = head, now
