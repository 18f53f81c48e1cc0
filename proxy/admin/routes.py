"""The admin listener: probes and metrics for all who reach it, the rest for our user alone.

``/livez``, ``/readyz`` and ``/metrics`` answer whatever the Host, since a kubelet probes by pod
address, and show nothing secret. All else is `LocalOnly`; what changes state is POST.
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from email.utils import formatdate
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from proxy.admin.local_only import LocalOnly
from proxy.admin.status import Status
from proxy.asgi import App, Message, Receive, Scope, Send
from proxy.telemetry.metrics import Metrics, prepare
from proxy.token.keeper import TokenKeeper


def served(app: App) -> App:
    """Return ``app`` as our listener runs it, which leaves Host, Date and letter case to it."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        lines = [(name.lower(), value) for name, value in scope["headers"]]
        hosts = [value for name, value in lines if name == b"host"]

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = (b"Date", formatdate(usegmt=True).encode())
                message = {**message, "headers": [date, *message["headers"]]}
            await send(message)

        # RFC 9112 section 3.2
        if len(hosts) > 1 or not (hosts or scope["http_version"] == "1.0"):
            refusal = PlainTextResponse("exactly one Host field is needed\n", 400)
            await refusal(scope, receive, dated)
        else:
            await app({**scope, "headers": lines}, receive, dated)

    return serve


_FRESH = {"Cache-Control": "no-store"}
_CONSOLE_OFF = """\
The console is off. To have it here, start with BREB_CONSOLE=true or --console.

This is breb-proxy's admin listener: /livez, /readyz, /metrics and /status are here.
The API is on BREB_LISTEN.
"""


async def _not_here(request: Request, error: Exception) -> Response:
    """Answer who asks the wrong listener; the path itself is not repeated."""
    del error
    text = "not found: here are /livez, /readyz, /metrics and /status; the API is on BREB_LISTEN\n"
    if request.url.path == "/":
        text = _CONSOLE_OFF
    return PlainTextResponse(text, 404)


class Admin:
    """The endpoints, over the parts that they show."""

    def __init__(
        self,
        keeper: TokenKeeper,
        metrics: Metrics,
        status: Status,
        quit_now: Callable[[], None],
        local: LocalOnly,
    ) -> None:
        self._local = local
        self._keeper = keeper
        self._metrics = metrics
        self._status = status
        self._quit = quit_now

    def app(self, more: Iterable[Route] = ()) -> Starlette:
        """Return the ASGI app; ``more`` are the console's routes, for our user alone as well."""
        app = Starlette(
            routes=[
                Route("/livez", self.livez),
                Route("/readyz", self.readyz),
                Route("/metrics", self.metrics),
                *(
                    Route(each.path, self._local(each.endpoint), methods=each.methods)
                    for each in (
                        Route("/status", self.status),
                        Route("/refresh", self.refresh, methods=["POST"]),
                        Route("/quit", self.quit, methods=["POST"]),
                        *more,
                    )
                ),
            ],
            exception_handlers={404: _not_here},
        )
        # A redirect would answer strangers, too, and name whatever host they asked for.
        app.router.redirect_slashes = False
        return app

    async def livez(self, request: Request) -> Response:
        """Say that the event loop turns; never depends on the token."""
        del request
        return PlainTextResponse("ok\n", headers=_FRESH)

    async def readyz(self, request: Request) -> Response:
        """Say whether a request now would carry a usable token; ``?verbose`` says why."""
        ready, reasons = self._status.readiness()
        text = "ready" if ready else "not ready"
        if "verbose" in request.query_params:
            text = "\n".join([*reasons, text])
        return PlainTextResponse(f"{text}\n", 200 if ready else 503, _FRESH)

    async def metrics(self, request: Request) -> Response:
        """Give one scrape in Prometheus' text format."""
        del request
        await asyncio.to_thread(prepare)
        media_type = "text/plain; version=0.0.4; charset=utf-8"
        return Response(self._metrics.exposition(), headers=_FRESH, media_type=media_type)

    async def status(self, request: Request) -> Response:
        """Give the state of the keeper and the pool; never the token."""
        del request
        return JSONResponse(self._status.document(), headers=_FRESH)

    async def refresh(self, request: Request) -> Response:
        """Renew the token now; 200 if that gave a new one, else 503 with the reason."""
        del request
        renewed = await self._keeper.refresh()
        document: dict[str, Any] = {"renewed": renewed, **self._status.document()["token"]}
        return JSONResponse(document, 200 if renewed else 503)

    async def quit(self, request: Request) -> Response:
        """Begin the drain, as SIGTERM does (for the end of Kubernetes Jobs)."""
        del request
        self._quit()
        return Response(json.dumps({"draining": True}), 202, media_type="application/json")
