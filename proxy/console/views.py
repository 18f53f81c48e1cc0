"""Entries of the journal as the JSON that the page shows."""

import base64
import json

from proxy.console.caller_url import CallerUrl
from proxy.console.changes import changes
from proxy.console.documents import (
    ExchangeDetail,
    ExchangeSummary,
    JsonBreak,
    PendingExchange,
    ShownBody,
    ShownMessage,
    ShownTrouble,
    ShownTry,
)
from proxy.console.replay import offer
from proxy.console.said import said
from proxy.console.sendable import sendable
from proxy.exchange.record import Exchange, in_doubt
from proxy.journal.body import Content
from proxy.journal.entry import Entry, ShownAttempt
from proxy.journal.recorder import Capture
from proxy.words import both

_LONGEST_WORD = len("false")


def summary(entry: Entry) -> ExchangeSummary:
    """Return one line of the list; durations in milliseconds."""
    path = entry.target.partition("?")[0].encode()
    return {
        "n": entry.number,
        "id": entry.id,
        "at": round(entry.at, 3),
        "method": entry.method,
        "target": entry.target[:2048],
        "status": entry.status,
        "ms": _ms(entry.seconds),
        "upstream_ms": _ms(entry.upstream_seconds),
        "received": entry.received,
        "sent": entry.sent,
        "attempts": len(entry.attempts),
        "mark": mark(entry),
        "replayed": entry.replayed,
        "replay_of": entry.replay_of,
        "repeat_of": entry.repeat_of,
        "caller": entry.caller,
        "why": both(entry.trouble.detail if entry.trouble else entry.note),
        "kind": entry.kind,
        "outcome": entry.outcome,
        "in_doubt": in_doubt(entry.method, path, entry.outcome, entry.status),
        "said": None if entry.trouble else said(entry.answer, entry.status),
    }


def pending(exchange: Exchange, capture: Capture, target: str) -> PendingExchange:
    """Return a line for an exchange that is still under way; ``target`` is masked."""
    return {
        "id": exchange.id,
        "at": round(capture.wall, 3),
        "method": exchange.method,
        "target": target,
        "status": exchange.status,
    }


def mark(entry: Entry) -> str:
    """Return one word for the party that caused the failure, empty if all was well."""
    if entry.kind:
        return entry.kind
    if entry.left:
        return "left"
    if entry.trouble is not None:
        return entry.trouble.kind
    if entry.status is not None and entry.status >= 400:
        return "upstream"
    return "" if entry.attempts else "answered"


def detail(entry: Entry, door: CallerUrl) -> ExchangeDetail:
    """Return everything about one entry."""
    last = entry.attempts[-1] if entry.attempts else None
    return {
        **summary(entry),
        "target": entry.target,
        "version": entry.version,
        "note": both(entry.note),
        "trouble": _trouble(entry),
        "request": ShownMessage(**_body(entry.request), lines=entry.request_lines),
        "response": ShownMessage(**_body(entry.answer), lines=entry.answer_lines),
        "changes": {
            "request": changes(entry.request_lines, last.lines) if last else [],
            "response": changes(last.answer_lines, entry.answer_lines)
            if last and last.status is not None and entry.answer_lines
            else [],
        },
        "phases": [
            {"name": phase.name, "start": _ms(phase.start), "end": _ms(phase.end)}
            for phase in entry.phases
        ],
        "tries": [_attempt(attempt) for attempt in entry.attempts],
        "replay": offer(sendable(entry), production=door.production),
    }


def _trouble(entry: Entry) -> ShownTrouble | None:
    trouble = entry.trouble
    if trouble is None:
        return None
    return {
        "kind": trouble.kind,
        "reason": trouble.reason,
        "words": both(trouble.detail),
        "next_step": both(trouble.next_step),
        "outcome": trouble.outcome,
    }


def _attempt(attempt: ShownAttempt) -> ShownTry:
    return {"line": attempt.line, "status": attempt.status}


def _body(content: Content) -> ShownBody:
    data = content.data
    text = data if isinstance(data, str) else None
    shown: ShownBody = {
        "text": text,
        "bytes": None if isinstance(data, str) else base64.b64encode(data).decode(),
        "size": content.size,
        "media_type": content.media_type,
        "cut": content.cut,
        "coding": content.coding,
        "masked": content.masked,
        "words": both(content.words),
    }
    if text is not None:
        shown["json"], error = _judged(text, content)
        if error is not None:
            shown["error"] = error
    return shown


def _judged(text: str, content: Content) -> tuple[bool, JsonBreak | None]:
    """Judge whether a text is JSON, and find the place of its first error."""
    claims = "json" in content.media_type.lower()
    if not text.strip() or not (claims or text.lstrip()[:1] in ("{", "[")):
        return False, None
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        if not claims:
            return False, None
        return True, None if content.cut and _ends_early(text, error) else _break(text, error)
    except (ValueError, RecursionError):
        return False, None
    return True, None


def _break(text: str, error: json.JSONDecodeError) -> JsonBreak:
    # The page counts in UTF-16 units.
    at = len(text[: error.pos].encode("utf-16-le", "surrogatepass")) // 2
    words = error.msg.removesuffix(" at")
    return {"words": words, "line": error.lineno, "column": error.colno, "at": at}


def _ends_early(text: str, error: json.JSONDecodeError) -> bool:
    """Report whether the missing part stood after the part that is kept."""
    rest = text[error.pos :]
    return len(rest) <= _LONGEST_WORD or error.msg.startswith("Unterminated string")


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
