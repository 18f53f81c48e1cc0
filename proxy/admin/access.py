"""The secrets that open the admin listener, for the life of one process."""

from proxy.admin.secret import make
from proxy.clock import Clock, sleepless

LIFETIME = 3600.0  # seconds that a link waits for its one use
_MOST = 16  # links


class Access:
    """A secret for commands, one for the console's page, and links for a browser to open the page.

    A link works only once, because it stays in the browser's history, and in the list of
    processes if it was clicked in a terminal. The secret that the page gets for it does not.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.secret = make()
        self.page = make()
        self._now = clock or sleepless()
        self._links: dict[str, float] = {}

    def link(self) -> str:
        """Return the secret part of a new link; if too many are unused, the oldest one ends."""
        if len(self._links) >= _MOST:
            self._links.pop(next(iter(self._links)))
        link = make()
        self._links[link] = self._now() + LIFETIME
        return link

    def use(self, link: str) -> bool:
        """Report whether ``link`` is valid, and use it up."""
        until = self._links.pop(link, None)
        return until is not None and self._now() < until
