"""The admin listener beyond its probes, for our user alone (`LocalOnly`).

What changes state is POST. Imported with the first request for any of it, see `proxy.admin.probes`.
"""

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from proxy.admin.audit import Audit, Endpoint, deed
from proxy.admin.local_only import LocalOnly, worded
from proxy.admin.status import Status
from proxy.token.keeper import TokenKeeper
from proxy.words import phrase

if TYPE_CHECKING:
    from proxy.admin.documents import RefreshDocument


async def _not_here(request: Request, error: Exception) -> Response:
    """Answer a request to the wrong listener; the answer does not repeat its path."""
    del error
    what = phrase("admin.nothing-here")
    if request.url.path == "/":
        what = phrase("admin.console-off")
    return PlainTextResponse(worded(what, request), 404)


class Admin:
    """The endpoints, over the parts that they show."""

    def __init__(
        self,
        keeper: TokenKeeper,
        status: Status,
        quit_now: Callable[[], None],
        local: LocalOnly,
    ) -> None:
        self._local = local
        self._audit = Audit()
        self._keeper = keeper
        self._status = status
        self._quit = quit_now

    def app(self, more: Iterable[Route], for_all: Iterable[Route] = ()) -> Starlette:
        """Return the ASGI app; ``more`` are the routes of other rooms, for our user alone as well.

        Those ``for_all`` show nothing secret.
        """
        ours = (
            Route("/status", self.status),
            Route("/refresh", self.refresh, methods=["POST"]),
            Route("/quit", self.quit, methods=["POST"]),
            self._audit.route(),
            *more,
        )
        app = Starlette(
            routes=[
                *(self._with(self._local.for_all, each) for each in for_all),
                *(self._with(self._local, each) for each in ours),
            ],
            exception_handlers={404: _not_here},
        )
        # A redirect would answer strangers, too, and name any host that they asked for.
        app.router.redirect_slashes = False
        return app

    def _with(self, guard: Callable[[Endpoint], Endpoint], route: Route) -> Route:
        # What the guard refuses is recorded, too.
        endpoint = self._audit(route.path, guard(route.endpoint))
        return Route(route.path, endpoint, methods=route.methods)

    async def status(self, request: Request) -> Response:
        """Give the state of the keeper and the pool; never the token."""
        del request
        return JSONResponse(self._status.document())

    async def refresh(self, request: Request) -> Response:
        """Renew the token now; 200 if that gave a new one, else 503 with the reason."""
        renewed = await self._keeper.refresh()
        deed(request).facts["renewed"] = renewed
        document: RefreshDocument = {"renewed": renewed, **self._status.token()}
        return JSONResponse(document, 200 if renewed else 503)

    async def quit(self, request: Request) -> Response:
        """Begin the drain, as SIGTERM does (for the end of Kubernetes Jobs)."""
        del request
        self._quit()
        return Response(json.dumps({"draining": True}), 202, media_type="application/json")
