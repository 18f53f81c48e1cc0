"""The refusals of a listener itself: too many, too late, too much."""

from proxy.errors import RequestRefused
from proxy.http1.fields import values
from proxy.http1.request import Request
from proxy.words import phrase, preferred

_LATER = ((b"Retry-After", b"1"),)


def too_many(most: int) -> RequestRefused:
    """Refuse a connection beyond ``most``."""
    many, step = phrase("too-many-callers", most=most), phrase("step.fewer-connections")
    return RequestRefused(503, "too-many-callers", many, step, _LATER)


def no_room(request: Request | None = None) -> RequestRefused:
    """Refuse or end a request for which there is no memory."""
    refusal = RequestRefused(503, "memory", phrase("memory"), phrase("step.memory"), _LATER)
    if request is not None:
        refusal.method, refusal.target = request.method, request.target
        refusal.language = preferred(values(request.section.lines, b"accept-language"))
    return refusal


def late_head(limit: float) -> RequestRefused:
    """Refuse a head that is not whole after ``limit`` seconds."""
    late, step = phrase("header-timeout", seconds=limit), phrase("step.faster-headers")
    return RequestRefused(408, "header-timeout", late, step)


def late_body(limit: float) -> RequestRefused:
    """Refuse a body after ``limit`` seconds without a byte of it."""
    late, step = phrase("body-timeout", seconds=limit), phrase("step.faster-body")
    return RequestRefused(408, "body-timeout", late, step)
