"""The secrets that open the admin listener, for the life of one process."""

import hmac
from dataclasses import dataclass, field
from typing import NamedTuple

from proxy.admin.secret import make
from proxy.clock import Clock, sleepless

LIFETIME = 3600.0  # seconds that a link waits for its one use
_MOST = 16  # links
_SESSIONS = 64  # sessions; a browser's tabs share one


@dataclass(frozen=True, slots=True)
class Session:
    """A browser's session, begun with a link that the person ``name`` had asked for."""

    number: int
    name: str = ""
    secret: str = field(default="", repr=False)


COMMAND = Session(0)  # what holds the secret for commands; it has no number of its own


class _Link(NamedTuple):
    until: float
    name: str


class Access:
    """A secret for commands, and links for a browser, each of which begins a session.

    A link works only once, because it stays in the browser's history, and in the list of
    processes if it was clicked in a terminal. The session's secret does not.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.secret = make()
        self._now = clock or sleepless()
        self._links: dict[str, _Link] = {}
        self._sessions: list[Session] = []
        self._begun = 0

    def link(self, name: str = "") -> str:
        """Return the secret part of a new link; if too many are unused, the oldest one ends."""
        if len(self._links) >= _MOST:
            self._links.pop(next(iter(self._links)))
        link = make()
        self._links[link] = _Link(self._now() + LIFETIME, name)
        return link

    def use(self, link: str) -> Session | None:
        """Begin a session if ``link`` is valid, and use it up; if too many, the oldest one ends."""
        found = self._links.pop(link, None)
        if found is None or self._now() >= found.until:
            return None
        self._begun += 1
        session = Session(self._begun, found.name, make())
        self._sessions = [*self._sessions[1 - _SESSIONS :], session]
        return session

    def holder(self, secret: str) -> Session | None:
        """Return who holds ``secret``: a session, or `COMMAND`; None if it opens nothing."""
        if hmac.compare_digest(secret.encode(), self.secret.encode()):
            return COMMAND
        given = secret.encode()
        alike = (
            each for each in self._sessions if hmac.compare_digest(given, each.secret.encode())
        )
        return next(alike, None)
