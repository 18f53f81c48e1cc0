"""A caller's request as its listener hands it on: the parsed head, and the source of its body."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from proxy.errors import RequestRefused
from proxy.http1.fields import Section
from proxy.http1.framing import LINE
from proxy.peer import Peer


class CallerLeft(Exception):
    """The caller went away; nobody is there to read an answer."""


class BodyPart(NamedTuple):
    """A part of a body, and whether it is the last."""

    data: bytes
    last: bool


class BodySource(Protocol):
    """The source of a request's body."""

    def now(self) -> BodyPart | None:
        """Return the next part if it has arrived, None if `next` would wait.

        Raises RequestRefused if the body is malformed already: then none of it is sent.
        """

    async def next(self) -> BodyPart:
        """Wait for the next part; raise RequestRefused, or CallerLeft."""


class Request:
    """One request: ``target`` as it came, ``path`` without its query, ``framing`` of its body.

    ``body`` is read only if ``framing`` tells that there is one; ``server`` is the address at which
    the caller reached us: host and port, without a port for a Unix socket.
    """

    __slots__ = (  # smaller than a dictionary, and there may be thousands
        "body",
        "crowded",
        "framing",
        "given_way",
        "gone_up",
        "hurry",
        "keep_alive",
        "kept",
        "method",
        "path",
        "peer",
        "scheme",
        "section",
        "server",
        "size",
        "target",
        "version",
    )

    def __init__(
        self, method: str, target: bytes, version: str, section: Section, framing: int
    ) -> None:
        self.method = method
        self.target = target
        self.path = target.partition(b"?")[0]
        self.version = version
        self.section = section
        self.framing = framing
        self.keep_alive = True
        self.scheme = "http"
        self.server: tuple[str, int | None] | None = None
        self.size = 0  # bytes of the head
        self.kept = 0  # bytes of the body that are kept, or wait to go up
        self.peer = _NOBODY
        self.crowded = False  # others wait behind it on the same connection
        self.gone_up = False  # a part of it may be at the upstream
        # Makes it be answered with what it has; None while it waits for nothing better.
        self.hurry: Callable[[], None] | None = None
        self.given_way: RequestRefused | None = None  # the reason why it ends before it goes up
        self.body: BodySource = _NOTHING

    def go_up(self) -> None:
        """Note that the request goes up; raise RequestRefused if it has given way."""
        if self.given_way is not None:
            raise self.given_way
        self.gone_up = True

    def weigh(self) -> int:
        """Return the bytes of memory that it takes, with the kept part of its body."""
        return self.size + LINE * len(self.section.lines) + self.kept


class _Nothing:
    """The body of a request that has none."""

    def now(self) -> BodyPart | None:
        return BodyPart(b"", last=True)

    async def next(self) -> BodyPart:
        return BodyPart(b"", last=True)


_NOTHING = _Nothing()
_NOBODY = Peer()
