"""Walks the ledger's chain and its rows side by side, and names what does not agree.

Openings come in the order of the rows' numbers, so one walk over the rows finds those that no
opening tells of. A row is looked at until its end has come.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from proxy.ledger import chain, edited
from proxy.ledger.archive import Where, archive_of
from proxy.ledger.chain import COLUMNS, ChainLink, Event
from proxy.ledger.connection import LedgerConnection
from proxy.ledger.edited import AnyRow
from proxy.ledger.trouble import LedgerRefused
from proxy.words import Phrase, phrase

_MOST = 1000  # problems, after which it is enough
_WORDS = {chain.VERDICT: phrase("chain.verdict"), chain.EVIDENCE: phrase("chain.evidence")}
_BODY = COLUMNS[chain.BODY][1:]
_END = set(COLUMNS[chain.CLOSED][1:]) - {"token_id"}
_ANSWER = set(COLUMNS[chain.ANSWER])
_UNTOLD = (None, None, "{}", "{}")


@dataclass(frozen=True, slots=True)
class Tampering:
    """A disagreement; ``row`` is the first row that it is about, None if it is the chain."""

    row: int | None
    words: Phrase


@dataclass(slots=True)
class Verification:
    """The result of a walk. ``head`` is the chain's; up to row ``deleted`` some are gone.

    ``known`` is whether a given head was found in the chain; None if none was given.
    """

    head: ChainLink
    rows: int = 0
    entries: int = 0
    deleted: int = 0
    known: bool | None = None
    problems: list[Tampering] = field(default_factory=list)

    @property
    def first(self) -> Tampering | None:
        """The problem of the first row."""
        by_row = sorted(self.problems, key=lambda each: (each.row is None, each.row))
        return by_row[0] if by_row else None


def verify(where: Where, known: ChainLink | None = None) -> Verification:
    """Verify a ledger, and that it continues the head ``known``; LedgerRefused if unreadable."""
    archive = archive_of(where)
    with archive.snapshot() as connection:
        if archive.version(connection) < chain.FORMAT:
            raise LedgerRefused(phrase("chain.none", path=str(where)))
        return verified(connection, known)


def verified(connection: LedgerConnection, known: ChainLink | None = None) -> Verification:
    """Verify an open ledger."""
    return _Walk(connection, known).verification()


class _Enough(Exception):
    """There are so many problems that no more are wanted."""


class _Walk:
    def __init__(self, connection: LedgerConnection, known: ChainLink | None) -> None:
        self._connection = connection
        self._known = known
        self._found = Verification(ChainLink(0, edited.beginning(connection)))
        self._cut = edited.newest_cut(connection)
        self._found.deleted = self._cut.upto
        self._gaps = {first: (last, bytes.fromhex(link)) for first, last, link in self._cut.gaps}
        self._rows = edited.rows(connection)
        self._next: tuple[int, AnyRow] | None = next(self._rows, None)
        self._open: dict[int, AnyRow] = {}  # rows whose end has not come
        self._untold: set[int] = set()  # rows whose body has not come
        self._answered: dict[int, Event] = {}  # answers of rows whose end has not come
        self._beside = {kind: edited.digests(connection, kind) for kind in edited.BESIDE}

    def verification(self) -> Verification:
        try:
            self._entries()
            self._left()
        except _Enough:
            pass
        return self._found

    def _problem(self, row: int | None, words: Phrase) -> None:
        self._found.problems.append(Tampering(row, words))
        if len(self._found.problems) >= _MOST:
            raise _Enough

    # -- entries ---------------------------------------------------------------------------------

    def _entries(self) -> None:
        found = self._found
        self._meet(found.head)
        for at, packed, cut, link in self._connection.execute(chain.ENTRIES):
            before = found.head.hash
            if at != found.head.seq + 1:
                before = self._over_gap(found.head.seq + 1, at, before)
            found.head = ChainLink(at, link if isinstance(link, bytes) else b"")
            found.entries += 1
            events = edited.events(packed, cut)
            if events is None or chain.after(before, packed, cut) != link:
                self._no_sequel(at, events or ())
            for each in events or ():
                self._look(each)
            self._meet(found.head)
        if self._known is not None and found.known is None:
            self._problem(None, phrase("chain.older", head=str(self._known), at=found.head.seq))

    def _no_sequel(self, at: int, events: Sequence[Event]) -> None:
        if events:
            row = min(each.number for each in events)
            self._problem(row, phrase("chain.entry-of", at=at, row=row))
        else:
            self._problem(None, phrase("chain.entry", at=at))

    def _over_gap(self, first: int, at: int, before: bytes) -> bytes:
        last, link = self._gaps.get(first, (0, before))
        if last != at - 1:
            self._problem(None, phrase("chain.gap", first=first, last=at - 1))
            return before
        if self._known is not None and first <= self._known.seq < last:
            self._found.known = False  # it went with its rows
        self._meet(ChainLink(last, link))
        return link

    def _meet(self, link: ChainLink) -> None:
        """Compare with the head that is known."""
        if self._known is None or self._known.seq != link.seq:
            return
        self._found.known = True
        if self._known.hash != link.hash:
            self._problem(None, phrase("chain.rewritten", head=str(self._known)))

    # -- events ----------------------------------------------------------------------------------

    def _look(self, event: Event) -> None:
        if event.kind in edited.BESIDE:
            self._look_beside(event)
            return
        if event.kind in (chain.OPENED, chain.WHOLE):
            self._take(event)
        row = self._open.get(event.number)
        if row is None:
            return  # it was deleted, or is said to be missing, or closed
        if event.kind == chain.ANSWER:
            self._answered[event.number] = event
        elif not edited.agrees(event, row):
            self._problem(event.number, phrase("chain.changed", row=event.number))
            del self._open[event.number]
        elif event.kind == chain.OPENED:
            self._untold.add(event.number)
        elif event.kind != chain.CLOSED:
            self._untold.discard(event.number)
        else:
            del self._open[event.number]
            self._answered.pop(event.number, None)
            self._check_untold(event.number, row)

    def _take(self, event: Event) -> None:
        """Go on to the row that is opened; all before it have no opening."""
        while self._next is not None and self._next[0] < event.number:
            self._inserted()
        if self._next is not None and self._next[0] == event.number:
            if self._cut.has_deleted(event.number):
                self._inserted()
                return
            self._open[event.number] = self._next[1]
            self._advance()
        elif not self._cut.has_deleted(event.number):
            self._problem(event.number, phrase("chain.removed", row=event.number))

    def _inserted(self) -> None:
        if self._next is not None:
            number = self._next[0]
            self._problem(number, phrase("chain.inserted", row=number))
        self._advance()

    def _advance(self) -> None:
        self._found.rows += 1
        self._next = next(self._rows, None)

    def _check_untold(self, number: int, row: AnyRow) -> None:
        if number in self._untold:
            self._untold.discard(number)
            if tuple(row[name] for name in _BODY) != _UNTOLD:
                self._problem(number, phrase("chain.changed", row=number))

    def _look_beside(self, event: Event) -> None:
        """Compare a verdict or evidence with the next one of its row."""
        if self._cut.has_deleted(event.number):
            return
        digests = self._beside[event.kind].get(event.number)
        what, row = _WORDS[event.kind], event.number
        if not digests:
            self._problem(row, phrase("chain.beside-removed", row=row, what=what))
        elif digests.popleft() != event.digest:
            self._problem(row, phrase("chain.beside-changed", row=row, what=what))

    # -- what no event told of -------------------------------------------------------------------

    def _left(self) -> None:
        while self._next is not None:
            self._inserted()
        for number, row in self._open.items():
            if not self._is_open(number, row):
                self._problem(number, phrase("chain.changed", row=number))
            else:
                self._check_untold(number, row)
        for kind, beside in self._beside.items():
            for number, digests in beside.items():
                if digests:
                    what = _WORDS[kind]
                    self._problem(number, phrase("chain.beside-inserted", row=number, what=what))

    def _is_open(self, number: int, row: AnyRow) -> bool:
        """Report whether a row without an end has no more than its answer."""
        answered = self._answered.get(number)
        if answered is None:
            return all(row[name] is None for name in _END)
        return edited.agrees(answered, row) and all(row[name] is None for name in _END - _ANSWER)
