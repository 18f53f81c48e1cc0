"""What could be read in two ways: one request in is one well-formed request out, or none."""

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support import read_answer
from tests.support.front import Front, ended, front, until
from tests.support.wire import Reader, fields_of

H = "Host: 127.0.0.1\r\n"
GET = f"GET /x HTTP/1.1\r\n{H}".encode()
POST = f"POST /x HTTP/1.1\r\n{H}".encode()
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
NEXT = f"GET /smuggled HTTP/1.1\r\n{H}\r\n".encode()

_LINE = re.compile(rb"[A-Z-]+ (?:/[!-~]*|\*) HTTP/1\.1")
_FIELD = re.compile(
    rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+: (?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?"
)


@dataclass
class Arrived:
    """One request at the upstream, read by the letter."""

    target: bytes
    body: bytes
    whole: bool


class StrictUpstream:
    """Reads requests by the letter of RFC 9112; anything else is noted as wrong."""

    def __init__(self) -> None:
        self.arrived: list[Arrived] = []
        self.wrong: list[bytes] = []
        self.talks = 0  # connections that are not read to their end; the token came on another one
        self._lock = threading.Lock()

    def talk(self, reader: Reader) -> None:
        with self._lock:
            self.talks += 1
        try:
            self._talk(reader)
        finally:
            with self._lock:
                self.talks -= 1

    def _talk(self, reader: Reader) -> None:
        while True:
            head = reader.head()
            if not head:
                if reader.buffer:
                    self.wrong.append(reader.buffer)
                return
            got = self._read(head, reader)
            if got.target == b"/v1/iam/oauth/tokens":
                continue
            with self._lock:
                self.arrived.append(got)
            if not got.whole:
                return
            reader.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def _read(self, head: bytes, reader: Reader) -> Arrived:
        first, *lines = head.split(b"\r\n")
        if not _LINE.fullmatch(first) or not all(_FIELD.fullmatch(line) for line in lines):
            self.wrong.append(head)
        named = [(name.lower(), value) for name, value in fields_of(head)]
        names = [name for name, _ in named]
        if names.count(b"host") != 1 or names.count(b"authorization") != 1:
            self.wrong.append(head)
        lengths = [value for name, value in named if name == b"content-length"]
        codings = [value for name, value in named if name == b"transfer-encoding"]
        if len(lengths) + len(codings) > 1:
            self.wrong.append(head)
        body, whole = b"", True
        if codings:
            body, whole = reader.chunked()
        elif lengths:
            body = reader.exactly(int(lengths[0]))
            whole = len(body) == int(lengths[0])
        return Arrived(first.split(b" ")[1], body, whole)


@pytest.fixture(scope="module")
def strict() -> StrictUpstream:
    return StrictUpstream()


@pytest.fixture(scope="module")
def shared(strict: StrictUpstream) -> Iterator[Front]:
    with front() as it:
        it.upstream.takeover = strict.talk
        yield it


@pytest.fixture
def door(shared: Front, strict: StrictUpstream) -> Iterator[Front]:
    strict.arrived.clear()
    yield shared
    assert strict.wrong == []


def settled(door: Front, strict: StrictUpstream) -> list[Arrived]:
    """Return what arrived, after a later request has been answered and what was cut is read."""
    assert door.ask("GET /after HTTP/1.1").status == 200
    until(lambda: any(a.target == b"/after" for a in strict.arrived), "the later request")
    until(lambda: strict.talks == sum(door.program.status()["pool"].values()), "the ends")
    return [a for a in strict.arrived if a.target != b"/after"]


REFUSED = [
    # -- the request line
    ("no target", b"GET HTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("no version", b"GET /x\r\n\r\n", 400),
    ("no version, one line", b"GET /x\r\n", 400),
    ("two blanks before the target", b"GET  /x HTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("two blanks after the target", b"GET /x  HTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("blank at the end of the line", b"GET /x HTTP/1.1 \r\n" + H.encode() + b"\r\n", 400),
    ("blank at the start of the line", b" GET /x HTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("blank in the target", b"GET /x /y HTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("tab in the target", b"GET /x\t/y HTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("tabs in the request line", b"GET\t/x\tHTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("NUL in the target", b"GET /x\x00 HTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("fragment in the target", b"GET /x#y HTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("target without a slash", b"GET x HTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("query alone", b"GET ?x HTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("asterisk for GET", b"GET * HTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("bare LF in front", b"\nGET /x HTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("bare CR in front", b"\rGET /x HTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("bare LF after the request line", b"GET /x HTTP/1.1\n" + H.encode() + b"\r\n", 400),
    ("bare CR after the request line", b"GET /x HTTP/1.1\r" + H.encode() + b"\r\n", 400),
    ("lower-case protocol", b"GET /x http/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("HTTP/1.10", b"GET /x HTTP/1.10\r\n" + H.encode() + b"\r\n", (400, 505)),
    ("HTTP/0.9", b"GET /x HTTP/0.9\r\n" + H.encode() + b"\r\n", 505),
    ("HTTP/1.2", b"GET /x HTTP/1.2\r\n" + H.encode() + b"\r\n", 505),
    ("HTTP/2.0", b"GET /x HTTP/2.0\r\n" + H.encode() + b"\r\n", 505),
    ("HTTP/3", b"GET /x HTTP/3\r\n" + H.encode() + b"\r\n", 505),
    (
        "HTTP/2 preface",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
        505,
    ),
    ("RTSP", b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", 400),
    ("RTSP with an HTTP method", b"GET /x RTSP/1.0\r\n\r\n", 400),
    ("RTSP hidden behind a field", b"GET /x RTSP/1.0\r\nA: HTTP/1.1\r\n\r\n", 400),
    ("ICE", b"SOURCE /x ICE/1.0\r\n\r\n", 400),
    ("TLS on the plain port", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 64, 400),
    ("two words", b"hello world\r\n\r\n", 400),
    ("three words", b"This is nothing\r\n\r\n", 400),
    ("SSH", b"SSH-2.0-OpenSSH_9.6\r\n", 400),
    ("a method beyond ASCII", b"G\xc3\x89T /x HTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    ("a version beyond ASCII", b"GET /x HTTP/1.\xb9\r\n" + H.encode() + b"\r\n", 400),
    ("method that is no token", b"GE(T /x HTTP/1.1\r\n" + H.encode() + b"\r\n", 400),
    # -- fields
    ("blank before the colon", GET + b"A : b\r\n\r\n", 400),
    ("tab before the colon", GET + b"A\t: b\r\n\r\n", 400),
    ("no colon", GET + b"A\r\n\r\n", 400),
    ("no name", GET + b": b\r\n\r\n", 400),
    ("blank in a name", GET + b"A B: c\r\n\r\n", 400),
    ("non-ASCII name", GET + b"\xc3\x84: b\r\n\r\n", 400),
    ("NUL in a name", GET + b"A\x00: b\r\n\r\n", 400),
    ("NUL in a value", GET + b"A: b\x00c\r\n\r\n", 400),
    ("control byte in a value", GET + b"A: b\x01c\r\n\r\n", 400),
    ("escape in a value", GET + b"A: \x1b[31m\r\n\r\n", 400),
    ("DEL in a value", GET + b"A: b\x7f\r\n\r\n", 400),
    ("bare CR in a value", GET + b"A: b\rc\r\n\r\n", 400),
    ("bare LF in a value", GET + b"A: b\nX: c\r\n\r\n", 400),
    ("bare LF after a value", GET + b"A: b\n\r\n", 400),
    ("bare LF at the end of the head", GET + b"A: b\r\n\n", 400),
    ("folded value", GET + b"A: b\r\n c\r\n\r\n", 400),
    ("value folded with a tab", GET + b"A: b\r\n\tc\r\n\r\n", 400),
    ("folded first field", b"GET /x HTTP/1.1\r\n A: b\r\n" + H.encode() + b"\r\n", 400),
    # -- Host
    ("no Host", b"GET /x HTTP/1.1\r\n\r\n", 400),
    ("empty Host", b"GET /x HTTP/1.1\r\nHost:\r\n\r\n", 400),
    ("two Hosts", GET + H.encode() + b"\r\n", 400),
    ("two different Hosts", GET + b"host: localhost\r\n\r\n", 400),
    ("two Hosts in one", b"GET /x HTTP/1.1\r\nHost: 127.0.0.1, localhost\r\n\r\n", 400),
    ("Host with a path", b"GET /x HTTP/1.1\r\nHost: 127.0.0.1/y\r\n\r\n", 400),
    ("Host with a user", b"GET /x HTTP/1.1\r\nHost: a@127.0.0.1\r\n\r\n", 400),
    ("Host with a blank", b"GET /x HTTP/1.1\r\nHost: 127.0.0.1 x\r\n\r\n", 400),
    ("Host with too large a port", b"GET /x HTTP/1.1\r\nHost: 127.0.0.1:65536\r\n\r\n", 400),
    ("Host with a wordy port", b"GET /x HTTP/1.1\r\nHost: 127.0.0.1:http\r\n\r\n", 400),
    ("HTTP/1.0 with two Hosts", b"GET /x HTTP/1.0\r\n" + 2 * H.encode() + b"\r\n", 400),
    # -- lengths
    ("length with a sign", POST + b"Content-Length: +1\r\n\r\nx", 400),
    ("negative length", POST + b"Content-Length: -1\r\n\r\nx", 400),
    ("hexadecimal length", POST + b"Content-Length: 0x1\r\n\r\nx", 400),
    ("list of lengths", POST + b"Content-Length: 1, 1\r\n\r\nx", 400),
    ("list of lengths without a blank", POST + b"Content-Length: 1,1\r\n\r\nx", 400),
    ("same length twice", POST + 2 * b"Content-Length: 1\r\n" + b"\r\nx", 400),
    ("two lengths", POST + b"Content-Length: 1\r\ncontent-length: 2\r\n\r\nxy", 400),
    ("empty length", POST + b"Content-Length:\r\n\r\nx", 400),
    ("length with a blank inside", POST + b"Content-Length: 1 1\r\n\r\nx", 400),
    ("length with a point", POST + b"Content-Length: 1.0\r\n\r\nx", 400),
    ("length beyond 64 bits", POST + b"Content-Length: 18446744073709551617\r\n\r\nx", 400),
    ("length of 64 bits", POST + b"Content-Length: 18446744073709551615\r\n\r\nx", 400),
    ("length beyond 63 bits", POST + b"Content-Length: 9223372036854775808\r\n\r\nx", 400),
    ("length with thousands", POST + b"Content-Length: 1_0\r\n\r\n0123456789", 400),
    ("blank before the length's colon", POST + b"Content-Length : 1\r\n\r\nx", 400),
    # -- codings
    (
        "both framings",
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + NEXT,
        400,
    ),
    (
        "both framings the other way",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + NEXT,
        400,
    ),
    ("chunked twice", POST + 2 * b"Transfer-Encoding: chunked\r\n" + b"\r\n0\r\n\r\n", 400),
    ("chunked twice in one", POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    ("chunked not last", POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400),
    ("chunked after gzip", POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    ("identity", POST + b"Transfer-Encoding: identity\r\n\r\n", 400),
    ("unknown coding", POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    ("quoted coding", POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n', 400),
    ("coding with a parameter", POST + b"Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", 400),
    ("coding with a vertical tab", POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400),
    ("empty coding", POST + b"Transfer-Encoding:\r\n\r\n", 400),
    ("folded coding", POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400),
    (
        "blank before the coding's colon",
        POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    ("coding in HTTP/1.0", CHUNKED.replace(b"1.1", b"1.0", 1) + b"0\r\n\r\n", 400),
]

BROKEN_BODIES = [
    ("word as a size", b"xyz\r\nhello\r\n0\r\n\r\n"),
    ("size with a sign", b"+5\r\nhello\r\n0\r\n\r\n"),
    ("negative size", b"-5\r\nhello\r\n0\r\n\r\n"),
    ("size with 0x", b"0x5\r\nhello\r\n0\r\n\r\n"),
    ("no size", b"\r\nhello\r\n0\r\n\r\n"),
    ("blank before the size", b" 5\r\nhello\r\n0\r\n\r\n"),
    ("blank after the size", b"5 \r\nhello\r\n0\r\n\r\n"),
    ("underscore in the size", b"1_0\r\nhello\r\n0\r\n\r\n"),
    ("size beyond 64 bits", b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
    ("bare LF after the size", b"5\nhello\r\n0\r\n\r\n"),
    ("bare CR after the size", b"5\rhello\r\n0\r\n\r\n"),
    ("bare LF after an extension", b"5;a\nhello\r\n0\r\n\r\n"),
    ("bare LF in a quoted extension", b'5;a="b\nc"\r\nhello\r\n0\r\n\r\n'),
    ("NUL in an extension", b"5;a\x00\r\nhello\r\n0\r\n\r\n"),
    ("bare LF after the data", b"5\r\nhello\n0\r\n\r\n"),
    ("chunk longer than its size", b"5\r\nhello!\r\n0\r\n\r\n"),
    ("chunk shorter than its size", b"7\r\nhello\r\n0\r\n\r\n" + NEXT),
    ("nothing between chunks", b"5\r\nhello0\r\n\r\n"),
    ("bare LF at the end", b"5\r\nhello\r\n0\r\n\n"),
    ("two bare LF at the end", b"5\r\nhello\r\n0\n\n"),
    ("trailer with a blank before the colon", b"0\r\nA : b\r\n\r\n"),
    ("trailer with a bare LF", b"0\r\nA: b\n\r\n"),
    ("folded trailer", b"0\r\nA: b\r\n c\r\n\r\n"),
    ("length in the trailer", b"0\r\nContent-Length: 5\r\n\r\n"),
    ("coding in the trailer", b"0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ("endless extension", b"5;" + b"a" * 200_000 + b"\r\nhello\r\n0\r\n\r\n"),
    ("endless trailers", b"0\r\n" + b"A: b\r\n" * 40_000 + b"\r\n"),
]

ACCEPTED = [
    ("plain", GET + b"\r\n", b""),
    ("empty line in front", b"\r\n" + GET + b"\r\n", b""),
    ("two empty lines in front", b"\r\n\r\n" + GET + b"\r\n", b""),
    ("three empty lines in front", b"\r\n\r\n\r\n" + GET + b"\r\n", b""),
    ("HTTP/1.0 without Host", b"GET /x HTTP/1.0\r\n\r\n", b""),
    ("blanks around a value", GET + b"A: \t b \t\r\n\r\n", b""),
    ("no blank before a value", GET + b"A:b\r\n\r\n", b""),
    ("empty value", GET + b"A:\r\nB: \r\n\r\n", b""),
    ("blanks around the length", POST + b"Content-Length: \t 5 \r\n\r\nhello", b"hello"),
    ("length with zeros in front", POST + b"Content-Length: 005\r\n\r\nhello", b"hello"),
    ("length of zero", POST + b"Content-Length: 0\r\n\r\n", b""),
    ("blanks around the Host", b"GET /x HTTP/1.1\r\nHost: \t127.0.0.1 \r\n\r\n", b""),
    (
        "blanks around chunked",
        POST + b"Transfer-Encoding: \tchunked \r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"hello",
    ),
    (
        "chunked in capitals",
        POST + b"TRANSFER-ENCODING: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"hello",
    ),
    ("several chunks", CHUNKED + b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", b"hello"),
    ("sizes with zeros in front", CHUNKED + b"0005\r\nhello\r\n000\r\n\r\n", b"hello"),
    ("extensions", CHUNKED + b'5;a=b;c="d \\" e"\r\nhello\r\n0;f\r\n\r\n', b"hello"),
    ("trailers", CHUNKED + b"5\r\nhello\r\n0\r\nX-Sum: 5\r\nB: c\r\n\r\n", b"hello"),
    (
        "chunk that looks like the end",
        CHUNKED + b"7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
        b"\r\n0\r\n\r\n",
    ),
    (
        "chunk that looks like a request",
        CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(NEXT), NEXT),
        NEXT,
    ),
    (
        "length with a body like a request",
        POST + b"Content-Length: %d\r\n\r\n%b" % (len(NEXT), NEXT),
        NEXT,
    ),
    (
        "GET with a body like a request",
        GET + b"Content-Length: %d\r\n\r\n%b" % (len(NEXT), NEXT),
        NEXT,
    ),
    (
        "upgrade with a body like a request",
        POST
        + b"Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: %d\r\n\r\n%b"
        % (len(NEXT), NEXT),
        NEXT,
    ),
    (
        "upgrade with a chunked body",
        CHUNKED[:-2]
        + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(NEXT), NEXT),
        NEXT,
    ),
    (
        "nominated length",
        POST + b"Connection: content-length\r\nContent-Length: 5\r\n\r\nhello",
        b"hello",
    ),
    (
        "nominated coding",
        CHUNKED[:-2] + b"Connection: transfer-encoding\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"hello",
    ),
    (
        "underscores are no dashes",
        POST + b"Content_Length: 99\r\nContent-Length: 5\r\n\r\nhello",
        b"hello",
    ),
    ("absolute-form of ours", b"GET http://127.0.0.1/x HTTP/1.1\r\n" + H.encode() + b"\r\n", b""),
    ("asked to close, then more", GET + b"Connection: close\r\n\r\n" + NEXT, b""),
    ("asked to close, then garbage", GET + b"Connection: close\r\n\r\n\x00\x01\x02", b""),
]


def _ids(corpus: list[tuple[str, bytes, object]]) -> list[object]:
    return [pytest.param(*row[1:], id=row[0]) for row in corpus]


@pytest.mark.parametrize(("data", "status"), _ids(REFUSED))
def test_what_is_malformed_is_refused_and_the_connection_closed(
    door: Front, strict: StrictUpstream, data: bytes, status: int | tuple[int, ...]
) -> None:
    with door.connection(data + NEXT) as reader:
        answer = read_answer(reader)
        assert answer is not None
        assert answer.status in (status if isinstance(status, tuple) else (status,)), answer.body
        if answer.status != 501 or answer.values("connection"):
            assert answer["connection"] == "close"
        assert answer["content-type"] == "application/problem+json"
        assert ended(reader.sock) == b""
    assert settled(door, strict) == []


@pytest.mark.parametrize("data", [pytest.param(row[1], id=row[0]) for row in BROKEN_BODIES])
def test_a_malformed_body_never_looks_whole(
    door: Front, strict: StrictUpstream, data: bytes
) -> None:
    with door.connection(CHUNKED + data + NEXT) as reader:
        answer = read_answer(reader)
        assert answer is not None
        assert (answer.status, answer["connection"]) == (400, "close")
        assert ended(reader.sock) == b""
    assert [a for a in settled(door, strict) if a.whole] == []


@pytest.mark.parametrize(
    "data", [pytest.param(row[1], id=row[0]) for row in BROKEN_BODIES if len(row[1]) < 100]
)
def test_a_body_that_is_malformed_when_it_comes_never_goes_out(
    door: Front, strict: StrictUpstream, data: bytes
) -> None:
    answer = door.send(CHUNKED + data, "POST")
    assert answer.status == 400
    assert json.loads(answer.body)["outcome"] == "not-sent"
    assert settled(door, strict) == []


@pytest.mark.parametrize(("data", "body"), _ids(ACCEPTED))
def test_what_is_well_formed_is_one_request_and_no_more(
    door: Front, strict: StrictUpstream, data: bytes, body: bytes
) -> None:
    answer = door.send(data)
    assert (answer.status, answer.body) == (200, b"ok")
    assert settled(door, strict) == [Arrived(b"/x", body, whole=True)]


@pytest.mark.parametrize(("data", "body"), _ids(ACCEPTED))
def test_where_the_packets_end_makes_no_difference(
    door: Front, strict: StrictUpstream, data: bytes, body: bytes
) -> None:
    with door.connection() as reader:
        reader.sock.setsockopt(6, 1, 1)  # TCP_NODELAY
        # What follows a request that asked for a close may find the connection closed.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for index in range(len(data)):
                reader.sock.sendall(data[index : index + 1])
        answer = read_answer(reader)
    assert answer is not None
    assert answer.status == 200
    assert settled(door, strict) == [Arrived(b"/x", body, whole=True)]


@pytest.mark.parametrize(
    ("data", "body"),
    _ids([row for row in ACCEPTED if "HTTP/1.0" not in row[0] and "close" not in row[0]]),
)
def test_the_next_request_begins_where_the_last_one_ended(
    door: Front, strict: StrictUpstream, data: bytes, body: bytes
) -> None:
    with door.connection(data + data + data) as reader:
        answers = [read_answer(reader) for _ in range(3)]
    assert [answer and answer.status for answer in answers] == [200, 200, 200]
    assert settled(door, strict) == [Arrived(b"/x", body, whole=True)] * 3
