"""A process of `random_lives`: the gate, the ledger and who asks, in this event loop."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from proxy.errors import LedgerUnavailable, Repeated
from proxy.exchange.body import OutgoingBody
from proxy.exchange.own_answer import KnownAnswer
from proxy.exchange.record import Exchange
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import BodyPart, Request
from proxy.ledger.api_reader import ApiReader
from proxy.ledger.asker import Aside, Asker
from proxy.ledger.bookkeeper import Bookkeeper
from proxy.ledger.claims import Claims
from proxy.ledger.doubts import DoubtfulRows
from proxy.ledger.ledger import Ledger
from proxy.ledger.likeness import Likenesses
from proxy.ledger.look_up import LookUp
from proxy.ledger.payment import Picker
from proxy.ledger.reading import Query, reading
from proxy.ledger.recall import Inquiries
from proxy.ledger.repeat_guard import RepeatGuard
from proxy.ledger.retention import Retention
from proxy.ledger.trouble import LedgerRefused
from proxy.ledger.verdict import settle
from tests.support.exchanges import attempt
from tests.support.remembering import Order, Sent, World

ENDS = (
    *("made", "made", "held-made", "lost-made", "lost-not", "cut-made", "500-made", "500-not"),
    *("401-made", "401-lost-made", "401-lost-not", "401-401", "401-429"),  # the token is renewed
    *("401", "403", "429", "422", "not-sent", "left-made", "left-not"),
)
PROVED = {"401", "401-401", "401-429", "403", "429", "not-sent"}
_numbers = count(1)


class Whole:
    """A body that is all there."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def now(self) -> BodyPart:
        return BodyPart(self._data, last=True)

    async def next(self) -> BodyPart:
        return self.now()


class Process:
    """The gate, the ledger and who asks, until it is killed or ends.

    Nobody moves the files while it opens them (``still``): SQLite would mix two ledgers.
    """

    def __init__(self, path: Path, world: World, still: threading.Lock) -> None:
        self.path = path
        self.world = world
        self.resolutions: dict[str, str] = {}
        self._token = object()
        self.ledger = Ledger(path, Retention(400, 1 << 30))
        claims = Claims(self.ledger)
        look_up = LookUp(world.ask, _as_it_is, self.ledger.mark, lambda: None)
        doubts = DoubtfulRows(path)
        self.asker = Asker(doubts, look_up, lambda: self._token, aside=_aside(still))
        self.ledger.asked_by(self.asker)
        claims.inquirer = Inquiries(self.asker, ApiReader(world.ask))
        self.likenesses = Likenesses(self.ledger.mark)
        guard = RepeatGuard(self.likenesses, doubts.row, refuses=True)
        guard.questions = self.asker
        picker = Picker((), _as_it_is, self.ledger.mark)
        self.gate = Bookkeeper(self.ledger, picker, claims, guard=guard)

    def resolve(self, payee: str) -> str:
        """Let a caller resolve a payee's key; each time it gets another resolution."""
        name = f"r-{next(_numbers)}"
        key = {"key_type": "ID", "key_value": payee}
        self.likenesses.learn(json.dumps({"id": name, "key": key}).encode())
        self.resolutions[name] = payee
        return name

    async def request(self, order: Order) -> None:
        """Let a caller send what it wants paid; check what is done about it, and said."""
        exchange = Exchange(f"run-{next(_numbers)}", "POST", order.path)
        exchange.caller = order.caller
        lines = [] if order.key is None else [(b"Idempotency-Key", order.key.encode())]
        lines += [(b"Prefer", b"handling=lenient")] if order.lenient else []
        request = Request("POST", order.path, "1.1", Section(lines, REQUEST), len(order.body))
        request.body = Whole(order.body)
        outgoing = OutgoingBody(exchange, request, lambda: 65_536)
        sent, doubts = Sent(exchange.id, order, self.world.epoch), self.world.doubts_like(order)
        try:
            known = await self.gate.admit(exchange, request, outgoing)
        except (LedgerUnavailable, Repeated) as error:
            exchange.failure = error
            self._over(exchange)
            return
        if known is not None:
            self._check(order, known)
        else:
            self.world.judge(sent, doubts, self.path)
            await self._send(exchange, sent)
        self._over(exchange)
        sent.over, sent.doubtful = True, exchange.in_doubt

    def _check(self, order: Order, known: KnownAnswer) -> None:
        """A success that is told to a repeat is that of a payment of its key, or resolution."""
        if known.status == 200:
            told = json.loads(known.body)
            own = [each.made for each in self.world.sent if each.order.name == order.name]
            assert told in own or told["resolution_id"] == order.of

    async def _send(self, exchange: Exchange, sent: Sent) -> None:
        chance = self.world.chance
        end = chance.choice(ENDS)
        sent.proved = end in PROVED
        self.world.sent.append(sent)
        await asyncio.sleep(chance.choice((0, 0, 0.002, 0.02)))
        *refused, last = _statuses(end)
        tried = (*map(attempt, refused), attempt(last, sent=end != "not-sent"))
        if refused:
            self._token = object()
        exchange.attempts = tried
        if end.endswith("made"):
            sent.made = self.world.make(sent.order)
        await asyncio.sleep(chance.choice((0, 0, 0.002, 0.02)))
        exchange.left = end.startswith("left")
        if last is not None:
            await self._answer(exchange, sent, last, end)

    async def _answer(self, exchange: Exchange, sent: Sent, status: int, end: str) -> None:
        exchange.status, exchange.passed_on, exchange.whole = status, True, end != "cut-made"
        answered = json.dumps(sent.made or {"message": end}).encode()
        assert exchange.observer is not None
        exchange.observer.answering([(b"Content-Type", b"application/json")])
        exchange.observer.passing(answered)
        exchange.sent = len(answered)
        if end == "held-made":
            with contextlib.suppress(LedgerUnavailable):
                await exchange.observer.holding()
            await asyncio.sleep(self.world.chance.choice((0, 0.01)))

    def _over(self, exchange: Exchange) -> None:
        exchange.ended = time.perf_counter()
        if exchange.observer is not None:
            exchange.observer.over()

    async def verdicts(self) -> None:
        """Let a person who knows the truth say of some rows that nothing was made."""
        with contextlib.suppress(LedgerRefused), reading(self.path) as reader:
            for row in list(reader.entries(Query(in_doubt=True, limit=50))):
                of = [each for each in self.world.sent if each.exchange == row["exchange"]]
                made = any(each.made for each in of)
                if row["outcome"] is None or made or self.world.chance.random() < 0.5:
                    continue
                settle(self.path, row["number"], kind="not-made", note="asked", author="ana")
                for each in of:
                    each.proved = True


def _statuses(end: str) -> list[int | None]:
    """Return the status of each attempt of a request that ends so; None: it was lost."""
    first, _, then = end.partition("-")
    if first == "401" and then:
        return [401, *_statuses(then)]
    if first in ("made", "held", "cut"):
        return [200]
    return [int(first) if first.isdecimal() else None]


def _aside(still: threading.Lock) -> Aside:
    async def aside(function: Callable[..., Any], *given: Any) -> Any:
        def held() -> Any:
            with still:
                return function(*given)

        return await asyncio.to_thread(held)

    return aside


def _as_it_is(_: str, value: str) -> str:
    return value
