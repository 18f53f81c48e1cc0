"""A caller's request as its listener hands it on: the parsed head, and the source of its body."""

from typing import NamedTuple, Protocol

from proxy.errors import RequestRefused
from proxy.http1.fields import Section
from proxy.http1.framing import LINE


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


class Peer:
    """The facts that are known about the caller on a connection."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known = False  # a valid key has come


class Request:
    """One request: ``target`` as it came, ``path`` without its query, ``framing`` of its body.

    ``body`` is read only if ``framing`` tells that there is one; ``server`` is the address at which
    the caller reached us: host and port, without a port for a Unix socket.
    """

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
        self.uid: int | None = None  # the user at the other end of a Unix socket
        self.exchange_id = ""  # set by the shell
        self.caller = ""  # the caller's name, if it is known before a key is checked
        self.renews = True  # whether a 401 to it may be about the token
        self.replay_of = ""  # the id of the exchange that the operator repeats
        self.max_body: int | None = None  # bytes; a longer one is refused
        self.size = 0  # bytes of the head
        self.kept = 0  # bytes of the body that are kept, or wait to go up
        self.peer = _NOBODY
        self.crowded = False  # others wait behind it on the same connection
        self.gone_up = False  # a part of it may be at the upstream
        self.given_way: RequestRefused | None = None  # the reason why it ends before it goes up
        self.body: BodySource = _NOTHING

    def go_up(self) -> None:
        """Note that it goes up; raise RequestRefused if it has given way: its body may be gone."""
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
