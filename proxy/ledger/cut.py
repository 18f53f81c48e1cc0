"""The cut: the entry that deletion by age or size leaves in the chain, to say what is gone.

Entries that tell of deleted rows alone are deleted with them. The newest cut has all that a reader
needs to walk over the gaps: each gap with the hash of its last entry, and which rows are gone.
"""

import json
import struct
from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from proxy.ledger.chain import OPENED, WHOLE, append_cut, events_of
from proxy.ledger.connection import LedgerConnection
from proxy.ledger.trouble import LedgerRefused
from proxy.words import phrase

Span = tuple[int, int]
"""The first and the last number."""
Gap = tuple[int, int, str]
"""The first and the last entry that is gone, and the last one's hash, as hexadecimal digits."""

_NEWEST = "SELECT seq, cut FROM chain WHERE cut IS NOT NULL ORDER BY seq DESC LIMIT 1"
_AT_ONCE = 500  # entries
_SOME = "SELECT seq, events, hash FROM chain WHERE seq > ? ORDER BY seq LIMIT ?"
_LEFT = "SELECT number FROM request WHERE number <= ? ORDER BY number"


@dataclass(frozen=True, slots=True)
class Cut:
    """All rows up to ``upto`` are gone but the ``kept`` ones; ``gaps`` are in the chain."""

    upto: int = 0
    kept: tuple[Span, ...] = ()
    gaps: tuple[Gap, ...] = ()

    def has_deleted(self, number: int) -> bool:
        """Report whether the row is gone."""
        if number > self.upto:
            return False
        place = bisect(self.kept, number, key=lambda span: span[0])
        return not (place and number <= self.kept[place - 1][1])


def newest(connection: LedgerConnection) -> Cut:
    """Return the newest cut; raise LedgerRefused if somebody edited it to be none."""
    found = connection.execute(_NEWEST).fetchone()
    try:
        return Cut() if found is None else read(found[1])
    except ValueError:
        raise LedgerRefused(phrase("chain.edited", at=found[0])) from None


def read(text: str) -> Cut:
    """Read a cut; raise ValueError if it is none."""
    try:
        told = json.loads(text)
        kept = tuple((int(first), int(last)) for first, last in told["kept"])
        gaps = tuple(
            (int(first), int(last), bytes.fromhex(link).hex()) for first, last, link in told["gaps"]
        )
        return Cut(int(told["upto"]), kept, gaps)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise ValueError("it is no cut") from None


def cut(connection: LedgerConnection, gone: Iterable[int]) -> None:
    """Cut the chain where rows were deleted, within the same transaction."""
    before = newest(connection)
    upto = max(before.upto, *gone)
    left = (number for (number,) in connection.execute(_LEFT, (upto,)))
    now = Cut(upto, tuple(_spans(left)), before.gaps)
    removed = _removable(connection, now)
    gaps = _joined([*before.gaps, *removed])
    append_cut(connection, json.dumps({"upto": upto, "kept": now.kept, "gaps": gaps}))
    connection.executemany("DELETE FROM chain WHERE seq = ?", [(seq,) for seq, *_ in removed])


def _removable(connection: LedgerConnection, now: Cut) -> list[Gap]:
    """Return the entries of deleted rows alone, and cuts from before, up to the first row left."""
    removable: list[Gap] = []
    for seq, packed, link in _entries(connection):
        try:
            events, hashed = list(events_of(packed)), link.hex()
        except (struct.error, TypeError, AttributeError):  # somebody edited it
            raise LedgerRefused(phrase("chain.edited", at=seq)) from None
        openings = [each.number for each in events if each.kind in (OPENED, WHOLE)]
        if openings and min(openings) > now.upto:
            break
        if all(now.has_deleted(each.number) for each in events):
            removable.append((seq, seq, hashed))
    return removable


def _entries(connection: LedgerConnection) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield the entries, the oldest first; few of many are wanted, so they are read in portions."""
    last = 0
    while found := connection.execute(_SOME, (last, _AT_ONCE)).fetchall():
        yield from found
        last = found[-1][0]


def _spans(numbers: Iterable[int]) -> list[Span]:
    spans: list[Span] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1] = spans[-1][0], number
        else:
            spans.append((number, number))
    return spans


def _joined(gaps: list[Gap]) -> list[Gap]:
    joined: list[Gap] = []
    for first, last, link in sorted(gaps):
        if joined and first == joined[-1][1] + 1:
            joined[-1] = joined[-1][0], last, link
        else:
            joined.append((first, last, link))
    return joined
