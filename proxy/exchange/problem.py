"""An error as the caller gets it: problem document (RFC 9457) and Proxy-Status (RFC 9209)."""

import json
import math

from proxy.errors import ProxyError, RequestRefused
from proxy.exchange.own_answer import date_line
from proxy.http1.fields import IDEMPOTENT, SAFE, Lines
from proxy.words import DEFAULT, Language, Phrase, phrase, said

_LOOK_UP = phrase("step.look-up")
_SAME_KEY = phrase("step.same-key")


def next_step(error: ProxyError, method: str, outcome: str, *, once: bool = False) -> Phrase:
    """Return the advice about an error: first to look it up, if it may have had an effect.

    ``once``: the request has a key, so that we look it up when it comes again.
    """
    if error.outcome or not _in_doubt(method, outcome):
        return error.next_step
    if once:
        return _SAME_KEY
    if isinstance(error, RequestRefused):
        return phrase("step.look-up-then", look_up=_LOOK_UP, step=error.next_step)
    return _LOOK_UP


def problem(
    error: ProxyError,
    exchange_id: str,
    method: str,
    outcome: str = "not-sent",
    language: Language = DEFAULT,
    *,
    once: bool = False,
) -> tuple[int, Lines, bytes]:
    """Return the response to an error: status, field lines (RFC 9209) and problem document.

    ``outcome`` is the request's (`Exchange.outcome`), shown if it may change something: so, too,
    if ``method`` is empty, since nobody has read it. For a request that can be repeated without
    harm, the advice is not to look it up; nor for one that is sent ``once``, since it has a key.
    """
    document: dict[str, object] = {
        "type": f"urn:breb-proxy:error:{error.reason or error.kind}",
        "title": error.title.said(language),
        "status": error.status,
        "detail": said(error.detail, language),
        "next_step": next_step(error, method, outcome, once=once).said(language),
        "exchange": exchange_id,
    }
    if method not in SAFE:
        document["outcome"] = error.outcome or outcome
    if error.row is not None:
        document["row"] = error.row
    body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    details = _quoted(str(error))
    lines = [
        date_line(),
        (b"Content-Type", b"application/problem+json"),
        (b"Content-Language", language.encode()),
        (b"Content-Length", b"%d" % len(body)),
        (b"Cache-Control", b"no-store"),
        (b"Vary", b"Accept-Language"),
        (b"Proxy-Status", f"breb-proxy; error={error.kind}; details={details}".encode()),
        *getattr(error, "fields", ()),
    ]
    if _closes(error):
        lines.append((b"Connection", b"close"))
    # A client that obeys Retry-After by itself must not pay twice.
    if error.retry_after is not None and not _in_doubt(method, outcome):
        lines.append((b"Retry-After", b"%d" % math.ceil(error.retry_after)))
    return error.status, lines, body


def _in_doubt(method: str, outcome: str) -> bool:
    """Report whether a repetition of the request might have its effect twice."""
    return outcome == "unknown" and method not in IDEMPOTENT


def _quoted(text: str) -> str:
    """Return a string of structured fields (RFC 8941 section 3.3.3): ASCII, two escapes."""
    plain = "".join(char if " " <= char <= "~" else "?" for char in text)
    return '"' + plain.replace("\\", r"\\").replace('"', r"\"") + '"'


def _closes(error: ProxyError) -> bool:
    """Report whether nothing may be read after ``error``, because the framing is in doubt."""
    return isinstance(error, RequestRefused) and error.status in (400, 505)
