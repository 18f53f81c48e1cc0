"""One program and one upstream for a whole module of tests, and what arrived in each test."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.support import Answer, Call, Program, RawUpstream, read_answer
from tests.support.patience import PATIENCE
from tests.support.upstream import OK
from tests.support.wire import Reader, connect


class Front:
    """The callers' side under test: raw bytes in, what came out at either end."""

    def __init__(self, upstream: RawUpstream, program: Program) -> None:
        self.upstream = upstream
        self.program = program
        self.port = program.port
        self.host = f"127.0.0.1:{program.port}".encode()
        self._seen = 0
        self.reset()

    def reset(self) -> None:
        """Begin a test: the plain answer, and nothing has arrived."""
        self.upstream.takeover = None
        self.answers(OK)
        self._seen = len(self.upstream.requests)

    def answers(self, answer: Callable[[Call], bytes | None] | bytes) -> None:
        """Say what the upstream answers from now on."""
        self.upstream.answer = answer if callable(answer) else lambda _: answer

    @property
    def arrived(self) -> list[Call]:
        """What arrived at the upstream since the test began."""
        return self.upstream.requests[self._seen :]

    def head(self, line: str, *fields: str, host: bool = True) -> bytes:
        """Return the bytes of a head, with our Host in front."""
        lines = [line, *([f"Host: {self.host.decode()}"] if host else []), *fields]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"

    def connect(self) -> Reader:
        """Open a connection."""
        return connect(self.port)

    def send(self, data: bytes, method: str = "GET") -> Answer:
        """Send bytes on a new connection and read one answer."""
        with self.connection(data) as reader:
            answer = read_answer(reader, method)
        assert answer is not None, "no answer"
        return answer

    def ask(self, line: str, *fields: str, body: bytes = b"", host: bool = True) -> Answer:
        """Send a head and a body, and read one answer."""
        return self.send(self.head(line, *fields, host=host) + body, line.split(" ")[0])

    def ask_ok(self) -> bool:
        """Report whether an ordinary request gets the ordinary answer."""
        self.reset()
        return self.ask("GET /ordinary HTTP/1.1").body == b"ok"

    @contextmanager
    def connection(self, data: bytes = b"") -> Iterator[Reader]:
        """Open a connection for a while, beginning with ``data``."""
        reader = self.connect()
        with reader.sock:
            if data:
                reader.sock.sendall(data)
            yield reader


@contextmanager
def front(base: Callable[[RawUpstream], str] | None = None, **settings: Any) -> Iterator[Front]:
    """Run an upstream and the program in front of it."""
    with RawUpstream() as upstream:
        url = base(upstream) if base else upstream.url
        with Program(url, **settings) as program:
            yield Front(upstream, program)


def until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait for something to become true; look the more seldom the longer it takes.

    A look is a request to a process, as a rule: many of them would take what the tests compete for.
    """
    began = time.monotonic()
    while not condition():
        waited = time.monotonic() - began
        assert waited < patience, what
        time.sleep(0.005 + waited / 20)


def ended(sock: socket.socket, patience: float = PATIENCE) -> bytes:
    """Read until the end of the connection and return what came; fail if it does not end."""
    sock.settimeout(patience)
    data = b""
    try:
        while part := sock.recv(65536):
            data += part
    except ConnectionResetError:
        pass
    return data
