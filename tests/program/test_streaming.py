"""Bodies on their way: bounded memory, early answers, callers who leave, upstreams that break."""

import contextlib
import random
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support import Program, read_answer
from tests.support.front import Front, ended, front, until
from tests.support.patience import PATIENCE
from tests.support.upstream import OK
from tests.support.wire import Reader, connect

MiB = 1 << 20
BLOCK = bytes(range(256)) * 256  # 64 KiB


@pytest.fixture(scope="module")
def shared() -> Iterator[Front]:
    with front() as it:
        it.upstream.takeover = lambda reader: None
        it.ask("GET / HTTP/1.1")  # the connection that the token came on ends here
        yield it


@pytest.fixture
def door(shared: Front) -> Front:
    shared.reset()
    return shared


@pytest.fixture
def fresh() -> Iterator[Front]:
    """A program that nothing else has used, started by Python itself: a fork is never so small."""
    with front(redirect="2>&1") as it:
        it.upstream.takeover = lambda reader: None
        it.ask("GET / HTTP/1.1")
        it.reset()
        yield it


class Talk:
    """An upstream conversation by hand, one for each connection, with signals between threads."""

    def __init__(self, door: Front, talk: Callable[["Talk", Reader], None]) -> None:
        self.began = threading.Event()
        self.go = threading.Event()
        self.gone = threading.Event()
        self.got = 0
        self.heads: list[bytes] = []
        self._talk = talk
        door.upstream.takeover = self._run
        # Connections that are kept already would go on answering: this talk wants one of its own.
        door.upstream.reset_all()
        until(lambda: door.program.status()["pool"]["idle"] == 0, "idle connections are gone")

    def _run(self, reader: Reader) -> None:
        head = reader.head()
        if not head:
            return
        self.heads.append(head)
        self.got += len(reader.buffer)
        try:
            self._talk(self, reader)
        finally:
            self.gone.set()


def silent(talk: Talk, reader: Reader) -> None:
    """Answer nothing; note when the proxy gives up."""
    talk.began.set()
    while data := reader.sock.recv(65536):
        talk.got += len(data)


def deaf(talk: Talk, reader: Reader) -> None:
    """Read nothing until told to, then note the end."""
    talk.began.set()
    talk.go.wait(PATIENCE)
    try:
        while data := reader.sock.recv(65536):
            talk.got += len(data)
    except ConnectionResetError:
        pass


def pouring(talk: Talk, reader: Reader) -> None:
    """Answer without an end, until the proxy gives up."""
    reader.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
    talk.began.set()
    try:
        while True:
            reader.sock.sendall(BLOCK)
            talk.got += len(BLOCK)
    except OSError:
        pass


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


# -- the caller leaves -----------------------------------------------------------------


@pytest.mark.parametrize("leave", [socket.socket.close, reset], ids=["closes", "resets"])
@pytest.mark.parametrize(
    ("fields", "body", "upstream"),
    [
        pytest.param([], b"", silent, id="waiting"),
        pytest.param([], b"", pouring, id="downloading"),
        pytest.param(["Content-Length: 10"], b"12345", silent, id="uploading"),
        pytest.param(["Transfer-Encoding: chunked"], b"5\r\n12345\r\n", silent, id="in-chunks"),
        pytest.param(["Content-Length: 10"], b"1234567890", silent, id="uploaded"),
        pytest.param(["Content-Length: 10"], b"", silent, id="before-the-body"),
    ],
)
def test_a_caller_who_leaves_ends_the_exchange_at_the_upstream(
    door: Front,
    fields: list[str],
    body: bytes,
    upstream: Callable[[Talk, Reader], None],
    leave: Callable[[socket.socket], None],
) -> None:
    talk = Talk(door, upstream)
    reader = door.connect()
    reader.sock.sendall(door.head("POST / HTTP/1.1", *fields) + body)
    assert talk.began.wait(PATIENCE)
    leave(reader.sock)
    assert talk.gone.wait(PATIENCE)
    assert door.ask_ok()


def test_a_caller_who_leaves_is_noticed_while_its_next_requests_wait(door: Front) -> None:
    talk = Talk(door, silent)
    reader = door.connect()
    # More than is read ahead, less than the kernel keeps: behind what is not read no end is seen.
    reader.sock.sendall(door.head("GET / HTTP/1.1") * 1_500)
    assert talk.began.wait(PATIENCE)
    reader.sock.close()
    assert talk.gone.wait(PATIENCE)
    assert len(talk.heads) == 1


def test_a_caller_who_leaves_is_noticed_while_the_upstream_takes_nothing(door: Front) -> None:
    talk = Talk(door, deaf)
    reader = door.connect()
    reader.sock.settimeout(1)
    reader.sock.sendall(door.head("PUT / HTTP/1.1", "Content-Length: 1000000000"))
    with pytest.raises(TimeoutError):  # noqa: PT012  it takes some before it stops
        while True:
            reader.sock.sendall(BLOCK)
    reset(reader.sock)
    until(lambda: busy(door.program) == 0, "the exchange ends though nothing is read")
    talk.go.set()
    assert talk.gone.wait(PATIENCE)


def busy(program: Program) -> int:
    text = program.admin("/metrics")[1]
    (value,) = [
        line.split()[-1]
        for line in text.splitlines()
        if "in_flight" in line and not line.startswith("#")
    ]
    return int(float(value))


# -- half-closed callers ---------------------------------------------------------------


def test_a_caller_that_half_closes_gets_its_answer(door: Front) -> None:
    with door.connection(door.head("GET / HTTP/1.1")) as reader:
        reader.sock.shutdown(socket.SHUT_WR)
        assert reader.rest().endswith(b"\r\n\r\nok")


def test_a_caller_that_half_closes_gets_all_answers_of_its_pipeline(door: Front) -> None:
    with door.connection(door.head("GET / HTTP/1.1") * 50) as reader:
        reader.sock.shutdown(socket.SHUT_WR)
        assert reader.rest().count(b"\r\n\r\nok") == 50


@pytest.mark.parametrize(
    ("version", "interim"),
    [
        pytest.param("1.1", b"HTTP/1.1 100 Continue\r\n\r\n", id="asked"),
        pytest.param("1.0", b"", id="not-askable"),
    ],
)
def test_a_caller_that_half_closes_gets_a_slow_answer(
    door: Front, version: str, interim: bytes
) -> None:
    """It is asked, with what it may discard, whether it is still there."""

    def late(_: Talk, reader: Reader) -> None:
        time.sleep(1.2)
        reader.sock.sendall(OK)

    Talk(door, late)
    with door.connection(door.head(f"POST / HTTP/{version}", "Content-Length: 0")) as reader:
        reader.sock.shutdown(socket.SHUT_WR)
        answer = reader.rest()
        assert answer.startswith(interim + b"HTTP/1.1 200")
        assert answer.endswith(b"\r\n\r\nok")


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_a_caller_that_half_closes_gets_an_answer_that_stops_for_a_while(
    door: Front, version: str
) -> None:
    def halting(_: Talk, reader: Reader) -> None:
        reader.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
        time.sleep(1.2)
        reader.sock.sendall(b"k")

    Talk(door, halting)
    with door.connection(door.head(f"GET / HTTP/{version}")) as reader:
        reader.sock.shutdown(socket.SHUT_WR)
        assert reader.rest().endswith(b"\r\n\r\nok")


def test_a_caller_that_half_closes_behind_much_that_is_not_read_gets_its_answers(
    door: Front,
) -> None:
    def late(_: Talk, reader: Reader) -> None:
        time.sleep(1.2)
        door.upstream.takeover = None
        reader.sock.sendall(OK)

    Talk(door, late)
    requests = 600
    with door.connection(door.head("GET / HTTP/1.1") * requests) as reader:
        reader.sock.shutdown(socket.SHUT_WR)
        assert reader.rest().count(b"\r\n\r\nok") == requests


@pytest.mark.parametrize(
    ("version", "options"),
    [
        pytest.param("1.1", (), id="asked"),
        # As its system forgets it, here after a second: then TCP's probes are answered by a reset.
        pytest.param(
            "1.0",
            ((socket.IPPROTO_TCP, getattr(socket, "TCP_LINGER2", 0), 1),),
            id="probed",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="TCP_LINGER2 is Linux's"),
        ),
    ],
)
def test_a_caller_that_half_closed_and_left_does_not_keep_its_exchange(
    door: Front, version: str, options: tuple[tuple[int, int, int], ...]
) -> None:
    talk = Talk(door, silent)
    reader = door.connect()
    for option in options:
        reader.sock.setsockopt(*option)
    reader.sock.sendall(door.head(f"GET / HTTP/{version}"))
    assert talk.began.wait(PATIENCE)
    reader.sock.shutdown(socket.SHUT_WR)
    reader.sock.close()
    assert talk.gone.wait(PATIENCE)


def test_a_pipeline_that_ends_inside_a_body_ends_its_exchange_at_once(door: Front) -> None:
    def first_alone(talk: Talk, reader: Reader) -> None:
        reader.sock.sendall(OK)
        silent(talk, reader)

    talk = Talk(door, first_alone)
    whole = door.head("GET / HTTP/1.1")
    half = door.head("POST /half HTTP/1.1", "Content-Length: 5")
    with door.connection(whole + half + b"123") as reader:
        reader.sock.shutdown(socket.SHUT_WR)
        assert reader.rest().endswith(b"\r\n\r\nok")  # not in 75 seconds, when the body is late
        assert talk.gone.wait(PATIENCE)

    def told() -> list[str]:
        lines = door.program.exchanges()
        return [line["reason"] for line in lines if line["path"] == "/half"]

    until(lambda: told() == ["caller-left"], "the end of the exchange is logged")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not tell")
def test_a_caller_that_left_a_unix_socket_is_known_to_be_gone(tmp_path: Path) -> None:
    path = str(tmp_path / "p.sock")
    with front(listen=f"unix:{path}") as it, socket.socket(socket.AF_UNIX) as caller:
        talk = Talk(it, silent)
        caller.connect(path)
        caller.sendall(b"POST / HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        assert talk.began.wait(PATIENCE)
        caller.close()
        assert talk.gone.wait(PATIENCE)


def test_a_caller_that_half_closes_is_waited_for_as_long_as_is_set() -> None:
    with front(half_close_timeout=0.5) as it:
        talk = Talk(it, silent)
        with it.connection(it.head("GET / HTTP/1.0")) as reader:
            reader.sock.shutdown(socket.SHUT_WR)
            assert talk.gone.wait(PATIENCE)


def test_a_caller_that_half_closes_gets_a_long_answer_while_it_moves(door: Front) -> None:
    def slowly(_: Talk, reader: Reader) -> None:
        reader.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n")
        for _ in range(40):
            time.sleep(0.02)
            reader.sock.sendall(b"x")

    Talk(door, slowly)
    with door.connection(door.head("GET / HTTP/1.1")) as reader:
        reader.sock.shutdown(socket.SHUT_WR)
        assert reader.rest().endswith(b"\r\n\r\n" + b"x" * 40)


# -- events ----------------------------------------------------------------------------


@pytest.mark.parametrize("framed", [True, False], ids=["chunked", "until-the-end"])
@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_events_pass_one_by_one(door: Front, version: str, framed: bool) -> None:
    def events(talk: Talk, reader: Reader) -> None:
        coding = b"Transfer-Encoding: chunked\r\n" if framed else b""
        reader.sock.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n%b\r\n" % coding
        )
        for number in range(5):
            talk.go.wait(PATIENCE)
            talk.go.clear()
            event = b"data: %d\n\n" % number
            reader.sock.sendall(b"%x\r\n%b\r\n" % (len(event), event) if framed else event)
        reader.sock.sendall(b"0\r\n\r\n" if framed else b"")

    talk = Talk(door, events)
    with door.connection(door.head(f"GET / HTTP/{version}")) as reader:
        assert reader.head().startswith(b"HTTP/1.1 200")
        for number in range(5):
            talk.go.set()
            until_buffer(reader, b"data: %d\n\n" % number)
        if version == "1.1":
            until_buffer(reader, b"\r\n0\r\n\r\n")
        else:
            assert reader.rest().endswith(b"data: 4\n\n")


def until_buffer(reader: Reader, wanted: bytes) -> None:
    while wanted not in reader.buffer:
        assert reader.more(), reader.buffer


def test_the_head_of_an_answer_does_not_wait_for_its_body(door: Front) -> None:
    def head_first(talk: Talk, reader: Reader) -> None:
        reader.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        assert talk.go.wait(PATIENCE)
        reader.sock.sendall(b"ok")

    talk = Talk(door, head_first)
    with door.connection(door.head("GET / HTTP/1.1")) as reader:
        assert reader.head() == b"HTTP/1.1 200 OK\r\nContent-Length: 2"
        assert reader.buffer == b""
        talk.go.set()
        assert reader.exactly(2) == b"ok"


def test_a_body_is_passed_on_while_it_comes(door: Front) -> None:
    arrived: list[bytes] = []

    def listening(talk: Talk, reader: Reader) -> None:
        del talk
        while sum(map(len, arrived)) < 5:
            arrived.append(reader.exactly(1))
        reader.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    Talk(door, listening)
    with door.connection(door.head("POST / HTTP/1.1", "Content-Length: 5")) as reader:
        for number in range(5):
            reader.sock.sendall(b"x")
            until(lambda n=number: len(arrived) == n + 1, "the byte at the upstream")
        assert reader.head().startswith(b"HTTP/1.1 200")


# -- early answers ---------------------------------------------------------------------


@pytest.mark.parametrize("sent", [b"", b"x" * 1000], ids=["before-the-body", "within-the-body"])
@pytest.mark.parametrize("close", [b"", b"Connection: close\r\n"], ids=["stays", "closes"])
def test_an_early_answer_passes(door: Front, sent: bytes, close: bytes) -> None:
    def early(talk: Talk, reader: Reader) -> None:
        reader.sock.sendall(b"HTTP/1.1 403 No\r\n%bContent-Length: 4\r\n\r\nstop" % close)
        talk.go.wait(PATIENCE)

    talk = Talk(door, early)
    data = door.head("POST / HTTP/1.1", "Content-Length: 1000000") + sent
    with door.connection(data) as reader:
        answer = read_answer(reader)
        assert answer is not None
        assert (answer.status, answer.body, answer["connection"]) == (403, b"stop", "close")
        assert ended(reader.sock) == b""
    talk.go.set()


def test_an_early_answer_reaches_a_caller_that_goes_on_sending(door: Front) -> None:
    """The upstream closes with bytes unread, so that its kernel sends a reset after the answer."""

    def early(talk: Talk, reader: Reader) -> None:
        reader.sock.sendall(b"HTTP/1.1 413 No\r\nContent-Length: 4\r\n\r\nstop")
        if sys.platform == "win32":  # Wine loses what came before a reset, if it sees both at once
            talk.go.wait(PATIENCE)

    data = door.head("POST / HTTP/1.1", "Content-Length: 1000000000")
    for _ in range(20):  # who meets the reset first, a read or a write, is a matter of luck
        talk = Talk(door, early)
        with door.connection(data) as reader:
            sender = threading.Thread(target=_send_all_that_goes, args=(reader.sock, 10 * MiB))
            sender.start()
            answer = read_answer(reader)
            talk.go.set()
            sender.join()
        assert answer is not None
        assert (answer.status, answer.body) == (413, b"stop")


def _send_all_that_goes(sock: socket.socket, size: int) -> None:
    try:
        for _ in range(size // len(BLOCK)):
            sock.sendall(BLOCK)
    except OSError:
        pass


def test_an_answer_and_its_body_cross(door: Front) -> None:
    def echo(talk: Talk, reader: Reader) -> None:
        del talk
        reader.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(10):
            reader.sock.sendall(reader.exactly(10))

    Talk(door, echo)
    with door.connection(door.head("POST / HTTP/1.1", "Content-Length: 100")) as reader:
        assert reader.head().startswith(b"HTTP/1.1 200")
        for number in range(10):
            reader.sock.sendall(b"%d" % number * 10)
            assert reader.exactly(10) == b"%d" % number * 10


# -- the upstream breaks off -----------------------------------------------------------

CUT = [
    pytest.param(b"Content-Length: 10\r\n\r\nhello", id="length"),
    pytest.param(b"Content-Length: 10\r\n\r\n", id="length-no-byte"),
    pytest.param(b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", id="between-chunks"),
    pytest.param(b"Transfer-Encoding: chunked\r\n\r\n9\r\nhello", id="within-a-chunk"),
    pytest.param(b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", id="last-line-missing"),
    pytest.param(b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxx\r\n", id="nonsense"),
    pytest.param(
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n", id="in-trailers"
    ),
]


@pytest.mark.parametrize("tail", CUT)
@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("how", [socket.socket.close, reset], ids=["closed", "reset"])
def test_a_cut_answer_arrives_cut(
    door: Front, tail: bytes, version: str, how: Callable[[socket.socket], None]
) -> None:
    def cut(talk: Talk, reader: Reader) -> None:
        reader.sock.sendall(b"HTTP/1.1 200 OK\r\n" + tail)
        talk.go.wait(PATIENCE)
        how(reader.sock)

    talk = Talk(door, cut)
    with door.connection(door.head(f"GET / HTTP/{version}", "Connection: keep-alive")) as reader:
        head = reader.head()
        assert head.startswith(b"HTTP/1.1 200")
        talk.go.set()
        if b"chunked" in tail and version == "1.0":
            # Without framing a clean end would look complete: it must be a reset.
            with pytest.raises(ConnectionResetError):  # noqa: PT012  after what was sent
                while reader.sock.recv(65536):
                    pass
            return
        reader.buffer = head + b"\r\n\r\n" + reader.buffer
        answer = read_answer(reader)
    assert answer is not None
    assert not answer.complete


def test_an_answer_until_the_end_that_is_reset_arrives_cut(door: Front) -> None:
    def cut(talk: Talk, reader: Reader) -> None:
        reader.sock.sendall(b"HTTP/1.1 200 OK\r\n\r\nhello")
        talk.go.wait(PATIENCE)
        reset(reader.sock)

    talk = Talk(door, cut)
    with door.connection(door.head("GET / HTTP/1.1")) as reader:
        head = reader.head()
        talk.go.set()
        reader.buffer = head + b"\r\n\r\n" + reader.buffer
        answer = read_answer(reader)
    assert answer is not None
    assert not answer.complete


# -- memory ----------------------------------------------------------------------------


def growth(program: Program, before: int) -> int:
    """Return by how much the peak of the resident set has grown, in MiB."""
    with Path(f"/proc/{program.process.pid}/status").open() as status:
        (peak,) = [line.split()[1] for line in status if line.startswith("VmHWM")]
    return (int(peak) * 1024 - before) // MiB


def warm(door: Front) -> int:
    """Move some MiB so that buffers and code are there; return the resident set."""
    door.answers(
        lambda call: (
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(call.body), call.body)
        )
    )
    body = BLOCK * 64
    for _ in range(3):
        answer = door.ask("POST / HTTP/1.1", f"Content-Length: {len(body)}", body=body)
        assert answer.body == body
    return door.program.memory()


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_a_slow_caller_does_not_make_the_proxy_buffer(door: Front, version: str) -> None:
    before = warm(door)
    talk = Talk(door, pouring)
    with door.connection(door.head(f"GET / HTTP/{version}")) as reader:
        assert talk.began.wait(PATIENCE)
        stalled(lambda: talk.got)
        assert talk.got < 32 * MiB
        assert growth(door.program, before) < 16
        assert reader.head().startswith(b"HTTP/1.1 200")


def test_a_slow_upstream_does_not_make_the_proxy_buffer(door: Front) -> None:
    before = warm(door)
    talk = Talk(door, deaf)
    sent = 0
    with door.connection(door.head("PUT / HTTP/1.1", "Content-Length: 1000000000")) as reader:
        reader.sock.settimeout(1)
        with pytest.raises(TimeoutError):  # noqa: PT012  it takes some before it stops
            while True:
                sent += reader.sock.send(BLOCK)
        assert sent < 32 * MiB
        assert growth(door.program, before) < 16
        talk.go.set()


def test_tiny_chunks_that_wait_take_no_more_room_than_large_ones(door: Front) -> None:
    before = warm(door)
    talk = Talk(door, deaf)
    head = door.head("PUT / HTTP/1.1", "Transfer-Encoding: chunked")
    with contextlib.ExitStack() as callers:
        for _ in range(4):
            reader = callers.enter_context(door.connection(head))
            callers.callback(reset, reader.sock)
            reader.sock.settimeout(0.3)
            with pytest.raises(TimeoutError):
                send_for_ever(reader.sock, b"2\r\nxy\r\n" * 8192)
        assert growth(door.program, before) < 12
        talk.go.set()


def send_for_ever(sock: socket.socket, data: bytes) -> None:
    while True:
        sock.sendall(data)


def test_a_pipeline_whose_answers_are_not_read_does_not_make_the_proxy_buffer(door: Front) -> None:
    before = warm(door)
    body = BLOCK * 4
    door.answers(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    with door.connection(door.head("GET / HTTP/1.1") * 1000):
        stalled(lambda: len(door.arrived))
        assert len(door.arrived) < 100
        assert growth(door.program, before) < 16


LONG = "X: " + "x" * 100_000


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(f"GET / HTTP/1.1\r\n{LONG}", id="head-cut-short"),
        pytest.param(f"GET / HTTP/1.1\r\nHost: x\r\n{LONG}\r\n\r\n", id="refused"),
        pytest.param(
            f"POST / HTTP/1.1\r\nHost: localhost\r\n{LONG}\r\n"
            "Transfer-Encoding: chunked\r\n\r\nx\r\n",
            id="malformed-body",
        ),
    ],
)
def test_nothing_is_left_of_a_caller_who_is_gone(door: Front, data: str) -> None:
    """Not even until the garbage collector comes, which looks seldom."""
    before = warm(door)
    for _ in range(300):
        with door.connection(data.encode()) as reader:
            reader.sock.shutdown(socket.SHUT_WR)
            ended(reader.sock)
    assert growth(door.program, before) < 16


def test_nothing_is_left_of_a_download_that_nobody_wanted_to_its_end(door: Front) -> None:
    before = warm(door)

    def without_end(_: Talk, reader: Reader) -> None:
        with contextlib.suppress(OSError):
            reader.sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                reader.sock.sendall(b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK))

    talk = Talk(door, without_end)
    for _ in range(100):
        talk.gone.clear()
        with door.connection(door.head("GET / HTTP/1.1")) as reader:
            assert reader.head().startswith(b"HTTP/1.1 200")
        assert talk.gone.wait(PATIENCE)
    assert growth(door.program, before) < 16


def stalled(count: Callable[[], int]) -> None:
    """Wait until a number has stopped growing."""
    last, since = -1, time.monotonic()
    while time.monotonic() - since < 0.5:
        if count() != last:
            last, since = count(), time.monotonic()
        time.sleep(0.01)


def small(program: Program) -> bool:
    """Report whether it stays below 64 MiB; not asked of one whose coverage is measured."""
    measured = any(name.startswith("COVERAGE_") for name in program.env)
    return measured or program.memory() < 64 * MiB


@pytest.mark.slow
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_half_a_gigabyte_down_and_up_in_little_memory(fresh: Front, chunked: bool) -> None:
    door = fresh
    before = warm(door)
    blocks = 512 * MiB // len(BLOCK)
    framing = (
        b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % (blocks * len(BLOCK))
    )
    block = b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK) if chunked else BLOCK
    last = b"0\r\n\r\n" if chunked else b""

    def both(talk: Talk, reader: Reader) -> None:
        size = blocks * len(BLOCK)
        tail = reader.buffer
        while not tail.endswith(b"\r\n0\r\n\r\n") if chunked else talk.got < size:
            if not (data := reader.sock.recv(MiB)):
                return
            talk.got += len(data)
            tail = (tail + data)[-7:]
        reader.sock.sendall(b"HTTP/1.1 200 OK\r\n%b\r\n\r\n" % framing)
        for _ in range(blocks):
            reader.sock.sendall(block)
        reader.sock.sendall(last)

    talk = Talk(door, both)
    with door.connection(door.head("POST / HTTP/1.1", framing.decode())) as reader:
        for _ in range(blocks):
            reader.sock.sendall(block)
        reader.sock.sendall(last)
        assert reader.head() == b"HTTP/1.1 200 OK\r\n" + framing
        got = len(reader.buffer)
        wanted = blocks * len(BLOCK)
        tail = reader.buffer[-5:]
        while (tail != b"0\r\n\r\n") if chunked else (got < wanted):
            data = reader.sock.recv(MiB)
            assert data
            got += len(data)
            tail = (tail + data)[-5:]
    assert got >= wanted
    assert talk.got >= wanted
    assert growth(door.program, before) < 16
    assert small(door.program)


# -- many callers ----------------------------------------------------------------------


@pytest.mark.needs(files=1500)
@pytest.mark.slow
def test_a_thousand_callers_get_their_own_answers(door: Front) -> None:
    def echo(call: object) -> bytes:
        body = call.target + b"|" + call.body + b"|" + b"p" * (int(call.target[1:]) * 37 % 9000)  # type: ignore[attr-defined]
        if call.method == "HEAD":  # type: ignore[attr-defined]
            return b"HTTP/1.1 200 OK\r\nX-Target: %b\r\nContent-Length: %d\r\n\r\n" % (
                call.target,
                len(body),
            )  # type: ignore[attr-defined]
        if int(call.target[1:]) % 3:  # type: ignore[attr-defined]
            return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (
            len(body),
            body,
        )

    door.answers(echo)
    wrong: list[str] = []

    def caller(number: int) -> None:
        rng = random.Random(number)
        try:
            reader = connect(door.port)
            with reader.sock:
                reader.sock.settimeout(PATIENCE)
                for turn in range(2):
                    key = number * 2 + turn
                    one(door, reader, rng, key)
        except (AssertionError, OSError, IndexError) as error:
            wrong.append(f"{number}: {error!r}")

    gate = ThreadPoolExecutor(250)
    with gate:
        list(gate.map(caller, range(1000)))
    assert wrong == []


def one(door: Front, reader: Reader, rng: random.Random, key: int) -> None:
    method = rng.choice(["GET", "HEAD", "POST", "PUT", "leave"])
    body = b"%d," % key * rng.randrange(1, 800)
    if method == "leave":
        with door.connection(door.head(f"POST /{key} HTTP/1.1", "Content-Length: 99999") + body):
            pass
        method = "GET"
    if method in ("POST", "PUT"):
        framed, field = body, f"Content-Length: {len(body)}"
        if rng.random() < 0.5:
            framed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
            field = "Transfer-Encoding: chunked"
        reader.sock.sendall(door.head(f"{method} /{key} HTTP/1.1", field) + framed)
    else:
        body = b""
        reader.sock.sendall(door.head(f"{method} /{key} HTTP/1.1"))
    answer = read_answer(reader, method)
    assert answer is not None, "no answer"
    assert answer.status == 200, answer
    if method == "HEAD":
        assert answer["x-target"] == f"/{key}"
    else:
        assert answer.body == b"/%d|%b|%b" % (key, body, b"p" * (key * 37 % 9000))
