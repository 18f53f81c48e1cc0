"""Events beside the callers' exchanges, as entries of the journal: without any secret.

Of a token request only the outcome is kept, neither request nor reply.
"""

import asyncio
import time

from proxy.errors import TokenError
from proxy.journal.body import Content
from proxy.journal.entry import Entry, Trouble
from proxy.journal.journal import Journal
from proxy.token.source import AccessToken, TokenSource
from proxy.words import phrase

TOKEN = "token"  # noqa: S105  a kind of entry
_NOTHING = Content(b"", 0)


class WatchedSource:
    """A token source whose fetches are entries of the journal."""

    def __init__(self, source: TokenSource, journal: Journal, path: str) -> None:
        self._source = source
        self._journal = journal
        self._path = path
        self.revoke = source.revoke
        self.changed = source.changed
        self.ended = source.ended

    async def fetch(self) -> AccessToken:
        """Return a new token; raise TokenError."""
        began, at = time.perf_counter(), time.time()
        error: BaseException | None = None
        try:
            return await self._source.fetch()
        except BaseException as caught:
            error = caught
            raise
        finally:
            seconds = time.perf_counter() - began
            self._journal.add(lambda number: self._entry(number, at, seconds, error))

    def _entry(self, number: int, at: float, seconds: float, error: BaseException | None) -> Entry:
        trouble = None
        if isinstance(error, TokenError):
            trouble = Trouble("failed", error.kind, error.detail, error.next_step)
        elif error is not None:
            given_up = isinstance(error, asyncio.CancelledError)
            late = phrase("fetch-given-up") if given_up else phrase("fetch-broke")
            trouble = Trouble("failed", TokenError.kind, late, TokenError.next_step)
        status = 200 if error is None else None
        return entry_beside(
            TOKEN, number, at, self._path, status=status, seconds=seconds, trouble=trouble
        )


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
