"""Reads a ledger for people and programs, even while it is written, and never changes it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, cast

from proxy.exchange.record import doubtful
from proxy.ledger import naming, schema
from proxy.ledger.archive import LedgerArchive, Where, archive_of
from proxy.ledger.asking import asking
from proxy.ledger.chain import FORMAT, head
from proxy.ledger.connection import LedgerConnection
from proxy.ledger.disagreement import disagree
from proxy.ledger.edited import as_evidence, as_object, as_text, as_texts
from proxy.ledger.entry import PROXY, Evidence, LedgerEntry, WrittenVerdict
from proxy.ledger.kin import Kin, Others
from proxy.ledger.trouble import LedgerRefused
from proxy.ledger.verdict import KINDS

_COLUMNS = (
    *("number", "exchange", "opened_at", "closed_at", "seconds", "caller", "method", "path"),
    *("body_bytes", "body_sha256", "payment", "token_id", "traceparent", "attempts", "status"),
    *("answer", "outcome", "reason", "marks"),
)
_NUMBERS = frozenset(("number", "seconds", "body_bytes", "attempts", "status"))
# The columns that an older format lacks, by version.
_MARKS = {1: "'{}' AS marks"}
_VERDICT = {1: "NULL, NULL"}
LARGEST_NUMBER = 2**63 - 1
"""The largest number that a row could have."""
_EVIDENCE = "SELECT at, code, found FROM evidence WHERE number = ? ORDER BY rowid"

_HOLDS = (
    "instr(exchange || ' ' || path || ' ' || payment || ' ' || coalesce(answer, '') || ' '"
    " || coalesce(traceparent, ''), ?) > 0"
)


@dataclass(frozen=True, slots=True)
class Query:
    """The choice of rows: the newest first, those before ``before`` (a row's number)."""

    in_doubt: bool = False
    since: str = ""
    until: str = ""
    caller: str | None = None
    outcome: str = ""
    text: str = ""
    before: int | None = None
    limit: int = 50

    def where(self, left_open: int = 0) -> tuple[str, list[Any]]:
        """Return the condition, and what stands for its question marks.

        Rows up to number ``left_open`` that are open are in doubt as well.
        """
        tests: list[tuple[str, list[Any]]] = []
        if self.in_doubt and left_open:
            tests.append((f"({schema.IN_DOUBT} OR {schema.STILL_OPEN})", [left_open]))
        else:
            tests.append((schema.IN_DOUBT if self.in_doubt else "TRUE", []))
        for column, test, value in (
            ("opened_at", ">=", self.since),
            ("opened_at", "<", self.until),
            ("outcome", "=", self.outcome),
            ("number", "<", self.before),
        ):
            if value:
                tests.append((f"{column} {test} ?", [value]))
        if self.caller is not None:
            tests.append(("caller = ?", [self.caller]))
        if self.text:
            tests.append((_HOLDS, [self.text]))
        return " AND ".join(test for test, _ in tests), [v for _, values in tests for v in values]


class Reader:
    """An open ledger, for reading. Raises LedgerRefused where it cannot be read.

    A row that is open while no process uses the ledger was left open by one that ended: it is in
    doubt, although only the next start writes that down.
    """

    def __init__(self, connection: LedgerConnection, archive: LedgerArchive) -> None:
        self._connection = connection
        self._left_open = 0
        if not archive.in_use():
            # Asked again: a row that was open before, and still is when it is read, was not under
            # way in between.
            (last,) = connection.execute(schema.LAST_OPEN).fetchone()
            self._left_open = 0 if archive.in_use() else int(last)
        version = archive.version(connection)
        self._marks = _MARKS.get(version, "marks")
        self._evidence, self._chained = version > 1, version >= FORMAT
        self._columns = ", ".join((*_COLUMNS[:-1], self._marks))
        self._verdict = f"at, made, note, author, {_VERDICT.get(version, 'kind, evidence')}"

    def entries(self, query: Query) -> Iterator[LedgerEntry]:
        """Yield the chosen rows."""
        where, values = query.where(self._left_open)
        rows = self._connection.execute(
            f"SELECT {self._columns} FROM request WHERE {where} ORDER BY number DESC LIMIT ?",
            [*values, query.limit],
        )
        return (self._entry(row) for row in rows)

    def find(self, name: str) -> list[LedgerEntry]:
        """Return the newest row of an exchange's id, or the one of a row's number (``#17``)."""
        numbered = name.startswith("#") and name[1:].isdecimal()
        column = "number" if numbered else "exchange"
        value = _number(name[1:]) if numbered else name
        rows = self._connection.execute(
            f"SELECT {self._columns} FROM request WHERE {column} = ? ORDER BY number DESC LIMIT 1",
            [value],
        )
        return [self._entry(row) for row in rows]

    def named(self, name: str) -> list[LedgerEntry]:
        """Return the newest rows of a number (``#17``), an exchange, a resolution, a key or an id.

        Without a name it is the newest row.
        """
        if not name or name.startswith("#"):
            numbers = naming.newest(self._connection) if not name else {name.removeprefix("#")}
            return [entry for number in numbers for entry in self.find(f"#{number}")]
        if not self._chained:
            return list(self.entries(Query(text=name, limit=naming.MOST)))
        mark, keyed = naming.mark_of(self._connection, name), naming.keyed(self._connection, name)
        numbers = keyed | naming.holding(self._connection, name, mark)
        found = [entry for number in numbers for entry in self.find(f"#{number}")]
        found = [each for each in found if each["number"] in keyed or naming.has(each, name, mark)]
        if not found and name.isascii() and name.isdecimal():
            return self.find(f"#{name}")
        return sorted(found, key=itemgetter("number"), reverse=True)

    def counts(self) -> dict[str, int]:
        """Count the rows by outcome, and those in doubt."""
        counted = self._connection.execute(
            "SELECT coalesce(outcome, 'open'), count(*) FROM request GROUP BY 1"
        )
        counts = {str(outcome): int(count) for outcome, count in counted}
        (doubtful,) = self._connection.execute(schema.COUNT_IN_DOUBT).fetchone()
        (left,) = self._connection.execute(schema.COUNT_STILL_OPEN, [self._left_open]).fetchone()
        return counts | {"in_doubt": doubtful + left}

    def head(self) -> str:
        """Return the head of the chain; empty if an older format has none, or it was edited."""
        with suppress(LedgerRefused):
            return str(head(self._connection)) if self._chained else ""
        return ""

    def _entry(self, values: Sequence[Any]) -> LedgerEntry:
        given = dict(zip(_COLUMNS, values, strict=True))
        row = {name: _typed(name, value) for name, value in given.items()}
        number = row["number"]
        written, evidence = self._verdicts(number), self._evidence_of(number)
        # The last one counts: if nobody can read it, none does.
        verdicts = [] if written[-1:] == [None] else [each for each in written if each is not None]
        left = row["outcome"] is None and number <= self._left_open
        edited = row["status"] != given["status"]  # it may have been a 5xx
        unclear = left or edited or doubtful(row["outcome"] or "", row["status"])
        told = {name: as_object(row[name] or "{}") for name in ("payment", "answer", "marks")}
        read: dict[str, object] = {
            **row,
            **{name: as_texts(members or {}) for name, members in told.items()},
            "verdicts": verdicts,
            "evidence": [each for each in evidence if each is not None],
            "unreadable": row != given or None in (*told.values(), *evidence, *written),
            "in_doubt": unclear and not verdicts,
        }
        entry = cast("LedgerEntry", read)
        entry["disagrees"] = disagree(entry["evidence"], verdicts)
        entry["asking"] = asking(entry) if entry["in_doubt"] else None
        return entry

    def _verdicts(self, number: int) -> list[WrittenVerdict | None]:
        """Return the verdicts on a row; None for one that cannot be read."""
        rows = self._connection.execute(
            f"SELECT {self._verdict} FROM verdict WHERE number = ? ORDER BY rowid", [number]
        )
        return [_verdict(*row) for row in rows]

    def _evidence_of(self, number: int) -> list[Evidence | None]:
        """Return what was found of a row; None for what cannot be read."""
        if not self._evidence:
            return []
        rows = self._connection.execute(_EVIDENCE, [number])
        return [as_evidence(found, at=at, code=code) for at, code, found in rows]

    def kin(self, entry: LedgerEntry) -> Kin:
        """Return what other rows tell of a row's payment."""
        return Others(self._connection, entry, self._marks, evidence=self._evidence).kin()


def _typed(name: str, value: Any) -> Any:  # noqa: ANN401  whatever the column holds
    """Return a column's value, in the type that it has where nobody edited the row."""
    if name in _NUMBERS:
        return value if isinstance(value, (int, float)) else None
    if name == "outcome" and value is not None and value not in schema.OUTCOMES:
        return "unknown"  # the careful side
    return as_text(value)


def _verdict(
    at: object, made: object, note: object, author: object, kind: object, evidence: object
) -> WrittenVerdict | None:
    """Return a verdict; None if it is none that we wrote."""
    kind = kind or ("made" if made else "not-made")
    texts = (each for each in (at, note, author, kind) if isinstance(each, str))
    match tuple(texts):
        case (at, note, author, kind) if KINDS.get(kind) == made:
            return {
                "at": at,
                "made": KINDS[kind],
                "kind": kind,
                "note": note,
                "author": author,
                "by_proxy": author == PROXY,
                "evidence": cast("Evidence | None", as_object(evidence or "null")),
            }
    return None


def _number(digits: str) -> int:
    """Return a row's number; the largest, which none has, for one that no column could hold."""
    return int(digits) if len(digits) < len(str(LARGEST_NUMBER)) else LARGEST_NUMBER


@contextmanager
def reading(where: Where) -> Iterator[Reader]:
    """Open a ledger for reading; raise LedgerRefused, in words."""
    archive = archive_of(where)
    with archive.reading() as connection:
        yield Reader(connection, archive)
