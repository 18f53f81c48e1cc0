"""The claims in the ledger, and the answers kept with them; within the writer's commits."""

import json
from collections.abc import Sequence

from proxy.exchange.own_answer import KnownAnswer
from proxy.http1.fields import Lines
from proxy.ledger.ages import oldest_claims
from proxy.ledger.claim import KeyClaim, KeyHolder, unprocessed
from proxy.ledger.connection import LedgerConnection
from proxy.ledger.row import Row

_HOLDER = "SELECT number, exchange, fingerprint FROM claim WHERE caller = ? AND key = ?"
_FREE = "DELETE FROM claim WHERE caller = ? AND key = ? AND number = ? AND exchange = ?"
_GIVE_WAY = "DELETE FROM claim WHERE caller = ? AND key = ? AND number = ?"
# One that stands in a backup which was put back gives way: its key was free again when the row that
# is written anew took it.
_TAKE = (
    "INSERT INTO claim (caller, key, number, exchange, fingerprint, at)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (caller, key) DO UPDATE SET number = excluded.number,"
    " exchange = excluded.exchange, fingerprint = excluded.fingerprint, at = excluded.at"
)
_KEEP = (
    "INSERT INTO reply (number, at, status, fields, body) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (number) DO UPDATE SET at = excluded.at, status = excluded.status,"
    " fields = excluded.fields, body = excluded.body"
)
_OLDEST_REPLIES = "SELECT number, at FROM reply ORDER BY number LIMIT ?"
_BYTES = 232  # of a claim with a UUID, measured


def free(connection: LedgerConnection, openings: list[Row]) -> list[Row]:
    """Return the rows that may be opened: those whose key no other row has."""
    new: set[tuple[str, str]] = set()
    return [row for row in openings if row.claim is None or _may_take(connection, row.claim, new)]


def _may_take(connection: LedgerConnection, claim: KeyClaim, new: set[tuple[str, str]]) -> bool:
    claim.taken = holder(connection, claim.caller, claim.key)
    if claim.taken is not None and claim.taken.number != claim.replaces:
        return False
    claim.taken = None
    if claim.name in new:
        claim.taken = KeyHolder(0, "", "")  # it is being opened in this very commit
        return False
    new.add(claim.name)
    return True


def holder(connection: LedgerConnection, caller: str, key: str) -> KeyHolder | None:
    """Return the row that has a key, None if none does."""
    found = connection.execute(_HOLDER, (caller, key)).fetchone()
    return None if found is None else KeyHolder(*found)


def write(connection: LedgerConnection, openings: Sequence[Row], closings: Sequence[Row]) -> None:
    """Write the claims of the rows that this commit opens, and what becomes of those it closes."""
    for row in openings:
        if row.claim is not None:
            take(connection, row, row.claim)
    for row in closings:
        if row.claim is not None:
            end(connection, row, row.claim)


def take(connection: LedgerConnection, row: Row, claim: KeyClaim) -> None:
    """Write the claim of a row that is opened in this commit, in place of one that gives way."""
    if claim.replaces is not None:
        connection.execute(_GIVE_WAY, (*claim.name, claim.replaces))
    values = (*claim.name, row.number, row.exchange, claim.fingerprint, row.opened_at)
    connection.execute(_TAKE, values)


def end(connection: LedgerConnection, row: Row, claim: KeyClaim) -> None:
    """Free the key of a row that is closed in this commit, or keep its answer."""
    if row.end is None:
        raise ValueError("the row is still open")
    if unprocessed(row.end.outcome, row.end.status):
        connection.execute(_FREE, (*claim.name, row.number, row.exchange))
    elif (kept := claim.answer) is not None and row.number is not None:
        connection.execute(
            _KEEP, (row.number, row.end.closed_at, kept.status, _text(kept.lines), kept.body)
        )


def free_row(connection: LedgerConnection, number: int, exchange: str) -> None:
    """Free the key that a row has, if it has one: the row was surely not sent."""
    connection.execute("DELETE FROM claim WHERE number = ? AND exchange = ?", (number, exchange))


def size(connection: LedgerConnection) -> int:
    """Return about how many bytes the claims take in the file."""
    (count,) = connection.execute("SELECT count(*) FROM claim").fetchone()
    return int(count) * _BYTES


def reply(connection: LedgerConnection, number: int) -> KnownAnswer | None:
    """Return the kept answer of a row, None if there is none."""
    found = connection.execute(
        "SELECT status, fields, body FROM reply WHERE number = ?", (number,)
    ).fetchone()
    if found is None:
        return None
    lines = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in json.loads(found[1])]
    return KnownAnswer(found[0], lines, bytes(found[2]))


def _text(lines: Lines) -> str:
    return json.dumps([(name.decode("latin-1"), value.decode("latin-1")) for name, value in lines])


def forget_replies(connection: LedgerConnection, before: str, most: int) -> int:
    """Delete answers that were kept before a time; return how many."""
    oldest = connection.execute(_OLDEST_REPLIES, (most,)).fetchall()
    gone = [(number,) for number, at in oldest if str(at) < before]
    connection.executemany("DELETE FROM reply WHERE number = ?", gone)
    return len(gone)


def forget_claims(connection: LedgerConnection, before: str, most: int) -> int:
    """Delete claims from before a time whose row is not in doubt; return how many."""
    oldest = oldest_claims(connection, most)
    gone = [(rowid,) for rowid, at in oldest if at < before]
    connection.executemany("DELETE FROM claim WHERE rowid = ?", gone)
    return len(gone)
