"""One access token, kept fresh for everyone; docs/keeper.md draws its states.

Invariants: at most one fetch is in flight, since `run` alone fetches; a token past its hard expiry
is never handed out; a token is never replaced by an older one; callers wait only while there is no
usable token, never longer than ``options.wait``, and not at all once an outage has lasted longer.
"""

import asyncio
import contextlib
import copy as copying
import logging
import math
import random
from collections import Counter, deque
from collections.abc import Callable
from typing import NamedTuple

from proxy.clock import Clock
from proxy.errors import TokenEndpointUnavailable, TokenError
from proxy.token.leased import LeasedToken
from proxy.token.revoker import Revoker
from proxy.token.schedule import Schedule
from proxy.token.source import AccessToken, TokenSource
from proxy.token.unauthorized import Unauthorized
from proxy.words import Said, phrase
from proxy.words.durations import Span

__all__ = ["CAUSES", "KeeperOptions", "LeasedToken", "TokenKeeper"]

log = logging.getLogger("proxy.keeper")

CAUSES = (
    *("start", "soft-window", "unauthorized", "revoked", "operator", "credentials"),
    "shared",
)
OUTCOMES = ("success", "failure", "refused")
LAST_FETCH = 2.0  # seconds for a fetch that is in flight at the end
SOON = 1.0  # seconds: callers wait for a fetch that is due within them


class KeeperOptions(NamedTuple):
    """The keeper's time limits (seconds), and whether tokens are revoked."""

    fetch_timeout: float
    wait: float
    max_age: float | None
    revoke: bool


class EndedFetch(NamedTuple):
    """A token request that has ended; ``at`` is a time of the clock (seconds)."""

    at: float
    renewed: bool
    cause: str
    words: Said


class TokenKeeper:
    """Hold the current token and renew it before it expires."""

    def __init__(
        self,
        source: TokenSource,
        clock: Clock,
        options: KeeperOptions,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._source = source
        self._clock = clock
        self._options = options
        self._schedule = Schedule(clock, options.max_age, chance)
        self._revoker = Revoker(source, options.fetch_timeout, self._bearer)
        self._held: LeasedToken | None = None
        self._fetching = False
        self._asked_at = clock()  # when the fetch in flight, or the last, began
        self._lost_at = self._asked_at  # the time since which no token is held
        self._advised = ""
        self._failing_since: float | None = None  # the first of the failed fetches in a row
        self._fetched = asyncio.Event()  # a new one for each fetch, set when it has ended
        self.unauthorized = Unauthorized(self, source, clock, options.fetch_timeout, chance)
        """The policy for 401s."""
        self.issued: deque[str] = deque(maxlen=64)
        """The ids of the last tokens that were fetched."""
        self.error: TokenError | None = None
        self.renewed_at: float | None = None
        self.renewals: Counter[tuple[str, str]] = Counter()
        self.revocations = self._revoker.outcomes
        self.waiting = 0
        """The number of callers that wait for a token."""
        self.history: deque[EndedFetch] = deque(maxlen=64)
        """The last fetches: when (seconds of the clock), whether it gave a token, cause, words."""

    # -- for the forwarder -----------------------------------------------------------------

    def usable(self) -> LeasedToken | None:
        """Return the token if it may be sent now."""
        held = self._held
        return held if held is not None and self._clock() < held.hard_expiry else None

    async def wait(self) -> LeasedToken:
        """Return a usable token, waiting for one up to ``options.wait`` seconds.

        Waits for a fetch that is in flight or due soon. Raises TokenError with the reason of the
        last failure: at once if none is, or if the outage has lasted longer than a caller waits.
        """
        try:
            async with asyncio.timeout(self._options.wait):
                while (held := self.usable()) is None:
                    self._schedule.hurry()
                    if not self._imminent or self._outage > self._options.wait:
                        raise self._unavailable()
                    await self._outcome()
        except TimeoutError:
            raise self._unavailable() from None
        return held

    @property
    def _imminent(self) -> bool:
        """Whether a fetch is in flight, or due so soon that callers wait for it."""
        return self._fetching or self.next_fetch <= SOON

    @property
    def _failing(self) -> float:
        """Seconds for which fetches have failed; 0 if the last one did not."""
        return 0.0 if self._failing_since is None else self._clock() - self._failing_since

    @property
    def _outage(self) -> float:
        """Seconds without a token while fetches failed."""
        lost = self._lost_at if self._held is None else self._held.hard_expiry
        return min(self._failing, self._clock() - lost)

    def release(self, held: LeasedToken) -> None:
        """Count an exchange that no longer uses ``held``; the caller counted it in ``users``."""
        held.users -= 1
        if held.superseded and held.users == 0:
            self._retire(held)

    def revoked(self, token_id: str) -> None:
        """Note that a caller revoked a token; if it is ours, renew before the next request."""
        ours = self._held.token.token_id if self._held is not None else None
        if ours is not None and ours.lower() == token_id.lower():
            self._held, self._lost_at = None, self._clock()
            self._plan("revoked")

    # -- for the judge of 401s -------------------------------------------------------------

    def call_for(self, not_before: float) -> None:
        """Make a fetch due because of a 401, not before that moment of the clock."""
        self._plan("unauthorized", patient=True, not_before=not_before)

    async def other_than(self, held: LeasedToken) -> LeasedToken | None:
        """Return a usable token other than ``held``, None if there is none.

        Waits for the fetch that is due or in flight where there is none yet.
        """
        current = self.usable()
        if current is None or current is held:
            await self._renewed()
            current = self.usable()
        return current if current is not held else None

    # -- for the operator ------------------------------------------------------------------

    async def refresh(self) -> bool:
        """Renew now; report whether that gave a new token."""
        before = self._held
        self._plan("operator")
        await self._renewed()
        return self._held is not None and self._held is not before

    def renew(self) -> None:
        """Set off a renewal without waiting for it (SIGHUP)."""
        self._plan("operator")

    def take_over(self) -> None:
        """Ask the source soon, since another replica has a new token."""
        if self._schedule.cause in ("soft-window", "shared"):  # any other one asks for more
            self._plan("shared")

    @property
    def cause(self) -> str:
        """The cause of the next fetch, or of the one in flight."""
        return self._schedule.cause

    @property
    def held(self) -> LeasedToken | None:
        """The token held now, even if it is past its hard expiry."""
        return self._held

    def age(self, held: LeasedToken) -> float:
        """Seconds since ``held`` was asked for."""
        return self._clock() - held.token.issued_at

    @property
    def past(self) -> list[EndedFetch]:
        """The last fetches, oldest first; their times are seconds before now."""
        now = self._clock()
        return [fetch._replace(at=now - fetch.at) for fetch in self.history]

    @property
    def since_renewal(self) -> float:
        """Seconds since the last successful renewal; -1 before the first."""
        return -1 if self.renewed_at is None else self._clock() - self.renewed_at

    @property
    def fetching(self) -> bool:
        """Whether a fetch is in flight."""
        return self._fetching

    @property
    def next_fetch(self) -> float:
        """Seconds until the next fetch is due."""
        return self._schedule.left

    # -- the keeper's own life -------------------------------------------------------------

    async def run(self) -> None:
        """Renew for ever; cancel to stop."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._revoker.run())
            while True:
                await self._schedule.sleep(self._rotated)
                await self._fetch()

    async def leave(self) -> None:
        """Let a fetch in flight end before `run` is cancelled, if that takes no longer than 2 s.

        The server may be making a token for it, which nobody could revoke.
        """
        if self._fetching and self._options.revoke:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_FETCH):
                    await self._fetched.wait()

    async def aclose(self) -> None:
        """Give the token up and revoke what still lives, best effort, within 3 s."""
        last = self._bearer()
        self._held = None
        if self._options.revoke:
            await self._revoker.finish(last)

    async def _rotated(self) -> bool:
        try:
            return await self._source.changed()
        except Exception as error:  # noqa: BLE001  the loop must outlive any surprise
            log.warning("the credentials cannot be read: %s", type(error).__name__)
            return False

    async def _fetch(self) -> None:
        cause = self._schedule.cause
        self._fetching, self._asked_at = True, self._clock()
        # Time while the machine was suspended is left out: it tells nothing about the next fetch.
        began = asyncio.get_running_loop().time()
        try:
            held = await self._ask(cause)
            self._succeeded(cause, held, asyncio.get_running_loop().time() - began)
        except TokenError as error:
            self._failed(cause, error)
        finally:
            self._fetching = False
            fetched, self._fetched = self._fetched, asyncio.Event()
            fetched.set()

    async def _ask(self, cause: str) -> LeasedToken:
        """Return a usable token; every failure is a TokenError."""
        limit = self._options.fetch_timeout
        try:
            async with asyncio.timeout(limit):
                token = await self._source.fetch()
            held = LeasedToken(token, cause, self._clock())
        except TokenError:
            raise
        except TimeoutError:
            silent = phrase("endpoint-silent", seconds=limit)
            raise TokenEndpointUnavailable(silent) from None
        except Exception as error:  # noqa: BLE001  the loop must outlive any surprise
            broken = phrase("fetch-failed", error=type(error).__name__)
            raise TokenEndpointUnavailable(broken) from None
        if held.hard_expiry <= held.received_at:
            lifetime = float(f"{token.lifetime:.3g}")
            raise TokenEndpointUnavailable(phrase("expired-on-arrival", seconds=lifetime))
        return held

    def _succeeded(self, cause: str, new: LeasedToken, took: float) -> None:
        old, now, token = self._held, new.received_at, new.token
        same = old is not None and old.token.value == token.value
        self.error, self._failing_since, self.renewed_at = None, None, now
        self._advised = ""
        self._schedule.succeeded(token, took, same=same)
        self.unauthorized.renewed(new, same=same)
        words = phrase("same-token") if same else phrase("valid-for", span=Span(token.lifetime))
        self._record("success", cause, words)
        text = "access token renewed (%s): %s, next renewal in %.0f s"
        log.info(text, cause, words, self.next_fetch)
        if old is not None and same:
            old.confirm(token)
            return
        if token.token_id is not None:
            self.issued.append(token.token_id)
        self._held = new
        if old is not None:
            old.superseded = True
            if old.users == 0:
                self._retire(old)

    def _failed(self, cause: str, error: TokenError) -> None:
        self.error = error
        if self._failing_since is None:
            self._failing_since = self._asked_at
        self._schedule.failed(error, waited=self.waiting > 0)
        self._record("refused" if self._schedule.refused else "failure", cause, error.detail)
        kept = "; the current token still works" if self.usable() else ""
        # The advice is logged once, not at every try.
        step = f"{error.suspicion}; {error.next_step}" if error.suspicion else str(error.next_step)
        advice = "" if step == self._advised else f"; {step}"
        self._advised = step
        text = "no new access token (%s): %s; next try in %.1f s%s%s"
        log.warning(text, cause, error, self.next_fetch, kept, advice)

    def _record(self, outcome: str, cause: str, words: Said) -> None:
        self.renewals[outcome, cause] += 1
        self.history.append(EndedFetch(self._clock(), outcome == "success", cause, words))

    def _plan(self, cause: str, *, patient: bool = False, not_before: float = 0.0) -> None:
        """Make a fetch due, unless one is in flight: that one is enough."""
        if not self._fetching:
            self._schedule.plan(cause, patient=patient, not_before=not_before)

    async def _renewed(self) -> None:
        """Wait for the end of the fetch that is due or in flight, at most ``options.wait``."""
        self._schedule.hurry()
        wait = self._options.wait
        if self._imminent or (self._failing < wait and self.next_fetch < wait):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._outcome()

    async def _outcome(self) -> None:
        self.waiting += 1
        try:
            await self._fetched.wait()
        finally:
            self.waiting -= 1

    def _unavailable(self) -> TokenError:
        error = self.error or TokenEndpointUnavailable(phrase("fetch-under-way"))
        copy = copying.copy(error)
        copy.retry_after = max(1.0, math.ceil(round(self.next_fetch, 3)))
        return copy

    # -- revocation ------------------------------------------------------------------------

    def _retire(self, held: LeasedToken) -> None:
        current = self._held
        if current is not None and current.token.value == held.token.value:
            return  # the server has returned to this token
        if self._options.revoke:
            self._revoker.add(held.token)

    def _bearer(self) -> AccessToken | None:
        held = self.usable()
        return held.token if held is not None else None
