"""Web pages: all are refused but those of named origins, which are answered CORS.

Safe methods too: a page that cannot read an answer can still carry data out with a request.
See https://fetch.spec.whatwg.org/#http-cors-protocol.
"""

from collections.abc import Sequence

from proxy.errors import RequestRefused
from proxy.http1.fields import Line, Lines, first
from proxy.http1.request import Request
from proxy.invocation import COMMAND


def page_origin(request: Request, authority: bytes, allowed: frozenset[bytes]) -> bytes | None:
    """Return the origin of a page that was named, None for our own; refuse all others."""
    known = request.section.known
    origins = known.get(b"origin", [])
    sites = known.get(b"sec-fetch-site", [])
    if len(origins) > 1 or len(sites) > 1:
        raise _foreign("a request with more than one Origin or Sec-Fetch-Site header")
    if origins and origins[0].lower() in allowed:
        return origins[0]
    own = request.scheme.encode() + b"://" + authority.lower()
    if words := foreign_page(origins, sites, own):
        raise _foreign(words)
    return None


def foreign_page(origins: Sequence[bytes], sites: Sequence[bytes], own: bytes) -> str:
    """Say what kind of foreign page sent a request, by its Origin and Sec-Fetch-Site values.

    Empty for a page of ``own``, an origin in lower case, and for what no page sent.
    """
    if any(origin.lower() != own for origin in origins):
        return "a web page of another origin"
    if any(site.lower() not in (b"same-origin", b"none") for site in sites):
        return "a web page of another site"
    return ""


def _foreign(text: str) -> RequestRefused:
    return RequestRefused(
        403,
        "web-page",
        f"{text} may not use this proxy",
        f"if the page is yours, add its origin to BREB_ALLOWED_ORIGINS ({COMMAND} help 403)",
    )


def cors(origin: bytes) -> Lines:
    """Return the fields that let a page of ``origin`` read an answer."""
    return [
        (b"Access-Control-Allow-Origin", origin),
        (b"Access-Control-Allow-Credentials", b"true"),
        (b"Access-Control-Expose-Headers", b"Location, Retry-After, Proxy-Status, Server-Timing"),
        (b"Vary", b"Origin"),
    ]


def preflight(method: str, lines: Lines) -> Lines | None:
    """Return what a preflight is answered besides `cors`, None if the request is none."""
    wanted = first(lines, b"access-control-request-method")
    if method != "OPTIONS" or wanted is None:
        return None
    answer: list[Line] = [
        (b"Access-Control-Allow-Methods", wanted),
        (b"Access-Control-Max-Age", b"600"),
        (b"Vary", b"Access-Control-Request-Method, Access-Control-Request-Headers"),
    ]
    headers = first(lines, b"access-control-request-headers")
    if headers:
        answer.append((b"Access-Control-Allow-Headers", headers))
    if first(lines, b"access-control-request-private-network") == b"true":
        answer.append((b"Access-Control-Allow-Private-Network", b"true"))
    return answer


def with_cors(lines: Lines, ours: Sequence[Line]) -> Lines:
    """Put our CORS fields on an answer in place of the upstream's."""
    kept = [line for line in lines if not line[0].lower().startswith(b"access-control-")]
    return [*kept, *ours]
