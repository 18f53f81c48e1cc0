"""The admin listener's own answers: probes and metrics, for all who reach it.

``/livez``, ``/readyz`` and ``/metrics`` answer for any Host, because a kubelet probes by pod
address. They show nothing secret; neither does ``/proof``, which only this machine can ask. The
first request for anything else imports Starlette and makes the pages: a proxy that is only probed
starts sooner and takes less memory.
"""

import asyncio
import json
import re
from collections.abc import Callable
from importlib import import_module

from proxy.addresses import loopback
from proxy.admin.proof import NONCE, PATH, proof
from proxy.admin.status import Status
from proxy.asgi import App, Message, Receive, Scope, Send
from proxy.exchange.own_answer import date_line
from proxy.http1.fields import Line, Lines
from proxy.telemetry.metrics import Metrics, prepare
from proxy.terminal.plain import plain
from proxy.words import phrase, preferred
from proxy.words.languages import LANGUAGES

_TEXT = b"text/plain; charset=utf-8"
_JSON = b"application/json"
_METRICS = b"text/plain; version=0.0.4; charset=utf-8"
# A parser would take a tenth of a second for a query as long as a head may be.
_VERBOSE = re.compile(rb"(?:^|&)verbose(?:=|&|$)")
# They bound a browser's use of an answer, also of a refusal; the console's page has its own policy.
_SAFE: Lines = [
    (b"Cache-Control", b"no-store"),
    (b"Content-Security-Policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"X-Content-Type-Options", b"nosniff"),
]


class Probes:
    """The admin listener's app, run by our listener, which sets Host, Date and letter case.

    ``pages`` makes the app for everything but probes; ``module`` is the one that it will import.
    """

    def __init__(
        self, status: Status, metrics: Metrics, secret: str, pages: Callable[[], App], module: str
    ) -> None:
        self._status = status
        self._secret = secret
        self._metrics = metrics
        self._make = pages
        self._module = module
        self._pages: App | None = None
        self._probes = {
            "/livez": self._livez,
            "/readyz": self._readyz,
            "/metrics": self._scrape,
            PATH: self._prove,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        lines = [(name.lower(), value) for name, value in scope["headers"]]
        hosts = [value for name, value in lines if name == b"host"]

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                ours = [line for line in _SAFE if line[0].lower() not in given]
                message = {**message, "headers": [date_line(), *ours, *message["headers"]]}
            await send(message)

        # RFC 9112 section 3.2
        if len(hosts) > 1 or not (hosts or scope["http_version"] == "1.0"):
            language = preferred(value for name, value in lines if name == b"accept-language")
            await _answer(dated, 400, f"{phrase('host-count').said(language)}\n".encode())
        else:
            await self._route({**scope, "headers": lines}, receive, dated)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        probe = self._probes.get(scope["path"])
        if probe is None:
            await self._others(scope, receive, send)
        elif scope["method"] in ("GET", "HEAD"):
            await probe(scope, send)
        else:
            await _answer(send, 405, b"Method Not Allowed", (b"allow", b"GET, HEAD"))

    async def _others(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._pages is None:
            # It runs in a thread, so that no exchange waits for it.
            await asyncio.to_thread(import_module, self._module)
            self._pages = self._pages or self._make()
        await self._pages(scope, receive, send)

    async def _livez(self, scope: Scope, send: Send) -> None:
        """Answer that the event loop runs; this never depends on the token."""
        del scope
        await _answer(send, 200, b"ok\n")

    async def _readyz(self, scope: Scope, send: Send) -> None:
        """Say whether a request now would carry a usable token.

        ``?verbose`` gives the reasons to people, ``?json`` to programs.
        """
        ready, reasons = self._status.readiness()
        status = 200 if ready else 503
        if scope["query_string"] == b"json":
            told = {
                "ready": ready,
                "reasons": [str(each) for each in reasons],
                "said": [{name: each.line(name) for name in LANGUAGES} for each in reasons],
            }
            await _answer(send, status, f"{json.dumps(told)}\n".encode(), media_type=_JSON)
            return
        text = "ready" if ready else "not ready"
        if _VERBOSE.search(scope["query_string"]):  # for a terminal; a reason may quote a database
            text = "\n".join([*(plain(str(each)) for each in reasons), text])
        await _answer(send, status, f"{text}\n".encode())

    async def _scrape(self, scope: Scope, send: Send) -> None:
        """Give one scrape in Prometheus' text format."""
        del scope
        await asyncio.to_thread(prepare)
        await _answer(send, 200, self._metrics.exposition(), media_type=_METRICS)

    async def _prove(self, scope: Scope, send: Send) -> None:
        """Prove that this is the proxy, for the number after the ``?``."""
        nonce = scope["query_string"].decode("latin-1")
        here, peer = scope["server"], scope["client"]
        if not (NONCE.fullmatch(nonce) and here and peer and loopback(peer[0])):
            await _answer(send, 400, b"this is for breb-proxy's own commands\n")
            return
        await _answer(send, 200, proof(self._secret, nonce, here).encode())


async def _answer(
    send: Send, status: int, body: bytes, line: Line | None = None, media_type: bytes = _TEXT
) -> None:
    lines = [(b"content-length", b"%d" % len(body)), (b"content-type", media_type)]
    if line is not None:
        lines.insert(0, line)
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
