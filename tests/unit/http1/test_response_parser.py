"""Answers as bytes: whatever the split, the same head, body and verdict."""

import itertools
import sys
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.errors import ResponseHeadTooLarge, ResponseInvalid
from proxy.http1.fields import Lines
from proxy.http1.response_parser import MAX_HEAD, ResponseParser
from tests.support.examples import examples

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True)
class Outcome:
    """What an answer comes to; ``status`` None where there is no head."""

    failed: type[Exception] | None
    status: int | None
    reason: bytes
    lines: tuple[tuple[bytes, bytes], ...]
    body: bytes
    complete: bool
    keep_alive: bool


def read(*parts: bytes, head_only: bool = False, end: bool = False) -> Outcome:
    """Feed an answer part by part; once it is whole, what follows can only break the connection."""
    answer = ResponseParser(head_only=head_only)
    failed: type[Exception] | None = None
    try:
        for part in parts:
            answer.feed(part)
    except ResponseInvalid as error:
        failed = type(error)
    if end and failed is None:
        answer.end()
    head = answer.head
    lines: Lines = head.lines if head else []
    return Outcome(
        failed,
        head.status if head else None,
        head.reason if head else b"",
        tuple(lines),
        answer.take(),
        answer.complete,
        answer.keep_alive and failed is None,
    )


WHOLE = {
    "length": OK + b"Content-Length: 5\r\n\r\nhello",
    "empty": OK + b"Content-Length: 0\r\n\r\n",
    "chunked": CHUNKED + b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
    "extensions": CHUNKED + b'5;a=b;c="d e"\r\nhello\r\n0;last\r\n\r\n',
    "trailers": CHUNKED + b"5\r\nhello\r\n0\r\nX: y\r\nExpires: never\r\n\r\n",
    "chunked-nothing": CHUNKED + b"0\r\n\r\n",
    "no-content": b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n",
    "not-modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n",
    "not-modified-chunked": b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
    "no-reason": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
    "empty-reason": b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok",
    "obs-text": b"HTTP/1.1 200 Tr\xe8s bien\r\nX: \xff\x80\r\nContent-Length: 2\r\n\r\nok",
    "spaces": OK + b"A:b\r\nB:  c d \t\r\nC:\r\nD: \r\ncontent-length: 2 \r\n\r\nok",
    "repeated": OK
    + b"Set-Cookie: a\r\nset-cookie: b\r\nSet-Cookie: a\r\nContent-Length: 0\r\n\r\n",
    "1.0-kept": b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    "1.0-both": b"HTTP/1.0 200 OK\r\nConnection: keep-alive, Close\r\nContent-Length: 2\r\n\r\nok",
    "1.0-proxy": b"HTTP/1.0 200 OK\r\nProxy-Connection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    "1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "close": OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nok",
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nok",
    "interim": b"HTTP/1.1 102 Processing\r\nX: no\r\n\r\nHTTP/1.1 103 Early Hints\r\n"
    b"Link: <x>\r\nContent-Length: 9\r\nConnection: close\r\n\r\n"
    + CHUNKED
    + b"1\r\n!\r\n0\r\n\r\n",
    "coding-with-space": OK + b"Transfer-Encoding: Chunked \r\n\r\n1\r\n!\r\n0\r\n\r\n",
}

INVALID = {
    "http-0.9": b"<html>hello</html>\r\n\r\n",
    "ssh": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "rtsp": b"RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "http-2": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "http-1.2": b"HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n",
    "tls": b"\x15\x03\x01\x00\x02\x02\x16\r\n\r\n",
    "leading-line-ends": b"\r\n\r\n" + WHOLE["length"],
    "bare-line-feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "bare-line-feed-at-the-end": OK + b"Content-Length: 2\r\n\nok\r\n\r\n",
    "lower-case": b"http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "two-digits": b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
    "four-digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "status-of-99": b"HTTP/1.1 099 No\r\nContent-Length: 0\r\n\r\n",
    "switching": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "switching-bare": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "both-framings": OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both-framings-reversed": OK + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\nok",
    "two-lengths": OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "length-list": OK + b"Content-Length: 2, 2\r\n\r\nok",
    "length-sign": OK + b"Content-Length: +2\r\n\r\nok",
    "length-minus": OK + b"Content-Length: -2\r\n\r\nok",
    "length-empty": OK + b"Content-Length:\r\n\r\nok",
    "length-huge": OK + b"Content-Length: 99999999999999999999\r\n\r\nok",
    "gzip-chunked": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked-gzip": OK + b"Transfer-Encoding: chunked, gzip\r\n\r\nok",
    "identity": OK + b"Transfer-Encoding: identity\r\n\r\nok",
    "chunked-twice": OK
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked-1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "space-in-name": OK + b"A b: c\r\n\r\n",
    "space-before-colon": OK + b"Content-Length : 2\r\n\r\nok",
    "no-colon": OK + b"Nonsense\r\n\r\n",
    "no-name": OK + b": b\r\n\r\n",
    "folded": OK + b"A: b\r\n c\r\n\r\n",
    "nul-in-value": OK + b"A: b\x00c\r\n\r\n",
    "control-in-value": OK + b"A: b\x01c\r\n\r\n",
    "bare-cr-in-value": OK + b"A: b\rc\r\n\r\n",
    "control-in-reason": b"HTTP/1.1 200 O\x00K\r\nContent-Length: 0\r\n\r\n",
    "control-in-interim-reason": b"HTTP/1.1 103 \x00\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "size-not-hex": CHUNKED + b"xyz\r\nhello\r\n",
    "size-sign": CHUNKED + b"-5\r\nhello\r\n",
    "size-space": CHUNKED + b" 5\r\nhello\r\n",
    "size-huge": CHUNKED + b"fffffffffffffffff\r\nhello\r\n",
    "size-bare-line-feed": CHUNKED + b"5\nhello\r\n0\r\n\r\n",
    "chunk-without-end": CHUNKED + b"5\r\nhelloXX0\r\n\r\n",
    "trailing-length": CHUNKED + b"0\r\nContent-Length: 5\r\n\r\n",
    "trailing-nonsense": CHUNKED + b"0\r\nno colon\r\n\r\n",
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_a_valid_answer_is_whole_at_its_last_byte_and_not_before(data: bytes) -> None:
    assert read(data).complete
    assert not read(data[:-1]).complete


def test_a_head_is_handed_over_with_all_its_lines_in_order() -> None:
    outcome = read(WHOLE["spaces"])
    assert outcome.lines == (
        (b"A", b"b"),
        (b"B", b"c d"),
        (b"C", b""),
        (b"D", b""),
        (b"content-length", b"2"),
    )
    assert (outcome.status, outcome.reason, outcome.body) == (200, b"OK", b"ok")
    assert read(WHOLE["repeated"]).lines[:3] == (
        (b"Set-Cookie", b"a"),
        (b"set-cookie", b"b"),
        (b"Set-Cookie", b"a"),
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [("no-reason", b""), ("empty-reason", b""), ("obs-text", b"Tr\xe8s bien")],
)
def test_a_reason_phrase_is_kept(name: str, reason: bytes) -> None:
    assert read(WHOLE[name]).reason == reason


@pytest.mark.parametrize("name", ["chunked", "extensions", "trailers"])
def test_chunks_are_taken_off_and_trailers_dropped(name: str) -> None:
    outcome = read(WHOLE[name])
    assert outcome.body.startswith(b"hello")
    assert outcome.lines == ((b"Transfer-Encoding", b"chunked"),)
    assert outcome.keep_alive


@pytest.mark.parametrize("name", ["continue", "interim"])
def test_interim_answers_leave_no_trace(name: str) -> None:
    outcome = read(WHOLE[name])
    assert (outcome.status, len(outcome.lines), outcome.keep_alive) == (200, 1, True)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        pytest.param("1.0-kept", True, id="1.0-says-so"),
        pytest.param("1.0-both", False, id="1.0-says-both"),
        pytest.param("1.0-proxy", False, id="1.0-says-so-to-a-proxy"),
        pytest.param("1.0", False, id="1.0"),
        pytest.param("close", False, id="close"),
        pytest.param("length", True, id="1.1"),
        pytest.param("not-modified", True, id="304"),
        pytest.param("no-content", True, id="204"),
    ],
)
def test_the_upstream_says_whether_the_connection_stays(name: str, kept: bool) -> None:
    assert read(WHOLE[name]).keep_alive is kept


@pytest.mark.parametrize("name", ["length", "chunked", "not-modified"])
def test_an_answer_to_head_ends_with_its_head(name: str) -> None:
    head, _, body = WHOLE[name].partition(b"\r\n\r\n")
    outcome = read(head + b"\r\n\r\n", head_only=True)
    assert outcome.complete
    assert outcome.keep_alive
    if body:
        assert not read(head + b"\r\n\r\n", body, head_only=True).keep_alive
        assert not read(head + b"\r\n\r\n" + body, head_only=True).keep_alive


def test_what_the_body_of_head_or_304_would_have_been_is_told() -> None:
    answer = ResponseParser(head_only=True)
    answer.feed(OK + b"Content-Length: 5\r\n\r\n")
    assert answer.head is not None
    assert answer.head.fields.known[b"content-length"] == [b"5"]
    assert answer.head.framing == 0
    assert repr(answer.head) == "<ResponseHead 200, 1 fields>"


def test_a_body_without_a_promise_lasts_until_the_connection_ends() -> None:
    answer = ResponseParser(head_only=False)
    answer.feed(OK + b"\r\nhel")
    answer.feed(b"lo")
    assert not answer.complete
    assert answer.end()
    assert (answer.take(), answer.complete, answer.keep_alive) == (b"hello", True, False)


@pytest.mark.parametrize("cut", range(1, len(WHOLE["trailers"])))
def test_a_cut_answer_is_not_whole(cut: int) -> None:
    answer = ResponseParser(head_only=False)
    answer.feed(WHOLE["trailers"][:cut])
    assert not answer.end()


@pytest.mark.parametrize("data", INVALID.values(), ids=INVALID)
def test_nonsense_is_refused(data: bytes) -> None:
    outcome = read(data)
    assert outcome.failed is ResponseInvalid
    assert not outcome.complete


@pytest.mark.parametrize("banner", [b"S", b"\x15", b"HTTP/2", b"HTTP/1.1 9x", OK[:-1] + b"X"])
def test_nonsense_is_refused_at_once_not_at_a_time_out(banner: bytes) -> None:
    assert read(banner).failed is ResponseInvalid


@pytest.mark.parametrize("data", [*WHOLE.values(), *INVALID.values()], ids=[*WHOLE, *INVALID])
@pytest.mark.parametrize("head_only", [False, True], ids=["get", "head"])
def test_an_answer_split_at_any_byte_is_the_same_answer(data: bytes, head_only: bool) -> None:
    whole = read(data, head_only=head_only, end=True)
    for cut in range(1, len(data)):
        assert read(data[:cut], data[cut:], head_only=head_only, end=True) == whole, data[:cut]
    assert read(*(data[i : i + 1] for i in range(len(data))), head_only=head_only, end=True) == (
        whole
    )


SURPLUS = [
    b"x",
    b"\r\n",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"0\r\n\r\n",
    WHOLE["length"],
    INVALID["switching"],
]


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("surplus", SURPLUS, ids=repr)
def test_bytes_beyond_the_end_cost_the_connection_and_nothing_else(
    data: bytes, surplus: bytes
) -> None:
    whole = read(data)
    both = data + surplus
    for cut in range(1, len(both)):
        outcome = read(both[:cut], both[cut:])
        assert not outcome.keep_alive, both[:cut]
        assert (outcome.failed, outcome.complete) == (None, True)
        assert (outcome.lines, outcome.body) == (whole.lines, whole.body)


VALUES = st.binary(max_size=12).map(
    lambda raw: bytes(b for b in raw if b >= 0x20 and b != 0x7F).strip()
)
NAMES = st.sampled_from([b"A", b"x-b", b"Set-Cookie", b"Date", b"Content-Type"])
SPLITS = st.lists(st.integers(0, 400), max_size=8)


@st.composite
def answers(draw: st.DrawFn) -> tuple[bytes, bytes, list[tuple[bytes, bytes]]]:
    """A valid answer: its bytes, its body, its lines."""
    lines = draw(st.lists(st.tuples(NAMES, VALUES), max_size=5))
    body = draw(st.binary(max_size=60))
    if draw(st.booleans()):
        lines.append((b"Content-Length", b"%d" % len(body)))
        data = body
    else:
        lines.append((b"Transfer-Encoding", b"chunked"))
        size = draw(st.integers(1, 20))
        pieces = [body[i : i + size] for i in range(0, len(body), size)]
        data = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
    head = b"".join(b"%b: %b\r\n" % line for line in lines)
    interim = b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n" * draw(st.integers(0, 2))
    return interim + OK + head + b"\r\n" + data, body, lines


@given(answers(), SPLITS)
def test_any_valid_answer_comes_out_as_it_was_meant(
    made: tuple[bytes, bytes, list[tuple[bytes, bytes]]], splits: list[int]
) -> None:
    data, body, lines = made
    cuts = [0, *sorted(min(cut, len(data)) for cut in splits), len(data)]
    parts = [data[a:b] for a, b in itertools.pairwise(cuts) if a < b]
    outcome = read(*parts)
    assert (outcome.failed, outcome.status, outcome.complete) == (None, 200, True)
    assert (list(outcome.lines), outcome.body, outcome.keep_alive) == (lines, body, True)


@settings(max_examples=examples(300))
@given(st.sampled_from(list(WHOLE.values())), st.data())
def test_any_damage_gives_the_same_verdict_whatever_the_split(
    data: bytes, draw: st.DataObject
) -> None:
    at = draw.draw(st.integers(0, len(data) - 1))
    damaged = data[:at] + draw.draw(st.binary(max_size=3)) + data[at + 1 :]
    cut = draw.draw(st.integers(1, len(damaged) - 1))
    assert read(damaged, end=True) == read(damaged[:cut], damaged[cut:], end=True)


def endless(start: bytes, more: bytes) -> ResponseParser:
    """Feed ``more`` until it is refused; return the answer."""
    answer = ResponseParser(head_only=False)
    answer.feed(start)
    with pytest.raises(ResponseInvalid, match=str(MAX_HEAD)):  # noqa: PT012  which one matters not
        for _ in range(2 * MAX_HEAD // len(more)):
            answer.feed(more)
    return answer


@pytest.mark.parametrize(
    ("start", "more"),
    [
        pytest.param(OK, b"X: y\r\n" * 100, id="lines"),
        pytest.param(OK + b"X: ", b"y" * 4096, id="value"),
        pytest.param(OK, b"x" * 4096, id="name"),
        pytest.param(b"HTTP/1.1 200 ", b"y" * 4096, id="reason"),
        pytest.param(b"HTTP/1.1 100 A\r\n\r\n", b"HTTP/1.1 103 A\r\n\r\n" * 64, id="interim"),
        pytest.param(CHUNKED, b"0;" + b"x" * 4096, id="extension"),
        pytest.param(CHUNKED + b"0\r\nX: ", b"y" * 4096, id="trailer"),
        pytest.param(CHUNKED + b"0\r\n", b"X: y\r\n" * 100, id="trailers"),
    ],
)
def test_nothing_beside_a_body_is_endless(start: bytes, more: bytes) -> None:
    assert endless(start, more).head is None or not endless(start, more).complete


def test_an_oversized_head_is_named() -> None:
    fits = OK + b"X: " + b"y" * (MAX_HEAD - len(OK) - 30) + b"\r\nContent-Length: 0\r\n\r\n"
    assert read(fits).complete
    assert read(OK + b"X: " + b"y" * MAX_HEAD + b"\r\n\r\n").failed is ResponseHeadTooLarge


def test_many_small_chunks_are_not_endless_trailers() -> None:
    chunks = b"1;ext=%b\r\n!\r\n" % (b"x" * 1000)
    outcome = read(CHUNKED, *([chunks] * 300), b"0\r\n\r\n")
    assert (len(outcome.body), outcome.complete) == (300, True)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_tiny_parts_that_wait_take_no_more_room_than_large_ones(size: int) -> None:
    """What is counted is what they take: a part has a weight of its own, and a read is one part."""
    answer = ResponseParser(head_only=False)
    answer.feed(CHUNKED)
    for _ in range(4):
        answer.feed(b"2\r\nab\r\n" * size)
    assert answer.chunks == [b"ab" * size] * 4
    assert answer.buffered >= sum(map(sys.getsizeof, answer.chunks))
    assert answer.take() == b"ab" * 4 * size
    assert answer.buffered == 0


def test_what_came_before_damage_is_still_there() -> None:
    outcome = read(CHUNKED, b"2\r\nab\r\n2\r\ncd\r\nzz\r\n")
    assert (outcome.body, outcome.failed) == (b"abcd", ResponseInvalid)
