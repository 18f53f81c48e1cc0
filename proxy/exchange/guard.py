"""The door: pure ASGI that lets the right requests in and says why it refuses the others.

Order: form (400), method (405), Host (421), web pages (403), caller key (403), rules (403).
Everything is judged on the bytes that are sent on; a request leaves here with an origin-form
target and exactly one Host.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from typing import cast

from proxy.asgi import App, Message, Receive, Scope, Send
from proxy.errors import RequestRefused
from proxy.exchange.record import Exchange
from proxy.exchange.request_form import (
    ALLOW,
    REFUSED,
    Hosts,
    authority,
    check_framing,
    refused_method,
)
from proxy.exchange.web_pages import cors, page_origin, preflight, with_cors
from proxy.http1 import fields
from proxy.http1.fields import Lines, Watched, traceparent
from proxy.rules import Rule, ambiguous


@dataclass(frozen=True, slots=True)
class GuardOptions:
    """What the guard needs of the settings.

    ``hosts`` are lower-case names, some with a port; ``keys`` the callers' names, each with a key.
    """

    hosts: frozenset[bytes]
    origins: frozenset[bytes] = frozenset()
    keys: tuple[tuple[str, bytes], ...] = ()
    allow: tuple[Rule, ...] = ()
    deny: tuple[Rule, ...] = ()
    max_body: int | None = None


class Guard:
    """Pure ASGI: refuses by raising RequestRefused, or passes the request on to ``app``."""

    def __init__(self, app: App, options: GuardOptions) -> None:
        self._app = app
        self._options = options
        self._hosts = Hosts(options.hosts)
        self._strict = bool(options.keys or options.allow or options.deny)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request."""
        exchange: Exchange = scope["exchange"]
        method: str = scope["method"]
        lines = cast("Lines", scope["headers"])
        watched = scope["watched"] = fields.watched(lines)
        if b"transfer-encoding" in watched or b"content-length" in watched:
            check_framing(scope, watched)
        if method in REFUSED:
            raise refused_method(method)
        host = authority(scope, watched, self._hosts)
        if b"traceparent" in watched:
            exchange.traceparent = traceparent(lines)
        if b"origin" in watched or b"sec-fetch-site" in watched:
            origin = page_origin(scope, watched, host, self._options.origins)
            if origin is not None:
                exchange.cors = cors(origin)
                if (allowed := preflight(method, lines)) is not None:
                    await _answer(exchange, send, allowed + exchange.cors)
                    return
                send = with_cors(exchange, send)
        await self._inside(scope, watched, receive, send)

    async def _inside(self, scope: Scope, watched: Watched, receive: Receive, send: Send) -> None:
        """Judge what a caller on this machine, or a page that was named, may do."""
        method: str = scope["method"]
        if self._strict:
            self._check_caller(scope, method, watched)
        if self._options.max_body is not None:
            receive = self._bounded(scope, watched, receive)
        if b"max-forwards" in watched and method == "OPTIONS" and _last_hop(scope, watched):
            await _answer(scope["exchange"], send, [(b"Allow", ALLOW)])
            return
        await self._app(scope, receive, send)

    # -- key and rules ---------------------------------------------------------------------

    def _check_caller(self, scope: Scope, method: str, watched: Watched) -> None:
        exchange: Exchange = scope["exchange"]
        if self._options.keys:
            # The console sends again in the name of who sent it; nobody else can name a caller.
            exchange.caller = scope.get("caller", "") or self._of_key(watched)
        if self._options.allow or self._options.deny:
            self._check_rules(exchange.caller, method, scope["target"].partition(b"?")[0])

    def _of_key(self, watched: Watched) -> str:
        """Return the name of the caller whose key came with the request."""
        given = watched.get(b"x-proxy-key", [])
        sent = given[0] if len(given) == 1 else b""
        # All are compared, so that the time taken tells nothing.
        names = [name for name, key in self._options.keys if hmac.compare_digest(sent, key)]
        if not names:
            text = "the X-Proxy-Key field is missing" if not given else "X-Proxy-Key is not valid"
            raise RequestRefused(
                403,
                "caller-key",
                text,
                "send one X-Proxy-Key field with a value of BREB_CALLER_KEY",
            )
        return names[0]

    def _check_rules(self, caller: str, method: str, path: bytes) -> None:
        if ambiguous(path):
            raise RequestRefused(
                403,
                "ambiguous-path",
                "the path could be read as another: it has dot or empty segments, parameters (;)"
                " or percent-encoded separators, letters or control bytes",
                "send the plain path: rules are in force, and it is never reinterpreted",
            )
        for rule in self._options.deny:
            if rule.matches(method, path) and rule.caller in ("", caller):
                text = f"the rule DENY {rule} forbids it"
                raise RequestRefused(403, "rule", text, "see BREB_DENY")
        # If there is any, then also for a caller that none speaks of: it may do nothing.
        allow = self._options.allow
        own = [rule for rule in allow if rule.caller in ("", caller)]
        if allow and not any(rule.matches(method, path) for rule in own):
            text = f"none of the rules ALLOW {_listed(own)} lets it in"
            if not own:
                text = f"no rule of ALLOW speaks of the caller {caller}"
            raise RequestRefused(403, "rule", text, "see BREB_ALLOW")

    def _bounded(self, scope: Scope, watched: Watched, receive: Receive) -> Receive:
        """Count the body, however it is read: also what is at hand of it."""
        limit = cast("int", self._options.max_body)
        refusal = RequestRefused(
            413,
            "body-too-large",
            f"the body exceeds {limit} bytes",
            "send less, or raise BREB_MAX_BODY",
        )
        promised = watched.get(b"content-length")
        if promised and int(promised[0]) > limit:
            raise refusal
        total = 0

        def counted(message: Message) -> Message:
            nonlocal total
            total += len(message.get("body", b""))
            if total > limit:
                raise refusal
            return message

        async def bounded() -> Message:
            return counted(await receive())

        ready: Callable[[], Message | None] | None = scope.get("body_at_hand")
        if ready is not None:
            scope["body_at_hand"] = lambda: (part := ready()) and counted(part)
        return bounded


def _listed(rules: Sequence[Rule]) -> str:
    shown = ", ".join(str(rule) for rule in rules[:5])
    return shown + (f" and {len(rules) - 5} more" if len(rules) > 5 else "")


def _last_hop(scope: Scope, watched: Watched) -> bool:
    """Count Max-Forwards down (RFC 9110 section 7.6.2); report whether we are the last hop."""
    value = watched[b"max-forwards"][0]
    if not value.isdigit() or len(value) > 9:
        return False
    if int(value) == 0:
        return True
    fewer = b"%d" % (int(value) - 1)
    scope["headers"] = [
        (name, fewer if name.lower() == b"max-forwards" else old) for name, old in scope["headers"]
    ]
    return False


async def _answer(exchange: Exchange, send: Send, lines: Lines) -> None:
    exchange.status = 204
    dated = [(b"Date", formatdate(usegmt=True).encode()), *lines]
    await send({"type": "http.response.start", "status": 204, "headers": dated})
    await send({"type": "http.response.body", "body": b""})
