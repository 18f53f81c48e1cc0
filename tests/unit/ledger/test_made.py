"""Was it made? Yes only where somebody said so for sure, no only where it is proved or decided."""

from pathlib import Path
from typing import Any

import pytest

from proxy.ledger.entry import LedgerEntry
from proxy.ledger.made import Made, after, most_telling, told
from proxy.ledger.reading import reading
from proxy.ledger.row import Row
from proxy.ledger.sqlite.store import FileStore
from proxy.ledger.verdict import conclude, settle
from tests.support.ledgers import closed, row
from tests.support.look_ups import looked_up


def entry(path: Path, made: Row | None = None, **end: Any) -> LedgerEntry:
    store = FileStore.open(path)
    made = made or row()
    store.write([made], [])
    if end:
        store.write([], [closed(made, **end)])
    store.close()
    return read(path)


def read(path: Path) -> LedgerEntry:
    with reading(path) as reader:
        return reader.find("#1")[0]


@pytest.mark.parametrize(
    ("end", "made", "asks"),
    [
        ({"answer": '{"id": "p-1", "status": "SETTLED"}'}, Made.YES, False),
        ({"answer": '{"id": "p-1", "status": "REJECTED"}'}, Made.NO, False),
        ({"answer": '{"id": "p-1", "status": "PROCESSING"}'}, Made.UNKNOWN, True),
        ({"answer": None}, Made.UNKNOWN, True),
        ({"status": 409}, Made.NO, False),
        ({"status": 401}, Made.NO, False),
        ({"status": 500}, Made.UNKNOWN, True),
        ({"outcome": "not-sent"}, Made.NO, False),
        ({"outcome": "unknown"}, Made.UNKNOWN, True),
        ({"outcome": "cut"}, Made.UNKNOWN, True),
        ({}, Made.UNKNOWN, True),  # left open by a process that ended
    ],
    ids=str,
)
def test_the_ledger_answers_by_how_it_ended(
    path: Path, end: dict[str, Any], made: Made, *, asks: bool
) -> None:
    answer = told(entry(path, **end))
    assert (answer.made, answer.asks) == (made, asks)


def test_what_is_no_payment_has_no_final_state(path: Path) -> None:
    assert told(entry(path, row(path="/v1/keys"), answer='{"id": "k-1"}')).made is Made.YES


def test_what_is_under_way_may_become_anything(path: Path) -> None:
    under_way: LedgerEntry = {**entry(path), "in_doubt": False}
    assert told(under_way).words.code == "made.under-way"


@pytest.mark.parametrize(
    ("kind", "made", "step"),
    [
        ("settled", Made.YES, "step.made"),
        ("repeat", Made.YES, "step.made"),
        ("not-found", Made.NO, "step.not-made"),
        ("rejected", Made.NO, "step.made-refused"),
    ],
)
def test_a_verdict_answers_a_doubt(path: Path, kind: str, made: Made, step: str) -> None:
    entry(path, outcome="unknown")
    settle(path, 1, kind=kind, note="seen", author="ana")
    answer = told(read(path))
    assert (answer.made, answer.step.code) == (made, step)


def test_a_verdict_that_evidence_contradicts_is_no_answer(path: Path) -> None:
    entry(path, outcome="unknown")
    settle(path, 1, kind="not-found", note="asked", author="ana")
    conclude(path, looked_up(1, "settled"))
    answer = told(read(path))
    assert (answer.made, answer.words.code) == (Made.UNKNOWN, "made.disagrees")
    assert after(read(path), answer, looked_up(1, "settled")) == answer


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("settled", Made.YES),
        ("made", Made.YES),
        ("repeat", Made.YES),
        ("rejected", Made.NO),
        ("not-final", Made.UNKNOWN),
        ("nothing", Made.UNKNOWN),
        ("contradicted", Made.UNKNOWN),
        ("not-answered", Made.UNKNOWN),
    ],
)
def test_the_api_answers_only_what_is_sure_of_the_row(path: Path, code: str, made: Made) -> None:
    doubtful = entry(path, outcome="unknown")
    assert after(doubtful, told(doubtful), looked_up(1, code)).made is made


def test_of_several_rows_one_that_was_made_answers(path: Path) -> None:
    """Else one in doubt: a refusal of its repeat says nothing about it."""
    refused = entry(path, status=409)
    doubtful: LedgerEntry = {**refused, "number": 2, "outcome": "unknown", "in_doubt": True}
    settled: LedgerEntry = {**refused, "number": 3, "status": 200, "answer": {"status": "SETTLED"}}
    all_told = [(each, told(each)) for each in (refused, doubtful, settled)]
    assert most_telling(all_told)[0]["number"] == 3
    assert most_telling(all_told[:2])[0]["number"] == 2


def test_a_verdict_has_its_name_in_both_languages(path: Path) -> None:
    entry(path, outcome="unknown")
    settle(path, 1, kind="not-made", note="asked", author="ana")
    answer = told(read(path)).words
    assert answer.said("en").startswith("verdict not made, by ana at ")
    assert answer.said("es").startswith("veredicto: no se realizó, de ana, ")
