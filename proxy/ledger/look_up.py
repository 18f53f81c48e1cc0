"""A look-up: asks the API about a row, in the name of the caller whose row it is."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, cast

from proxy.exchange.own_request import Ask
from proxy.ledger import questions
from proxy.ledger.api_reader import ApiReader, OwnReply
from proxy.ledger.comparison import Candidate, Comparison
from proxy.ledger.entry import AskedQuestion, FoundCandidate, LedgerEntry, LookedUp
from proxy.ledger.finding import Asked, finding
from proxy.ledger.kin import Kin
from proxy.ledger.payment import Mark, Mask
from proxy.ledger.questions import MOST_PAGES, Question
from proxy.moments import stamp
from proxy.words import both

_RULE = b"urn:breb-proxy:error:rule"


class LookUp:
    """Asks on behalf of a person, or of the `asker`."""

    def __init__(
        self,
        ask: Ask,
        mask: Mask,
        mark: Mark,
        skew: Callable[[], float | None],
        caller: str = "",
    ) -> None:
        """Ask the API by ``ask``; rows without a caller's name are asked about in ``caller``'s.

        ``skew``: seconds that the API's clock was ahead of ours when it gave a token, None if that
        is not known. It counts where the answers themselves do not tell: our clock may be set.
        """
        self._requests = ApiReader(ask, caller)
        self._mask = mask
        self._mark = mark
        self._skew = skew

    async def look_up(self, entry: LedgerEntry, kin: Callable[[], Kin]) -> LookedUp:
        """Return what the API has that could be what a row tells of, as JSON.

        ``kin`` returns what other rows of the ledger tell of it.
        """
        family = await asyncio.to_thread(kin)
        known = frozenset(family.repeats)
        comparison = Comparison(
            entry, self._mask, self._mark, self._lead, known, family.owners, family.twins
        )
        caller = entry["caller"] or ""
        asked: list[Asked] = []
        likely: list[Candidate] = []
        for question in questions.questions(entry, known):
            came, things = await self._ask(question, caller, comparison)
            asked.append(came)
            likely += await asyncio.to_thread(comparison.candidates, things)
            if any(each.sure for each in likely) or came.retry_after is not None:
                break  # a known id tells everything; an API that asks for time gets it
        likely.sort(key=lambda each: each.rank, reverse=True)
        what = questions.operation(entry)
        found = finding(asked, likely, None if what is None else what.operation)
        return {
            "row": entry,
            "at": stamp(time.time()),
            "kind": found.kind,
            "code": found.code,
            "words": str(found.words),
            "said": both(found.words),
            "suggests": found.suggests,
            "asked": [cast("AskedQuestion", asdict(each)) for each in asked],
            "candidates": [_shown(each) for each in likely],
        }

    def _lead(self) -> timedelta:
        lead = self._requests.lead
        return timedelta(seconds=(self._skew() or 0.0) if lead is None else lead)

    async def _ask(
        self, question: Question, caller: str, comparison: Comparison
    ) -> tuple[Asked, list[Mapping[str, Any]]]:
        """Ask, page by page while the things on it are younger than what could be the row's."""
        things: list[Mapping[str, Any]] = []
        first: Mapping[str, Any] = {}
        back_to: datetime | None = None
        for number in range(1, MOST_PAGES + 1):
            answer = await self._requests.get(question.page(number, first), caller)
            page = await _page(question, answer)
            if page is None:
                if number > 1 and answer.status == 200:
                    return _asked(question, 200, things, number, back_to, whole=False), things
                return _unanswered(question, answer), things
            things += page.things
            first = first or page.info
            times = page.times()
            back_to = min([*times, *([back_to] if back_to else [])], default=None)
            earliest = comparison.earliest
            # Whether the order was honoured is not known: a page that is older as a whole ends it.
            old = bool(times) and earliest is not None and max(times) < earliest
            if not question.holds or old or page.ends(number):
                return _asked(question, 200, things, number, back_to, whole=True), things
        return _asked(question, 200, things, MOST_PAGES, back_to, whole=False), things


async def _page(question: Question, answer: OwnReply) -> questions.Page | None:
    """Read a page: in a thread, since nothing bounds what an upstream puts on one."""
    if answer.status != 200:
        return None
    return await asyncio.to_thread(questions.page, question, answer.body)


def _asked(
    question: Question,
    status: int,
    things: Sequence[object],
    pages: int,
    back_to: datetime | None,
    *,
    whole: bool,
) -> Asked:
    back = stamp(back_to.timestamp()) if back_to is not None and question.holds else ""
    return Asked(question.target, status, len(things), pages, back_to=back, whole=whole)


def _unanswered(question: Question, answer: OwnReply) -> Asked:
    absent = answer.status == 404 and not answer.ours and questions.not_found(answer.body)
    return Asked(
        question.target,
        answer.status,
        read=False,
        absent=absent,
        rule=answer.ours and answer.status == 403 and _RULE in answer.body,
        ours=answer.ours,
        retry_after=answer.retry_after,
    )


def _shown(candidate: Candidate) -> FoundCandidate:
    return {  # its id is in ``known``, masked as the rest
        "known": candidate.known,
        "agrees": list(candidate.agrees),
        "alike": list(candidate.alike),
        "differs": list(candidate.differs),
        "row": candidate.row,
        "sure": candidate.sure,
        "mark": candidate.mark,
    }
