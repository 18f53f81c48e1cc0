"""Requests of the proxy's own, which go the way of all requests, in a caller's name."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from proxy.asgi import Message
from proxy.http1.fields import Lines
from proxy.http1.request import Request


class OwnRequest(NamedTuple):
    """The facts of such a request beside HTTP, which no caller can bring.

    ``caller`` is the name in which it goes, ``replay_of`` the id of the exchange that it repeats;
    ``renews`` tells whether a 401 to it may be about the token.
    """

    caller: str
    replay_of: str = ""
    renews: bool = True


class OwnAnswer:
    """The answer to such a request: no status if no head came, and the first bytes of its body."""

    def __init__(self, exchange_id: str, most: int) -> None:
        self.exchange_id = exchange_id
        self.status: int | None = None
        self.lines: Lines = []
        self.body = bytearray()
        self.whole = False  # all of it came
        self._most = most  # bytes of the body that are kept

    async def take(self, message: Message) -> None:
        """Take the next part, as an ASGI server does."""
        if message["type"] == "http.response.start":
            self.status, self.lines = message["status"], list(message["headers"])
            return
        self.body += message.get("body", b"")[: self._most - len(self.body)]
        self.whole = not message.get("more_body", False)


Ask = Callable[[Request, OwnRequest, int], Awaitable[OwnAnswer]]
"""Sends a request of our own; keeps at most so many bytes of the answer's body."""
