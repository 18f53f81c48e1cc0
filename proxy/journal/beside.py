"""Events beside the callers' exchanges, as entries of the journal: without any secret.

Of a token request only the outcome is kept, neither request nor reply.
"""

import asyncio
import time

from proxy.errors import TokenError
from proxy.journal.body import Content
from proxy.journal.entry import Entry, Trouble
from proxy.journal.journal import Journal
from proxy.token.watched import TokenFetch
from proxy.words import phrase

TOKEN = "token"  # noqa: S105  a kind of entry
_NOTHING = Content(b"", 0)


class TokenEntries:
    """Makes an entry of each token request; ``path`` is where they go."""

    def __init__(self, journal: Journal, path: str) -> None:
        self._journal = journal
        self._path = path

    def add(self, fetch: TokenFetch) -> None:
        """Keep an exchange that is over."""
        at = time.time() - (time.perf_counter() - fetch.began)
        self._journal.add(lambda number: self._entry(number, at, fetch))

    def _entry(self, number: int, at: float, fetch: TokenFetch) -> Entry:
        return entry_beside(
            TOKEN,
            number,
            at,
            self._path,
            status=200 if fetch.error is None else None,
            seconds=fetch.ended - fetch.began,
            trouble=_trouble(fetch.error),
        )


def _trouble(error: BaseException | None) -> Trouble | None:
    if error is None:
        return None
    if isinstance(error, TokenError):
        return Trouble("failed", error.kind, error.detail, error.next_step)
    given_up = isinstance(error, asyncio.CancelledError)
    late = phrase("fetch-given-up") if given_up else phrase("fetch-broke")
    return Trouble("failed", TokenError.kind, late, TokenError.next_step)


def entry_beside(
    kind: str,
    number: int,
    at: float,
    target: str,
    *,
    status: int | None,
    seconds: float,
    received: int = 0,
    note: str = "",
    request_lines: tuple[tuple[str, str], ...] = (),
    request: Content = _NOTHING,
    trouble: Trouble | None = None,
) -> Entry:
    """Return an entry for a request that no caller sent; it is shown as a POST."""
    return Entry(
        number=number,
        id=f"{kind}-{number}",
        at=at,
        method="POST",
        target=target,
        version="1.1",
        status=status,
        seconds=seconds,
        received=received,
        sent=0,
        left=False,
        note=note,
        caller="",
        uid=None,
        replay_of="",
        request_lines=request_lines,
        request=request,
        answer_lines=(),
        answer=_NOTHING,
        attempts=(),
        phases=(),
        trouble=trouble,
        kind=kind,
    )
