"""Asks the API by itself about rows in doubt, with GET only, until a person has to decide.

Invariants: one question at a time, and a second between two; no question without a token, and
none that makes the keeper fetch one; a refusal (401, 403) ends all questions until there is another
token; while the API does not answer, or asks for time, nobody asks it. `asking` says when it is a
row's turn.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from proxy.clock import Clock, sleepless
from proxy.exchange.own_request import Ask, OwnAnswer, OwnRequest
from proxy.http1.request import Request
from proxy.ledger.asking import due, is_for_a_person, just_asked, words
from proxy.ledger.doubts import DoubtfulRows
from proxy.ledger.entry import AskedQuestion, LedgerEntry, LookedUp
from proxy.ledger.finding import FOUND
from proxy.ledger.look_up import LookUp
from proxy.ledger.trouble import LedgerRefused
from proxy.moments import stamp, to_the_second
from proxy.words import Phrase, phrase

log = logging.getLogger("proxy.ledger")

GAP = 1.0  # seconds between two questions
LOOK = 300.0  # seconds between looks at the ledger, if nobody tells of a new row in doubt
TOKEN = 5.0  # seconds between looks for another token
FOR_A_CALLER = 15.0  # seconds for a question that a caller waits for
QUIET_FIRST, QUIET_LONGEST = 5.0, 300.0  # seconds for which an API that fails is not asked

Aside = Callable[..., Awaitable[Any]]
"""Runs a function beside the event loop, with its arguments: ``asyncio.to_thread``."""


class Asker:
    """Owns when to ask; `run` does it, until it is cancelled."""

    def __init__(
        self,
        doubts: DoubtfulRows,
        look_up: LookUp,
        token: Callable[[], object],
        clock: Clock | None = None,
        wall: Callable[[], float] = time.time,
        aside: Aside = asyncio.to_thread,
    ) -> None:
        """Ask about ``doubts``; ``token`` returns the one that may be sent now, or None."""
        self._doubts = doubts
        self._look_up = look_up
        self._token = token
        self._clock = clock or sleepless()
        self._wall = wall
        self._aside = aside
        self._new = asyncio.Event()
        self._one = asyncio.Lock()
        self._tried: dict[int, float] = {}  # when (seconds of the clock), by row
        self._quiet_until = self._quiet = 0.0
        self._refused: tuple[object, int] | None = None  # the token, and the API's status
        self._next: float | None = None  # seconds of the wall clock
        self.results: Counter[str] = Counter()
        """Look-ups, by kind."""
        self.settled: Counter[str] = Counter()
        """Verdicts, by kind."""

    def doubted(self) -> None:
        """Note that there is a new row in doubt."""
        self._new.set()

    @property
    def asks(self) -> bool:
        """Whether the API answers such questions, as far as is known."""
        return self._refused is None

    @property
    def words(self) -> Phrase:
        """Say in words whether it asks, and if not, why."""
        if self._refused is not None:
            return phrase("asker.refused", status=self._refused[1])
        if self._clock() < self._quiet_until:
            later = self._wall() + self._quiet_until - self._clock()
            return phrase("asker.quiet", at=to_the_second(stamp(later)))
        if self._next is None:
            return phrase("asker.idle")
        return phrase("asker.next", at=to_the_second(stamp(self._next)))

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            self._new.clear()
            try:
                wait = await self._round()
            except LedgerRefused as refusal:  # the writer reports it; here it is tried again
                log.debug("rows in doubt cannot be asked about: %s", refusal)
                wait = LOOK
            except Exception as error:
                log.error("rows in doubt cannot be asked about: %s", type(error).__name__)
                log.debug("where it happened", exc_info=error)
                wait = LOOK
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._new.wait()

    async def ask_now(self, number: int) -> None:
        """Ask about a row out of its turn, unless it was just asked about, or nobody may ask.

        The API has `FOR_A_CALLER` seconds to answer.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FOR_A_CALLER), self._one:
                await self._ask_about(number)

    async def _ask_about(self, number: int) -> None:
        if not self._held_back():
            try:
                row = await self._aside(self._doubts.row, number)
                now = datetime.fromtimestamp(self._wall(), UTC)
                if row is not None and not (row["unreadable"] or just_asked(row, now)):
                    await self._ask(row)
            except LedgerRefused as refusal:  # as in `run`
                log.debug("what was found about row #%d cannot be kept: %s", number, refusal)

    async def _round(self) -> float:
        """Ask about the rows whose turn it is; return seconds until the next turn."""
        if held := self._held_back():
            return held
        rows = await self._aside(self._doubts.rows)
        now = datetime.fromtimestamp(self._wall(), UTC)
        waits = {row["number"]: left for row in rows if (left := due(row, now)) is not None}
        self._tried = {number: at for number, at in self._tried.items() if number in waits}
        self._next = self._wall() + max(min(waits.values()), 0.0) if waits else None
        ready = [row for row in rows if waits.get(row["number"], 1.0) <= 0]
        # A row that always fails must not hold up the others.
        ready.sort(key=lambda each: (self._tried.get(each["number"], 0.0), each["number"]))
        for row in ready:
            if held := self._held_back():
                return held
            self._tried[row["number"]] = self._clock()
            async with self._one:
                await self._ask(row)
        return GAP if ready else min([LOOK, *waits.values()])

    def _held_back(self) -> float:
        """Return seconds for which nothing is asked, 0 if something may be."""
        token = self._token()
        if token is None:
            return TOKEN
        if self._refused is not None:
            if self._refused[0] is token:
                return TOKEN
            self._refused = None
            log.info("there is another token: the API is asked about rows in doubt again")
        return max(self._quiet_until - self._clock(), 0.0)

    async def _ask(self, row: LedgerEntry) -> None:
        token = self._token()
        found = await self._look_up.look_up(row, lambda: self._doubts.kin(row))
        self.results[found["kind"]] += 1
        log.debug("asked about row #%d of the ledger: %s", row["number"], found["code"])
        self._judge(found, token)
        if not all(map(_reached, found["asked"])) and found["kind"] != FOUND:
            return  # it was not asked: there is no evidence
        settles = await self._aside(self._doubts.conclude, found)
        if settles:
            self.settled[found["code"]] += 1
        self._tell(row, found, settles=settles)

    def _tell(self, row: LedgerEntry, found: LookedUp, *, settles: bool) -> None:
        """Say what has changed about a row."""
        name = f"row #{row['number']} of the ledger ({row['method']} {row['path']})"
        after: LedgerEntry = {**row, "evidence": [*row["evidence"], found]}
        if settles:
            log.info("%s is out of doubt [%s]: %s", name, row["exchange"], found["words"])
        elif is_for_a_person(after):
            so_far = words(after, datetime.fromtimestamp(self._wall(), UTC))
            log.warning(
                "%s stays in doubt [%s], a person decides: %s; %s",
                *(name, row["exchange"], so_far, found["words"]),
            )
        elif not row["evidence"] or row["evidence"][-1]["code"] != found["code"]:
            log.info("%s is in doubt still [%s]: %s", name, row["exchange"], found["words"])

    # -- an API that does not want to be asked, or cannot --------------------------------------

    def _judge(self, found: LookedUp, token: object) -> None:
        """Take from the answers whether the next question may come."""
        asked = found["asked"]
        refused = [each["status"] for each in asked if _is_refusal(each)]
        later = [each["retry_after"] for each in asked if each["retry_after"] is not None]
        if refused and found["kind"] != FOUND:
            self._refused = token, refused[0] or 0
            log.warning(
                "the API refuses questions about rows in doubt (%d): the token may lack the scope"
                " to read them. Nothing more is asked until there is another token",
                refused[0],
            )
        elif later or any(map(_is_failure, asked)):
            self._be_quiet(max(later, default=0.0))
        elif self._quiet and not all(each["ours"] for each in asked):
            self._quiet = 0.0
            log.info("the API answers questions about rows in doubt again")

    def _be_quiet(self, asked: float) -> None:
        if not self._quiet:
            log.warning("the API does not answer questions about rows in doubt: they wait")
        self._quiet = min(max(QUIET_FIRST, self._quiet * 2), QUIET_LONGEST)
        self._quiet_until = self._clock() + max(self._quiet, asked)


def paced(ask: Ask, gap: float = GAP) -> Ask:
    """Return ``ask`` with ``gap`` seconds from the end of a request to the next one's begin."""
    may = 0.0

    async def one_by_one(request: Request, own: OwnRequest, most: int) -> OwnAnswer:
        nonlocal may
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(may - loop.time(), 0.0))
        try:
            return await ask(request, own, most)
        finally:
            may = loop.time() + gap

    return one_by_one


def _is_refusal(asked: AskedQuestion) -> bool:
    return asked["status"] in (401, 403) and not asked["ours"]


def _is_failure(asked: AskedQuestion) -> bool:
    status = asked["status"]
    return status is None or status == 429 or status >= 500


def _reached(asked: AskedQuestion) -> bool:
    """Report whether the API answered, or our own rules did; not whether that was any good."""
    status = asked["status"]
    return status is not None and not (asked["ours"] and status >= 500)
