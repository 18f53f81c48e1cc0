"""A row beside a thing of the API: the values that agree, look alike or differ.

Only whole values agree: a masked one is alike at most, unless its mark tells more. Amounts are
compared as numbers, all other values letter by letter.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from proxy.ledger.entry import LedgerEntry
from proxy.ledger.payment import Mark, Mask
from proxy.ledger.questions import operation, own_ids
from proxy.mask import MASK
from proxy.moments import moment
from proxy.passport.members import COMPARED
from proxy.passport.operation import Operation

BEFORE = timedelta(minutes=5)  # clocks differ
AFTER = timedelta(minutes=60)
_SHOWN = 10  # candidates
_NUMBER = re.compile(r"[0-9]{1,30}(?:\.[0-9]{1,10})?")
_SHOWN_FIRST = ("id", "status", "created_at")
_SHOWN_LAST = ("receiver.key.key_value", "end_to_end_identification", "error.error_code")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing of the API, beside the row's facts.

    ``row`` is the number of another row whose answer it is, or which a verdict found it to be;
    ``twin`` that of one of the same resolution; ``mark`` is the keyed hash of its id where that is
    masked. ``sure``: it is this row's, by its id or its resolution, and nothing speaks against it.
    """

    id: str
    known: dict[str, str]
    agrees: tuple[str, ...]
    alike: tuple[str, ...]
    differs: tuple[str, ...]
    row: int | None = None
    twin: int | None = None
    mark: str = ""

    @property
    def named(self) -> bool:
        """Whether its id or its resolution is the row's."""
        return "id" in self.agrees or "resolution_id" in self.agrees

    @property
    def sure(self) -> bool:
        """Whether this is certainly what the row's request made."""
        return self.named and not self.differs and self.row is None

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        """The most like first, when sorted in reverse."""
        return self.sure, self.named, len(self.agrees), -len(self.differs)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of a row; ``skew`` returns the lead of the API's clock over ours, now."""

    entry: LedgerEntry
    mask: Mask
    mark: Mark
    skew: Callable[[], timedelta] = timedelta
    known: frozenset[str] = frozenset()
    owners: Mapping[str, int] = field(default_factory=dict)
    twins: Mapping[str, int] = field(default_factory=dict)

    def candidates(self, found: Iterable[Mapping[str, Any]]) -> list[Candidate]:
        """Return the things that could be the row's, the most similar first."""
        what = operation(self.entry)
        of = None if what is None else what.operation
        compared = {c.id or str(n): c for n, c in enumerate(self._compare(e, of) for e in found)}
        one = of is not None and of.changes_one  # the thing that the request named
        likely = [each for each in compared.values() if one or each.named or not each.differs]
        return sorted(likely, key=lambda each: each.rank, reverse=True)[:_SHOWN]

    @property
    def earliest(self) -> datetime | None:
        """The time, by the API's clock, before which nothing can be the row's."""
        opened = moment(str(self.entry["opened_at"]))
        return None if opened is None else opened + self.skew() - BEFORE

    def _compare(self, found: Mapping[str, Any], of: Operation | None) -> Candidate:
        names = (*_SHOWN_FIRST, *COMPARED, *_SHOWN_LAST)
        plain = {name: value for name in names if (value := _at(found, name))}
        agrees: list[str] = ["id"] if self._is_known(plain.get("id", ""), of) else []
        alike: list[str] = []
        differs: list[str] = []
        for name in COMPARED:
            if name in self.entry["payment"] and name in plain:
                verdict = self._same(name, plain[name])
                (agrees if verdict else differs if verdict is False else alike).append(name)
        # A thing that the row changes was made long before.
        changed = of is not None and of.changes_one
        created = None if changed else moment(plain.get("created_at", ""))
        if created is not None:
            (agrees if self._in_time(created) else differs).append("time")
        known = {name: self.mask(name, value) for name, value in plain.items()}
        name = plain.get("id", "")
        mark = self.mark(name) if known.get("id", "") != name else ""
        whose = self.owners.get(mark or name), self.twins.get(mark or name)
        return Candidate(name, known, tuple(agrees), tuple(alike), tuple(differs), *whose, mark)

    def _is_known(self, found: str, of: Operation | None) -> bool:
        """Report whether this request, or a repeat of it, was answered with this id."""
        if not found:
            return False
        answer = self.entry["answer"]
        if answer.get("id_mark"):
            return bool(answer["id_mark"] == self.mark(found))
        own = own_ids(self.entry, of) if of is not None else []
        return found in own or found in self.known

    def _same(self, name: str, theirs: str) -> bool | None:
        """Report whether a value is the row's; None if a mask leaves it open."""
        ours = str(self.entry["payment"][name])
        if MASK not in ours:
            return _equal(name, ours, theirs)
        marked = self.entry["marks"].get(name)
        if marked:
            return bool(marked == self.mark(theirs))
        return None if theirs.endswith(ours.rpartition(MASK)[2]) else False

    def _in_time(self, created: datetime) -> bool:
        earliest = self.earliest
        return earliest is not None and earliest <= created <= earliest + BEFORE + AFTER


def _equal(name: str, ours: str, theirs: str) -> bool:
    amounts = name == "amount.value" and _NUMBER.fullmatch(ours) and _NUMBER.fullmatch(theirs)
    return Decimal(ours) == Decimal(theirs) if amounts else ours == theirs


def _at(found: Mapping[str, Any], path: str) -> str:
    value: Any = found
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
