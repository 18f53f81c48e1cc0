"""The gate before the upstream: what is written of a request before anything of it goes up."""

import asyncio
import hashlib
from collections.abc import Callable

import pytest

from proxy.errors import LedgerUnavailable, RequestRefused
from proxy.exchange.body import OutgoingBody
from proxy.exchange.record import Exchange
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import BodyPart, Request
from proxy.ledger import bookkeeper as module
from proxy.ledger.bookkeeper import Bookkeeper
from proxy.ledger.document import Document
from proxy.ledger.row import Body, End, Row
from proxy.ledger.row_observer import LIMIT
from tests.support.exchanges import attempt


class Books:
    """A ledger and a picker that remember what they were given."""

    def __init__(self, problem: str = "") -> None:
        self.problem = problem
        self.rows: list[Row] = []
        self.opened: list[Body] = []
        self.amended: list[Body] = []
        self.closed: list[End] = []

    async def open(self, row: Row, tell: Callable[[], None]) -> None:
        if self.problem:
            raise LedgerUnavailable(self.problem)
        tell()
        self.rows.append(row)
        self.opened.append(row.body)

    async def amend(self, row: Row, body: Body) -> None:
        self.amended.append(body)

    def close(self, row: Row, end: End | None, tell: Callable[[], None]) -> None:
        row.end = end
        tell()
        assert row.end is not None
        self.closed.append(row.end)

    def payment(self, document: Document) -> tuple[str, str]:
        return f"payment {document.body.decode()}", "marks"

    def answer(self, body: bytes) -> str | None:
        return f"answer {body.decode()}"


class Parts:
    """A body that comes in parts, of which the first ``ready`` are there."""

    def __init__(self, *parts: bytes, ready: int) -> None:
        self._parts = [BodyPart(part, number == len(parts)) for number, part in enumerate(parts, 1)]
        self.ready = ready
        self.come = asyncio.Event()

    def now(self) -> BodyPart | None:
        if not self.ready:
            return None
        self.ready -= 1
        return self._parts.pop(0)

    async def next(self) -> BodyPart:
        while (part := self.now()) is None:
            await self.come.wait()
        return part


class Case:
    """One exchange on its way through the gate."""

    def __init__(self, *parts: bytes, ready: int = 9, problem: str = "") -> None:
        self.books = Books(problem)
        self.exchange = Exchange("a-1", "POST", b"/v1/payments")
        framing = sum(map(len, parts)) if parts else 0
        self.request = Request("POST", b"/v1/payments", "1.1", Section([], REQUEST), framing)
        self.request.body = self.parts = Parts(*parts, ready=ready)
        self.body = OutgoingBody(self.exchange, self.request, lambda: 0) if parts else None
        self.gate = Bookkeeper(self.books, self.books)  # type: ignore[arg-type]

    async def admit(self) -> None:
        await self.gate.admit(self.exchange, self.request, self.body)

    def over(self) -> None:
        if self.exchange.observer is not None:
            self.exchange.observer.over()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_row_names_its_payment_before_the_request_may_go_up() -> None:
    case = Case(b"on", b"e ", b"two")
    asyncio.run(case.admit())
    assert case.books.opened == [Body(7, sha256(b"one two"), "payment one two", "marks")]
    assert case.body is not None
    assert (case.body.opening(), case.body.more, case.exchange.received) == (b"one two", False, 7)
    assert case.request.kept == 7, "what goes up, and no copy beside it"


def test_one_without_a_body_has_a_row_as_well() -> None:
    case = Case()
    asyncio.run(case.admit())
    assert case.books.opened == [Body(0, sha256(b""), "payment ", "marks")]


def test_what_is_still_to_come_is_named_before_its_last_part_goes_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0)
    case = Case(b"one ", b"two", ready=1)

    async def sent() -> list[bytes]:
        await case.admit()
        assert case.books.opened == [Body()]
        assert case.body is not None
        parts = [case.body.opening()]
        case.parts.ready = 1
        assert case.body.opening() == b"", "it waits for the row"
        assert case.books.amended == []
        parts.append(await case.body.next())
        return parts

    assert asyncio.run(sent()) == [b"one ", b"two"]
    assert case.books.amended == [Body(7, sha256(b"one two"), "payment one two", "marks")]


def test_of_a_long_one_length_and_hash_are_told() -> None:
    long = b"x" * LIMIT
    case = Case(long, b"end", ready=1)

    async def sent() -> None:
        await case.admit()
        assert case.body is not None
        assert case.body.opening() == long
        case.parts.ready = 1
        assert await case.body.next() == b"end"

    asyncio.run(sent())
    assert case.books.amended == [Body(LIMIT + 3, sha256(long + b"end"))]
    assert case.request.kept == 3


def test_the_row_is_closed_when_the_exchange_is_over_with_the_facts_of_its_last_attempt() -> None:
    case, second = Case(b"{}"), attempt(200)
    second.token_id = "token-2"
    asyncio.run(case.admit())
    exchange = case.exchange
    exchange.attempts, exchange.status, exchange.passed_on = (attempt(401), second), 200, True
    page = exchange.observer
    assert page is not None
    page.answering([(b"Content-Type", b"text/plain")])
    page.passing(b"first ")
    page.passing(b"last")
    case.over()
    exchange.whole = True
    case.over()
    cut, end = case.books.closed
    assert (cut.outcome, end.outcome) == ("cut", "answered")
    assert (end.token_id, end.attempts, end.status) == ("token-2", 2, 200)
    assert end.answer == "answer first last"


def test_a_row_has_its_end_although_its_answer_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without an end the whole commit would fail, with the rows of others in it."""

    def broken(_: Books, body: bytes) -> str | None:
        raise RecursionError(body)

    monkeypatch.setattr(Books, "answer", broken)
    case = Case(b"{}")
    asyncio.run(case.admit())
    exchange, page = case.exchange, case.exchange.observer
    assert page is not None
    exchange.attempts, exchange.status, exchange.passed_on = (attempt(200),), 200, True
    page.answering([])
    page.passing(b"[[[")
    exchange.whole = True
    with pytest.raises(RecursionError):
        case.over()
    row = case.books.rows[0]
    assert row.end is not None
    assert (row.end.outcome, row.end.answer) == ("answered", None)


def test_of_our_own_answer_nothing_is_kept() -> None:
    case = Case(b"{}")
    asyncio.run(case.admit())
    page = case.exchange.observer
    assert page is not None
    page.answering([])
    page.passing(b"problem document")
    case.over()
    (end,) = case.books.closed
    assert (end.answer, end.outcome, end.token_id) == (None, "not-sent", None)


def test_a_caller_that_leaves_before_there_is_a_row_leaves_none() -> None:
    case = Case(b"one ", b"two", ready=1)

    async def left() -> None:
        task = asyncio.ensure_future(case.admit())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(left())
    case.over()
    assert (case.books.opened, case.books.closed) == ([], [])


def test_one_that_is_too_long_has_no_row_since_nothing_of_it_goes_up() -> None:
    case = Case(b"one ", b"two")
    case.exchange.max_body = 5
    with pytest.raises(RequestRefused):
        asyncio.run(case.admit())
    case.over()
    assert (case.books.opened, case.books.closed) == ([], [])


def test_where_no_row_can_be_written_nothing_goes_up() -> None:
    case = Case(b"{}", problem="the disk is full")
    with pytest.raises(LedgerUnavailable, match="the disk is full"):
        asyncio.run(case.admit())
