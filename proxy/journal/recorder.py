"""Copies what passes for the journal: pure ASGI, there only while the console is on.

The stream is neither delayed nor altered: every message goes on as the very object that came. What
is held while exchanges are under way is bounded by one room for all of them.
"""

import time
from collections.abc import Callable

from proxy.asgi import App, Message, Receive, Scope, Send
from proxy.exchange.record import Exchange
from proxy.http1.fields import Lines
from proxy.journal.body import LIMIT

ROOM = 8 * 1024 * 1024


class Room:
    """The bytes of memory that exchanges under way may hold together."""

    def __init__(self, size: int = ROOM) -> None:
        self.left = size


class Copy:
    """The first part of one body, and how long the whole was."""

    __slots__ = ("_room", "data", "size")

    def __init__(self, room: Room) -> None:
        self._room = room
        self.data = bytearray()
        self.size = 0

    def take(self, data: bytes) -> None:
        """Copy as much as there is room for."""
        self.size += len(data)
        allowed = min(LIMIT - len(self.data), self._room.left, len(data))
        if allowed > 0 and len(self.data) + len(data) == self.size:  # never with a gap
            self.data += data[:allowed]
            self._room.left -= allowed

    def release(self) -> None:
        """Give the room back."""
        self._room.left += len(self.data)


class Try:
    """One request as it went to the upstream, and the head of the answer to it."""

    __slots__ = ("answered", "head", "lines", "reached", "sent", "status")

    def __init__(self, head: bytes, reached: float | None) -> None:
        self.head = head
        self.reached = reached
        self.sent = time.perf_counter()
        self.answered: float | None = None
        self.status: int | None = None
        self.lines: Lines = []


class Capture:
    """Everything seen of one exchange while it is under way; a `proxy.exchange.Tap`."""

    __slots__ = (
        "answer",
        "answer_lines",
        "guarded",
        "lines",
        "replay_of",
        "request",
        "request_whole",
        "scheme",
        "tries",
        "version",
        "wall",
    )

    def __init__(self, scope: Scope, room: Room) -> None:
        self.wall = time.time()
        self.lines: Lines = scope["headers"]
        self.version: str = scope["http_version"]
        self.scheme: str = scope["scheme"]
        self.replay_of: str = scope.get("replay_of", "")
        self.request = Copy(room)
        self.answer = Copy(room)
        self.answer_lines: Lines | None = None
        self.guarded: float | None = None
        self.request_whole: float | None = None
        self.tries: list[Try] = []

    def hear(self, message: Message) -> None:
        """Note a part of the request's body."""
        if message["type"] == "http.request":
            self.request.take(message.get("body", b""))
            if not message.get("more_body", False):
                self.request_whole = time.perf_counter()

    def sending(self, head: bytes, reached: float | None) -> None:
        """Note a request that goes out."""
        self.tries.append(Try(head, reached))

    def answered(self, status: int, lines: Lines) -> None:
        """Note the head of the answer to it."""
        last = self.tries[-1]
        last.answered, last.status, last.lines = time.perf_counter(), status, lines


class Recorder:
    """Stands before the guard; ``under_way`` holds the captures of exchanges not yet over."""

    def __init__(self, app: App, room: Room | None = None) -> None:
        self._app = app
        self._room = room or Room()
        self.under_way: dict[Exchange, Capture] = {}

    def older_than(self, seconds: float) -> list[tuple[Exchange, Capture]]:
        """Return the exchanges that have been under way for longer than that, oldest first."""
        limit = time.perf_counter() - seconds
        return [item for item in self.under_way.items() if item[0].started < limit]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one exchange and copy what passes."""
        exchange: Exchange = scope["exchange"]
        capture = Capture(scope, self._room)
        exchange.tap = capture
        self.under_way[exchange] = capture

        async def heard() -> Message:
            message = await receive()
            capture.hear(message)
            return message

        # Our listener's way past `receive`.
        ready: Callable[[], Message | None] | None = scope.get("body_at_hand")
        if ready is not None:
            scope["body_at_hand"] = _overheard(ready, capture)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                capture.answer_lines = message.get("headers", [])
            else:
                capture.answer.take(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, heard, told)
        finally:
            del self.under_way[exchange]
            capture.request.release()
            capture.answer.release()


def _overheard(ready: Callable[[], Message | None], capture: Capture) -> object:
    def at_hand() -> Message | None:
        message = ready()
        if message is not None:
            capture.hear(message)
        return message

    return at_hand


def let_in(app: App) -> App:
    """Wrap what is behind the guard, so that the time at the guard is known."""

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        tap = scope["exchange"].tap
        if isinstance(tap, Capture):
            tap.guarded = time.perf_counter()
        await app(scope, receive, send)

    return inside
