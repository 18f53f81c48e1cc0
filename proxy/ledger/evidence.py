"""The findings of look-ups, kept beside the row, so that a verdict does not rest on memory."""

import json
import sqlite3
from pathlib import Path

from proxy.ledger import chain
from proxy.ledger.entry import Evidence, LookedUp
from proxy.ledger.reading import opened
from proxy.ledger.renewal import renew
from proxy.ledger.trouble import LedgerRefused
from proxy.words import phrase

_ROW = "SELECT 1 FROM request WHERE number = ? AND exchange = ?"
_LARGEST = 16_384  # characters; candidates beyond are left out


def keep(path: Path, found: LookedUp) -> None:
    """Write down a look-up's finding about its row; raise LedgerRefused if that fails."""
    with opened(path, "rw") as connection:
        renew(connection, path)
        connection.execute("BEGIN IMMEDIATE")
        put(connection, found)
        connection.execute("COMMIT")


def put(connection: sqlite3.Connection, found: LookedUp) -> str:
    """Write it into an open ledger, within a transaction; return it as it stands there.

    Raise LedgerRefused if the row is not in it: since the question, another ledger may have come to
    its place, where another payment has the row's number.
    """
    row = found["row"]
    if connection.execute(_ROW, (row["number"], row["exchange"])).fetchone() is None:
        raise LedgerRefused(phrase("ledger.not-a-row", row=row["number"]))
    told = Evidence(
        at=found["at"],
        kind=found["kind"],
        code=found["code"],
        said=found["said"],
        asked=found["asked"],
        candidates=list(found["candidates"]),
    )
    while len(text := json.dumps(told)) > _LARGEST and told["candidates"]:
        del told["candidates"][-1]
    values = row["number"], told["at"], told["code"], text
    connection.execute("INSERT INTO evidence (number, at, code, found) VALUES (?, ?, ?, ?)", values)
    chain.append(connection, [chain.event(chain.EVIDENCE, values)])
    return text
