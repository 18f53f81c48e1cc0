"""A token source that tells of its fetches: the only way to observe them.

Those who are told decide nothing, as the observers of an exchange do (`proxy.exchange.observer`).
"""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from proxy.token.source import AccessToken, TokenSource


class TokenFetch(NamedTuple):
    """A token request that is over; its times are seconds of ``time.perf_counter``.

    Whoever keeps ``error`` keeps all that its traceback refers to: take the words of it.
    """

    began: float
    ended: float
    token_id: str | None
    error: BaseException | None


FetchEnded = Callable[[TokenFetch], None]


class WatchedSource:
    """Fetches as its ``source`` does, and tells each of ``observers`` at the end."""

    def __init__(self, source: TokenSource, observers: Sequence[FetchEnded]) -> None:
        self._source = source
        self._observers = observers
        self.revoke = source.revoke
        self.changed = source.changed
        self.ended = source.ended

    async def fetch(self) -> AccessToken:
        """Return a new token; raise TokenError."""
        began = time.perf_counter()
        try:
            token = await self._source.fetch()
        except BaseException as error:
            self._tell(TokenFetch(began, time.perf_counter(), None, error))
            raise
        self._tell(TokenFetch(began, time.perf_counter(), token.token_id, None))
        return token

    def _tell(self, fetch: TokenFetch) -> None:
        for observer in self._observers:
            observer(fetch)
