"""Web pages: all are refused except those of named origins, whose answers get CORS fields.

That includes safe methods: a page that cannot read an answer can still send data with a request.
See https://fetch.spec.whatwg.org/#http-cors-protocol.
"""

from collections.abc import Iterable, Sequence

from proxy.errors import RequestRefused
from proxy.http1.fields import Line, Lines, first
from proxy.http1.request import Request
from proxy.words import Phrase, phrase

_EXPOSED = (
    b"Location",
    b"Retry-After",
    b"Proxy-Status",
    b"Server-Timing",
    b"Preference-Applied",
    b"Idempotent-Replayed",
)


def page_origin(request: Request, authority: bytes, allowed: frozenset[bytes]) -> bytes | None:
    """Return the origin of an allowed page, None for our own; refuse all others."""
    known = request.section.known
    origins = known.get(b"origin", [])
    sites = known.get(b"sec-fetch-site", [])
    if len(origins) > 1 or len(sites) > 1:
        raise _foreign(phrase("two-origins"))
    if origins and origins[0].lower() in allowed:
        return origins[0]
    own = request.scheme.encode() + b"://" + authority.lower()
    if page := foreign_page(origins, sites, own):
        raise _foreign(page)
    return None


def foreign_page(origins: Sequence[bytes], sites: Sequence[bytes], own: bytes) -> Phrase | None:
    """Return why a foreign page may not send a request, by its Origin and Sec-Fetch-Site values.

    None for a page of ``own``, an origin in lower case, and for a request that no page sent.
    """
    if any(origin.lower() != own for origin in origins):
        return phrase("foreign-origin")
    if any(site.lower() not in (b"same-origin", b"none") for site in sites):
        return phrase("foreign-site")
    return None


def _foreign(page: Phrase) -> RequestRefused:
    return RequestRefused(403, "web-page", page, phrase("step.your-page"))


def cors(origin: bytes) -> Lines:
    """Return the fields that let a page of ``origin`` read an answer."""
    return [
        (b"Access-Control-Allow-Origin", origin),
        (b"Access-Control-Allow-Credentials", b"true"),
        (b"Access-Control-Expose-Headers", b", ".join(_EXPOSED)),
        (b"Vary", b"Origin"),
    ]


def preflight(method: str, lines: Lines) -> Lines | None:
    """Return the fields of the answer to a preflight besides `cors`, None if it is none."""
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


def with_cors(lines: Iterable[Line], ours: Sequence[Line]) -> Lines:
    """Put our CORS fields on an answer in place of the upstream's."""
    kept = [line for line in lines if not line[0].lower().startswith(b"access-control-")]
    return [*kept, *ours]
