"""The door to /_sandbox: a small page and JSON, for callers on this machine only."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from simulator import state
from simulator.behaviour import Behaviour
from simulator.controls import CONTROLS, OLDER_NAMES
from simulator.data import dump
from simulator.webhooks import WebhookSender
from simulator.words import words
from simulator.world import World

_HERE = Path(__file__).parent
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_FILES = {
    "page.css": "text/css",
    "page.js": "text/javascript",
    "page.svg": "image/svg+xml",
    "words.js": "text/javascript",
}
_BODY_LIMIT = 65536  # bytes
_DATA_LIMIT = 64 * 1024 * 1024  # bytes
_STRANGER = (
    "the page and the controls accept only loopback names (127.0.0.1, localhost), and no pages"
    " of other sites; to allow another host name, start the simulator with --control-hosts NAME"
)
_FIELDS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
}


class Console:
    """An ASGI application for everything below /_sandbox."""

    def __init__(
        self,
        world: World,
        behaviour: Behaviour,
        webhooks: WebhookSender,
        document: Callable[[], state.Json],
        names: Callable[[], list[str]],
    ) -> None:
        self._world = world
        self._behaviour = behaviour
        self._webhooks = webhooks
        self._views: dict[str, Callable[[], state.Json]] = {
            "": lambda: state.overview(world, behaviour, webhooks) | {"namespaces": names()},
            "state": lambda: state.overview(world, behaviour, webhooks) | {"namespaces": names()},
            "executions": lambda: state.executions(world, behaviour),
            "webhooks": lambda: state.deliveries(webhooks),
            "faults": lambda: {"faults": state.faults(behaviour)},
            "outcomes": lambda: {"outcomes": state.rules(world)},
            "namespaces": lambda: {"namespaces": names()},
            "dump": lambda: dump(world),
            "openapi.json": document,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if not self._at_home(request):
            return _json({"message": _STRANGER}, 403)
        name = request.url.path.removeprefix("/_sandbox").strip("/")
        if request.method == "GET":
            return self._show(name, request.headers.get("accept", ""))
        name = OLDER_NAMES.get(name, name)
        if name not in CONTROLS:
            return _json({"message": "no such control", "controls": list(CONTROLS)}, 404)
        if request.method != "POST":
            return _json({"message": f"{name} is a control: it takes POST"}, 405)
        return await self._apply(name, request)

    def _at_home(self, request: Request) -> bool:
        """Refuse names that a stranger's DNS may point here, and other sites' pages."""
        hosts = request.headers.getlist("host")
        names = (*_LOOPBACK, *self._world.config.control_hosts)
        if len(hosts) != 1 or _name(hosts[0]) not in names:
            return False
        if request.headers.get("origin", f"http://{hosts[0]}") not in _origins(hosts[0]):
            return False
        return request.headers.get("sec-fetch-site", "none") in {"none", "same-origin"}

    def _show(self, name: str, accept: str) -> Response:
        if name in _FILES:
            return _file(name, _FILES[name])
        if not name and "text/html" in accept:
            return _file("page.html", "text/html")
        if name.startswith("qrcodes/"):
            return self._picture(name.removeprefix("qrcodes/").removesuffix(".png"))
        if name in self._views:
            return _json(self._views[name]())
        return _json({"message": "no such view", "views": list(self._views)}, 404)

    def _picture(self, qr_code_id: str) -> Response:
        code = self._world.qr_codes.get(qr_code_id)
        if code is None:
            return _json({"message": "no such QR code"}, 404)
        return Response(base64.b64decode(code.qr_code_image), 200, _FIELDS, "image/png")

    async def _apply(self, name: str, request: Request) -> Response:
        content = b""
        async for part in request.stream():
            content += part
            if len(content) > (_DATA_LIMIT if name == "load" else _BODY_LIMIT):
                return _json({"message": "the body is too large"}, 413)
        try:
            control = CONTROLS[name].model_validate_json(content or b"{}")
            control.apply(self._world, self._behaviour, self._webhooks)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            problems = [
                f"{'.'.join(map(str, one['loc'])) or 'the body'} {words(one)}" for one in found
            ]
            return _json({"message": "; ".join(problems)}, 400)
        except ValueError as error:
            return _json({"message": str(error)}, 400)
        return _json({"done": name})


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _origins(host: str) -> tuple[str, str]:
    return f"http://{host}", f"https://{host}"


def _json(content: state.Json, status: int = 200) -> Response:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, _FIELDS, "application/json")


def _file(name: str, kind: str) -> Response:
    return Response((_HERE / name).read_text("utf-8"), 200, _FIELDS, kind)
