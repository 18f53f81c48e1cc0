"""What an exchange tells on its way, in which order, and to whom."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from proxy.addresses import Url
from proxy.asgi import Message
from proxy.errors import LedgerUnavailable
from proxy.exchange.attempt import Attempt
from proxy.exchange.body import OutgoingBody
from proxy.exchange.forwarder import Forwarder, Gate
from proxy.exchange.observer import Observer, Part
from proxy.exchange.record import Exchange
from proxy.exchange.shell import Shell
from proxy.exchange.uploads import Uploads
from proxy.http1.answer_fields import AnswerFields
from proxy.http1.fields import REQUEST, Line, Section
from proxy.http1.request import BodyPart, Request
from proxy.memory import Budget
from proxy.upstream import Connector
from proxy.upstream.pool import Pool
from tests.support.limits import forwarder_options, pool_limits

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Witness(Observer):
    """Notes all that it is told."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.told: list[tuple[Any, ...]] = []

    def enters(self, part: Part) -> None:
        self.told.append(("enters", part))

    def received(self, data: bytes, *, last: bool) -> None:
        self.told.append(("received", data, last))

    def sending(self, attempt: Attempt, head: bytes) -> None:
        self.told.append(("sending", attempt.token_id, head.split(b" ", 1)[0]))

    def answered(self, attempt: Attempt, fields: AnswerFields) -> None:
        self.told.append(("answered", attempt.status, dict(fields.lines)[b"X"]))

    def answering(self, lines: Iterable[Line]) -> None:
        self.told.append(("answering", self.exchange.status))

    def passing(self, data: bytes) -> None:
        self.told.append(("passing", data))

    def over(self) -> None:
        self.told.append(("over", self.exchange.outcome))


class Keeper:
    """Holds one token until it meets a 401, then another."""

    def __init__(self) -> None:
        self.held = self._token(1)
        self.unauthorized = self

    @staticmethod
    def _token(number: int) -> SimpleNamespace:
        return SimpleNamespace(users=0, line=b"", token=SimpleNamespace(token_id=f"id-{number}"))

    def usable(self) -> SimpleNamespace:
        return self.held

    def release(self, held: SimpleNamespace) -> None:
        held.users -= 1

    async def again(self, held: object, replays: int, *, whole: bool) -> SimpleNamespace:
        assert (held, replays, whole) == (self.held, 0, True)
        self.held = self._token(2)
        return self.held

    def cured(self, held: object) -> None:
        assert held is self.held


class Whole:
    """A body that is there at once."""

    def now(self) -> BodyPart:
        return BodyPart(b"{}", last=True)


@contextlib.asynccontextmanager
async def upstream(*answers: bytes) -> AsyncIterator[Url]:
    """Give one answer to each request, all on one connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"{}")
            writer.write(answer)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield Url.parse(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    server.close()
    await server.wait_closed()


async def run(url: Url, gate: Gate | None = None) -> tuple[Witness, list[Exchange]]:
    """Run one exchange; return who saw all of it, and those that were told to be over."""
    budget = Budget(1 << 20)
    pool = Pool(Connector(url.origin, 5.0, None, None), pool_limits(connections=2), budget)
    options, uploads = forwarder_options(base=url), Uploads(2, 1.0)
    forwarder = Forwarder(pool, uploads, Keeper(), options, budget, gate)  # type: ignore[arg-type]
    seen: list[Witness] = []
    ended: list[Exchange] = []

    def begun(exchange: Exchange, request: Request) -> None:
        seen.append(Witness(exchange))
        exchange.join(seen[0])

    def judge(exchange: Exchange, request: Request) -> None:
        """Let all in."""

    async def send(message: Message) -> None:
        """Take it."""

    request = Request("POST", b"/v1/x", "1.1", Section([(b"Host", b"x")], REQUEST), 2)
    request.body = Whole()  # type: ignore[assignment]
    await Shell(judge, forwarder.forward, [ended.append], begun).serve(request, send)
    await pool.aclose()
    return seen[0], ended


def answer(status: str, body: bytes = b"") -> bytes:
    return b"HTTP/1.1 %b\r\nX: 1\r\nContent-Length: %d\r\n\r\n%b" % (
        status.encode(),
        len(body),
        body,
    )


async def test_all_that_passes_is_told_in_its_order_and_each_attempt_by_its_token() -> None:
    async with upstream(answer("401 No"), answer("200 OK", b"ok")) as url:
        witness, (exchange,) = await run(url)
    passing = [told for told in witness.told if told[0] == "passing"]
    assert b"".join(data for _, data in passing) == b"ok"
    assert [told for told in witness.told if told[0] != "passing"] == [
        ("enters", "token"),
        ("received", b"{}", True),
        ("sending", "id-1", b"POST"),
        ("answered", 401, b"1"),
        ("sending", "id-2", b"POST"),
        ("answered", 200, b"1"),
        ("answering", 200),
        ("over", "answered"),
    ]
    assert witness.exchange is exchange
    assert [(each.token_id, each.status) for each in exchange.attempts] == [
        ("id-1", 401),
        ("id-2", 200),
    ]
    assert exchange.observer is None, "whoever keeps the facts keeps nobody else"


async def test_a_gate_may_stop_a_request_before_anything_of_it_goes_up() -> None:
    async def closed(exchange: Exchange, request: Request, body: OutgoingBody | None) -> None:
        raise LedgerUnavailable("the disk is full")

    async with upstream() as url:
        witness, (exchange,) = await run(url, closed)
    assert [told[0] for told in witness.told] == ["answering", "passing", "over"]
    assert (exchange.status, exchange.outcome, exchange.attempts) == (503, "not-sent", ())


async def test_whoever_joins_later_is_told_the_same_from_then_on() -> None:
    seen: list[Witness] = []

    async def joined(exchange: Exchange, request: Request, body: OutgoingBody | None) -> None:
        seen.append(Witness(exchange))
        exchange.join(seen[0])

    async with upstream(answer("200 OK", b"ok")) as url:
        witness, _ = await run(url, joined)
    assert seen[0].told == witness.told
    assert witness.told[0] == ("enters", "token")
