"""A whole answer of our own, without the upstream."""

from email.utils import formatdate
from typing import NamedTuple

from proxy.asgi import Send
from proxy.exchange.record import Exchange
from proxy.http1.fields import Line, Lines


class KnownAnswer(NamedTuple):
    """Status, field lines and body."""

    status: int
    lines: Lines
    body: bytes


async def give(
    exchange: Exchange, send: Send, status: int, lines: Lines, body: bytes = b""
) -> None:
    """Give the caller an answer; ``lines`` include the length of its body."""
    exchange.status = status
    exchange.sent = 0 if exchange.method == "HEAD" else len(body)
    headers = [*lines, *exchange.cors]
    if exchange.observer is not None:
        exchange.observer.answering(headers)
        exchange.observer.passing(body)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def date_line() -> Line:
    """Return the Date of an answer of our own."""
    return b"Date", formatdate(usegmt=True).encode()
