"""Whose payment is whose, as other rows of the ledger tell."""

from pathlib import Path

import pytest

from proxy.ledger.evidence import keep
from proxy.ledger.reading import reading
from proxy.ledger.row import Body
from proxy.ledger.sqlite.store import FileStore
from proxy.ledger.verdict import conclude, settle
from tests.support.ledgers import closed, first_format, row
from tests.support.look_ups import looked_up


@pytest.mark.parametrize("blank", [" ", ""])
def test_other_rows_tell_whose_an_answer_is(path: Path, blank: str) -> None:
    same = Body(1, "", f'{{"resolution_id":{blank}"r-9"}}')
    rows = [row("repeat", body=same), row("other"), row("old", opened_at="2020-01-01T00:00:00Z")]
    store = FileStore.open(path)
    store.write([row("asked", body=same), *rows], [])
    for each, number in zip(rows, (1, 2, 3), strict=True):
        store.write([], [closed(each, answer=f'{{"id": "p-{number}"}}')])
    store.close()
    with reading(path) as reader:
        kin = reader.kin(reader.find("asked")[0])
    assert (kin.repeats, dict(kin.owners)) == ({"p-1"}, {"p-2": 3})


@pytest.mark.parametrize("masked", [False, True])
def test_a_verdict_tells_whose_a_payment_is(path: Path, masked: bool) -> None:
    """What a person calls not found is nobody's."""
    bodies = [Body(1, "", f'{{"resolution_id":"{each}"}}') for each in ("r-1", "r-1", "r-2", "r-3")]
    store = FileStore.open(path)
    rows = [row(f"run-{n}", body=body) for n, body in enumerate(bodies, 1)]
    store.write(rows, [])
    store.write([], [closed(each, "unknown") for each in rows])
    store.close()
    for number, code in ((2, "settled"), (3, "rejected"), (4, "settled")):
        found = looked_up(number, code)
        known = {"known": {"id": "••" if masked else f"p-{number}"}}
        mark = {"mark": f"p-{number}" if masked else ""}
        found["candidates"] = [{**known, **mark, "sure": sure} for sure in (True, False)]
        if number == 4:
            keep(path, found)
            settle(path, 4, kind="not-found", note="no", author="ana")
        else:
            assert conclude(path, found)
    with reading(path) as reader:
        kin = reader.kin(reader.find("#1")[0])
    assert (dict(kin.owners), dict(kin.twins)) == ({"p-3": 3}, {"p-2": 2})


def test_a_ledger_of_the_first_format_has_no_evidence(path: Path) -> None:
    first_format(path)
    with reading(path) as reader:
        assert reader.kin(reader.find("#3")[0]).twins == {}
