"""Rows are found by all that people know of a payment, whole."""

import asyncio
from pathlib import Path

import pytest

from proxy.ledger.claim import KeyClaim
from proxy.ledger.marks import marked
from proxy.ledger.reading import reading
from proxy.ledger.row import Body, Row
from proxy.ledger.sqlite.store import FileStore
from proxy.ledger.verdict import conclude
from tests.support.ledgers import closed, first_format, row
from tests.support.look_ups import looked_up


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    store = FileStore.open(path)
    masked = Body(1, "", '{"resolution_id": "••"}', f'{{"of": "{marked(store.salt, "r-2")}"}}')
    rows = [
        keyed("run-1", "17", body=Body(1, "", '{"resolution_id": "r-1", "note": "a \\"b\\""}')),
        row("run-2", body=masked),
        row("run-3", body=Body(1, "", '{"resolution_id": "r-11"}'), path="/v1/keys/k-3/suspend"),
    ]
    store.write(rows, [])
    store.write([], [closed(rows[0], answer='{"id": "p-1"}'), closed(rows[1], "unknown")])
    store.close()
    found = looked_up(2, "settled")
    found["candidates"] = [{"known": {"id": "p-2"}, "sure": True}]
    conclude(path, found)
    return path


def keyed(exchange: str, key: str, body: Body) -> Row:
    async def made() -> Row:
        return row(exchange, body=body, claim=KeyClaim("payroll", key, "f"))

    return asyncio.run(made())


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("", [3]),
        ("#2", [2]),
        ("2", [2]),
        ("17", [1]),
        ("run-1", [1]),
        ("r-1", [1]),
        ("r-2", [2]),
        ("p-1", [1]),
        ("p-2", [2]),
        ("k-3", [3]),
        ('a "b"', [1]),
        ("r-", []),
        ("18", []),
        ("nothing", []),
    ],
)
def test_a_row_has_these_names(path: Path, name: str, numbers: list[int]) -> None:
    """Its key (of digits, too), resolution (masked, too), ids: its answer's, or a look-up's."""
    with reading(path) as reader:
        assert [each["number"] for each in reader.named(name)] == numbers


def test_the_newest_comes_first(path: Path) -> None:
    with reading(path) as reader:
        assert [each["number"] for each in reader.named("payments")] == [2, 1]


def test_an_empty_ledger_has_no_newest_row(tmp_path: Path) -> None:
    FileStore.open(tmp_path / "empty.db").close()
    with reading(tmp_path / "empty.db") as reader:
        assert reader.named("") == []


def test_an_older_ledger_is_searched_as_it_is(tmp_path: Path) -> None:
    first_format(tmp_path / "old.db")
    with reading(tmp_path / "old.db") as reader:
        (newest,) = reader.named("")
        assert newest in reader.named(newest["exchange"])
