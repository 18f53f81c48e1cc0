"""Verdicts: whose they are, and that the proxy gives one only where it is sure."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from proxy.ledger.entry import LedgerEntry
from proxy.ledger.reading import reading
from proxy.ledger.trouble import LedgerRefused
from proxy.ledger.verdict import conclude, settle
from tests.support.catalogue import CATALOGUE
from tests.support.ledgers import filled
from tests.support.look_ups import looked_up

SURE = {"settled": True, "rejected": False, "made": True, "repeat": True}
OTHERS = sorted(
    code.removeprefix("look-up.")
    for code in CATALOGUE
    if code.startswith("look-up.") and code.removeprefix("look-up.") not in SURE
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    filled(tmp_path / "ledger.db", "unknown")
    return tmp_path / "ledger.db"


def row(path: Path) -> LedgerEntry:
    with reading(path) as reader:
        return reader.find("#1")[0]


@pytest.mark.parametrize(("code", "made"), SURE.items())
def test_the_proxy_settles_what_was_found_for_sure_with_the_evidence(
    path: Path, code: str, *, made: bool
) -> None:
    assert conclude(path, looked_up(1, code))
    (verdict,) = row(path)["verdicts"]
    assert (verdict["kind"], verdict["made"], verdict["by_proxy"]) == (code, made, True)
    assert verdict["evidence"] is not None
    assert verdict["evidence"]["asked"][0]["target"].startswith("/v1/payments")
    assert not row(path)["in_doubt"]
    assert row(path)["outcome"] == "unknown", "the row itself stays as it was"


@pytest.mark.parametrize("code", OTHERS)
def test_nothing_else_is_a_verdict_least_of_all_that_it_was_not_made(path: Path, code: str) -> None:
    assert not conclude(path, looked_up(1, code))
    told = row(path)
    assert (told["verdicts"], told["in_doubt"]) == ([], True)
    assert [each["code"] for each in told["evidence"]] == [code]


def test_a_persons_verdict_is_not_followed_by_another(path: Path) -> None:
    settle(path, 1, kind="not-found", note="asked Passport", author="ana")
    assert not conclude(path, looked_up(1, "settled"))
    told = row(path)
    assert [each["author"] for each in told["verdicts"]] == ["ana"]
    assert not told["verdicts"][0]["by_proxy"]
    assert told["disagrees"]


def test_look_ups_that_disagree_settle_nothing(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO evidence VALUES (1, '2026-11-25T10:00:00Z', 'rejected', ?)",
            ['{"kind": "found", "said": "", "asked": [], "candidates": []}'],
        )
    assert not conclude(path, looked_up(1, "settled"))
    told = row(path)
    assert (told["in_doubt"], told["disagrees"]) == (True, True)
    assert told["asking"] is not None
    assert told["asking"]["next"] is None, "asking again helps nobody"
    assert "disagree" in str(told["asking"]["said"])


def test_evidence_and_verdict_are_written_together_or_not_at_all(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TRIGGER no BEFORE INSERT ON verdict BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    with pytest.raises(LedgerRefused):
        conclude(path, looked_up(1, "settled"))
    assert row(path)["evidence"] == []


def test_a_row_of_another_ledger_gets_nothing_of_what_was_found(path: Path) -> None:
    """A backup was put in its place while the API was asked: the number is another payment's."""
    found = looked_up(1, "settled")
    found["row"]["exchange"] = "run-of-another"
    with pytest.raises(LedgerRefused, match="no row #1"):
        conclude(path, found)
    told = row(path)
    assert (told["verdicts"], told["evidence"], told["in_doubt"]) == ([], [], True)


def test_nobody_decides_in_the_proxys_name(path: Path) -> None:
    with pytest.raises(LedgerRefused, match="the proxy itself decides"):
        settle(path, 1, kind="settled", note="seen", author="breb-proxy")
    assert row(path)["verdicts"] == []
