"""What a store promises, wherever it is kept: each test runs over a file and over a database."""

import asyncio
import time
from typing import Any

import pytest

from proxy.exchange.own_answer import KnownAnswer
from proxy.ledger.archive import Where, archive_of
from proxy.ledger.claim import KeyClaim
from proxy.ledger.doubts import DoubtfulRows
from proxy.ledger.entry import LedgerEntry
from proxy.ledger.evidence import keep
from proxy.ledger.first import first_of
from proxy.ledger.ledger import Ledger
from proxy.ledger.likeness import Likeness
from proxy.ledger.reading import Query, reading
from proxy.ledger.retention import Retention
from proxy.ledger.row import Body, Row
from proxy.ledger.standing import Standing
from proxy.ledger.store import Store
from proxy.ledger.trouble import LedgerRefused
from proxy.ledger.verdict import conclude, settle
from proxy.ledger.verification import verify
from proxy.moments import stamp
from tests.support.ledgers import closed, row
from tests.support.look_ups import looked_up

ALL = "~"
LONG_AGO = "2026-01-01T00:00:00.000Z"


def rows(where: Where, **chosen: Any) -> list[LedgerEntry]:
    with reading(where) as reader:
        return list(reader.entries(Query(**chosen)))


def claimed(name: str, key: str = "k-1", **given: Any) -> Row:
    async def made() -> Row:
        return row(name, claim=KeyClaim("payroll", key, "f"), **given)

    return asyncio.run(made())


def test_what_was_entered_is_there_for_others(where: Where, either: Store) -> None:
    entered = [row(f"run-{number}") for number in range(3)]
    assert either.enter(entered, []) == entered
    assert [each.number for each in entered] == [1, 2, 3]
    found = rows(where)
    assert [each["exchange"] for each in found] == ["run-2", "run-1", "run-0"]
    assert {each["outcome"] for each in found} == {None}
    assert found[0]["payment"] == {"resolution_id": "r-1", "amount.value": "1000"}


def test_rows_ends_and_bodies_share_a_commit(where: Where, either: Store) -> None:
    first, second = row("run-1", body=Body()), row("run-2")
    either.enter([first], [])
    before = verify(where).entries
    first.body = Body(5, "cd" * 32, '{"id": "x"}')
    both = [closed(first), closed(second, "not-sent", status=None)]
    either.enter([second], both, [first])
    assert verify(where).entries == before + 1
    assert [(each["outcome"], each["body_bytes"]) for each in rows(where)] == [
        ("not-sent", 17),
        ("answered", 5),
    ]


def test_of_fractions_and_texts_nothing_is_lost(where: Where, either: Store) -> None:
    odd = row("run-1", path="/ñ\ud800/%00?", body=Body(2**40, "ab" * 32, '{"a": "\\u0000"}'))
    either.enter([odd], [])
    either.enter([], [closed(odd, seconds=0.1 + 0.2)])
    (found,) = rows(where)
    assert (found["seconds"], found["path"], found["body_bytes"]) == (0.1 + 0.2, "/ñ?/%00?", 2**40)
    assert not verify(where).problems


def test_a_row_is_closed_once(where: Where, either: Store) -> None:
    one = row()
    either.enter([one], [])
    either.enter([], [closed(one)])
    either.enter([], [closed(one, "unknown")])
    assert [each["outcome"] for each in rows(where)] == ["answered"]
    assert not verify(where).problems


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE request SET reason = 'x' WHERE number = 1",
        "DELETE FROM request WHERE number = 2",
        "DELETE FROM request WHERE number = 3",
        "DELETE FROM request WHERE number = 4",
        "UPDATE verdict SET made = 0",
        "DELETE FROM verdict",
        "UPDATE evidence SET code = 'x'",
        "UPDATE chain SET hash = events",
        "DELETE FROM chain WHERE seq = (SELECT max(seq) FROM chain)",
        "DELETE FROM claim",
    ],
)
def test_what_is_written_is_not_changed_by_hand_either(
    where: Where, either: Store, deed: str
) -> None:
    four = [row("run-1"), claimed("run-2"), row("run-3"), row("run-4")]
    either.enter(four, [])
    ends = [closed(four[0]), closed(four[1], "unknown"), closed(four[3])]
    either.enter([], ends)
    settle(where, 1, kind="made", note="seen", author="ana") if "verdict" in deed else None
    keep(where, looked_up(2, "nothing"))
    with pytest.raises((LedgerRefused, OSError)), archive_of(where).changing() as connection:
        connection.execute(deed)
    assert not verify(where).problems


def test_a_key_is_one_rows_until_that_was_surely_not_carried_out(
    where: Where, either: Store
) -> None:
    first, second = claimed("run-1"), claimed("run-2")
    assert either.enter([first, second], []) == [first], "of two in one commit, one"
    assert either.enter([second], []) == []
    assert second.claim is not None
    assert second.claim.taken == (1, "run-1", "f")
    either.enter([], [closed(first, status=401)])
    assert either.enter([second], []) == [second]
    assert second.claim.taken is None


def test_an_answer_is_kept_for_repeats_and_forgotten(where: Where, either: Store) -> None:
    answer = KnownAnswer(201, [(b"X", b"\xe9")], b"\x00paid")
    one = claimed("run-1")
    either.enter([one], [])
    assert one.claim is not None
    one.claim.answer = answer
    either.enter([], [closed(one)])
    found = first_of(where, "payroll", "k-1")
    assert found is not None
    assert (found.standing, found.reply) == (Standing.ANSWERED, answer)
    assert archive_of(where).forget_answers() == 1
    assert either.forget(ALL, "", 10) == 0
    assert either.forget(ALL, ALL, 10) == 1, "its claim"
    assert first_of(where, "payroll", "k-1") is None


def test_a_guarded_row_waits_while_one_like_it_is_in_doubt(where: Where, either: Store) -> None:
    like = Likeness("n-1", "r-1")
    first = row("run-1", likeness=like, body=Body(1, "ab", "{}", like.among("{}")))
    either.enter([first], [])
    either.enter([], [closed(first, "unknown")])
    second = row("run-2", likeness=Likeness("n-1", "r-2"), guarded=True)
    assert either.enter([second], []) == []
    assert second.alike == 1
    settle(where, 1, kind="not-made", note="asked", author="ana")
    assert either.enter([second], []) == [second]


def test_doubt_is_counted_until_a_verdict(where: Where, either: Store) -> None:
    three = [row(f"run-{number}") for number in (1, 2, 3)]
    either.enter(three, [])
    either.enter([], [closed(three[0], "unknown"), closed(three[1], status=503)])
    assert (either.in_doubt(), either.long_in_doubt(LONG_AGO)) == (2, 0)
    assert either.long_in_doubt(stamp(time.time() + 60)) == 2
    assert len(DoubtfulRows(where).rows()) == 2, "not what is under way"
    assert conclude(where, looked_up(1, "settled"))
    assert not conclude(where, looked_up(1, "settled"))
    assert settle(where, 1, kind="not-made", note="no", author="ana") is not None, "it reverses"
    with reading(where) as reader:
        counts = reader.counts()
    assert (either.in_doubt(), counts["in_doubt"], counts["open"]) == (1, 1, 1)
    assert not verify(where).problems
    with pytest.raises(LedgerRefused):
        settle(where, 3, kind="made", note="x", author="ana")


def test_old_rows_go_and_the_chain_says_so(where: Where, either: Store) -> None:
    old = [row(f"old-{number}", opened_at=LONG_AGO) for number in range(4)]
    either.enter(old, [])
    either.enter([], [closed(old[0]), closed(old[1], "unknown"), closed(old[2]), closed(old[3])])
    either.enter([new := row("new")], [])
    assert either.prune(None, 1 << 40, 10) == 0
    assert either.prune("2026-02", 1 << 40, 10) == 3
    assert [each["exchange"] for each in rows(where)] == ["new", "old-1"]
    verification = verify(where)
    assert (verification.problems, verification.deleted) == ([], 4)
    either.enter([], [closed(new)])
    assert new.number == 5, "no number is used twice"


def test_the_believed_time_is_kept(either: Store) -> None:
    either.probe("2026-11-25T10:00:00.000Z", 12.5)
    assert either.probed() == ("2026-11-25T10:00:00.000Z", 12.5)
    assert either.log_size() >= 0
    assert not either.exceeds(1 << 30)
    assert either.abandoned() == []


def test_rows_are_chosen_as_a_person_wants(where: Where, either: Store) -> None:
    three = [row(f"run-{number}", caller=f"c{number}") for number in range(3)]
    either.enter(three, [])
    either.enter([], [closed(three[0], "unknown"), closed(three[1])])
    assert [each["number"] for each in rows(where, in_doubt=True)] == [1]
    assert [each["number"] for each in rows(where, caller="c2")] == [3]
    assert [each["number"] for each in rows(where, outcome="answered")] == [2]
    assert [each["number"] for each in rows(where, text="r-1", before=3, limit=1)] == [2]
    assert rows(where, since="2100") == rows(where, until="2000") == []
    with reading(where) as reader:
        assert [each["number"] for each in reader.find("#2") + reader.find("run-0")] == [2, 1]
        assert [each["number"] for each in reader.entries(Query(limit=2))] == [3, 2]
        assert reader.find("#" + "9" * 5000) == reader.find("#²") == []
        assert [each["number"] for each in reader.named("r-1")] == [3, 2, 1]
        assert [each["number"] for each in reader.named("") + reader.named("p-1")] == [3, 2]
        assert reader.head() == str(either.head())
        assert not reader.kin(reader.find("#1")[0]).owners.keys() - {"p-1"}


@pytest.mark.anyio
async def test_the_ledger_writes_before_it_returns(where: Where) -> None:
    ledger = Ledger(where, Retention(400, 1 << 30))
    try:
        many = [row(f"run-{number}") for number in range(20)]
        await asyncio.gather(*(ledger.open(each) for each in many))
        assert len(await asyncio.to_thread(rows, where)) == 20
        for each in many:
            ledger.close(each, closed(each).end)  # type: ignore[arg-type]
    finally:
        await ledger.aclose()
    found = await asyncio.to_thread(rows, where)
    assert {each["outcome"] for each in found} == {"answered"}
