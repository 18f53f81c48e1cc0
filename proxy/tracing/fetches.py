"""The last token requests, so that the exchanges that live on them can name them."""

import asyncio
import random
from collections import deque

from proxy.errors import TokenError
from proxy.token.watched import TokenFetch

_KEPT = 16  # requests; an exchange uses the last token, or the one before


class TracedFetch:
    """One token request, in a trace of its own.

    Times are seconds of ``time.perf_counter``. ``failure`` is the kind of its error; ``told``: its
    span was sent.
    """

    __slots__ = ("began", "ended", "failure", "span_id", "token_id", "told", "trace_id")

    def __init__(self, fetch: TokenFetch) -> None:
        self.trace_id = b"%032x" % (random.getrandbits(127) + 1)
        self.span_id = random.getrandbits(63) + 1
        self.token_id = fetch.token_id
        self.failure = _kind(fetch.error)
        self.told = False
        self.began, self.ended = fetch.began, fetch.ended


def _kind(error: BaseException | None) -> str:
    if error is None:
        return ""
    if isinstance(error, TokenError):
        return error.kind
    return "cancelled" if isinstance(error, asyncio.CancelledError) else type(error).__name__


class Fetches:
    """The last token requests that are over."""

    def __init__(self) -> None:
        self._last: deque[TracedFetch] = deque(maxlen=_KEPT)

    def add(self, fetch: TokenFetch) -> None:
        """Keep a fetch; the oldest gives way if there are too many."""
        self._last.append(TracedFetch(fetch))

    def of_token(self, token_id: str | None) -> TracedFetch | None:
        """Return the one that brought a token, if it is known."""
        if token_id is None:
            return None
        return next((each for each in self._last if each.token_id == token_id), None)

    @property
    def failed(self) -> TracedFetch | None:
        """The last one, if it failed."""
        last = self._last[-1] if self._last else None
        return last if last is not None and last.failure else None
