"""The field lines of both directions: a proxy's cost grows with each that it has to look at.

``common`` is what an SDK with tracing sends, and an API behind a gateway answers; ``heavy`` adds
what browsers, meshes and sessions put on; ``bare`` is next to nothing, which few clients send. In
``ids`` each request and each answer has ids that no other has; in the rest all are the same.
"""

from benchmarks.model import Scenario

Lines = tuple[tuple[str, str], ...]

_COMMON: Lines = (
    ("User-Agent", "acme-payments/3.2.1 (linux; x86_64) okhttp/4.12.0"),
    ("Accept", "application/json"),
    ("Accept-Encoding", "gzip, deflate, br"),
    ("Accept-Language", "es-CO,es;q=0.9,en;q=0.8"),
    ("Content-Type", "application/json; charset=utf-8"),
    ("X-Request-Id", "0b9c2f6e-4f0e-4c57-9a53-8f3d1c7f2a10"),
    ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
)
_HEAVY: Lines = (
    *_COMMON,
    ("Connection", "keep-alive"),
    ("Cookie", f"session={'5f3a' * 24}; csrf={'9b' * 16}; locale=es-CO; _ga=GA1.2.{'1' * 20}"),
    ("tracestate", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
    ("baggage", "tenant=acme,region=bogota,channel=mobile"),
    ("X-Forwarded-For", "203.0.113.60, 198.51.100.178"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "pay.acme.example"),
    ("X-Correlation-Id", "c0a80164-1f3b-4c6d-8e7a-2b1d9f0e3c5a"),
    ("Cache-Control", "no-cache"),
    ("Pragma", "no-cache"),
)
NEW_ID = "@KEY@"  # the load generator's mark for what no other request has
_IDS = (("X-Request-Id", NEW_ID), ("traceparent", f"00-{NEW_ID}-01"))
ASKED: dict[str, Lines] = {
    "bare": (),
    "common": _COMMON,
    "heavy": _HEAVY,
    "ids": tuple((dict(_COMMON) | dict(_IDS)).items()),
}

# Beside the five of nginx's own: Server, Date, Content-Type, Content-Length, Connection.
_GATEWAY: Lines = (
    ("Cache-Control", "no-store"),
    ("Vary", "Accept-Encoding, Accept-Language"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Request-Id", "0b9c2f6e-4f0e-4c57-9a53-8f3d1c7f2a10"),
    ("X-Envoy-Upstream-Service-Time", "14"),
)
ANSWERED: dict[str, Lines] = {
    "bare": (),
    "common": _GATEWAY,
    "ids": tuple((dict(_GATEWAY) | {"X-Request-Id": "$request_id"}).items()),
    "heavy": (
        *_GATEWAY,
        ("Set-Cookie", f"session={'5f3a' * 24}; Path=/; Secure; HttpOnly; SameSite=Lax"),
        ("Set-Cookie", "locale=es-CO; Path=/; Secure"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("Referrer-Policy", "no-referrer"),
        ("RateLimit-Limit", "600"),
        ("RateLimit-Remaining", "598"),
        ("RateLimit-Reset", "12"),
    ),
}


def path(scenario: Scenario) -> str:
    """Name where the upstream answers with the scenario's field lines."""
    return scenario.path if scenario.lines == "common" else f"/{scenario.lines}{scenario.path}"


def request_head(
    scenario: Scenario, port: int, authorization: str | None = None, *, keyed: bool = False
) -> str:
    """Write the head of the scenario's request, with an Authorization if no proxy puts one on.

    ``keyed``: with a key that no other request has.
    """
    lines = [("Host", f"127.0.0.1:{port}"), *ASKED[scenario.lines]]
    if authorization is not None:
        lines.append(("Authorization", authorization))
    if keyed:
        lines.append(("Idempotency-Key", NEW_ID))
    if scenario.upload:
        lines.append(("Content-Length", str(scenario.upload)))
        if scenario.lines == "bare":
            lines.append(("Content-Type", "application/json"))
    head = [f"{scenario.method} {path(scenario)} HTTP/1.1"]
    return "\r\n".join([*head, *(f"{name}: {value}" for name, value in lines), "", ""])
