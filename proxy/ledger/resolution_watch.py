"""Watches the answers that give resolutions, to know which payee each is for."""

from collections.abc import Awaitable, Iterable

from proxy.asgi import Send
from proxy.exchange.observer import Observer
from proxy.exchange.record import Exchange, Forward
from proxy.http1.fields import Line
from proxy.http1.request import Request
from proxy.ledger.answer import AnswerExcerpt
from proxy.ledger.likeness import Likenesses
from proxy.passport.paths import known

_RESOLVES = "key-resolve"


class ResolutionWatch:
    """The step before the forwarder, where there is a ledger."""

    def __init__(self, forward: Forward, likenesses: Likenesses) -> None:
        self._forward = forward
        self._likenesses = likenesses

    def forward(self, exchange: Exchange, request: Request, send: Send) -> Awaitable[None]:
        """Forward a request, and watch the answer if it is a resolution."""
        if request.method == "POST" and b"resol" in request.path:
            found = known("POST", request.path.decode("latin-1"))
            if found is not None and found.operation.action == _RESOLVES:
                exchange.join(ResolutionObserver(exchange, self._likenesses))
        return self._forward(exchange, request, send)


class ResolutionObserver(Observer):
    """Keeps the answer to one request, up to the excerpt's limit."""

    __slots__ = ("_answer", "_exchange", "_likenesses")

    def __init__(self, exchange: Exchange, likenesses: Likenesses) -> None:
        self._exchange = exchange
        self._likenesses = likenesses
        self._answer = AnswerExcerpt()

    def answering(self, lines: Iterable[Line]) -> None:
        """Take the head."""
        self._answer.begin(lines)

    def passing(self, data: bytes) -> None:
        """Learn before the caller has the answer: its next request may come before the end."""
        self._answer.take(data)
        if self._exchange.passed_on and self._exchange.status == 200:
            self._likenesses.learn(self._answer.text())
