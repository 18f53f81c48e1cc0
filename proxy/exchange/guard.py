"""Lets the right requests in, and refuses the others with a reason.

Order: form (400), method (405), Host (421), web pages (403), overrides (403), caller key (403),
rules (403).
Everything is judged on the bytes that are sent on; a request leaves here with an origin-form
target and exactly one Host.
"""

import hmac
import re
from collections.abc import Sequence
from typing import NamedTuple

from proxy.errors import RequestRefused
from proxy.exchange.record import Exchange
from proxy.exchange.request_form import ALLOW, REFUSED, Hosts, authority, refused_method
from proxy.exchange.web_pages import cors, page_origin, preflight
from proxy.http1.fields import OVERRIDES, Lines
from proxy.http1.request import Request
from proxy.rules import Rule, ambiguous
from proxy.words import Phrase, Said, phrase

_SMALLER = phrase("step.smaller-body")
_LONGEST_TRACE = 64  # bytes; W3C Trace Context has 55
# With one of these, some frameworks carry out another method or path than we judged here. Each
# letter of a parameter may be encoded; PHP reads a dot as an underscore, and drops blanks.
_METHOD_PARAMETER = re.compile(
    rb"[?&;](?:\+|%20)*+(?:[_.]|%5f|%2e)(?:m|%[46]d)(?:e|%[46]5)(?:t|%[57]4)(?:h|%[46]8)(?:o|%[46]f)"
    rb"(?:d|%[46]4)=",
    re.IGNORECASE,
)


class GuardOptions(NamedTuple):
    """The guard's part of the settings.

    ``hosts`` are lower-case names, some with a port; ``keys`` has each caller's name and key.
    """

    hosts: frozenset[bytes]
    origins: frozenset[bytes]
    keys: tuple[tuple[str, bytes], ...]
    allow: tuple[Rule, ...]
    deny: tuple[Rule, ...]
    max_body: int | None  # bytes
    overrides: bool  # whether a header may name another method or path


class Guard:
    """Judges requests; it stores nothing of them."""

    def __init__(self, options: GuardOptions) -> None:
        self._options = options
        self._hosts = Hosts(options.hosts)
        self._strict = bool(options.keys or options.allow or options.deny or not options.overrides)

    def judge(self, exchange: Exchange, request: Request, caller: str = "") -> Lines | None:
        """Let a request in, or return the field lines of our own answer to it (204).

        ``caller`` is the caller's name, if it is known without a key. Raises RequestRefused.
        ``request`` is as it may be sent on afterwards.
        """
        method, known = request.method, request.section.known
        if method.upper() in REFUSED:  # an upstream may accept trace as TRACE
            raise refused_method(method)
        host = authority(exchange, request, self._hosts)
        if b"traceparent" in known and len(known[b"traceparent"][0]) <= _LONGEST_TRACE:
            exchange.traceparent = known[b"traceparent"][0]
        if b"origin" in known or b"sec-fetch-site" in known:
            own = self._page(exchange, request, host)
            if own is not None:
                return own
        if self._strict:
            self._check_caller(exchange, request, caller)
        if self._options.max_body is not None:
            self._bound(exchange, request)
        if b"max-forwards" in known and method == "OPTIONS" and _last_hop(request):
            return [(b"Allow", ALLOW)]
        return None

    def _page(self, exchange: Exchange, request: Request, host: bytes) -> Lines | None:
        """Judge a web page's request; return the answer to a preflight."""
        origin = page_origin(request, host, self._options.origins)
        if origin is None:
            return None
        exchange.cors = cors(origin)
        return preflight(request.method, request.section.lines)

    # -- overrides, key and rules ----------------------------------------------------------

    def _check_caller(self, exchange: Exchange, request: Request, caller: str) -> None:
        if not self._options.overrides:
            _refuse_overrides(request)
        if self._options.keys:
            if exchange.own is not None:
                caller = caller or exchange.own.caller
            given = request.section.known.get(b"x-proxy-key", [])
            exchange.caller = caller or self._of_key(given)
            request.peer.known = True
        if self._options.allow or self._options.deny:
            self._check_rules(exchange.caller, request.method, request.path)

    def _of_key(self, given: list[bytes]) -> str:
        """Return the name of the caller whose key came with the request."""
        sent = given[0] if len(given) == 1 else b""
        # All keys are compared, so that the duration tells nothing.
        names = [name for name, key in self._options.keys if hmac.compare_digest(sent, key)]
        if not names:
            wrong = phrase("key-invalid") if given else phrase("key-missing")
            raise RequestRefused(403, "caller-key", wrong, phrase("step.key"))
        return names[0]

    def _check_rules(self, caller: str, method: str, path: bytes) -> None:
        refuse_ambiguous(path)
        for rule in self._options.deny:
            if rule.matches(method.upper(), path) and rule.caller in ("", caller):
                denied = phrase("rule-denies", rule=str(rule))
                raise RequestRefused(403, "rule", denied, phrase("step.change-deny"))
        # With any rule, a caller without a rule of its own may do nothing.
        allow = self._options.allow
        own = [rule for rule in allow if rule.caller in ("", caller)]
        if allow and not any(rule.matches(method, path) for rule in own):
            none = phrase("no-rule-for-caller", caller=caller)
            if own:
                none = phrase("no-rule", rules=_listed(own))
            raise RequestRefused(403, "rule", none, phrase("step.add-to-allow"))

    def _bound(self, exchange: Exchange, request: Request) -> None:
        """Refuse a body that is announced to be too long; set the limit for the others."""
        limit = exchange.max_body = self._options.max_body
        if limit is not None and request.framing > limit:
            raise body_too_large(limit)


def _refuse_overrides(request: Request) -> None:
    named = OVERRIDES.intersection(request.section.known)
    name: Said = min(named).decode() if named else ""
    if not name and _METHOD_PARAMETER.search(request.target):
        name = phrase("method-parameter")
    if name:
        other = phrase("override", name=name)
        raise RequestRefused(403, "override", other, phrase("step.no-override"))


def refuse_ambiguous(path: bytes) -> None:
    """Raise RequestRefused if a server may read ``path`` as another one."""
    if ambiguous(path):
        raise RequestRefused(
            403,
            "ambiguous-path",
            phrase("path-ambiguous"),
            phrase("step.plain-path"),
        )


def body_too_large(limit: int, step: Phrase = _SMALLER) -> RequestRefused:
    """Word the refusal of a body of more than ``limit`` bytes."""
    return RequestRefused(413, "body-too-large", phrase("body-too-large", bytes=limit), step)


def _listed(rules: Sequence[Rule]) -> str | Phrase:
    shown = ", ".join(str(rule) for rule in rules[:5])
    return phrase("rules-and-more", rules=shown, more=len(rules) - 5) if rules[5:] else shown


def _last_hop(request: Request) -> bool:
    """Count Max-Forwards down (RFC 9110 section 7.6.2); report whether we are the last hop."""
    value = request.section.known[b"max-forwards"][0]
    if not value.isdigit() or len(value) > 9:
        return False
    if int(value) == 0:
        return True
    request.section = request.section.replaced(b"max-forwards", b"%d" % (int(value) - 1))
    return False
