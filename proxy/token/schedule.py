"""The times for renewing a token, for no longer sending it, and for retrying a failed fetch.

All times are seconds of proxy.clock; ``chance`` is a number from 0 up to 1, the jitter.
"""

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Awaitable, Callable

from proxy.clock import Clock
from proxy.errors import CredentialsRefused, TokenError
from proxy.token.source import AccessToken

SOFT_LIMIT = 3600.0  # seconds
MARGIN_LIMIT = 60.0  # seconds
SPACING = 0.5  # seconds between two fetches that nobody asked for, even if tokens live shorter
REMEMBERED = 5  # fetches; the slowest of them decides how early the next one begins
SAME_SPACING = 1.0  # seconds, if the server gives the same token again
BACKOFF_FIRST, BACKOFF_LIMIT, BACKOFF_LIMIT_WAITED = 0.5, 30.0, 5.0
REFUSED_FIRST, REFUSED_LIMIT = 2.0, 60.0
SLICE = 15.0  # seconds of the longest sleep: timers may stop while the machine is suspended
CHANGE_POLL = 1.0  # seconds


def hard_expiry(token: AccessToken) -> float:
    """Return the time from which a token is not sent any more: a margin before it expires."""
    return token.expires_at - min(MARGIN_LIMIT, token.lifetime / 20)


def renewal(
    token: AccessToken, max_age: float | None, chance: Callable[[], float], lead: float = 0.0
) -> float:
    """Return the time of renewal: in the first half of the soft window, at ``max_age`` if earlier.

    A fetch of at most ``lead`` seconds has ended by then: with tokens that live for seconds, a slow
    fetch would otherwise outlast the token, and callers would wait for its end.
    """
    window = min(SOFT_LIMIT, token.lifetime / 5)
    due = token.expires_at - window + chance() * window / 2 - lead
    return due if max_age is None else min(due, token.issued_at + max_age * (1 - chance() / 10))


def backoff(failures: int, asked: float | None, chance: float, limit: float) -> float:
    """Return the seconds to wait after the ``failures``-th failure in a row.

    ``asked`` is the server's Retry-After (seconds). The jitter covers the whole range, so that the
    proxies of a fleet do not come back together.
    """
    ceiling = min(limit, BACKOFF_FIRST * 2.0 ** min(failures, 16))
    return max(BACKOFF_FIRST + chance * (ceiling - BACKOFF_FIRST), asked or 0.0)


def patience(refusals: int, asked: float | None, chance: float) -> float:
    """Return the seconds to wait after the ``refusals``-th refusal of the credentials in a row.

    One may be a fault of a gateway before the token endpoint; many are not, so tries become rare.
    """
    delay = min(REFUSED_LIMIT, REFUSED_FIRST * 2.0 ** min(refusals - 1, 16))
    return max(delay * (1 - chance / 4), asked or 0.0)


class Schedule:
    """The moment of the next fetch, and its cause."""

    def __init__(self, clock: Clock, max_age: float | None, chance: Callable[[], float]) -> None:
        self._clock = clock
        self._max_age = max_age
        self._chance = chance
        self._due = clock()
        self._due_waited = math.inf  # the same moment while callers wait
        self._failures = 0
        self._refusals = 0
        self._took: deque[float] = deque(maxlen=REMEMBERED)
        self._kick = asyncio.Event()
        self.cause = "start"
        self.refused = False

    @property
    def left(self) -> float:
        """Seconds until the next fetch is due."""
        return max(0.0, self._due - self._clock())

    def plan(self, cause: str, *, patient: bool = False, not_before: float = 0.0) -> None:
        """Make a fetch due now; if ``patient``, not before the end of the backoff.

        ``not_before`` is a moment of the clock; one in the past means now.
        """
        self.cause = cause
        if patient and self._failures:
            self.hurry()
        else:
            self._due = max(self._clock(), not_before)
            self._kick.set()

    def hurry(self) -> None:
        """Note that callers wait: shorten the backoff, and check the clock now."""
        self._due = min(self._due, self._due_waited)
        self._kick.set()

    def succeeded(self, token: AccessToken, took: float, *, same: bool) -> None:
        """Plan the renewal of ``token``, whose fetch ``took`` seconds.

        ``same`` if it is the one that was held before.
        """
        self._failures = self._refusals = 0
        self._due_waited, self.refused = math.inf, False
        self._took.append(took)
        due = renewal(token, self._max_age, self._chance, max(self._took))
        # The duration of a fetch is part of the distance to the next.
        spacing = SAME_SPACING if same else max(0.0, SPACING - took)
        self._due = max(due, self._clock() + spacing)
        self.cause = "soft-window"

    def failed(self, error: TokenError, *, waited: bool) -> None:
        """Plan another try, for the same cause; ``waited``: callers wait."""
        now = self._clock()
        self._failures += 1
        self.refused = isinstance(error, CredentialsRefused)
        asked, chance = error.retry_after, self._chance()
        if self.refused:
            self._refusals += 1
            self._due = self._due_waited = now + patience(self._refusals, asked, chance)
            return
        self._refusals = 0
        failures = self._failures
        self._due = now + backoff(failures, asked, chance, BACKOFF_LIMIT)
        self._due_waited = now + backoff(failures, asked, chance, BACKOFF_LIMIT_WAITED)
        if waited:
            self.hurry()

    async def sleep(self, rotated: Callable[[], Awaitable[bool]]) -> None:
        """Wait until a fetch is due, or the refused credentials are ``rotated``.

        It wakes often, since timers do not count suspended time.
        """
        while (left := self.left) > 0:
            if self.refused and await rotated():
                self.cause = "credentials"
                return
            self._kick.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, CHANGE_POLL if self.refused else SLICE)):
                    await self._kick.wait()
