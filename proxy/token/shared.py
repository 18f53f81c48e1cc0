"""One token for all replicas: a source that asks the database before the token endpoint.

Whoever needs a token newer than its own takes the newest that is there. If there is none, one
replica fetches, behind a lock, and puts the token down; the others take it when they hear of it.
Without the database each replica goes on with the token that it has, fetches its own near its end,
and joins again when the database is back: then the token that was fetched last is everybody's.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from typing import Protocol

from proxy.clock import Clock
from proxy.credentials import CredentialsSource
from proxy.errors import DatabaseUnavailable, TokenEndpointUnavailable, TokenError
from proxy.postgres.line import Line
from proxy.token.schedule import SOFT_LIMIT, hard_expiry
from proxy.token.share import Share
from proxy.token.source import AccessToken, TokenSource
from proxy.words import Phrase, phrase

log = logging.getLogger("proxy.sharing")

POLL = 2.0  # seconds between two looks, where no notification comes through
BEAT = 7.0  # seconds between two signs of life: a quarter of the lease
LAST = 1.5  # seconds to give up what is held, at the end
SHARED = "shared"  # the cause of a fetch that another replica's token made due


class Renewing(Protocol):
    """The keeper, as far as it has to be told, and asked."""

    @property
    def cause(self) -> str:
        """Why the next fetch, or the one under way, is made."""

    def take_over(self) -> None:
        """Ask the source soon, since another replica has a new token."""


class SharedSource:
    """A token source between the keeper and the token endpoint's own.

    Invariants: with one key, one replica fetches at a time; a token is revoked by one replica, and
    only when no other uses it; no request waits for the database while there is a usable token.
    """

    def __init__(
        self,
        source: TokenSource,
        share: Share,
        line: Line,
        credentials: CredentialsSource,
        clock: Clock,
        *,
        max_age: float | None,
        revoke: bool,
        alone: bool = True,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Share; without the database fetch for this process ``alone``, or not at all."""
        self._source = source
        self._may_be_alone = alone
        self.share = share
        """How it is, for status and metrics."""
        self._line = line
        self._credentials = credentials
        self._clock = clock
        self._max_age = max_age
        self._revokes = revoke
        self._chance = chance
        self._keeper: Renewing | None = None
        self.changed = source.changed
        self.ended = source.ended

    # -- for the keeper --------------------------------------------------------------------

    async def fetch(self) -> AccessToken:
        """Return a token newer than the one returned last; raise TokenError.

        If a fetch is due only because another replica has a new token, there may be none by now:
        then it is the same.
        """
        self.share.know(await self._credentials())
        cause = "start" if self._keeper is None else self._keeper.cause
        why = self.share.problem
        if why is None:
            try:
                return await self._together(cause)
            except DatabaseUnavailable as error:
                why = error.why
                self.share.away(why)
        return await self._alone(cause, why)

    async def revoke(self, token: AccessToken, bearer: AccessToken) -> None:
        """Let go of a token, and revoke what no replica uses any more; raise TokenError."""
        try:
            left = await self.share.let_go(token)
        except DatabaseUnavailable as error:
            self.share.away(error.why)
            raise TokenEndpointUnavailable(phrase("share.not-let-go", why=error.why)) from None
        if left is None:
            await self._source.revoke(token, bearer)
        else:
            await self._revoke_all(left, bearer)

    async def _together(self, cause: str) -> AccessToken:
        share = self.share
        if cause == SHARED and share.shared:
            return await share.take() or await self._same()
        again = cause == SHARED and share.unknown
        return await share.renew(self._same if again else self._source.fetch)

    async def _same(self) -> AccessToken:
        current = self.share.current
        usable = current is not None and self._clock() < hard_expiry(current)
        return current if current is not None and usable else await self._source.fetch()

    async def _alone(self, cause: str, why: Phrase) -> AccessToken:
        """Fetch a token for this replica alone, once the one that it has comes near its end."""
        if not self._may_be_alone:
            raise TokenEndpointUnavailable(phrase("share.out-of-reach", why=why))
        left = self._left() if cause in ("soft-window", SHARED) else 0.0
        if left > 0:
            error = TokenEndpointUnavailable(phrase("share.waits", why=why))
            error.retry_after = min(left, POLL)
            raise error
        token = await self._source.fetch()
        self.share.own(token)
        log.warning("this replica fetched a token for itself, since none can be shared: %s", why)
        return token

    def _left(self) -> float:
        """Seconds until a token is fetched without the others."""
        token = self.share.current
        if token is None:
            return 0.0
        end = token.expires_at - min(SOFT_LIMIT, token.lifetime / 5) / 2
        if self._max_age is not None:
            end = min(end, token.issued_at + self._max_age)
        return end - self._clock()

    async def _revoke_all(self, left: list[AccessToken], bearer: AccessToken) -> None:
        for token in left if self._revokes else []:
            if token.token_id is not None:
                await self._source.revoke(token, bearer)

    # -- for the server --------------------------------------------------------------------

    async def attend(self, keeper: Renewing) -> None:
        """Tell the keeper of tokens that others fetched, and show that we live; for ever."""
        self._keeper = keeper
        beat = self._clock()
        while True:
            await self._pause()
            if self.share.current is None:
                continue
            due = self.share.problem is not None or self._clock() >= beat
            try:
                left = await self.share.keep() if due else []
                news = await self.share.news()
            except DatabaseUnavailable as error:
                self.share.away(error.why)
                continue
            if due:
                beat = self._clock() + BEAT
            self.share.joined()
            if news:
                keeper.take_over()
            await self._give_back(left)

    async def _pause(self) -> None:
        """Wait until something is heard, or a look is due: not all replicas at once."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL * (0.75 + self._chance() / 2)):
                await self._line.heard.wait()
        self._line.heard.clear()

    async def _give_back(self, left: list[AccessToken]) -> None:
        """Revoke the tokens of replicas that were killed."""
        bearer = self.share.current
        try:
            if bearer is not None:
                await self._revoke_all(left, bearer)
        except TokenError as error:
            log.warning("a token that no replica uses could not be revoked: %s", error)

    async def aclose(self) -> None:
        """Let go of all tokens, best effort, and close the line."""
        with contextlib.suppress(DatabaseUnavailable, TimeoutError):
            async with asyncio.timeout(LAST):
                await self.share.leave()
        await self._line.aclose()
