"""Who asks by itself, through days in milliseconds: when, how often, and when not."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from proxy.exchange.own_request import OwnAnswer, OwnRequest
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import Request
from proxy.ledger.asker import GAP, QUIET_LONGEST, Asker, paced
from proxy.ledger.asking import DAY, LEAST, LONGEST, SOON
from proxy.ledger.doubts import DoubtfulRows
from proxy.ledger.entry import AskedQuestion, LedgerEntry, LookedUp
from proxy.ledger.finding import FOR_A_PERSON
from proxy.ledger.kin import Kin
from proxy.ledger.reading import reading
from proxy.ledger.trouble import LedgerRefused
from proxy.ledger.verdict import settle
from proxy.words import phrase
from tests.support.clockwork import on_clockwork, the_loop
from tests.support.ledgers import filled
from tests.support.look_ups import looked_up, question
from tests.support.sweeps import further

REFUSED = question(401)
UNREACHED = question(502, ours=True)


async def inline(work: Callable[..., Any], *given: Any) -> Any:
    """Run it at once: there are no threads where time is made."""
    return work(*given)


class Api:
    """Says of each row what it is told to say; asserts that nobody asks twice at a time."""

    def __init__(self, start: float) -> None:
        self.start = start
        self.code = "nothing-back-to"
        self.codes: dict[int, str] = {}
        self.came: dict[int, AskedQuestion] = {}
        self.always: AskedQuestion | None = None
        self.asked: list[tuple[float, int]] = []
        self.error: Exception | None = None
        self._busy = False

    def wall(self) -> float:
        return self.start + the_loop().time() - 1000

    @property
    def times(self) -> list[float]:
        return [at for at, _ in self.asked]

    async def look_up(self, entry: LedgerEntry, kin: Callable[[], Kin]) -> LookedUp:
        assert not self._busy, "two questions at a time"
        self._busy = True
        self.asked.append((the_loop().time() - 1000, entry["number"]))
        await asyncio.sleep(0.2)
        self._busy = False
        if self.error is not None:
            raise self.error
        assert isinstance(kin(), Kin)
        number = entry["number"]
        came = self.came.get(number, self.always)
        code = "not-answered" if came else self.codes.get(number, self.code)
        return looked_up(number, code, self.wall(), came)


class Life:
    """An asker at work on a ledger with so many rows in doubt."""

    def __init__(self, path: Path, rows: int) -> None:
        filled(path, *["unknown"] * rows)
        self.path = path
        self.api = Api(time.time())
        self.token: object = "first"
        clock = the_loop().clock
        self.asker = Asker(
            DoubtfulRows(path), self.api, lambda: self.token, clock, self.api.wall, inline
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self.asker.run())
        try:
            yield
            assert not task.done()
        finally:
            task.cancel()

    def row(self, number: int = 1) -> LedgerEntry:
        with reading(self.path) as reader:
            return reader.find(f"#{number}")[0]


@pytest.fixture(autouse=True)
def told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "proxy.ledger")


@on_clockwork
async def test_what_is_not_found_is_asked_for_a_day_ever_more_seldom_and_left_in_doubt(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    life = Life(path, 1)
    async with life.running():
        await asyncio.sleep(1.5 * DAY)
    times = life.api.times
    gaps = [b - a for a, b in pairwise(times)]
    assert SOON <= times[0] < 2 * SOON
    assert min(gaps) >= SOON
    assert DAY - 2 * LONGEST < times[-1] < DAY + 2 * LONGEST
    assert max(gaps) < 2 * LONGEST
    assert len(times) < 50
    assert all(later > earlier for earlier, later in zip(gaps[:8:2], gaps[2:10:2], strict=True))
    lines = [record.message for record in caplog.records if record.levelname != "DEBUG"]
    assert len(lines) == 2, "one at the begin, one at the end"
    assert "a person decides" in lines[1]
    assert "not found; the resolution has expired" in lines[1]
    told = life.row()
    assert (told["in_doubt"], told["verdicts"]) == (True, [])
    assert len(told["evidence"]) == len(times)
    assert told["asking"] is not None
    assert told["asking"]["next"] is None


@on_clockwork
async def test_what_is_processing_is_asked_on_until_it_is_final(path: Path) -> None:
    life = Life(path, 1)
    life.api.code = "not-final"
    async with life.running():
        await asyncio.sleep(30)
        assert "not final" in str(life.row()["asking"])
        life.api.code = "settled"
        await asyncio.sleep(60)
        after = len(life.api.asked)
        await asyncio.sleep(LONGEST)
    assert len(life.api.asked) == after, "what is settled is left alone"
    told = life.row()
    assert [(each["kind"], each["by_proxy"]) for each in told["verdicts"]] == [("settled", True)]
    assert life.asker.settled == {"settled": 1}


@pytest.mark.parametrize("code", FOR_A_PERSON)
def test_what_asking_again_does_not_change_is_asked_once(path: Path, code: str) -> None:
    @on_clockwork
    async def run() -> None:
        life = Life(path, 1)
        life.api.code = code
        async with life.running():
            await asyncio.sleep(LONGEST)
        assert len(life.api.asked) == 1
        assert life.row()["in_doubt"]

    run()


@on_clockwork
async def test_what_a_person_settles_is_asked_about_no_more(path: Path) -> None:
    life = Life(path, 1)
    async with life.running():
        await asyncio.sleep(60)
        settle(path, 1, kind="not-found", note="asked Passport", author="ana")
        before = len(life.api.asked)
        await asyncio.sleep(LONGEST)
    assert len(life.api.asked) <= before + 1
    assert [each["author"] for each in life.row()["verdicts"]] == ["ana"]


@on_clockwork
async def test_a_refusal_ends_all_questions_until_there_is_another_token(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    life = Life(path, 3)
    life.api.always = REFUSED
    async with life.running():
        await asyncio.sleep(DAY)
        assert len(life.api.asked) == 1
        assert not life.asker.asks
        assert "refuses the questions (401)" in str(life.asker.words)
        life.api.always, life.token = None, "second"
        await asyncio.sleep(60)
    assert {number for _, number in life.api.asked} == {1, 2, 3}
    assert life.asker.asks
    lines = [record.message for record in caplog.records]
    assert sum("the API refuses questions" in line for line in lines) == 1
    assert sum(line.startswith("there is another token") for line in lines) == 1


@on_clockwork
async def test_without_a_token_nobody_asks(path: Path) -> None:
    life = Life(path, 2)
    life.token = None
    async with life.running():
        await asyncio.sleep(DAY)
        assert life.api.asked == []
        life.token = "first"
        await asyncio.sleep(60)
    assert life.api.asked


@on_clockwork
async def test_who_asks_for_time_gets_it_from_all(path: Path) -> None:
    life = Life(path, 5)
    life.api.always = question(429, retry_after=4000.0)
    async with life.running():
        await asyncio.sleep(10)
        assert len(life.api.asked) == 1
        life.api.always = None
        await asyncio.sleep(3950)
        assert len(life.api.asked) == 1
        assert "the API does not answer" in str(life.asker.words)
        await asyncio.sleep(100)
    assert {number for _, number in life.api.asked} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("came", [UNREACHED, *further(question(503))], ids=["unreached", "gateway"])
def test_an_api_that_is_down_is_left_in_peace(
    path: Path, caplog: pytest.LogCaptureFixture, came: AskedQuestion
) -> None:
    @on_clockwork
    async def run() -> None:
        life = Life(path, 2)
        life.api.always = came
        async with life.running():
            await asyncio.sleep(1.1 * DAY)
            times = life.api.times
            gaps = [b - a for a, b in pairwise(times)]
            assert gaps[:3] == sorted(gaps[:3])
            assert min(gaps[10:]) > QUIET_LONGEST
            assert sum("they wait" in record.message for record in caplog.records) == 1
            life.api.always, before = None, len(times)
            await asyncio.sleep(LEAST * 2 * LONGEST)
            after = len(life.api.asked) - before
            assert after >= 2 * LEAST, "a day without an answer is no reason to give up"
        assert sum("answers questions" in record.message for record in caplog.records) == 1
        assert all(life.row(number)["in_doubt"] for number in (1, 2))

    run()


@on_clockwork
async def test_what_never_came_to_the_api_is_no_evidence(path: Path) -> None:
    life = Life(path, 1)
    life.api.always = UNREACHED
    async with life.running():
        await asyncio.sleep(600)
        assert life.row()["evidence"] == []
        life.api.always = question(500)
        await asyncio.sleep(QUIET_LONGEST * 2)
    assert {each["code"] for each in life.row()["evidence"]} == {"not-answered"}


@on_clockwork
async def test_a_row_that_always_fails_keeps_no_other_back(path: Path) -> None:
    life = Life(path, 3)
    life.api.came[1] = UNREACHED
    async with life.running():
        await asyncio.sleep(120)
    assert {number for _, number in life.api.asked} == {1, 2, 3}


@on_clockwork
async def test_our_own_refusal_is_no_sign_of_life(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    life = Life(path, 2)
    life.api.came = {1: UNREACHED, 2: question(403, ours=True, rule=True)}
    async with life.running():
        await asyncio.sleep(600)
    assert {number for _, number in life.api.asked} == {1, 2}
    assert not any("answers questions" in record.message for record in caplog.records)
    assert life.asker.asks, "a rule of ours is no refusal of the API"


def another(path: Path) -> None:
    """Put a ledger with a row in doubt in the place of one without."""
    filled(path.with_name("other.db"), "unknown")
    path.unlink()
    path.with_name("other.db").rename(path)


@on_clockwork
async def test_a_new_row_in_doubt_is_not_waited_for(path: Path) -> None:
    life = Life(path, 1)
    life.api.code = "settled"
    async with life.running():
        await asyncio.sleep(30)
        assert str(life.asker.words) == str(phrase("asker.idle"))
        another(path)
        before = the_loop().time()
        life.asker.doubted()
        await asyncio.sleep(LONGEST)
    assert life.api.times[-1] < before - 1000 + 60


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (LedgerRefused(phrase("ledger-closed")), "cannot be asked about"),
        (ValueError("a surprise"), "ValueError"),
    ],
)
def test_no_trouble_ends_it(
    path: Path, caplog: pytest.LogCaptureFixture, error: Exception, line: str
) -> None:
    @on_clockwork
    async def run() -> None:
        life = Life(path, 1)
        life.api.error = error
        async with life.running():
            await asyncio.sleep(30)
            assert line in caplog.text
            assert "a surprise" not in [record.message for record in caplog.records]
            life.api.error = None
            await asyncio.sleep(1000)
        assert life.row()["evidence"]

    run()


@on_clockwork
async def test_between_two_questions_there_is_a_gap() -> None:
    began: list[float] = []

    async def ask(request: Request, own: OwnRequest, most: int) -> OwnAnswer:
        del request, own
        began.append(the_loop().time())
        await asyncio.sleep(0.5)
        return OwnAnswer("a-1", most)

    slow = paced(ask)
    for _ in range(5):
        await slow(Request("GET", b"/", "1.1", Section([], REQUEST), 0), OwnRequest(""), 0)
    gaps = [b - a for a, b in pairwise(began)]
    assert all(gap >= 0.5 + GAP for gap in gaps)


@on_clockwork
async def test_a_clock_that_was_wrong_delays_nothing_for_ever(path: Path) -> None:
    life = Life(path, 1)
    life.api.start -= 400 * DAY  # the row was closed in what is the far future now
    async with life.running():
        await asyncio.sleep(60)
    assert 0 < len(life.api.asked) < 30
