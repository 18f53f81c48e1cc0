"""What the caller sends is what arrives, byte for byte, and the other way round."""

import gzip
from collections.abc import Iterator

import pytest

from tests.support import Answer, Call, read_answer
from tests.support.front import Front, front
from tests.support.patience import PATIENCE
from tests.support.upstream import answer as wire_answer

METHODS = [
    *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"),
    *("PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH"),
    *("MKCALENDAR", "ACL", "BIND", "LINK", "UNLINK", "MERGE", "CHECKOUT", "M-SEARCH", "PURGE"),
]

TARGETS = [
    *("/", "/?", "/q", "/q?", "/q?a", "/q??", "/q?a=1&a=2&b", "/q?a=%20+%2B", "/q?%zz=%"),
    *("//", "//a//b", "/a//b", "/a/./b", "/a/../b", "/..", "/../../etc/passwd", "/.", "/a/.."),
    *("/%2F", "/%2f", "/a%2Fb", "/%2e%2e/a", "/%00", "/%0d%0a", "/%C3%B1", "/%c3%b1", "/%7Eb"),
    *("/;", "/a;b=c", "/a;b/c", "/a;/..;/b", "/a:b@c", "/a,b", "/a=b", "/a!$&'()*+b", "/~a"),
    *("/a\\b", "/a|b", "/a^b", "/a`b", '/a"b', "/a<b>", "/a{b}", "/a[b]", "/%", "/%z", "/%2"),
    *("/a?b/c?d", "/a?//b", "/a?http://b/", "/http://b/", "/@b", "/a?b=;c", "/a?[b]={c}|d"),
    "/" + "p" * 8191,
    "/q?" + "v=1&" * 2047,
]

VALUES = [
    pytest.param([("A", "")], id="empty"),
    pytest.param([("A", ""), ("A", ""), ("A", "x")], id="repeated-and-empty"),
    pytest.param([("B", "1"), ("A", "2"), ("B", "3"), ("a", "4"), ("b", "5")], id="order"),
    pytest.param([("x-LOWER-Upper", "MiXed")], id="letter-case"),
    pytest.param([("A", "caf\xe9 \xff\x80")], id="obs-text"),
    pytest.param([("A", "b  \t  c")], id="blanks-inside"),
    pytest.param([("A", 'q"u\\o",;te=(d)')], id="separators"),
    pytest.param([("A", "a, b"), ("A", "c")], id="lists-not-merged"),
    pytest.param([("Cookie", "a=1; b=2"), ("Cookie", "c=3")], id="cookies"),
    pytest.param([("!#$%&'*+-.^_`|~9", "x")], id="all-name-characters"),
    pytest.param([("N" * 500, "x")], id="long-name"),
    pytest.param([("A", "v" * 60_000)], id="long-value"),
    pytest.param([(f"N{i}", str(i)) for i in range(1000)], id="a-thousand"),
    pytest.param([(f"N{i}", "v" * 1000) for i in range(64)], id="64-KiB"),
    pytest.param([("Accept", "*/*"), ("Accept-Encoding", "gzip")], id="negotiation"),
    pytest.param([("X-Forwarded-For", "10.0.0.1"), ("Forwarded", "for=x")], id="forwarded"),
    pytest.param([("traceparent", "00-" + "a" * 32 + "-" + "b" * 16 + "-01")], id="traceparent"),
    pytest.param([("Idempotency-Key", "7"), ("Range", "bytes=0-1")], id="meaningful"),
    pytest.param([("If-None-Match", '"a", W/"b"')], id="conditional"),
]

HOP = [
    ("Keep-Alive", "timeout=5"),
    ("Proxy-Connection", "keep-alive"),
    ("Proxy-Authorization", "Basic eA=="),
    ("TE", "trailers"),
    ("Trailer", "X-Sum"),
    ("Upgrade", "websocket"),
]


@pytest.fixture(scope="module")
def shared() -> Iterator[Front]:
    with front() as it:
        yield it


@pytest.fixture
def door(shared: Front) -> Front:
    shared.reset()
    return shared


@pytest.fixture(scope="module")
def prefixed() -> Iterator[Front]:
    with front(lambda upstream: f"{upstream.url}/base/v2") as it:
        yield it


def own_fields(door: Front) -> list[tuple[str, str]]:
    """Return the fields of the one request that arrived, without those that we set."""
    (call,) = door.arrived
    lines = [(name.decode(), value.decode("latin-1")) for name, value in call.lines]
    assert lines[0] == ("Host", f"127.0.0.1:{door.upstream.port}")
    assert lines[-1][0] == "Authorization"
    assert lines[-1][1].startswith("Bearer ")
    assert lines[-2] == ("Via", f"{call_version(call.head)} breb-proxy")
    return lines[1:-2]


def call_version(head: bytes) -> str:
    assert head.split(b"\r\n")[0].endswith(b" HTTP/1.1")
    return "1.1"


def lines_of(answer: Answer) -> list[tuple[str, str]]:
    return [(name.decode(), value.decode("latin-1")) for name, value in answer.lines]


# -- requests ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_methods_pass(door: Front, method: str) -> None:
    assert door.ask(f"{method} /m HTTP/1.1").status == 200
    (call,) = door.arrived
    assert call.head.startswith(f"{method} /m HTTP/1.1\r\n".encode())


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target[:24])
def test_targets_pass_untouched(door: Front, target: str) -> None:
    assert door.ask(f"GET {target} HTTP/1.1").status == 200
    assert door.arrived[0].target == target.encode()


@pytest.mark.parametrize("lines", VALUES)
def test_a_callers_fields_pass_untouched(door: Front, lines: list[tuple[str, str]]) -> None:
    door.ask("GET / HTTP/1.1", *(f"{name}: {value}" for name, value in lines))
    assert own_fields(door) == lines


def test_nothing_is_invented(door: Front) -> None:
    door.ask("GET / HTTP/1.1")
    assert own_fields(door) == []


def test_the_host_is_the_upstreams(door: Front) -> None:
    door.ask("GET / HTTP/1.1", "Host: LOCALHOST.:80", host=False)
    assert own_fields(door) == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_body_of_known_length_stays_one(door: Front, method: str) -> None:
    body = bytes(range(256)) * 8
    door.ask(f"{method} / HTTP/1.1", f"content-Length: {len(body)}", body=body)
    assert own_fields(door) == [("content-Length", str(len(body)))]
    assert door.arrived[0].body == body


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_chunked_body_stays_chunked(door: Front, method: str) -> None:
    door.ask(
        f"{method} / HTTP/1.1",
        "transfer-encoding: Chunked",
        body=b"3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nX-Sum: 7\r\n\r\n",
    )
    assert own_fields(door) == [("Transfer-Encoding", "chunked")]
    assert door.arrived[0].body == b"abc0123456789"


def test_a_length_of_zero_stays_one(door: Front) -> None:
    door.ask("POST / HTTP/1.1", "Content-Length: 0")
    assert own_fields(door) == [("Content-Length", "0")]


def test_an_empty_chunked_body_stays_chunked(door: Front) -> None:
    door.ask("POST / HTTP/1.1", "Transfer-Encoding: chunked", body=b"0\r\n\r\n")
    assert own_fields(door) == [("Transfer-Encoding", "chunked")]
    assert door.arrived[0].body == b""


def test_a_post_without_a_length_gets_none(door: Front) -> None:
    door.ask("POST / HTTP/1.1")
    assert own_fields(door) == []


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 65_537, 262_144, 1_000_003])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_bodies_of_all_sizes_pass_both_ways(door: Front, size: int, chunked: bool) -> None:
    body = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    framed = b"%x\r\n%b\r\n0\r\n\r\n" % (size, body) if chunked else body
    field = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    door.answers(
        lambda call: (
            b"HTTP/1.1 200 OK\r\n%b\r\n\r\n" % field.encode()
            + (b"%x\r\n%b\r\n0\r\n\r\n" % (len(call.body), call.body) if chunked else call.body)
        )
    )
    answer = door.ask("POST / HTTP/1.1", field, body=framed)
    assert answer.complete
    assert answer.body == body
    assert door.arrived[0].body == body
    assert lines_of(answer) == [tuple(field.split(": "))]


@pytest.mark.parametrize("name", [name for name, _ in HOP])
def test_hop_by_hop_fields_of_a_caller_stop_here(door: Front, name: str) -> None:
    door.ask("GET / HTTP/1.1", f"A: 1\r\n{name}: {dict(HOP)[name]}\r\nB: 2")
    assert own_fields(door) == [("A", "1"), ("B", "2")]


@pytest.mark.parametrize(
    "connection",
    [
        pytest.param(["close, X-One"], id="one-line"),
        pytest.param(["x-one", "keep-alive"], id="two-lines"),
        pytest.param([" ,, \tX-ONE ,"], id="empty-items"),
    ],
)
def test_fields_that_connection_names_stop_here(door: Front, connection: list[str]) -> None:
    fields = [f"Connection: {value}" for value in connection]
    door.ask("GET / HTTP/1.1", "X-One: 1", *fields, "X-One: 2", "X-Two: 3")
    assert own_fields(door) == [("X-Two", "3")]


@pytest.mark.parametrize("name", ["authorization", "host", "via", "content-length", "close"])
def test_connection_cannot_take_off_what_we_set(door: Front, name: str) -> None:
    door.ask("POST / HTTP/1.1", f"Connection: {name}", "Content-Length: 2", body=b"hi")
    assert own_fields(door) == [("Content-Length", "2")]
    assert door.arrived[0].body == b"hi"


def test_a_callers_own_credentials_stop_here(door: Front) -> None:
    door.ask("GET / HTTP/1.1", "Authorization: a", "authorization: b", "X-Proxy-Key: c", "A: 1")
    assert own_fields(door) == [("A", "1")]


def test_a_callers_via_stays_in_front_of_ours(door: Front) -> None:
    door.ask("GET / HTTP/1.1", "Via: 1.0 fred")
    assert own_fields(door) == [("Via", "1.0 fred")]


def test_the_version_of_the_caller_is_in_via(door: Front) -> None:
    door.ask("GET / HTTP/1.0", "A: 1", host=False)
    assert door.arrived[0].values("via") == [b"1.0 breb-proxy"]
    assert door.arrived[0].head.startswith(b"GET / HTTP/1.1\r\n")


def test_a_length_that_is_no_body_of_its_own_is_not_touched(door: Front) -> None:
    door.ask("POST / HTTP/1.1", "Content-Length: 005", body=b"hello")
    assert own_fields(door) == [("Content-Length", "005")]


def test_an_upgrade_is_not_taken_up(door: Front) -> None:
    answer = door.ask(
        "GET /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: eA=="
    )
    assert answer.status == 200
    assert own_fields(door) == [("Sec-WebSocket-Key", "eA==")]


# -- 100-continue --------------------------------------------------------------------------------


def test_a_caller_that_waits_is_told_to_continue(door: Front) -> None:
    data = door.head("POST / HTTP/1.1", "Content-Length: 2", "Expect: 100-Continue")
    with door.connection(data) as reader:
        assert reader.head() == b"HTTP/1.1 100 Continue"
        reader.sock.sendall(b"hi")
        answer = read_answer(reader)
    assert answer is not None
    assert answer.status == 200
    assert own_fields(door) == [("Content-Length", "2")]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["Expect: x , 100-continue"], id="last"),
        pytest.param(["Expect: 100-continue,x"], id="first"),
        pytest.param(["Expect: 100-continue", "Expect: x"], id="line"),
    ],
)
def test_a_caller_that_expects_more_is_told_to_continue(door: Front, lines: list[str]) -> None:
    with door.connection(door.head("POST / HTTP/1.1", "Content-Length: 2", *lines)) as reader:
        assert reader.head() == b"HTTP/1.1 100 Continue"
        reader.sock.sendall(b"hi")
        assert reader.head().startswith(b"HTTP/1.1 200")


def test_a_caller_that_does_not_wait_is_told_nothing(door: Front) -> None:
    data = door.head("POST / HTTP/1.1", "Content-Length: 2", "Expect: 100-continue")
    with door.connection(data + b"hi") as reader:
        assert reader.head().startswith(b"HTTP/1.1 200")


def test_an_expectation_without_a_body_is_told_nothing(door: Front) -> None:
    with door.connection(door.head("GET / HTTP/1.1", "Expect: 100-continue")) as reader:
        assert reader.head().startswith(b"HTTP/1.1 200")


def test_http_1_0_knows_no_100(door: Front) -> None:
    data = door.head("POST / HTTP/1.0", "Content-Length: 2", "Expect: 100-continue")
    with door.connection(data) as reader:
        reader.sock.sendall(b"hi")
        assert reader.head().startswith(b"HTTP/1.1 200")


# -- answers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status", [200, 201, 202, 206, 299, 301, 302, 400, 401, 404, 418, 500, 503, 599]
)
def test_statuses_and_reasons_pass(door: Front, status: int) -> None:
    door.answers(b"HTTP/1.1 %d So So\r\nContent-Length: 0\r\n\r\n" % status)
    answer = door.ask("GET / HTTP/1.1")
    assert (answer.status, answer.reason) == (status, "So So")


@pytest.mark.parametrize("reason", [b"", b" ", b" caf\xe9", b" Very  Long " + b"r" * 500])
def test_odd_reasons_pass(door: Front, reason: bytes) -> None:
    door.answers(b"HTTP/1.1 200%b\r\nContent-Length: 0\r\n\r\n" % reason)
    assert door.ask("GET / HTTP/1.1").raw_head.split(b"\r\n")[0] == b"HTTP/1.1 200 " + reason[1:]


@pytest.mark.parametrize("lines", VALUES)
def test_an_answers_fields_pass_untouched(door: Front, lines: list[tuple[str, str]]) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in lines).encode("latin-1")
    door.answers(b"HTTP/1.1 200 OK\r\n%bcontent-LENGTH: 0\r\n\r\n" % head)
    assert lines_of(door.ask("GET / HTTP/1.1")) == [*lines, ("content-LENGTH", "0")]


def test_nothing_is_added_to_an_answer(door: Front) -> None:
    door.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert lines_of(door.ask("GET / HTTP/1.1")) == [("Content-Length", "0")]


def test_repeated_cookies_stay_apart(door: Front) -> None:
    door.answers(
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX: 1\r\nset-cookie: b=2\r\n"
        b"Content-Length: 0\r\n\r\n"
    )
    assert door.ask("GET / HTTP/1.1").values("set-cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize(
    "line",
    [
        "Keep-Alive: timeout=5",
        "Proxy-Authenticate: Basic",
        "Proxy-Connection: close",
        "Trailer: X-Sum",
        "Upgrade: h2c",
        "Connection: X-One\r\nX-One: 1",
        "Connection: keep-alive, x-one\r\nX-ONE: 1",
        "TE: trailers",
    ],
)
def test_hop_by_hop_fields_of_an_answer_stop_here(door: Front, line: str) -> None:
    door.answers(f"HTTP/1.1 200 OK\r\nA: 1\r\n{line}\r\nContent-Length: 0\r\n\r\n".encode())
    assert lines_of(door.ask("GET / HTTP/1.1")) == [("A", "1"), ("Content-Length", "0")]


def test_an_answer_cannot_nominate_its_framing_away(door: Front) -> None:
    door.answers(b"HTTP/1.1 200 OK\r\nConnection: content-length\r\nContent-Length: 2\r\n\r\nok")
    answer = door.ask("GET / HTTP/1.1")
    assert (lines_of(answer), answer.body) == ([("Content-Length", "2")], b"ok")


def test_the_upstreams_close_is_not_the_callers(door: Front) -> None:
    door.answers(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
    get = door.head("GET / HTTP/1.1")
    with door.connection(get) as reader:
        first = read_answer(reader)
        reader.sock.sendall(get)
        second = read_answer(reader)
    assert first is not None
    assert second is not None
    assert not first.values("connection")


def test_compressed_bodies_are_not_touched(door: Front) -> None:
    body = gzip.compress(b"hello" * 100)
    door.answers(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b"
        % (len(body), body)
    )
    answer = door.ask("GET / HTTP/1.1")
    assert (answer["content-encoding"], answer.body) == ("gzip", body)


def test_a_body_until_the_end_of_the_connection_becomes_chunked(door: Front) -> None:
    def until_close(call: object) -> None:
        del call

    door.upstream.takeover = lambda reader: (
        reader.head(),
        reader.sock.sendall(b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\nhello"),
    )
    until_close(None)
    door.ask("GET /old-connection HTTP/1.1")
    answer = door.ask("GET / HTTP/1.1")
    assert lines_of(answer) == [("A", "1"), ("Transfer-Encoding", "chunked")]
    assert (answer.body, answer.complete) == (b"hello", True)


def test_an_answers_trailers_are_dropped(door: Front) -> None:
    door.answers(
        b"HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5;ext=1\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n"
    )
    with door.connection(door.head("GET / HTTP/1.1", "Connection: close")) as reader:
        assert reader.rest() == (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            b"5\r\nhello\r\n0\r\n\r\n"
        )


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(b"Content-Length: 5\r\nETag: x\r\n", id="length"),
        pytest.param(b"Transfer-Encoding: chunked\r\n", id="chunked"),
        pytest.param(b"ETag: x\r\n", id="neither"),
    ],
)
def test_the_answer_to_head_has_the_fields_and_no_body(door: Front, lines: bytes) -> None:
    door.answers(b"HTTP/1.1 200 OK\r\n%b\r\n" % lines)
    head = door.head("HEAD / HTTP/1.1")
    with door.connection(head) as reader:
        assert reader.head() + b"\r\n" == b"HTTP/1.1 200 OK\r\n" + lines
        reader.sock.sendall(head)
        assert reader.head() + b"\r\n" == b"HTTP/1.1 200 OK\r\n" + lines


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        pytest.param(b"204 No Content", b"ETag: x\r\n", id="204"),
        pytest.param(b"304 Not Modified", b"ETag: x\r\n", id="304"),
        pytest.param(b"304 Not Modified", b"Content-Length: 5\r\n", id="304-with-length"),
    ],
)
def test_answers_that_have_no_body_get_none(door: Front, status: bytes, lines: bytes) -> None:
    door.answers(b"HTTP/1.1 %b\r\n%b\r\n" % (status, lines))
    get = door.head("GET / HTTP/1.1")
    with door.connection(get) as reader:
        for _ in range(2):
            assert reader.head() + b"\r\n" == b"HTTP/1.1 %b\r\n%b" % (status, lines)
            reader.sock.sendall(get)


def test_a_204_loses_a_length_that_it_must_not_have(door: Front) -> None:
    door.answers(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
    assert lines_of(door.ask("GET / HTTP/1.1")) == []


@pytest.mark.parametrize("interim", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
def test_interim_answers_are_skipped(door: Front, interim: bytes) -> None:
    door.answers(
        b"HTTP/1.1 %b\r\nLink: x\r\n\r\nHTTP/1.1 %b\r\n\r\n" % (interim, interim)
        + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    )
    with door.connection(door.head("GET / HTTP/1.1")) as reader:
        assert reader.head() == b"HTTP/1.1 200 OK\r\nContent-Length: 2"


def test_a_switch_of_protocols_is_refused(door: Front) -> None:
    door.answers(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
    answer = door.ask("GET / HTTP/1.1", "Connection: upgrade", "Upgrade: x")
    assert answer.status == 502
    assert "http_protocol_error" in answer["proxy-status"]


# -- HTTP/1.0 callers ------------------------------------------------------------------------------


def test_http_1_0_gets_no_chunks(door: Front) -> None:
    door.answers(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    )
    with door.connection(door.head("GET / HTTP/1.0", "Connection: keep-alive")) as reader:
        assert reader.rest() == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"


@pytest.mark.parametrize("fields", [[], ["Proxy-Connection: keep-alive"], ["Connection: alive"]])
def test_http_1_0_closes_unless_asked(door: Front, fields: list[str]) -> None:
    with door.connection(door.head("GET / HTTP/1.0", *fields)) as reader:
        assert reader.rest().endswith(b"Content-Length: 2\r\nConnection: close\r\n\r\nok")


@pytest.mark.parametrize("options", ["keep-alive, close", "Close ,keep-alive"])
def test_http_1_0_closes_if_told_both(door: Front, options: str) -> None:
    with door.connection(door.head("GET / HTTP/1.0", f"Connection: {options}")) as reader:
        assert reader.rest().endswith(b"Content-Length: 2\r\nConnection: close\r\n\r\nok")


def test_http_1_0_stays_if_asked(door: Front) -> None:
    get = door.head("GET / HTTP/1.0", "Connection: Keep-Alive", host=False)
    with door.connection() as reader:
        for _ in range(3):
            reader.sock.sendall(get)
            answer = read_answer(reader)
            assert answer is not None
            assert answer["connection"] == "keep-alive"


def test_http_1_0_post_arrives(door: Front) -> None:
    door.ask("POST / HTTP/1.0", "Content-Length: 2", body=b"hi", host=False)
    assert own_fields_1_0(door) == [("Content-Length", "2")]


def own_fields_1_0(door: Front) -> list[tuple[str, str]]:
    (call,) = door.arrived
    lines = [(name.decode(), value.decode()) for name, value in call.lines]
    assert lines[-2] == ("Via", "1.0 breb-proxy")
    return lines[1:-2]


# -- pipelines -------------------------------------------------------------------------------------


def test_answers_leave_in_the_order_of_their_requests(door: Front) -> None:
    door.answers(
        lambda call: (
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(call.target), call.target)
        )
    )
    data = b"".join(door.head(f"GET /{number} HTTP/1.1") for number in range(2000))
    with door.connection() as reader:
        reader.sock.settimeout(PATIENCE)
        got = []
        import threading

        sender = threading.Thread(target=reader.sock.sendall, args=(data,))
        sender.start()
        for _ in range(2000):
            answer = read_answer(reader)
            assert answer is not None
            got.append(answer.body)
        sender.join()
    assert got == [b"/%d" % number for number in range(2000)]


def test_bodies_in_a_pipeline_go_with_their_heads(door: Front) -> None:
    door.answers(
        lambda call: (
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(call.body), call.body)
        )
    )
    data = b""
    for number in range(20):
        body = b"%d" % number * (number * 700)
        data += door.head("POST / HTTP/1.1", f"Content-Length: {len(body)}") + body
        data += door.head("PUT / HTTP/1.1", "Transfer-Encoding: chunked")
        data += b"3\r\nabc\r\n0\r\nX: y\r\n\r\n" + door.head("GET / HTTP/1.1")
    with door.connection(data) as reader:
        for number in range(20):
            bodies = [read_answer(reader) for _ in range(3)]
            assert [answer and answer.body for answer in bodies] == [
                b"%d" % number * (number * 700),
                b"abc",
                b"",
            ]


def test_a_close_in_a_pipeline_is_the_last(door: Front) -> None:
    data = door.head("GET /1 HTTP/1.1") + door.head("GET /2 HTTP/1.1", "Connection: close")
    with door.connection(data + door.head("GET /3 HTTP/1.1") * 100) as reader:
        first, second = read_answer(reader), read_answer(reader)
        assert first is not None
        assert second is not None
        assert second["connection"] == "close"
        assert reader.rest() == b""
    assert [call.target for call in door.arrived] == [b"/1", b"/2"]


def test_the_answer_before_a_malformed_request_is_given(door: Front) -> None:
    with door.connection(door.head("GET /1 HTTP/1.1") + b"NONSENSE\r\n\r\n") as reader:
        first, second = read_answer(reader), read_answer(reader)
        assert first is not None
        assert second is not None
        assert (first.status, second.status) == (200, 400)
        assert reader.rest() == b""
    assert [call.target for call in door.arrived] == [b"/1"]


# -- locations -------------------------------------------------------------------------------------

LOCATIONS = [
    ("{up}/a/b?c#d", "{us}/a/b?c#d"),
    ("{up}", "{us}"),
    ("{up}/", "{us}/"),
    ("{up}?q", "{us}?q"),
    ("HTTP://127.0.0.1:{port}/A", "{us}/A"),
    ("//127.0.0.1:{port}/a", "{us}/a"),
    ("/a", "/a"),
    ("a/b", "a/b"),
    ("", ""),
    ("//other.example/a", "//other.example/a"),
    ("https://127.0.0.1:{port}/a", "https://127.0.0.1:{port}/a"),
    ("{up}0/a", "{up}0/a"),
    ("{up}.evil.example/a", "{up}.evil.example/a"),
    ("{up}@evil.example/a", "{up}@evil.example/a"),
    ("http://127.0.0.1/a", "http://127.0.0.1/a"),
    ("https://other.example/?u={up}/", "https://other.example/?u={up}/"),
]


@pytest.mark.parametrize("name", ["Location", "content-location"])
@pytest.mark.parametrize(("value", "expected"), LOCATIONS)
def test_locations_at_the_upstream_are_told_as_ours(
    door: Front, name: str, value: str, expected: str
) -> None:
    words = {"up": door.upstream.url, "us": "http://LocalHost:99", "port": door.upstream.port}
    line = f"{name}: {value.format(**words)}"
    door.answers(f"HTTP/1.1 302 Found\r\n{line}\r\nContent-Length: 0\r\n\r\n".encode())
    answer = door.ask("GET / HTTP/1.1", "Host: LocalHost:99", host=False)
    assert answer[name] == expected.format(**words)


def test_a_caller_without_host_is_told_where_it_came_in(door: Front) -> None:
    line = f"Location: {door.upstream.url}/a"
    door.answers(f"HTTP/1.1 302 Found\r\n{line}\r\nContent-Length: 0\r\n\r\n".encode())
    answer = door.ask("GET / HTTP/1.0", host=False)
    assert answer["location"] == f"http://127.0.0.1:{door.port}/a"


def test_the_authority_of_an_absolute_target_is_the_callers_view(door: Front) -> None:
    line = f"Location: {door.upstream.url}/a"
    door.answers(f"HTTP/1.1 302 Found\r\n{line}\r\nContent-Length: 0\r\n\r\n".encode())
    answer = door.ask("GET http://localhost:7/x HTTP/1.1")
    assert answer["location"] == "http://localhost:7/a"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{up}/base/v2/a", "{us}/a"),
        ("{up}/base/v2", "{us}"),
        ("{up}/base/v2?q", "{us}?q"),
        ("{up}/base/v22/a", "{up}/base/v22/a"),
        ("{up}/other", "{up}/other"),
        ("/base/v2/a", "/a"),
        ("/base/v2", "/"),
        ("/base/v2?q", "/?q"),
        ("/base/v2//other.example/a", "{us}//other.example/a"),
        ("/other", "/other"),
        ("//base/v2/a", "//base/v2/a"),
    ],
)
def test_a_path_prefix_is_taken_off_locations(prefixed: Front, value: str, expected: str) -> None:
    prefixed.reset()
    words = {"up": prefixed.upstream.url, "us": f"http://{prefixed.host.decode()}"}
    line = f"Location: {value.format(**words)}"
    prefixed.answers(f"HTTP/1.1 302 Found\r\n{line}\r\nContent-Length: 0\r\n\r\n".encode())
    assert prefixed.ask("GET / HTTP/1.1")["location"] == expected.format(**words)


@pytest.mark.parametrize("target", ["/", "/a?b", "//a", "/../a", "/?"])
def test_a_path_prefix_is_put_in_front_of_targets(prefixed: Front, target: str) -> None:
    prefixed.reset()
    prefixed.ask(f"GET {target} HTTP/1.1")
    assert prefixed.arrived[0].target == b"/base/v2" + target.encode()


def test_an_asterisk_has_no_prefix(prefixed: Front) -> None:
    prefixed.reset()
    prefixed.ask("OPTIONS * HTTP/1.1")
    assert prefixed.arrived[0].target == b"*"


@pytest.mark.parametrize(
    "odd", [pytest.param("", id="plain"), pytest.param("X-Odd:  %d ", id="odd")]
)
def test_heads_that_come_again_pass_each_as_it_is(door: Front, odd: str) -> None:
    def answer(call: Call) -> bytes:
        number = int(call.values("X-Request-Id")[0])
        lines = [
            "Connection: keep-alive",
            "Server: a",
            f"Date: {number}",
            f"Set-Cookie: i={number}",
        ]
        return wire_answer("200 OK", b"y" * number, *lines, *([odd % number] if odd else []))

    door.answers(answer)
    for number in (*range(6), 9, 9, 9, 9, *range(7)):
        fixed = ["Accept: a", "Cookie: a=%b; c", "TE: trailers", *([odd % number] if odd else [])]
        ids = [f"X-Request-Id: {number}", f"Cookie: n={number}", f"traceparent: 00-{number}"]
        lines = [*fixed, *ids, f"Content-Length: {number}"]
        got = door.ask("POST /v1/x HTTP/1.1", *lines, body=b"x" * number)
        assert got.body == b"y" * number
        own = [("Server", "a"), ("Date", f"{number}"), ("Set-Cookie", f"i={number}")]
        more = [("X-Odd", f"{number}")] if odd else []
        told = [(name.decode(), value.decode()) for name, value in got.lines]
        assert told == [("Content-Length", f"{number}"), *own, *more]
        call = door.arrived[-1]
        assert call.body == b"x" * number
        wanted = [*fixed[:2], *(f"X-Odd: {number}" for _ in more), *lines[len(fixed) :]]
        assert [b": ".join(line).decode() for line in call.lines[1:-2]] == wanted
