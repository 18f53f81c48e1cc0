"""What of claims and answers stands in the file, and for how long."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.exchange.own_answer import KnownAnswer
from proxy.ledger.claim import KeyClaim
from proxy.ledger.first import First, first_of
from proxy.ledger.kept_claims import end
from proxy.ledger.row import Row
from proxy.ledger.sqlite.forgetting import forget_answers
from proxy.ledger.sqlite.store import FileStore
from proxy.ledger.standing import Standing
from tests.support.ledgers import closed, row

ALL = "~"
ANSWER = KnownAnswer(201, [(b"Content-Type", b"text/plain"), (b"X", b"\xe9")], b"\x00paid")


@pytest.fixture
def store(path: Path) -> Iterator[FileStore]:
    opened = FileStore.open(path)
    yield opened
    opened.close()


def claimed(name: str = "run-1", key: str = "k-1", print_: str = "f") -> Row:
    async def made() -> Row:
        return row(name, claim=KeyClaim("payroll", key, print_))

    return asyncio.run(made())


def first(path: Path, key: str = "k-1") -> First | None:
    return first_of(path, "payroll", key)


def opens(store: FileStore, each: Row) -> bool:
    free = store.free([each])
    store.write(free, [])
    return bool(free)


def test_a_key_is_one_rows(store: FileStore, path: Path) -> None:
    assert opens(store, claimed())
    second = claimed("run-2")
    assert not opens(store, second)
    assert second.claim is not None
    assert second.claim.taken == (1, "run-1", "f")
    assert opens(store, claimed("run-3", "k-2"))
    found = first(path)
    assert found is not None
    assert (found.standing, found.reply) == (Standing.UNDER_WAY, None)
    assert (first_of(path, "other", "k-1"), first(path, "k-9")) == (None, None)


def test_of_two_in_one_commit_the_first_has_it(store: FileStore) -> None:
    one, two = claimed(), claimed("run-2")
    other = row("run-3")
    assert store.free([one, two, other]) == [one, other]


@pytest.mark.needs("posix")
def test_what_answers_are_kept_in_is_for_its_owner_alone(store: FileStore, path: Path) -> None:
    opens(store, claimed())
    assert path.stat().st_mode & 0o77 == 0


def test_an_answer_is_kept_with_the_end(store: FileStore, path: Path) -> None:
    payment = claimed()
    opens(store, payment)
    assert payment.claim is not None
    payment.claim.answer = ANSWER
    store.write([], [closed(payment)])
    found = first(path)
    assert found is not None
    assert (found.standing, found.reply) == (Standing.ANSWERED, ANSWER)
    assert (forget_answers(path), forget_answers(path)) == (1, 0)
    found = first(path)
    assert found is not None
    assert found.reply is None


@pytest.mark.parametrize(("outcome", "status"), [("not-sent", None), ("answered", 429)])
def test_what_was_not_carried_out_frees_the_key(
    store: FileStore, path: Path, outcome: str, status: int | None
) -> None:
    payment = claimed()
    opens(store, payment)
    store.write([], [closed(payment, outcome, status=status)])
    assert first(path) is None
    assert opens(store, claimed("run-2"))


def test_a_claim_gives_way_to_the_one_that_says_so(store: FileStore, path: Path) -> None:
    payment = claimed()
    opens(store, payment)
    store.write([], [closed(payment, "unknown")])
    again = claimed("run-2")
    assert again.claim is not None
    again.claim.replaces = 1
    with pytest.raises(sqlite3.IntegrityError, match="in doubt"):
        opens(store, again)
    store._connection.execute(
        "INSERT INTO verdict VALUES (1, '', 0, 'no', 'ana', 'not-made', NULL)"
    )
    assert opens(store, again)
    found = first(path)
    assert found is not None
    assert found.holder.exchange == "run-2"


def test_a_claim_outlives_its_row_and_not_its_time(store: FileStore, path: Path) -> None:
    for number, outcome in enumerate(("answered", "unknown", "answered"), 1):
        payment = claimed(f"run-{number}", f"k-{number}")
        opens(store, payment)
        assert payment.claim is not None
        payment.claim.answer = ANSWER
        store.write([], [closed(payment, outcome)])
    assert store.prune(ALL, 1 << 30, 1) == 1
    found = first(path, "k-1")
    assert found is not None
    assert (found.entry, found.standing, found.reply) == (None, Standing.GONE, ANSWER)
    assert store.forget("", "", 500) == 0
    assert store.forget(ALL, "", 2) == 2
    assert store.forget(ALL, ALL, 500) == 3, "an answer, and claims that are not in doubt"
    assert first(path, "k-1") is None
    assert first(path, "k-2") is not None, "it is in doubt"


def test_what_is_open_has_no_end(store: FileStore) -> None:
    payment = claimed()
    assert payment.claim is not None
    with pytest.raises(ValueError, match="still open"):
        end(store._connection, payment, payment.claim)


def test_what_is_under_way_takes_its_key_from_a_row_of_a_backup_that_was_put_back(
    store: FileStore, path: Path
) -> None:
    """When it was sent the key was free, which the backup does not know.

    Else a verdict that the older request was not carried out would let a second one be sent.
    """
    first_with_it = claimed()
    opens(store, first_with_it)
    store.write([], [closed(first_with_it, "unknown")])
    under_way = claimed("run-2")
    store.write([under_way], [])
    found = first(path)
    assert found is not None
    assert (found.holder.number, found.standing) == (2, Standing.UNDER_WAY)
    store.write([], [closed(under_way, "answered", status=401)])
    assert first(path) is None


def test_claims_push_no_rows_out(store: FileStore) -> None:
    """They stay for longer than any size limit of the rows would let them."""
    for name in range(500):
        payment = claimed(f"run-{name}", f"{name:036}", "f" * 64)
        opens(store, payment)
        store.write([], [closed(payment)])
    rows = store.size() - 500 * 232
    assert not store.exceeds(rows)
    assert store.prune(None, rows, 500) == 0
    assert store.exceeds(rows // 2)
    while store.prune(None, rows // 2, 50):
        pass
    assert not store.exceeds(rows // 2)
    assert rows // 4 < store.size() - 500 * 232
