"""Of each key at most one request is sent that is not proved unprocessed, whatever happens."""

import asyncio
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from proxy.errors import LedgerUnavailable, RepeatInDoubt, RepeatUnderWay
from proxy.ledger import asking
from proxy.ledger import claims as claims_module
from proxy.ledger.claim import KeyClaim
from proxy.ledger.claims import Claims
from proxy.ledger.entry import LedgerEntry
from proxy.ledger.ledger import Ledger
from proxy.ledger.reading import Query, reading
from proxy.ledger.repeats import Answered
from proxy.ledger.retention import Retention
from proxy.ledger.row import Row
from proxy.ledger.row_observer import RowObserver
from proxy.ledger.verification import verify
from tests.support.ledgers import ended, row
from tests.support.random_lives import live
from tests.support.sweeps import further


@pytest.mark.needs("posix")
@pytest.mark.parametrize("seed", [*range(4), *further(*range(4, 24))])
def test_of_a_key_one_request_is_sent_that_is_not_proved_unprocessed(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through kills at any write, before and after its commit, and an API that lies.

    Nor is one sent that looks like one in doubt, as `World.judge` tests at each. No row is settled
    that the API does not confirm. Where a backup was put back, all this holds for what it knew.
    """
    monkeypatch.setattr(asking, "SOON", 0)
    world = asyncio.run(live(tmp_path, seed))
    assert world.sent, "nothing happened"
    if not world.epoch:
        sent = Counter(each.order.name for each in world.sent if not each.proved)
        assert max((n for (_, key), n in sent.items() if key), default=0) <= 1
    made = {each.exchange for each in world.sent if each.made}
    resolutions = {each.get("resolution_id") for each in world.payments}
    for path in (*tmp_path.rglob("ledger.db"), *tmp_path.glob("backup-*.db")):
        assert verify(path).problems == []
        with reading(path) as reader:
            rows = list(reader.entries(Query(limit=500)))
        for told in rows:
            if any(each["by_proxy"] for each in told["verdicts"]):
                assert told["exchange"] in made or told["payment"]["resolution_id"] in resolutions


def claims(path: Path) -> Claims:
    return Claims(Ledger(path, Retention(400, 1 << 30)))


async def opened(of: Claims, exchange: str, **given: Any) -> Row:
    """Open a row with the key k-1."""
    made = row(exchange, **given)
    assert await repeated(of, made) is None
    return made


async def repeated(of: Claims, made: Row | str) -> Answered | None:
    """Open a row with the key k-1, or return the answer to a repeat."""
    observer = cast("RowObserver", SimpleNamespace(row=None, tell=lambda _: None))
    one = row(made) if isinstance(made, str) else made
    return await of.open(one, KeyClaim("payroll", "k-1", "f"), observer)


def test_a_repeat_waits_no_longer_than_a_caller_does(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims_module, "PATIENCE", 0.05)

    async def wait() -> None:
        of = claims(path)
        await opened(of, "first")
        with pytest.raises(RepeatUnderWay, match=r"row #1 of the ledger") as caught:
            await opened(of, "second")
        assert (caught.value.row, caught.value.retry_after) == (1, 5)
        # As after a loss of what is known of it here: the file alone tells.
        with pytest.raises(RepeatUnderWay):
            await opened(claims_beside(of), "third")
        await of._ledger.aclose()

    asyncio.run(wait())


def claims_beside(of: Claims) -> Claims:
    return Claims(of._ledger)


def test_a_repeat_never_hears_that_nothing_was_sent_when_the_ledger_cannot_be_read(
    path: Path,
) -> None:
    async def refuse() -> None:
        of = claims(path)
        await opened(of, "first")
        beside = claims_beside(of)
        of._ledger.where = path.with_name("gone.db")
        with pytest.raises(RepeatUnderWay, match=r"row #1 of the ledger") as caught:
            await opened(beside, "second")
        assert isinstance(caught.value.__cause__, LedgerUnavailable)
        await of._ledger.aclose()

    asyncio.run(refuse())


def test_those_who_wait_behind_a_repeat_wait_for_no_end_of_it(path: Path) -> None:
    """A repeat has no row, so its turn ends with its answer."""

    async def repeat() -> None:
        of = claims(path)
        first = await opened(of, "first")
        waiting = [asyncio.ensure_future(opened(of, f"run-{n}")) for n in range(3)]
        await asyncio.sleep(0.01)
        of._ledger.close(first, ended("unknown", reason="lost"))
        for each in waiting:
            with pytest.raises(RepeatInDoubt):
                await asyncio.wait_for(each, 10)
        await of._ledger.aclose()

    asyncio.run(repeat())


class Inquirer:
    """Asks nobody; ``asked`` are the rows, and the first question waits for ``may``."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.begun, self.may = asyncio.Event(), asyncio.Event()

    async def ask_now(self, number: int) -> None:
        self.asked.append(number)
        self.begun.set()
        await self.may.wait()

    async def recall(self, entry: LedgerEntry) -> bytes | None:
        del entry
        return b'{"id": "p-1"}'


@pytest.mark.parametrize("leaves", [False, True], ids=["it stays", "it leaves"])
def test_repeats_share_what_the_first_of_them_finds(path: Path, *, leaves: bool) -> None:
    """Hundreds that each read the ledger took seconds, and others' payments with them."""

    async def repeat() -> None:
        of = claims(path)
        first = await opened(of, "first")
        of._ledger.close(first, ended("unknown", reason="lost"))
        of.inquirer = inquirer = Inquirer()
        every = [asyncio.ensure_future(repeated(of, f"run-{number}")) for number in range(20)]
        await asyncio.wait_for(inquirer.begun.wait(), 10)
        if leaves:
            every.pop(0).cancel()
            inquirer.begun.clear()
            await asyncio.wait_for(inquirer.begun.wait(), 10)
        inquirer.may.set()
        for each in every:
            told = await asyncio.wait_for(each, 10)
            assert told is not None
            assert (told.kind, told.row, told.answer.body) == ("found", 1, b'{"id": "p-1"}')
        assert inquirer.asked == ([1, 1] if leaves else [1])
        await of._ledger.aclose()

    asyncio.run(repeat())
