"""The findings of look-ups, kept beside the row, so that a verdict does not rest on memory."""

import json

from proxy.ledger import chain
from proxy.ledger.archive import Where, archive_of
from proxy.ledger.connection import LedgerConnection
from proxy.ledger.entry import Evidence, LookedUp
from proxy.ledger.trouble import LedgerRefused
from proxy.words import phrase

_ROW = "SELECT 1 FROM request WHERE number = ? AND exchange = ?"
_LARGEST = 16_384  # characters; candidates beyond are left out


def keep(where: Where, found: LookedUp) -> None:
    """Write down a look-up's finding about its row; raise LedgerRefused if that fails."""
    with archive_of(where).changing() as connection:
        put(connection, found)


def put(connection: LedgerConnection, found: LookedUp) -> str:
    """Write the evidence into an open ledger, within a transaction; return it as it stands there.

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
