"""What the admin listener has beyond its probes, put together with the first request for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from starlette.routing import Route

from proxy.admin.access import Access
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
    access: Access
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
        local = LocalOnly(self.settings.admin_listen, self.access)
        admin = Admin(self.keeper, self.status, self.quit_now, local)
        console, for_all = self._console()
        return cast("App", admin.app([*self._routes(), *console], for_all))

    def _routes(self) -> Iterator[Route]:
        yield from TokenRoutes(self.keeper, self.source).routes()
        if self.books is not None:
            yield from self.books.routes(self.shell, lambda: self.source.skew)

    def _console(self) -> tuple[list[Route], list[Route]]:
        """Return the console's routes for our user, and those for all."""
        if self.journal is None or self.recorder is None:
            return [], []
        # Imported only where it is on: its models are pydantic's, and take time to make.
        from proxy.console import CallerUrl, Console, Entrance, Replay

        replay = Replay(self.shell, self.journal, CallerUrl.of(self.settings))
        console = Console(self.journal, self.recorder, self.status, replay)
        entrance = Entrance(self.access)
        return [*console.routes(), entrance.link()], [*console.page(), entrance.session()]
