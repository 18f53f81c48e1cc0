"""Removes the fields that another client should not send: only the old one had a use for them."""

from dataclasses import replace

from proxy.console.sendable import Sendable

# By name, with the reason. A field that tells the API something stays: User-Agent, Cache-Control,
# If-None-Match, idempotency keys, ids of requests. A `Sendable` has no Connection or similar
# fields, and no page's Origin.
LEFT_OUT = {
    "accept-encoding": "the codings that the old client undoes; many clients would print the bytes",
    "dnt": "a browser's own",
    "postman-token": "names one sending in Postman",
    "priority": "a browser's own",
    "traceparent": "the place of the old request in a trace",
    "tracestate": "the place of the old request in a trace",
    "upgrade-insecure-requests": "a browser's own",
}
_FAMILIES = ("sec-ch-", "sec-gpc")  # a browser's own as well


def portable(request: Sendable) -> Sendable:
    """Return the request as another client should send it.

    It notes whether the old one took compressed answers: a client that can undo them asks for them.
    """
    names = {name.lower() for name, _ in request.lines}
    lines = tuple(line for line in request.lines if not _left_out(line[0].lower()))
    return replace(request, lines=lines, compressed="accept-encoding" in names)


def _left_out(name: str) -> bool:
    return name in LEFT_OUT or name.startswith(_FAMILIES)
