"""The door: pure ASGI that lets the right requests in and says why it refuses the others.

Order: form (400), method (405), Host (421), web pages (403), caller key (403), rules (403).
Everything is judged on the bytes that are sent on; a request leaves here with an origin-form
target and exactly one Host.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from proxy.errors import RequestRefused
from proxy.exchange import App, Exchange, Message, Receive, Scope, Send, target, traceparent
from proxy.fields import Line, Lines
from proxy.rules import Rule, ambiguous

# RFC 9112 section 3.2: reg-name, IPv4 or IP literal, and a port. No user information.
_HOST = re.compile(
    rb"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?)(?::(?P<port>\d{1,5}))?"
)
_ABSOLUTE = re.compile(rb"(https?)://([^/?]*)(.*)", re.IGNORECASE | re.DOTALL)
_UNSAFE = re.compile(rb"[^!-~]|#")
_WATCHED = frozenset(
    (
        b"host",
        b"origin",
        b"sec-fetch-site",
        b"x-proxy-key",
        b"content-length",
        b"transfer-encoding",
        b"max-forwards",
        b"traceparent",
    )
)
# Methods of other protocols that the parser knows as well.
_FOREIGN = frozenset(
    [
        "DESCRIBE",
        "ANNOUNCE",
        "SETUP",
        "PLAY",
        "PAUSE",
        "TEARDOWN",
        "GET_PARAMETER",
        "SET_PARAMETER",
        "REDIRECT",
        "RECORD",
        "FLUSH",
        "PRI",
        "SOURCE",
    ]
)
_ALLOW = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


@dataclass(frozen=True, slots=True)
class GuardOptions:
    """What the guard needs of the settings; ``hosts`` are lower-case names, some with a port."""

    hosts: frozenset[bytes]
    origins: frozenset[bytes] = frozenset()
    keys: tuple[bytes, ...] = ()
    allow: tuple[Rule, ...] = ()
    deny: tuple[Rule, ...] = ()
    max_body: int | None = None


class Guard:
    """Pure ASGI: refuses by raising RequestRefused, or passes the request on to ``app``."""

    def __init__(self, app: App, options: GuardOptions) -> None:
        self._app = app
        self._options = options
        self._known: set[bytes] = set()  # Host values that were let in before; bounded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request."""
        exchange: Exchange = scope["exchange"]
        method: str = scope["method"]
        lines = cast("Lines", scope["headers"])
        watched = _watched(lines)
        _check_framing(scope, watched)
        _check_method(method)
        host = self._form(scope, watched)
        if b"traceparent" in watched:
            exchange.traceparent = traceparent(lines)
        if b"origin" in watched or b"sec-fetch-site" in watched:
            origin = self._page(scope, watched, host)
            if origin is not None:
                preflight = _preflight(exchange, method, lines, origin)
                if preflight is not None:
                    await _answer(exchange, send, 204, preflight)
                    return
                send = _with_cors(exchange, send)
        self._check_caller(method, target(scope), watched)
        if self._options.max_body is not None:
            receive = self._bounded(watched, receive)
        if b"max-forwards" in watched and method == "OPTIONS" and _last_hop(scope, watched):
            await _answer(exchange, send, 204, [(b"Allow", _ALLOW)])
            return
        await self._app(scope, receive, send)

    # -- form ------------------------------------------------------------------------------

    def _form(self, scope: Scope, watched: dict[bytes, list[bytes]]) -> bytes:
        """Check target and Host; return the Host's value. Leaves an origin-form target."""
        raw = target(scope)
        hosts = watched.get(b"host", [])
        if len(hosts) != 1 and (hosts or scope["http_version"] != "1.0"):
            text = "exactly one Host field is needed"
            raise RequestRefused(400, "host-count", text, "send one Host field")
        host = hosts[0] if hosts else b""
        if raw[:1] != b"/":
            host = self._absolute(scope, raw, host)
        elif _UNSAFE.search(raw):
            raise _bad_target()
        if host:
            self._check_host(host)
        return host

    def _absolute(self, scope: Scope, raw: bytes, host: bytes) -> bytes:
        """Rewrite an absolute-form target (RFC 9112 section 3.2.2); its authority is the Host."""
        if raw == b"*" and scope["method"] == "OPTIONS":
            return host
        match = _ABSOLUTE.fullmatch(raw)
        if match is None or _UNSAFE.search(raw):
            raise _bad_target()
        if match[1].lower() != scope["scheme"].encode():
            text = f"this listener speaks {scope['scheme']}"
            raise RequestRefused(421, "scheme", text, "use the scheme of the listener")
        rest = match[3]
        if rest[:1] != b"/":
            rest = b"*" if not rest and scope["method"] == "OPTIONS" else b"/" + rest
        scope["target"] = rest
        if not match[2]:
            raise _bad_target()
        return match[2]

    def _check_host(self, host: bytes) -> None:
        if host in self._known:
            return
        match = _HOST.fullmatch(host)
        if match is None or int(match["port"] or 0) > 65_535:
            raise RequestRefused(
                400, "host-form", "the Host field is not well formed", "correct it"
            )
        name = match["name"].rstrip(b".").lower()
        port = match["port"]
        if name not in self._options.hosts and (
            port is None or name + b":" + port not in self._options.hosts
        ):
            raise RequestRefused(
                421,
                "host",
                f"{host.decode('latin-1')} is not a name of this proxy",
                "use http://localhost or 127.0.0.1, or add the name to BREB_ALLOWED_HOSTS",
            )
        if len(self._known) < 256:
            self._known.add(host)

    # -- web pages -------------------------------------------------------------------------

    def _page(self, scope: Scope, watched: dict[bytes, list[bytes]], host: bytes) -> bytes | None:
        """Return the origin of a page that was named, None for our own; refuse all others.

        Safe methods too: a page that cannot read an answer can still carry data out with it.
        """
        origins = watched.get(b"origin", [])
        sites = watched.get(b"sec-fetch-site", [])
        if len(origins) > 1 or len(sites) > 1:
            raise _foreign_page("more than one Origin or Sec-Fetch-Site")
        origin = origins[0].lower() if origins else None
        if origin is not None and origin in self._options.origins:
            return origins[0]
        own = scope["scheme"].encode() + b"://" + host.lower()
        if origin is not None and origin != own:
            raise _foreign_page("a web page of another origin")
        if sites and sites[0].lower() not in (b"same-origin", b"none"):
            raise _foreign_page("a web page of another site")
        return None

    # -- key and rules ---------------------------------------------------------------------

    def _check_caller(self, method: str, raw: bytes, watched: dict[bytes, list[bytes]]) -> None:
        if self._options.keys:
            self._check_key(watched)
        if self._options.allow or self._options.deny:
            self._check_rules(method, raw.partition(b"?")[0])

    def _check_key(self, watched: dict[bytes, list[bytes]]) -> None:
        given = watched.get(b"x-proxy-key", [])
        matches = [hmac.compare_digest(given[0], key) for key in self._options.keys if given]
        if len(given) != 1 or not any(matches):
            text = "the X-Proxy-Key field is missing" if not given else "X-Proxy-Key is not valid"
            raise RequestRefused(
                403,
                "caller-key",
                text,
                "send one X-Proxy-Key field with a value of BREB_CALLER_KEY",
            )

    def _check_rules(self, method: str, path: bytes) -> None:
        if ambiguous(path):
            raise RequestRefused(
                403,
                "ambiguous-path",
                "the path has dot segments, empty segments, backslashes or encoded slashes",
                "send the plain path: rules are in force, and it is never reinterpreted",
            )
        for rule in self._options.deny:
            if rule.matches(method, path):
                text = f"the rule DENY {rule} forbids it"
                raise RequestRefused(403, "rule", text, "see BREB_DENY")
        allow = self._options.allow
        if allow and not any(rule.matches(method, path) for rule in allow):
            text = f"none of the rules ALLOW {_listed(allow)} lets it in"
            raise RequestRefused(403, "rule", text, "see BREB_ALLOW")

    def _bounded(self, watched: dict[bytes, list[bytes]], receive: Receive) -> Receive:
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

        async def bounded() -> Message:
            nonlocal total
            message = await receive()
            total += len(message.get("body", b""))
            if total > limit:
                raise refusal
            return message

        return bounded


def _watched(lines: Lines) -> dict[bytes, list[bytes]]:
    """Gather the fields that matter here in one pass."""
    found: dict[bytes, list[bytes]] = {}
    for name, value in lines:
        key = name.lower()
        if key in _WATCHED:
            if key in found:
                found[key].append(value)
            else:
                found[key] = [value]
    return found


def _check_framing(scope: Scope, watched: dict[bytes, list[bytes]]) -> None:
    """Refuse what could be framed in two ways (RFC 9112 section 6.1), whatever server runs us."""
    codings = watched.get(b"transfer-encoding")
    lengths = watched.get(b"content-length")
    if codings and (
        lengths
        or len(codings) > 1
        or codings[0].lower() != b"chunked"
        or scope["http_version"] == "1.0"
    ):
        raise RequestRefused(
            400, "framing", "Transfer-Encoding must be chunked and alone", "send one framing"
        )
    if lengths and (len(lengths) > 1 or not lengths[0].isdigit()):
        raise RequestRefused(400, "framing", "Content-Length must be one number", "send it once")


def _check_method(method: str) -> None:
    if method in ("TRACE", "CONNECT"):
        # The upstream's answer to TRACE would show the token to the caller.
        raise RequestRefused(
            405, "method", f"{method} is not served here", "use another", ((b"Allow", _ALLOW),)
        )
    if method in _FOREIGN:
        raise RequestRefused(501, "method", f"{method} is no HTTP method", "use a registered one")


def _bad_target() -> RequestRefused:
    return RequestRefused(
        400,
        "target",
        "the target is not in origin-form",
        "send a path such as /v1/payments, without fragment, blanks or control bytes",
    )


def _foreign_page(text: str) -> RequestRefused:
    return RequestRefused(
        403,
        "web-page",
        f"{text} may not use this proxy",
        "if the page is yours, name its origin in BREB_ALLOWED_ORIGINS",
    )


def _listed(rules: Sequence[Rule]) -> str:
    shown = ", ".join(str(rule) for rule in rules[:5])
    return shown + (f" and {len(rules) - 5} more" if len(rules) > 5 else "")


def _last_hop(scope: Scope, watched: dict[bytes, list[bytes]]) -> bool:
    """Count Max-Forwards down (RFC 9110 section 7.6.2); report whether we are the last hop."""
    value = watched[b"max-forwards"][0]
    if not value.isdigit():
        return False
    if int(value) == 0:
        return True
    fewer = b"%d" % (int(value) - 1)
    scope["headers"] = [
        (name, fewer if name.lower() == b"max-forwards" else old) for name, old in scope["headers"]
    ]
    return False


# -- CORS (https://fetch.spec.whatwg.org/#http-cors-protocol) ---------------------------------


def _cors(origin: bytes) -> Lines:
    return [
        (b"Access-Control-Allow-Origin", origin),
        (b"Access-Control-Allow-Credentials", b"true"),
        (b"Access-Control-Expose-Headers", b"Location, Retry-After, Proxy-Status, Server-Timing"),
        (b"Vary", b"Origin"),
    ]


def _preflight(exchange: Exchange, method: str, lines: Lines, origin: bytes) -> Lines | None:
    """Return the answer to a preflight, None if the request is none; notes the CORS fields."""
    exchange.cors = _cors(origin)
    asked = {name.lower(): value for name, value in lines}
    wanted = asked.get(b"access-control-request-method")
    if method != "OPTIONS" or wanted is None:
        return None
    answer: list[Line] = [
        (b"Access-Control-Allow-Methods", wanted),
        (b"Access-Control-Max-Age", b"600"),
    ]
    headers = asked.get(b"access-control-request-headers")
    if headers:
        answer.append((b"Access-Control-Allow-Headers", headers))
    if asked.get(b"access-control-request-private-network", b"").lower() == b"true":
        answer.append((b"Access-Control-Allow-Private-Network", b"true"))
    return answer + exchange.cors


def _with_cors(exchange: Exchange, send: Send) -> Send:
    """Put our CORS fields on the answer in place of the upstream's."""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            lines = [
                line
                for line in message["headers"]
                if not line[0].lower().startswith(b"access-control-")
            ]
            message = {**message, "headers": lines + exchange.cors}
        await send(message)

    return answer


async def _answer(exchange: Exchange, send: Send, status: int, lines: Lines) -> None:
    exchange.status = status
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": b""})
