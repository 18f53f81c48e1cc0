"""The caller's body on its way up: counted, bounded, kept for one more sending, framed."""

import asyncio

import pytest

from proxy.errors import RequestRefused
from proxy.exchange.body import OutgoingBody
from proxy.exchange.observer import Observer
from proxy.exchange.record import Exchange
from proxy.http1.fields import REQUEST, Section
from proxy.http1.framing import CHUNKED
from proxy.http1.request import BodyPart, Request


class Parts:
    """A body that comes in parts; what is said to be late is not at hand."""

    def __init__(self, *parts: bytes, late: bool = False) -> None:
        self._parts = list(parts)
        self._late = late

    def now(self) -> BodyPart | None:
        return None if self._late else self._next()

    async def next(self) -> BodyPart:
        return self._next()

    def _next(self) -> BodyPart:
        return BodyPart(self._parts.pop(0), not self._parts)


def body(
    *parts: bytes, late: bool = False, framing: int = 9, limit: int = 10, most: int | None = None
) -> tuple[OutgoingBody, Exchange]:
    request = Request("POST", b"/", "1.1", Section([], REQUEST), framing)
    request.body = Parts(*parts, late=late)
    exchange = Exchange("a-1", "POST", b"/")
    exchange.max_body = most
    return OutgoingBody(exchange, request, lambda: limit), exchange


def test_what_is_at_hand_goes_out_with_the_head_and_is_kept_to_go_out_again() -> None:
    outgoing, exchange = body(b"all of it")
    assert outgoing.opening() == b"all of it"
    assert (outgoing.more, outgoing.whole, exchange.received) == (False, True, 9)
    assert outgoing.opening() == b"all of it"
    assert exchange.received == 9


def test_parts_are_kept_together_as_far_as_there_is_room() -> None:
    outgoing, exchange = body(b"one ", b"two", late=True, framing=CHUNKED)
    assert outgoing.opening() == b""
    assert asyncio.run(outgoing.next()) == b"4\r\none \r\n"
    assert (outgoing.more, outgoing.whole) == (True, False)
    assert asyncio.run(outgoing.next()) == b"3\r\ntwo\r\n0\r\n\r\n"
    assert (outgoing.whole, exchange.received) == (True, 7)
    assert outgoing.opening() == b"7\r\none two\r\n0\r\n\r\n"


@pytest.mark.parametrize("parts", [(b"eleven bytes",), (b"six by", b"tes and"), (b"1",) * 11])
def test_a_long_body_is_not_kept(parts: tuple[bytes, ...]) -> None:
    outgoing, _ = body(*parts)
    sent = outgoing.opening()
    while outgoing.more:
        sent += asyncio.run(outgoing.next())
    assert sent == b"".join(parts)
    assert not outgoing.whole


def test_a_body_that_grows_too_long_is_refused_where_it_does() -> None:
    outgoing, exchange = body(b"12345", b"6", framing=CHUNKED, most=5)
    outgoing.opening()
    with pytest.raises(RequestRefused, match="larger than 5 bytes"):
        asyncio.run(outgoing.next())
    assert exchange.received == 5


@pytest.mark.parametrize(
    ("parts", "gathered", "more"),
    [
        pytest.param((b"one ", b"two"), b"7\r\none two\r\n0\r\n\r\n", False, id="short"),
        pytest.param(
            (b"six by", b"tes", b"and", b"more"),
            b"9\r\nsix bytes\r\n3\r\nand\r\n",
            True,
            id="long",
        ),
        pytest.param((b"eleven bytes",), b"c\r\neleven bytes\r\n0\r\n\r\n", False, id="at once"),
    ],
)
def test_a_body_is_gathered_until_it_is_whole_or_longer_than_what_is_kept(
    parts: tuple[bytes, ...], gathered: bytes, more: bool
) -> None:
    outgoing, _ = body(*parts, late=True, framing=CHUNKED)
    assert asyncio.run(outgoing.gathered(outgoing.opening())) == gathered
    assert outgoing.more == more


def test_a_body_that_is_long_already_is_not_gathered_further() -> None:
    outgoing, _ = body(b"eleven bytes", b"more")
    opening = outgoing.opening()
    assert asyncio.run(outgoing.gathered(opening)) == opening == b"eleven bytes"
    assert outgoing.more


def test_what_was_read_ahead_goes_out_once_and_is_told_once() -> None:
    outgoing, exchange = body(b"one ", b"two", framing=CHUNKED)
    asyncio.run(outgoing.read_ahead(100, 5.0))
    assert (exchange.received, outgoing.more) == (7, True)
    assert outgoing.opening() == b"7\r\none two\r\n0\r\n\r\n"
    assert (exchange.received, outgoing.more, outgoing.whole) == (7, False, True)


@pytest.mark.parametrize(
    "parts", [(b"abc", b"def", b"ghi", b"jkl"), (b"abcdefg",)], ids=["in parts", "whole"]
)
def test_what_was_read_ahead_counts_until_it_has_gone_out(parts: tuple[bytes, ...]) -> None:
    """Hundreds that waited for the ledger with 80 KB each were beside the budget."""
    outgoing, _ = body(*parts, limit=0)
    asyncio.run(outgoing.read_ahead(6, 5.0))
    read = outgoing._ahead.data if outgoing._ahead else b""
    assert outgoing._request.kept == len(read) >= 6
    outgoing.opening()
    if outgoing.more:
        asyncio.run(outgoing.next())
        assert outgoing._request.kept == 3


def test_no_more_is_read_ahead_than_is_wanted() -> None:
    outgoing, exchange = body(b"one ", b"two ", b"three", late=True)
    asyncio.run(outgoing.read_ahead(6, 5.0))
    assert exchange.received == 8
    assert asyncio.run(outgoing.next()) == b"one two "
    assert asyncio.run(outgoing.next()) == b"three"


def test_the_last_part_waits_for_what_is_to_be_done_before() -> None:
    outgoing, _ = body(b"one ", b"two")
    done: list[bytes] = []

    async def note() -> None:
        done.append(b"noted")

    async def sent() -> None:
        outgoing.before_last = note
        done.append(outgoing.opening())
        done.append(outgoing.opening())
        done.append(await outgoing.next())

    asyncio.run(sent())
    assert done == [b"one ", b"", b"noted", b"two"]


def test_each_part_is_told_as_it_comes() -> None:
    class Ear(Observer):
        def __init__(self) -> None:
            self.heard: list[tuple[bytes, bool]] = []

        def received(self, data: bytes, *, last: bool) -> None:
            self.heard.append((data, last))

    outgoing, exchange = body(b"one ", b"two", framing=CHUNKED)
    ear = Ear()
    exchange.join(ear)
    outgoing.opening()
    asyncio.run(outgoing.next())
    assert ear.heard == [(b"one ", False), (b"two", True)]


def test_a_body_of_which_nothing_comes_is_not_waited_for_any_longer() -> None:
    class Nothing(Parts):
        async def next(self) -> BodyPart:
            await asyncio.Event().wait()
            return self._next()

    outgoing, exchange = body(late=True)
    outgoing._request.body = Nothing(b"late", late=True)
    asyncio.run(outgoing.read_ahead(100, 0))
    assert (outgoing.opening(), outgoing.more, exchange.received) == (b"", True, 0)
