"""Rows by what a person knows of a payment: a number, an exchange, a resolution, a key, an id."""

import json
from collections.abc import Iterable, Iterator

from proxy.ledger.connection import LedgerConnection
from proxy.ledger.entry import Evidence, LedgerEntry
from proxy.ledger.marks import marked, salted
from proxy.ledger.schema import IDENTITY

MOST = 20  # rows, the newest

_HOLDING = (
    "SELECT number FROM request WHERE exchange = ? OR instr(payment, ?) > 0"
    " OR instr(coalesce(answer, ''), ?) > 0 OR instr(path, ?) > 0 OR instr(marks, ?) > 0"
    " OR instr(coalesce(answer, ''), ?) > 0 ORDER BY number DESC LIMIT ?"
)
_WITH_KEY = "SELECT number FROM claim WHERE key = ? ORDER BY number DESC LIMIT ?"
_WITH_EVIDENCE = (
    "SELECT DISTINCT number FROM evidence WHERE instr(found, ?) > 0 ORDER BY number DESC LIMIT ?"
)
_NEWEST = "SELECT number FROM request ORDER BY number DESC LIMIT 1"


def newest(connection: LedgerConnection) -> set[int]:
    """Return the number of the newest row, if there is one."""
    return _numbers(connection.execute(_NEWEST))


def keyed(connection: LedgerConnection, name: str) -> set[int]:
    """Return the numbers of rows whose requests came with an Idempotency-Key, of any caller."""
    return _numbers(connection.execute(_WITH_KEY, (name, MOST)))


def holding(connection: LedgerConnection, name: str, mark: str) -> set[int]:
    """Return the numbers of rows that may have a name: `has` leaves out parts of other names."""
    as_json = json.dumps(name, ensure_ascii=False)[1:-1]
    values = (name, as_json, as_json, name, mark, mark, MOST)
    found = connection.execute(_HOLDING, values).fetchall()
    found += connection.execute(_WITH_EVIDENCE, (json.dumps(name)[1:-1], MOST)).fetchall()
    return _numbers(found)


def _numbers(found: Iterable[tuple[object]]) -> set[int]:
    """Return the numbers of rows; beside a row something else may stand that somebody wrote."""
    return {number for (number,) in found if isinstance(number, int)}


def mark_of(connection: LedgerConnection, name: str) -> str:
    """Return what stands in the ledger for a value that is masked there."""
    _, salt = connection.execute(IDENTITY).fetchone()
    return marked(salted(salt), name)


def has(entry: LedgerEntry, name: str, mark: str) -> bool:
    """Report whether a row has a name whole, and not as a part of another name."""
    if mark in (*entry["marks"].values(), entry["answer"].get("id_mark")):
        return True
    whole = (entry["exchange"], *entry["payment"].values(), *entry["answer"].values())
    return name in (*whole, *entry["path"].split("/"), *_found(entry["evidence"]))


def _found(evidence: list[Evidence]) -> Iterator[str]:
    """Yield the ids of what look-ups found to be the row's for sure."""
    for each in evidence:
        yield from (one["known"].get("id", "") for one in each["candidates"] if one["sure"])
