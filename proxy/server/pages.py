"""Builds the admin listener's pages beyond its probes, at the first request for one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from starlette.routing import Route

from proxy.admin.access import Access
from proxy.admin.local_only import LocalOnly
from proxy.admin.routes import Admin
from proxy.admin.tokens import TokenRoutes
from proxy.asgi import App
from proxy.settings.model import Settings

if TYPE_CHECKING:
    from proxy.server.parts import Parts


@dataclass(frozen=True, slots=True)
class Pages:
    """The parts that the pages show, and the actions on them."""

    settings: Settings
    access: Access
    quit_now: Callable[[], None]
    parts: "Parts"

    def app(self) -> App:
        """Return the app."""
        local = LocalOnly(self.settings.admin_listen, self.access)
        admin = Admin(self.parts.keeper, self.parts.status, self.quit_now, local)
        console, for_all = self._console()
        return cast("App", admin.app([*self._routes(), *console], for_all))

    def _routes(self) -> Iterator[Route]:
        parts = self.parts
        yield from TokenRoutes(parts.keeper, parts.source).routes()
        if parts.books is not None:
            yield from parts.books.routes(parts.shell.ask, lambda: parts.source.skew)

    def _console(self) -> tuple[list[Route], list[Route]]:
        """Return the console's routes for our user, and those for all."""
        parts = self.parts
        if parts.journal is None or parts.recorder is None:
            return [], []
        # Imported only with the console: its pydantic models take time to make.
        from proxy.console import CallerUrl, Console, Entrance, Replay

        replay = Replay(parts.shell, parts.journal, CallerUrl.of(self.settings))
        console = Console(parts.journal, parts.recorder, parts.status, replay)
        entrance = Entrance(self.access)
        return [*console.routes(), entrance.link()], [*console.page(), entrance.session()]
