"""HTTP/1.1 on blocking sockets, by hand: what is sent and read is exactly what is written here."""

import socket
from dataclasses import dataclass, field

from tests.support.patience import PATIENCE


@dataclass
class Answer:
    """A response as it came: ``raw_head`` in bytes, ``lines`` in order, body without framing."""

    status: int
    reason: str
    lines: list[tuple[bytes, bytes]]
    body: bytes
    raw_head: bytes = field(repr=False, default=b"")
    complete: bool = True

    def values(self, name: str) -> list[str]:
        """All values of a field, in order."""
        key = name.lower().encode()
        return [value.decode("latin-1") for got, value in self.lines if got.lower() == key]

    def __getitem__(self, name: str) -> str:
        (value,) = self.values(name)
        return value


class Reader:
    """Reads heads and framed bodies off a socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def more(self) -> bool:
        """Read once; False at the end or a reset."""
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError:
            return False
        self.buffer += data
        return bool(data)

    def head(self) -> bytes:
        """Return a head without its last empty line; empty at the end of the connection."""
        while b"\r\n\r\n" not in self.buffer:
            if not self.more():
                return b""
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return head

    def exactly(self, size: int) -> bytes:
        """Return up to ``size`` bytes; fewer only at the end of the connection."""
        while len(self.buffer) < size and self.more():
            pass
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def line(self) -> bytes | None:
        """Return a line without CRLF, None at the end of the connection."""
        while b"\r\n" not in self.buffer:
            if not self.more():
                return None
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def chunked(self) -> tuple[bytes, bool]:
        """Return a chunked body and whether it ended properly."""
        body = b""
        while (line := self.line()) is not None:
            size = int(line.split(b";")[0], 16)
            if size == 0:
                while trailer := self.line():
                    del trailer
                return body, True
            data = self.exactly(size)
            body += data
            if len(data) < size or self.exactly(2) != b"\r\n":
                break
        return body, False

    def rest(self) -> bytes:
        """Return everything until the end of the connection."""
        while self.more():
            pass
        data, self.buffer = self.buffer, b""
        return data


def fields_of(head: bytes) -> list[tuple[bytes, bytes]]:
    """Split the lines after the first into names and values."""
    lines = []
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        lines.append((name, value.strip(b" \t")))
    return lines


def read_request(reader: Reader) -> tuple[bytes, bytes] | None:
    """Return (head, body without framing) of a request, None at the end of the connection."""
    head = reader.head()
    if not head:
        return None
    fields = {name.lower(): value for name, value in fields_of(head)}
    if fields.get(b"transfer-encoding", b"").lower() == b"chunked":
        return head, reader.chunked()[0]
    return head, reader.exactly(int(fields.get(b"content-length", b"0")))


def read_answer(reader: Reader, method: str = "GET") -> Answer | None:
    """Return the next final response, None if the connection ended before its head."""
    head = reader.head()
    while head and head.split(b" ", 2)[1].startswith(b"1"):
        head = reader.head()
    if not head:
        return None
    first = head.split(b"\r\n")[0].decode("latin-1").split(" ", 2)
    status = int(first[1])
    lines = fields_of(head)
    fields = {name.lower(): value for name, value in lines}
    complete = True
    if method == "HEAD" or status in (204, 304):
        body = b""
    elif fields.get(b"transfer-encoding", b"").lower() == b"chunked":
        body, complete = reader.chunked()
    elif b"content-length" in fields:
        size = int(fields[b"content-length"])
        body = reader.exactly(size)
        complete = len(body) == size
    else:
        body = reader.rest()
    reason = first[2] if len(first) > 2 else ""
    return Answer(status, reason, lines, body, head, complete)


def connect(port: int) -> Reader:
    """Open a connection to a loopback port."""
    return Reader(socket.create_connection(("127.0.0.1", port), PATIENCE))


def exchange(port: int, data: bytes, method: str = "GET") -> Answer | None:
    """Send raw bytes on a new connection and read one response."""
    reader = connect(port)
    with reader.sock:
        reader.sock.sendall(data)
        return read_answer(reader, method)


def ask(
    port: int,
    target: str = "/",
    method: str = "GET",
    fields: list[tuple[str, str]] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Send one well-formed request on a new connection; the response must come."""
    lines = [("Host", f"127.0.0.1:{port}"), *(fields or [])]
    if body is not None:
        lines.append(("Content-Length", str(len(body))))
    head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines)
    answer = exchange(port, head.encode("latin-1") + b"\r\n" + (body or b""), method)
    assert answer is not None, "no response"
    return answer
