"""Rows and ledgers to test with."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from proxy.ledger.row import Body, End, Row
from proxy.ledger.sqlite.store import FileStore
from proxy.moments import stamp
from tests.support.patience import PATIENCE


def row(exchange: str = "run-1", **given: Any) -> Row:
    """Return a row of a payment that is about to be sent."""
    values: dict[str, Any] = {
        "exchange": exchange,
        "opened_at": stamp(time.time()),
        "caller": "payroll",
        "method": "POST",
        "path": "/v1/payments/breb",
        "token_id": "token-7",
        "traceparent": None,
        "body": Body(17, "ab" * 32, '{"resolution_id": "r-1", "amount.value": "1000"}'),
    }
    return Row(**values | given)


def ended(outcome: str = "answered", **given: Any) -> End:
    """Return an end."""
    values: dict[str, Any] = {
        "closed_at": stamp(time.time()),
        "seconds": 0.25,
        "attempts": 1,
        "status": 200 if outcome in ("answered", "cut") else None,
        "answer": '{"id": "p-1", "status": "SETTLED"}' if outcome == "answered" else None,
        "outcome": outcome,
        "reason": "",
        "token_id": "token-7",
    }
    return End(**values | given)


def closed(of: Row, outcome: str = "answered", **given: Any) -> Row:
    """Give a row its end."""
    of.end = ended(outcome, **given)
    return of


def filled(path: Path, *outcomes: str | None, **given: Any) -> list[Row]:
    """Write a ledger with a row of each outcome (None: open); return the rows."""
    store = FileStore.open(path)
    rows = [row(f"run-{n}", **given) for n, _ in enumerate(outcomes, 1)]
    store.write(rows, [])
    ends = [closed(each, outcome) for each, outcome in zip(rows, outcomes, strict=True) if outcome]
    store.write([], ends)
    store.close()
    return rows


def first_format(path: Path) -> None:
    """Write a ledger as version 0.1.0 did: rows 2, 3 and 5 in doubt, 6 left open, 2 settled."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript((Path(__file__).parent / "ledger-0.1.0.sql").read_text())
    path.chmod(0o600)


def edited(path: Path, statements: str) -> Path:
    """Change a ledger as nobody but an editor, or a disk, does; return its path."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        names = "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
        for (name,) in connection.execute(names).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.executescript(statements)
    return path


async def soon(condition: Any) -> None:
    """Yield until something becomes true."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  a thread makes it so
            await asyncio.sleep(0.005)
