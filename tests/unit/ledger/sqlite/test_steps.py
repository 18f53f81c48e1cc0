"""A commit is one statement, and all or nothing of it is written."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from proxy.ledger.claim import KeyClaim
from proxy.ledger.row import Body
from proxy.ledger.sqlite import steps
from proxy.ledger.sqlite.steps import MOST
from proxy.ledger.sqlite.store import FileStore
from proxy.ledger.verdict import settle
from proxy.ledger.verification import verify
from tests.support.ledgers import closed, row


def known(path: Path) -> FileStore:
    """Return a ledger with one open row and a doubtful one, whose chain's head is known."""
    store = FileStore.open(path)
    first = row("run-1")
    store.write([first, row("run-2")], [])
    store.write([], [closed(first, "unknown")])
    return store


def outcomes(path: Path) -> list[tuple[str, str | None]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT exchange, outcome FROM request").fetchall()


def statements(store: FileStore) -> dict[str, str]:
    """Return the statements that the store runs from now on, and the first word of each.

    One is told again for each row whose trigger it sets off.
    """
    ran: dict[str, str] = {}
    store._connection.set_trace_callback(lambda each: ran.setdefault(each, each.split()[0]))
    return ran


def test_a_commit_is_one_statement(path: Path) -> None:
    store = known(path)
    opened, late = row("run-3"), row("run-4", body=Body())
    store.write([late], [])
    late.body = Body(17, "ab" * 32, "{}")
    ran = statements(store)
    store.write([opened], [closed(opened, "not-sent")], [late])
    store._connection.set_trace_callback(None)
    store.close()
    assert [*ran.values()] == ["INSERT"]
    assert outcomes(path)[2:] == [("run-4", None), ("run-3", "not-sent")]
    assert verify(path).problems == []


def test_more_than_a_statement_takes_is_one_commit_too(path: Path) -> None:
    store = known(path)
    ran = statements(store)
    store.write([row(f"more-{number}") for number in range(2 * MOST)], [])
    store._connection.set_trace_callback(None)
    store.close()
    assert [*ran.values()] == ["BEGIN", "INSERT", "INSERT", "INSERT", "COMMIT"]
    assert verify(path).problems == []


def test_statements_for_many_rows_have_few_lengths(path: Path) -> None:
    """SQLite keeps each of them: all lengths took four MiB."""
    store = known(path)
    steps._statement.cache_clear()
    for count in range(1, MOST + 10):
        store.write([row(f"{count}-{number}") for number in range(count)], [])
    store.close()
    assert steps._statement.cache_info().currsize < 24
    assert len(outcomes(path)) == 2 + sum(range(MOST + 10))
    assert verify(path).problems == []


def test_an_end_that_changes_nothing_keeps_nothing_else_from_being_written(path: Path) -> None:
    store = known(path)
    ended, opened = row("run-1"), row("run-3")
    ended.number, ended.home = 1, store
    store.write([opened], [closed(ended), closed(opened)])
    store.write([row("run-4")], [])
    store.close()
    assert outcomes(path) == [
        ("run-1", "unknown"),
        ("run-2", None),
        ("run-3", "answered"),
        ("run-4", None),
    ]
    assert verify(path).problems == []


def test_a_verdict_of_another_program_comes_between(path: Path) -> None:
    store = known(path)
    settle(path, 1, kind="settled", note="seen", author="ana")
    store.write([row("run-3")], [])
    store.write([row("run-4")], [])
    store.close()
    assert [exchange for exchange, _ in outcomes(path)] == ["run-1", "run-2", "run-3", "run-4"]
    assert verify(path).problems == []


@pytest.mark.anyio
async def test_a_key_goes_with_its_row_or_not_at_all(path: Path) -> None:
    store = known(path)
    first, second = row("run-3"), row("run-4")
    first.claim = KeyClaim("a", "k", "f")
    ran = statements(store)
    store.write([first], [])
    assert [*ran.values()] == ["BEGIN", "INSERT", "INSERT", "COMMIT"]
    second.claim = KeyClaim("a", "other", "f")
    ended = row("run-1")
    ended.number, ended.home = 1, store
    store.write([second], [closed(ended)])
    keys = store._connection.execute("SELECT key, number FROM claim").fetchall()
    store.close()
    assert keys == [("k", first.number), ("other", second.number)]
    assert verify(path).problems == []
