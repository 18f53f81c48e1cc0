"""One access token, kept fresh for everyone.

::

    empty ──fetched──► fresh ──soft window──► renewing ──fetched──► fresh
      ▲  failed: backoff │                       │ failed: backoff, the token stays
      └── hard expiry ───┴───────────────────────┘

Invariants: at most one fetch is in flight, since `run` alone fetches; a token past its hard expiry
is never handed out; a token is never replaced by an older one; callers wait only while there is no
usable token, and never longer than ``wait``.
"""

import asyncio
import logging
import math
import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from proxy.clock import Clock
from proxy.errors import CredentialsRefused, TokenEndpointUnavailable, TokenError
from proxy.tokens import AccessToken, TokenSource

log = logging.getLogger("proxy.keeper")

SLICE = 15.0  # the longest sleep: timers may stand still while the machine is suspended
SOFT_LIMIT = 3600.0
MARGIN_LIMIT = 60.0
BACKOFF_FIRST, BACKOFF_LIMIT, BACKOFF_LIMIT_WAITED = 0.5, 30.0, 5.0
REFUSED_DELAY = 60.0
CHANGE_POLL = 1.0
YOUNG = 1.0
QUIET = 30.0
REVOKE_TIMEOUT = 3.0


class Held:
    """A token as the keeper holds it: with the field value to send, and who is using it."""

    __slots__ = (
        "authorization",
        "cause",
        "doubted",
        "hard_expiry",
        "superseded",
        "token",
        "users",
    )

    def __init__(self, token: AccessToken, cause: str) -> None:
        self.token = token
        self.authorization = b"Bearer " + token.value.encode("ascii")
        self.cause = cause
        self.hard_expiry = token.expires_at - min(MARGIN_LIMIT, token.lifetime / 20)
        self.superseded = False
        self.doubted = False
        self.users = 0

    def __repr__(self) -> str:
        return f"<Held {self.token!r}, {self.users} users>"


@dataclass(frozen=True, slots=True)
class KeeperOptions:
    """How long things may take, in seconds, and whether tokens are revoked."""

    fetch_timeout: float = 10.0
    wait: float = 10.0
    max_age: float | None = None
    revoke: bool = True


class TokenKeeper:
    """Hold the current token and renew it before it expires."""

    def __init__(
        self,
        source: TokenSource,
        clock: Clock,
        options: KeeperOptions = KeeperOptions(),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._source = source
        self._clock = clock
        self._options = options
        self._chance = chance
        self._held: Held | None = None
        self._due = clock()  # when the next fetch is due
        self._cause = "start"
        self._failures = 0
        self._failed_at = -math.inf
        self._quiet_until = -math.inf
        self._fetching = False
        self._kick = asyncio.Event()
        self._waiters: set[asyncio.Future[Held]] = set()
        self._rounds: list[asyncio.Future[None]] = []
        self._to_revoke: asyncio.Queue[AccessToken] = asyncio.Queue()
        self.error: TokenError | None = None
        self.renewed_at: float | None = None
        self.renewals: Counter[tuple[str, str]] = Counter()
        self.unauthorized = 0
        self.replays = 0
        self.revocations: Counter[str] = Counter()
        self.history: deque[tuple[float, bool, str, str]] = deque(maxlen=64)
        """The last fetches: when (seconds of the clock), whether it gave a token, cause, words."""

    # -- for the forwarder -----------------------------------------------------------------

    def usable(self) -> Held | None:
        """Return the token if it may be sent now."""
        held = self._held
        return held if held is not None and self._clock() < held.hard_expiry else None

    async def wait(self) -> Held:
        """Return a usable token, waiting for one up to ``options.wait`` seconds.

        Raises TokenError: at once if the credentials are known to be refused, else with the reason
        of the last failure.
        """
        held = self.usable()
        if held is not None:
            return held
        if isinstance(self.error, CredentialsRefused) and not self._fetching:
            raise self._unavailable()
        waiter: asyncio.Future[Held] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        self._hurry()
        try:
            async with asyncio.timeout(self._options.wait):
                return await waiter
        except TimeoutError:
            raise self._unavailable() from None
        finally:
            self._waiters.discard(waiter)

    def release(self, held: Held) -> None:
        """Count an exchange that no longer uses ``held``; the caller counted it in ``users``."""
        held.users -= 1
        if held.superseded and held.users == 0:
            self._retire(held)

    async def rejected(self, held: Held, *, wait: bool) -> Held | None:
        """Judge a 401 that the upstream gave to ``held``.

        Returns the token to replay the request with, or None if the 401 is to be passed on. With
        ``wait`` false (the request cannot be replayed) a renewal is at most set off.
        """
        self.unauthorized += 1
        if self._held is not held:
            return self.usable()
        now = self._clock()
        if held.cause == "unauthorized" and not held.doubted:
            # Minted because of a 401 and refused too: it is the scope, not the token.
            held.doubted = True
            self._quiet_until = now + QUIET
        if now < self._quiet_until or now - held.token.issued_at < YOUNG:
            return None
        self._plan(now, "unauthorized")
        if not wait:
            return None
        await self._round()
        return self.usable() if self._held is not held else None

    def revoked(self, token_id: str) -> None:
        """Note that a caller revoked a token; if it is ours, renew before the next request."""
        held = self._held
        if held is not None and held.token.token_id == token_id:
            self._held = None
            self._plan(self._clock(), "revoked")

    # -- for the operator ------------------------------------------------------------------

    async def refresh(self) -> bool:
        """Renew now; report whether that gave a new token."""
        before = self._held
        self._plan(self._clock(), "operator")
        await self._round()
        return self._held is not None and self._held is not before

    def renew(self) -> None:
        """Set off a renewal without waiting for it (SIGHUP)."""
        self._plan(self._clock(), "operator")

    @property
    def held(self) -> Held | None:
        """The token held now, even if it is past its hard expiry."""
        return self._held

    def age(self, held: Held) -> float:
        """Seconds since ``held`` was asked for."""
        return self._clock() - held.token.issued_at

    @property
    def past(self) -> list[dict[str, object]]:
        """The last fetches, oldest first, for the status document."""
        now = self._clock()
        return [
            {"ago": round(now - at, 3), "renewed": renewed, "cause": cause, "words": words}
            for at, renewed, cause, words in self.history
        ]

    @property
    def since_renewal(self) -> float:
        """Seconds since the last successful renewal; -1 before the first."""
        return -1 if self.renewed_at is None else self._clock() - self.renewed_at

    @property
    def waiting(self) -> int:
        """How many callers wait for a token."""
        return len(self._waiters)

    @property
    def fetching(self) -> bool:
        """Whether a fetch is in flight."""
        return self._fetching

    @property
    def next_fetch(self) -> float:
        """Seconds until the next fetch is due."""
        return max(0.0, self._due - self._clock())

    # -- the keeper's own life -------------------------------------------------------------

    async def run(self) -> None:
        """Renew for ever; cancel to stop."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._revoke_superseded())
            while True:
                await self._sleep()
                await self._fetch()

    async def aclose(self) -> None:
        """Revoke what is still held, best effort, within `REVOKE_TIMEOUT` seconds."""
        held, self._held = self._held, None
        if not self._options.revoke:
            return
        if held is not None:
            self._to_revoke.put_nowait(held.token)
        try:
            async with asyncio.timeout(REVOKE_TIMEOUT):
                while not self._to_revoke.empty():
                    token = self._to_revoke.get_nowait()
                    await self._revoke(token, held.token if held else token)
        except TimeoutError:
            log.warning("the token could not be revoked within %g s", REVOKE_TIMEOUT)

    async def _sleep(self) -> None:
        """Return when a fetch is due; wakes often, since timers do not count suspended time."""
        while True:
            self._kick.clear()
            delay = self._due - self._clock()
            if delay <= 0:
                return
            refused = isinstance(self.error, CredentialsRefused)
            if refused and self._source.changed():
                self._cause = "credentials"
                return
            try:
                async with asyncio.timeout(min(delay, CHANGE_POLL if refused else SLICE)):
                    await self._kick.wait()
            except TimeoutError:
                pass

    async def _fetch(self) -> None:
        cause = self._cause
        self._fetching = True
        try:
            async with asyncio.timeout(self._options.fetch_timeout):
                token = await self._source.fetch()
        except TimeoutError:
            text = f"no reply from the token endpoint within {self._options.fetch_timeout:g} s"
            self._failed(cause, TokenEndpointUnavailable(text))
        except TokenError as error:
            self._failed(cause, error)
        except Exception as error:  # noqa: BLE001  the loop must outlive any surprise
            text = f"the token request failed: {type(error).__name__}"
            self._failed(cause, TokenEndpointUnavailable(text))
        else:
            self._succeeded(cause, token)
        finally:
            self._fetching = False
            rounds, self._rounds = self._rounds, []
            for waiter in rounds:
                if not waiter.done():
                    waiter.set_result(None)

    def _succeeded(self, cause: str, token: AccessToken) -> None:
        old = self._held
        now = self._clock()
        self.renewals["success", cause] += 1
        self.history.append((now, True, cause, f"lives {token.lifetime:.0f} s"))
        self.error, self._failures, self.renewed_at = None, 0, now
        if old is not None and old.token.value == token.value:
            # The same token again: it is not younger for that. Ask again when it ends.
            self._due = max(min(old.hard_expiry, token.expires_at), now + 1)
            self._cause = "soft-window"
            if self.usable() is not None:
                self._deliver(old)
            return
        held = Held(token, cause)
        self._held = held
        self._due = self._renewal(token)
        self._cause = "soft-window"
        log.info(
            "access token renewed (%s): lives %.0f s, next renewal in %.0f s",
            cause,
            token.lifetime,
            self._due - now,
        )
        self._deliver(held)
        if old is not None:
            old.superseded = True
            if old.users == 0:
                self._retire(old)

    def _deliver(self, held: Held) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(held)

    def _renewal(self, token: AccessToken) -> float:
        """Return when to renew: in the first half of the soft window, at a random moment."""
        window = min(SOFT_LIMIT, token.lifetime / 5)
        due = token.expires_at - window + self._chance() * window / 2
        if self._options.max_age is not None:
            age = self._options.max_age * (1 - self._chance() / 10)
            due = min(due, token.issued_at + age)
        return max(due, self._clock() + BACKOFF_FIRST)

    def _failed(self, cause: str, error: TokenError) -> None:
        now = self._clock()
        self.renewals["failure", cause] += 1
        self.history.append((now, False, cause, str(error)))
        self.error, self._failed_at = error, now
        self._failures += 1
        if isinstance(error, CredentialsRefused):
            delay = REFUSED_DELAY
            for waiter in self._waiters:
                if not waiter.done():
                    waiter.set_exception(self._unavailable())
        else:
            ceiling = min(BACKOFF_LIMIT, BACKOFF_FIRST * 2 ** min(self._failures, 16))
            delay = max(BACKOFF_FIRST / 2, self._chance() * ceiling, error.retry_after or 0)
        self._due = now + delay
        if self._waiters:
            self._hurry()
        kept = "; the token held still works" if self.usable() else ""
        log.warning(
            "no new access token (%s): %s; next try in %.1f s%s",
            cause,
            error,
            self._due - now,
            kept,
        )

    def _hurry(self) -> None:
        """While callers wait, the next try is at most 5 s after the last, or what was asked for."""
        if self._failures and self.error is not None:
            asked = self.error.retry_after or 0
            self._due = min(self._due, self._failed_at + max(BACKOFF_LIMIT_WAITED, asked))
        self._kick.set()

    def _plan(self, now: float, cause: str) -> None:
        """Make a fetch due now, unless one is in flight: that one serves."""
        if not self._fetching:
            self._due, self._cause = now, cause
            self._kick.set()

    async def _round(self) -> None:
        """Wait until the fetch that is due or in flight has ended, at most ``options.wait``."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rounds.append(waiter)
        try:
            async with asyncio.timeout(self._options.wait):
                await waiter
        except TimeoutError:
            pass

    def _unavailable(self) -> TokenError:
        error = self.error or TokenEndpointUnavailable("the first token request is still under way")
        copy = type(error)(str(error))
        copy.retry_after = max(1.0, math.ceil(self.next_fetch))
        return copy

    # -- revocation ------------------------------------------------------------------------

    def _retire(self, held: Held) -> None:
        if self._options.revoke and held.token.token_id is not None:
            self._to_revoke.put_nowait(held.token)

    async def _revoke_superseded(self) -> None:
        while True:
            token = await self._to_revoke.get()
            held = self.usable()
            await self._revoke(token, held.token if held else token)

    async def _revoke(self, token: AccessToken, bearer: AccessToken) -> None:
        if token.token_id is None:
            return
        gone = False
        try:
            async with asyncio.timeout(self._options.fetch_timeout):
                gone = await self._source.revoke(token, bearer)
        except (TokenError, TimeoutError) as error:
            log.warning("a token could not be revoked: %s", error or "no reply in time")
        except Exception as error:  # noqa: BLE001  the keeper must outlive any surprise
            log.warning("a token could not be revoked: %s", type(error).__name__)
        self.revocations["success" if gone else "failure"] += 1
