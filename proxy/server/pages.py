"""What the admin listener has beyond its probes, put together with the first request for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from starlette.routing import Route

from proxy.admin.local_only import LocalOnly
from proxy.admin.routes import Admin
from proxy.admin.status import Status
from proxy.admin.tokens import TokenRoutes
from proxy.asgi import App
from proxy.exchange.shell import Shell
from proxy.settings.model import Settings
from proxy.token.keeper import TokenKeeper
from proxy.token.source import PassportTokenSource

if TYPE_CHECKING:  # imported only where there is a ledger, or a console
    from proxy.journal.journal import Journal
    from proxy.journal.recorder import Recorder
    from proxy.server.books import Books


@dataclass(frozen=True, slots=True)
class Pages:
    """The parts that are shown there, and what a person may do with them."""

    settings: Settings
    secret: str
    quit_now: Callable[[], None]
    shell: Shell
    keeper: TokenKeeper
    source: PassportTokenSource
    status: Status
    journal: "Journal | None"
    recorder: "Recorder | None"
    books: "Books | None"

    def app(self) -> App:
        """Return the app."""
        local = LocalOnly(self.settings.admin_listen, self.secret)
        admin = Admin(self.keeper, self.status, self.quit_now, local)
        return cast("App", admin.app(self._routes()))

    def _routes(self) -> Iterator[Route]:
        yield from TokenRoutes(self.keeper, self.source).routes()
        if self.books is not None:
            yield from self.books.routes(self.shell)
        if self.journal is not None and self.recorder is not None:
            # Imported only where it is on: its models are pydantic's, and take time to make.
            from proxy.console import CallerUrl, Console, Replay

            replay = Replay(self.shell, self.journal, CallerUrl.of(self.settings))
            yield from Console(self.journal, self.recorder, self.status, replay).routes()
