"""What other rows tell of a row: which payment belongs to which."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from proxy.ledger.connection import LedgerConnection, Values
from proxy.ledger.edited import as_evidence, as_object, as_texts
from proxy.ledger.entry import Evidence, LedgerEntry
from proxy.mask import MASK
from proxy.moments import moment, stamp

_NEAR = timedelta(days=1)  # before and after: a resolution lives for half an hour
_SURE = (
    "SELECT request.number, payment, marks, evidence FROM request JOIN verdict USING (number)"
    " WHERE number != ? AND opened_at BETWEEN ? AND ? AND evidence IS NOT NULL"
    " AND kind IN ('settled', 'rejected', 'made') ORDER BY request.number DESC"
)


@dataclass(frozen=True, slots=True)
class Kin:
    """The rows' knowledge of a thing, by its id or by the mark of a masked id.

    ``repeats``: ids that requests of the same resolution were answered with; ``owners``: those that
    others were answered with, or that a verdict found to be theirs, each with the number of its
    row; ``twins``: those of verdicts on rows of the same resolution.
    """

    repeats: frozenset[str]
    owners: Mapping[str, int]
    twins: Mapping[str, int]


class Others:
    """The other rows of about the same time. ``marks`` is their column, or what stands for it."""

    def __init__(
        self, connection: LedgerConnection, entry: LedgerEntry, marks: str, *, evidence: bool
    ) -> None:
        self._connection = connection
        self._marks = marks
        self._evidence = evidence
        opened = moment(entry["opened_at"]) or datetime.now(UTC)
        near = (stamp((opened + days).timestamp()) for days in (-_NEAR, _NEAR))
        self._others: Values = (entry["number"], *near)
        self._resolutions = _resolutions(entry)

    def kin(self) -> Kin:
        """Return what a row's kin tell of it."""
        repeats: set[str] = set()
        owners: dict[str, int] = {}
        for number, payment, marks, answer in self._connection.execute(
            f"SELECT number, payment, {self._marks}, answer FROM request"
            " WHERE answer IS NOT NULL AND number != ? AND opened_at BETWEEN ? AND ?",
            self._others,
        ):
            told = as_texts(as_object(answer) or {})
            if "id" not in told:
                continue
            if self._same(payment, marks):
                repeats.add(told["id"])
            else:
                owners[told.get("id_mark", told["id"])] = number
        twins: dict[str, int] = {}
        for number, payment, marks, found in self._of_verdicts():
            of = twins if self._same(payment, marks) else owners
            if (evidence := as_evidence(found)) is not None:
                of.update(dict.fromkeys(_sure(evidence), number))
        return Kin(frozenset(repeats), owners, twins)

    def _of_verdicts(self) -> list[tuple[int, str, str, str]]:
        if not self._evidence:
            return []
        return self._connection.execute(_SURE, self._others).fetchall()

    def _same(self, *told: object) -> bool:
        """Report whether a row is of the same resolution, by its members and their marks."""
        texts = [text for text in told if isinstance(text, str)]
        return any(each in text for each in self._resolutions for text in texts)


def _resolutions(entry: LedgerEntry) -> list[str]:
    """Return a row's resolution as it stands in other rows."""
    return [
        f'resolution_id":{blank}{json.dumps(value, ensure_ascii=False)}'
        for blank in ("", " ")  # version 0.1.0 wrote one
        for told in (entry["payment"], entry["marks"])
        for path, value in told.items()
        if path.split(".")[-1] == "resolution_id" and MASK not in value
    ]


def _sure(evidence: Evidence) -> list[str]:
    """Return the ids, or their marks, of the things that are a row's for sure."""
    sure = (each for each in evidence["candidates"] if each["sure"])
    return [name for each in sure if (name := each.get("mark") or each["known"].get("id"))]
