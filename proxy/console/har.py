"""The journal as a HAR 1.2 archive, as masked as the journal is."""

import base64
import json
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import TypedDict

from proxy import __version__
from proxy.console.caller_url import CallerUrl
from proxy.journal.body import Content
from proxy.journal.entry import Entry, Shown
from proxy.moments import stamp_millis

_TIMINGS = {
    "guard": "blocked",
    "intake": "blocked",
    "ledger": "blocked",
    "token": "blocked",
    "pool": "blocked",
    "renewal": "blocked",
    "reconnect": "blocked",
    "connect": "connect",
    "tls": "ssl",
    "send": "send",
    "wait": "wait",
    "body": "receive",
}


class ArchiveLog(TypedDict):
    """The part that the format calls the log."""

    version: str
    creator: dict[str, str]
    entries: list[dict[str, object]]


class Archive(TypedDict):
    """An HTTP archive, version 1.2."""

    log: ArchiveLog


def har(entries: Iterable[Entry], door: CallerUrl) -> Archive:
    """Return the archive."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "breb-proxy", "version": __version__},
            "entries": [
                _entry(entry, door) for entry in entries if entry.method != "-" and not entry.kind
            ],
        }
    }


def written(entries: Iterable[Entry], door: CallerUrl) -> Iterator[str]:
    """Yield the archive's text piece by piece: in one piece it would block the event loop."""
    document = json.dumps(har((), door))
    end = "]}}"
    yield document.removesuffix(end)
    between = ""
    for entry in entries:
        for each in har((entry,), door)["log"]["entries"]:
            yield between + json.dumps(each)
            between = ","
    yield end


def _entry(entry: Entry, door: CallerUrl) -> dict[str, object]:
    return {
        "startedDateTime": stamp_millis(entry.at),
        "time": round(entry.seconds * 1000, 3),
        "request": _request(entry, door),
        "response": _response(entry),
        "cache": {},
        "timings": _timings(entry),
        "_exchange": entry.id,
        "_caller": entry.caller,
        "_attempts": len(entry.attempts),
        "comment": str(entry.trouble.detail if entry.trouble else entry.note or _left(entry)),
    }


def _left(entry: Entry) -> str:
    return "the caller left before the end" if entry.left else ""


def _request(entry: Entry, door: CallerUrl) -> dict[str, object]:
    query = entry.target.partition("?")[2]
    pairs = [pair.partition("=") for pair in query.split("&")] if query else []
    request: dict[str, object] = {
        "method": entry.method,
        "url": door.at(entry.target),
        "httpVersion": f"HTTP/{entry.version}",
        "cookies": [],
        "headers": _headers(entry.request_lines),
        "queryString": [{"name": name, "value": value} for name, _, value in pairs],
        "headersSize": -1,
        "bodySize": entry.request.size,
    }
    if entry.request.size:
        content = entry.request
        request["postData"] = {
            "mimeType": content.media_type,
            "params": [],
            "text": content.raw.decode("utf-8", "replace"),
            "comment": _comment(content),
        }
    return request


def _response(entry: Entry) -> dict[str, object]:
    content = entry.answer
    status = entry.status or 0
    location = [value for name, value in entry.answer_lines if name.lower() == "location"]
    body: dict[str, object] = {
        "size": len(content.raw),
        "mimeType": content.media_type,
        "comment": _comment(content),
    }
    if isinstance(content.data, str):
        body["text"] = content.data
    elif content.data:
        body |= {"text": base64.b64encode(content.data).decode(), "encoding": "base64"}
    return {
        "status": status,
        "statusText": _phrase(status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(entry.answer_lines),
        "content": body,
        "redirectURL": location[0] if location else "",
        "headersSize": -1,
        "bodySize": content.size,
    }


def _headers(lines: Shown) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in lines]


def _timings(entry: Entry) -> dict[str, float]:
    """Return milliseconds; HAR's connect includes its ssl, and -1 means: it did not happen."""
    found = {"send": 0.0, "wait": 0.0, "receive": 0.0}
    for phase in entry.phases:
        name = _TIMINGS[phase.name]
        found[name] = found.get(name, 0.0) + (phase.end - phase.start) * 1000
    if "ssl" in found:
        found["connect"] = found.get("connect", 0.0) + found["ssl"]
    return {"blocked": -1, "dns": -1, "connect": -1, "ssl": -1} | {
        name: round(value, 3) for name, value in found.items()
    }


def _comment(content: Content) -> str:
    parts = [str(content.words)]
    if content.cut:
        parts.append("only the first part is kept")
    if content.coding:
        parts.append(f"decoded from {content.coding}")
    if content.masked:
        parts.append(f"{content.masked} values masked")
    return "; ".join(filter(None, parts))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
