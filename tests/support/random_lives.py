"""Random lives of a ledger: callers that repeat, an upstream that lies, and kills at any write.

A process here is a ledger with its gate in this event loop. It is killed as a machine kills it: the
file is copied as it lies on the disk at that moment, and the next process begins with the copy.
"""

import asyncio
import contextlib
import json
import random
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

from proxy.errors import LedgerUnavailable, Repeated
from proxy.exchange.attempt import Attempt
from proxy.exchange.body import OutgoingBody
from proxy.exchange.own_answer import KnownAnswer
from proxy.exchange.own_request import OwnAnswer, OwnRequest
from proxy.exchange.record import Exchange
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import BodyPart, Request
from proxy.ledger.api_reader import ApiReader
from proxy.ledger.asker import Asker
from proxy.ledger.bookkeeper import Bookkeeper
from proxy.ledger.claims import Claims
from proxy.ledger.doubts import DoubtfulRows
from proxy.ledger.ledger import Ledger
from proxy.ledger.look_up import LookUp
from proxy.ledger.payment import Picker
from proxy.ledger.reading import Query, reading
from proxy.ledger.recall import Inquiries
from proxy.ledger.retention import Retention
from proxy.ledger.store import Store
from proxy.ledger.verdict import settle
from proxy.moments import stamp
from tests.support.exchanges import attempt

CALLERS, KEYS = ("anna", "beto"), ("k-1", "k-2")
BREB, ACH = b"/v1/payments/breb", b"/v1/payments/ach"
ENDS = (
    *("made", "made", "lost-made", "lost-not", "cut", "500-made", "500-not"),
    *("401", "403", "429", "422", "not-sent", "left-made", "left-not"),
)
_exchanges = count(1)


@dataclass
class Sent:
    """A request that reached the upstream; ``proved``: it is known that it was not carried out."""

    exchange: str
    name: tuple[str, str]
    made: dict[str, Any] | None = None
    proved: bool = False


@dataclass
class World:
    """The upstream, and what is true."""

    chance: random.Random
    sent: list[Sent] = field(default_factory=list)

    @property
    def made(self) -> list[dict[str, Any]]:
        return [each.made for each in self.sent if each.made is not None]

    async def ask(self, request: Request, own: OwnRequest, most: int) -> OwnAnswer:
        """Answer a question: it may fail, lag, or leave things out, but it invents nothing."""
        assert request.method == "GET"
        await asyncio.sleep(0)
        answer = OwnAnswer("own", most)
        answer.status, answer.whole = 200, True
        answer.lines = [(b"Content-Type", b"application/json")]
        target = request.target.decode()
        if (lie := self.chance.random()) < 0.2:
            answer.status = 503
        one = [each for each in self.made if target.endswith(f"/{each['id']}")]
        shown = self.made[::-1] if lie > 0.4 else self.made[:-2]
        listed = {"payments": shown, "pagination_info": {"total_pages": 1}}
        answer.body += json.dumps(one[0] if one else listed).encode()
        return answer


class Whole:
    """A body that is all there."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def now(self) -> BodyPart:
        return BodyPart(self._data, last=True)

    async def next(self) -> BodyPart:
        return self.now()


class Process:
    """The gate, the ledger and who asks, until it is killed or ends."""

    def __init__(self, path: Path, world: World) -> None:
        self.path = path
        self.world = world
        self.ledger = Ledger(path, Retention(400, 1 << 30))
        claims = Claims(self.ledger)
        look_up = LookUp(world.ask, _as_it_is, self.ledger.mark, lambda: None)
        asker = Asker(DoubtfulRows(path), look_up, lambda: "token")
        claims.inquirer = Inquiries(asker, ApiReader(world.ask))
        picker = Picker((), _as_it_is, self.ledger.mark)
        self.gate = Bookkeeper(self.ledger, picker, claims)

    async def request(self, name: tuple[str, str], path: bytes, body: bytes) -> None:
        """Let a caller send a request with a key; check what is said to it."""
        exchange = Exchange(f"run-{next(_exchanges)}", "POST", path)
        exchange.caller = name[0]
        lines = [(b"Idempotency-Key", name[1].encode())]
        request = Request("POST", path, "1.1", Section(lines, REQUEST), len(body))
        request.body = Whole(body)
        outgoing = OutgoingBody(exchange, request, lambda: 65_536)
        try:
            known = await self.gate.admit(exchange, request, outgoing)
        except (LedgerUnavailable, Repeated) as error:
            exchange.failure = error
            self._over(exchange)
            return
        if known is not None:
            self._check(name, known)
        else:
            await self._send(exchange, Sent(exchange.id, name), body)
        self._over(exchange)

    def _check(self, name: tuple[str, str], known: KnownAnswer) -> None:
        """A success that is told to a repeat is that of a payment of its key."""
        if known.status == 200:
            own = [each.made["id"] for each in self.world.sent if each.name == name and each.made]
            assert json.loads(known.body)["id"] in own

    async def _send(self, exchange: Exchange, sent: Sent, body: bytes) -> None:
        chance = self.world.chance
        end = chance.choice(ENDS)
        status = {"made": 200, "cut": 200}.get(end) or (int(end[:3]) if end[0] in "45" else None)
        sent.proved = end in ("401", "403", "429", "not-sent")
        self.world.sent.append(sent)
        await asyncio.sleep(chance.choice((0, 0, 0.002, 0.02)))
        tried: Attempt = attempt(status, sent=end != "not-sent")
        exchange.attempts = (tried,)
        if end.endswith("made") or end == "cut":
            at = {"created_at": stamp(time.time()), "status": "SETTLED"}
            sent.made = {"id": f"p-{exchange.id}", **at, **json.loads(body)}
        await asyncio.sleep(chance.choice((0, 0, 0.002, 0.02)))
        exchange.left = end.startswith("left")
        if status is not None:
            exchange.status, exchange.passed_on, exchange.whole = status, True, end != "cut"
            answered = json.dumps(sent.made or {"message": end}).encode()
            assert exchange.observer is not None
            exchange.observer.answering([(b"Content-Type", b"application/json")])
            exchange.observer.passing(answered)
            exchange.sent = len(answered)

    def _over(self, exchange: Exchange) -> None:
        exchange.ended = time.perf_counter()
        if exchange.observer is not None:
            exchange.observer.over()

    async def verdicts(self) -> None:
        """Let a person who knows the truth say of some rows that nothing was made."""
        with reading(self.path) as reader:
            rows = list(reader.entries(Query(in_doubt=True, limit=50)))
        for row in rows:
            of = [each for each in self.world.sent if each.exchange == row["exchange"]]
            if row["outcome"] is None or any(each.made for each in of):
                continue
            if self.world.chance.random() < 0.5:
                settle(self.path, row["number"], kind="not-made", note="asked", author="ana")
                for each in of:
                    each.proved = True


def _as_it_is(_: str, value: str) -> str:
    return value


class Killed(Exception):
    """The machine takes the process."""


@contextmanager
def killing(at: int, *, after: bool, copy: Path) -> Iterator[asyncio.Event]:
    """Kill at the write ``at``: copy the file before or after its commit, and commit no more."""
    writes, loop, killed, dead = count(1), asyncio.get_running_loop(), asyncio.Event(), False
    over, write = threading.Event(), Store.write

    def fatal(self: Store, *rows: Any, **given: Any) -> None:
        nonlocal dead
        last = not dead and next(writes) == at
        if last and after:
            write(self, *rows, **given)
        if last:
            dead = True
            for file in self._path.parent.glob(f"{self._path.name}*"):
                if not file.name.endswith((".lock", "-shm")):
                    shutil.copy(file, copy / file.name)
            loop.call_soon_threadsafe(killed.set)
        if dead:
            over.wait(10)
            raise OSError("killed")
        write(self, *rows, **given)

    with mock.patch.object(Store, "write", fatal):
        try:
            yield killed
        finally:
            over.set()


async def live(folder: Path, seed: int, processes: int = 4) -> World:
    """Let some processes live on one ledger, one after the other, while callers repeat."""
    chance = random.Random(seed)
    world, path = World(chance), folder / "ledger.db"
    for number in range(processes):
        copy = folder / str(number)
        copy.mkdir()
        with killing(chance.randint(1, 25), after=chance.random() < 0.5, copy=copy) as killed:
            process = Process(path, world)
            callers = [asyncio.ensure_future(_calls(process, chance)) for _ in range(4)]
            death = asyncio.ensure_future(killed.wait())
            whole = asyncio.gather(*callers)
            await asyncio.wait({death, whole}, return_when=asyncio.FIRST_COMPLETED)
            if not killed.is_set():
                whole.result()
            whole.cancel()
            death.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await whole
        await process.ledger.aclose()
        path = copy / path.name if killed.is_set() else path
    return world


async def _calls(process: Process, chance: random.Random) -> None:
    for _ in range(8):
        name = chance.choice(CALLERS), chance.choice(KEYS)
        number = KEYS.index(name[1])
        path = (BREB, ACH)[number]
        told = {"account_id": "a-1", "amount": {"value": "1000", "currency": "COP"}}
        told |= {"resolution_id": f"r-{name[0]}"} if path == BREB else {"recipient_id": "b-1"}
        if chance.random() < 0.1:
            told["amount"] = {"value": "2", "currency": "COP"}
        await process.request(name, path, json.dumps(told).encode())
        if chance.random() < 0.2:
            await process.verdicts()
