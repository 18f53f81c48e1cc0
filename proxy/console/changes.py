"""What the proxy changed in the fields of a message, and why."""

from typing import Any

from proxy.http1.fields import HOP_BY_HOP
from proxy.journal.entry import Shown

_REMOVED = {
    "authorization": "the caller's own; the proxy adds its token",
    "expect": "answered by the proxy",
    "host": "names the proxy",
    "x-proxy-key": "for the proxy only",
    "content-length": "the proxy frames the response itself (RFC 9112 section 6.2)",
}
_ADDED = {
    "authorization": "the access token",
    "host": "names the upstream",
    "via": "the proxy names itself (RFC 9110 section 7.6.3)",
    "transfer-encoding": "framed for this connection",
    "location": "pointed at the upstream, now at the proxy",
    "content-location": "pointed at the upstream, now at the proxy",
    "server-timing": "BREB_SERVER_TIMING",
}
_CORS = "the proxy answers CORS for BREB_ALLOWED_ORIGINS"


def changes(before: Shown, after: Shown) -> list[dict[str, Any]]:
    """Align two lists of field lines: kept, removed, added, in the order of the message."""
    rows = []
    rest = list(after)
    named = _nominated(before)
    for line in before:
        if line in rest:
            position = rest.index(line)
            rows += [_added(*other) for other in rest[:position]]
            rest = rest[position + 1 :]
            rows.append(_row("kept", *line))
        else:
            rows.append(_removed(*line, named))
    return rows + [_added(*line) for line in rest]


def _row(change: str, name: str, value: str, why: str = "") -> dict[str, Any]:
    return {"change": change, "name": name, "value": value, "why": why}


def _removed(name: str, value: str, named: frozenset[str]) -> dict[str, Any]:
    key = name.lower()
    if key.encode("latin-1", "replace") in HOP_BY_HOP:
        why = "for one connection only (RFC 9110 section 7.6.1)"
    elif key in named:
        why = "named by Connection, so for one connection only"
    else:
        why = _CORS if key.startswith("access-control-") else _REMOVED.get(key, "")
    return _row("removed", name, value, why)


def _added(name: str, value: str) -> dict[str, Any]:
    key = name.lower()
    why = _CORS if key.startswith("access-control-") or key == "vary" else _ADDED.get(key, "")
    return _row("added", name, value, why)


def _nominated(lines: Shown) -> frozenset[str]:
    values = [value for name, value in lines if name.lower() == "connection"]
    return frozenset(
        option.strip().lower() for value in values for option in value.split(",") if option.strip()
    )
