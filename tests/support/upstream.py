"""An upstream of raw sockets: records what arrives, answers exactly the bytes it is told to."""

import json
import ssl
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from tests.support.acceptor import Acceptor
from tests.support.leaks import issued
from tests.support.wire import Reader, fields_of, read_request

TOKEN_PATH = b"/v1/iam/oauth/tokens"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
REVOKED = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Call:
    """A request as it arrived: ``head`` in bytes, body without framing."""

    head: bytes
    body: bytes

    @property
    def method(self) -> str:
        return self.head.split(b" ", 1)[0].decode()

    @property
    def target(self) -> bytes:
        return self.head.split(b" ", 2)[1]

    @property
    def lines(self) -> list[tuple[bytes, bytes]]:
        return fields_of(self.head)

    def values(self, name: str) -> list[bytes]:
        key = name.lower().encode()
        return [value for got, value in self.lines if got.lower() == key]


def answer(status: str, body: bytes = b"", *lines: str) -> bytes:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines))
    return head.encode() + b"\r\n\r\n" + body


def json_answer(document: object, status: str = "200 OK") -> bytes:
    return answer(status, json.dumps(document).encode(), "Content-Type: application/json")


def token_reply(
    value: str | None = None, expires_in: object = 86400, token_id: str | None = None
) -> bytes:
    """Return the bytes of a token endpoint's response."""
    value = value or uuid.uuid4().hex * 2
    if len(value) > 16:
        issued.add(value)
    body = json.dumps(
        {
            "access_token": value,
            "token_id": token_id or str(uuid.uuid4()),
            "token_type": "Bearer",
            "expires_in": expires_in,
            "scopes": ["paas.core.accounts.get"],
        }
    ).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


class RawUpstream:
    """Serves each connection in a thread.

    ``answer`` gives the bytes for a call to anything but the token endpoint; ``token`` those for
    the token endpoint. Either may return None to close without an answer, or take the connection
    over by being a two-argument function of (call, reader) that returns None and sets
    ``reader.taken = True``. ``calls`` holds everything that arrived, ``connections`` counts.
    """

    def __init__(
        self,
        answer: Callable[[Call], bytes | None] | bytes = OK,
        token: Callable[[Call], bytes | None] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.answer = answer if callable(answer) else lambda _: answer
        self.token = token or (lambda _: token_reply())
        self.revoke: Callable[[Call], bytes | None] = lambda _: REVOKED
        self.takeover: Callable[[Reader], None] | None = None
        self.calls: list[Call] = []
        self._tls = tls
        self._acceptor = Acceptor(lambda sock: self._talk(Reader(sock)), tls)
        self.port = self._acceptor.port

    @property
    def url(self) -> str:
        origin = "https://localhost" if self._tls else "http://127.0.0.1"
        return f"{origin}:{self.port}"

    @property
    def tokens_asked(self) -> list[Call]:
        return [c for c in list(self.calls) if c.target == TOKEN_PATH and c.method == "POST"]

    @property
    def revocations(self) -> list[Call]:
        """The revocations that arrived, whoever sent them."""
        return [c for c in list(self.calls) if c.target.startswith(TOKEN_PATH + b"/")]

    @property
    def requests(self) -> list[Call]:
        """What arrived at anything but the token endpoints."""
        return [c for c in list(self.calls) if not c.target.startswith(TOKEN_PATH)]

    def _talk(self, reader: Reader) -> None:
        """Answer until told to stop; with ``takeover`` set, it alone speaks after a token call."""
        while True:
            if self.takeover is not None and self.tokens_asked:
                self.takeover(reader)
                return
            got = read_request(reader)
            if got is None:
                return
            call = Call(*got)
            self.calls.append(call)
            is_token = call.target.startswith(TOKEN_PATH)
            if is_token and call.method.upper() == "DELETE":
                data = self.revoke(call)
            else:
                data = self.token(call) if is_token else self.answer(call)
            if data is None:
                return
            reader.sock.sendall(data)

    @property
    def connections(self) -> int:
        return self._acceptor.connections

    def reset_all(self) -> None:
        """Close every open connection."""
        self._acceptor.reset_all()

    def close(self) -> None:
        self._acceptor.close()

    def __enter__(self) -> "RawUpstream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
