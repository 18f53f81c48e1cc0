"""Requests with an Idempotency-Key: the first goes up, and its repeats are answered here.

Invariants: of a caller's key at most one request is sent that is not proved unprocessed, across
restarts; a repeat never goes up while the first may have been carried out. Claims are in the file;
those under way are known here too, so that a repeat can wait.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol

from proxy.errors import LedgerUnavailable
from proxy.ledger import repeats
from proxy.ledger.claim import KeyClaim, KeyTaken, unprocessed
from proxy.ledger.entry import LedgerEntry
from proxy.ledger.first import First, first_of
from proxy.ledger.ledger import Ledger
from proxy.ledger.repeat_guard import LooksRepeated, Questions
from proxy.ledger.repeats import Answered
from proxy.ledger.row import Row
from proxy.ledger.row_observer import RowObserver
from proxy.ledger.standing import Standing
from proxy.ledger.trouble import LedgerRefused

PATIENCE = 20.0  # seconds that a repeat waits: most callers wait for 30 s or more
_SOON = 0.05  # seconds until the next look at a row whose end is being written


class Inquirer(Questions, Protocol):
    """Asks the API about rows, and for what their requests made."""

    async def recall(self, entry: LedgerEntry) -> bytes | None:
        """Return the document of what a row's request made; None if it cannot be had."""


class _Turn(NamedTuple):
    """A request that is under way with a key; ``over`` is done when it is no more.

    Its result is the first request with the key, if this one turned out to repeat it.
    """

    row: Row
    fingerprint: str
    over: "asyncio.Future[First | None]"


class Claims:
    """Opens the rows of requests with a key, or says what is the answer to a repeat.

    ``inquirer`` asks the API about a row in doubt, if anybody does.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._turns: dict[tuple[str, str], _Turn] = {}
        self.inquirer: Inquirer | None = None

    async def open(self, row: Row, claim: KeyClaim, observer: RowObserver) -> Answered | None:
        """Open a row with its claim, as `Ledger.open` does; return the answer to a repeat.

        Then the ``observer`` has no row. Raise Repeated if a repeat has no answer.
        """
        row.claim = claim
        claim.over.add_done_callback(lambda _: self._leave(claim))
        tell: Callable[[], None] | None = partial(observer.tell, row)
        until = asyncio.get_running_loop().time() + PATIENCE
        while True:
            before = await self._take_turn(row, claim, until)
            if isinstance(before, First):
                return _answer(before, claim)
            observer.row = row
            try:
                await self._ledger.open(row, tell)
            except KeyTaken:
                tell = observer.row = None  # it is told already
                first = await self._repeated(claim, until)
            except LooksRepeated:
                self._leave(claim)
                raise
            except LedgerUnavailable as unavailable:
                first = await self._unwritten(unavailable, claim, before)
            else:
                return None
            if first is not None:
                return _answer(first, claim)

    async def _take_turn(self, row: Row, claim: KeyClaim, until: float) -> First | Row | None:
        """Wait until no other request has the key here; return one that may be carried out.

        Repeats that wait for one that looks the first up share what it finds.
        """
        waited_for: Row | None = None
        while (other := self._turns.get(claim.name)) is not None:
            first = await _wait(other, claim, until)
            if first is not None and first.same(claim):
                return first
            if _may_be_done(other.row):
                waited_for = other.row
        over: asyncio.Future[First | None] = asyncio.get_running_loop().create_future()
        self._turns[claim.name] = _Turn(row, claim.fingerprint, over)
        return waited_for

    def _leave(self, claim: KeyClaim, first: First | None = None) -> None:
        turn = self._turns.get(claim.name)
        if turn is not None and turn.row.claim is claim:
            del self._turns[claim.name]
            turn.over.set_result(first)

    async def _repeated(self, claim: KeyClaim, until: float) -> First | None:
        """Return the first that a request repeats, and end its turn; None if it is to try again."""
        first: First | None = None
        try:
            first = await self._repeat(claim, until)
            return first
        finally:
            self._leave(claim, first)

    async def _repeat(self, claim: KeyClaim, until: float) -> First | None:
        """Return the first that a request repeats; None if the key is free by now, or soon."""
        try:
            first = await self._first(claim)
        except LedgerUnavailable as unread:
            # Another row has the key: its request may have been carried out.
            taken = None if claim.taken is None else claim.taken.number
            raise repeats.under_way(taken) from unread
        if first is None:
            return None
        if first.standing is Standing.FREE:
            claim.replaces = first.holder.number
            return None
        time_is_left = asyncio.get_running_loop().time() <= until
        if first.standing is Standing.UNDER_WAY and first.same(claim) and time_is_left:
            await asyncio.sleep(_SOON)
            return None
        return first

    async def _unwritten(
        self, unavailable: LedgerUnavailable, claim: KeyClaim, waited_for: Row | None
    ) -> First:
        """Return the first although nothing can be written; raise ``unavailable`` if there is none.

        A caller that repeats a payment must not hear that nothing was sent.
        """
        with contextlib.suppress(LedgerUnavailable):
            first = await self._first(claim)
            if first is not None and first.standing not in (Standing.FREE, Standing.UNDER_WAY):
                return first
        if waited_for is not None:
            raise repeats.under_way(waited_for.number)
        raise unavailable

    async def _first(self, claim: KeyClaim) -> First | None:
        """Return the first with the key, None if it is free, with what the API has of it now.

        About one that is in doubt the API is asked before.
        """
        first, inquirer = await self._read(claim), self.inquirer
        if first is None or inquirer is None or not first.same(claim):
            return first
        if first.standing is Standing.IN_DOUBT:
            await inquirer.ask_now(first.holder.number)
            first = await self._read(claim)
        if first is None or first.reply is not None or first.entry is None:
            return first
        if first.standing in (Standing.FREE, Standing.UNDER_WAY):
            return first
        return replace(first, found=await inquirer.recall(first.entry))

    async def _read(self, claim: KeyClaim) -> First | None:
        try:
            return await asyncio.to_thread(first_of, self._ledger.where, *claim.name)
        except LedgerRefused as refusal:
            raise LedgerUnavailable(refusal.why) from refusal


def _answer(first: First, claim: KeyClaim) -> Answered:
    """Return the answer to a repeat; raise Repeated if there is none."""
    number = first.holder.number
    if not first.same(claim):
        raise repeats.other_request(number)
    if first.standing is Standing.UNDER_WAY:
        raise repeats.under_way(number)
    if first.reply is not None:
        return repeats.replayed(number, first.reply)
    if first.found is not None:
        return repeats.found(number, first.found)
    if first.entry is not None and first.standing is Standing.IN_DOUBT:
        raise repeats.in_doubt(first.entry)
    raise repeats.known(number, first.entry)


async def _wait(other: _Turn, claim: KeyClaim, until: float) -> First | None:
    """Wait until another request with the key is over; raise Repeated if that takes too long.

    Return the first, if the other turned out to repeat it.
    """
    row = other.row
    if other.fingerprint != claim.fingerprint and row.end is None:
        raise repeats.other_request(row.number)
    left = until - asyncio.get_running_loop().time()
    await asyncio.wait({other.over}, timeout=max(left, 0.0))
    if not other.over.done():
        raise repeats.under_way(row.number)
    return other.over.result()


def _may_be_done(row: Row) -> bool:
    """Report whether a request that is over may have been carried out."""
    if row.number is None or row.end is None:
        return False
    return not unprocessed(row.end.outcome, row.end.status)
