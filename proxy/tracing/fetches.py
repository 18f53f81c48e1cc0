"""The last token requests, so that the exchanges that live on them can name them."""

import random
import time
from collections import deque
from collections.abc import Callable

from proxy.errors import TokenError
from proxy.token.source import AccessToken, TokenSource

_KEPT = 16  # requests; an exchange uses the last token, or the one before


class TokenFetch:
    """One token request, in a trace of its own.

    Times are seconds of ``time.perf_counter``. ``failure`` is the kind of its error; ``told``: its
    span was sent.
    """

    __slots__ = ("began", "ended", "failure", "span_id", "token_id", "told", "trace_id")

    def __init__(self) -> None:
        self.trace_id = b"%032x" % (random.getrandbits(127) + 1)
        self.span_id = random.getrandbits(63) + 1
        self.token_id: str | None = None
        self.failure = ""
        self.told = False
        self.began = self.ended = time.perf_counter()


class Fetches:
    """The last token requests that are over."""

    def __init__(self) -> None:
        self._last: deque[TokenFetch] = deque(maxlen=_KEPT)

    def add(self, fetch: TokenFetch) -> None:
        """Keep one, in place of the oldest."""
        self._last.append(fetch)

    def of_token(self, token_id: str | None) -> TokenFetch | None:
        """Return the one that brought a token, if it is known."""
        if token_id is None:
            return None
        return next((each for each in self._last if each.token_id == token_id), None)

    @property
    def failed(self) -> TokenFetch | None:
        """The last one, if it failed."""
        last = self._last[-1] if self._last else None
        return last if last is not None and last.failure else None


class TracedSource:
    """A token source whose requests are kept as `Fetches`."""

    def __init__(self, source: TokenSource, add: Callable[[TokenFetch], None]) -> None:
        self._source = source
        self._add = add
        self.revoke = source.revoke
        self.changed = source.changed
        self.ended = source.ended

    async def fetch(self) -> AccessToken:
        """Return a new token; raise TokenError."""
        fetch = TokenFetch()
        fetch.failure = "cancelled"
        try:
            token = await self._source.fetch()
            fetch.failure, fetch.token_id = "", token.token_id
        except TokenError as error:
            fetch.failure = error.kind
            raise
        finally:
            fetch.ended = time.perf_counter()
            self._add(fetch)
        return token
