"""The proxy's changes to the fields of a message, with the reasons."""

from proxy.console.documents import ChangedLine
from proxy.http1.fields import HOP_BY_HOP
from proxy.journal.entry import Shown
from proxy.words import Said, both, phrase

_REMOVED = {
    "authorization": phrase("change.own-authorization"),
    "expect": phrase("change.answered"),
    "host": phrase("change.names-proxy"),
    "x-proxy-key": phrase("change.for-proxy"),
    "content-length": phrase("change.frames-response"),
}
_ADDED = {
    "authorization": phrase("change.token"),
    "host": phrase("change.names-upstream"),
    "via": phrase("change.via"),
    "transfer-encoding": phrase("change.framed"),
    "location": phrase("change.relocated"),
    "content-location": phrase("change.relocated"),
    "server-timing": phrase("change.server-timing"),
}
_CORS = phrase("change.cors")


def changes(before: Shown, after: Shown) -> list[ChangedLine]:
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


def _row(change: str, name: str, value: str, why: Said = "") -> ChangedLine:
    return {"change": change, "name": name, "value": value, "why": both(why)}


def _removed(name: str, value: str, named: frozenset[str]) -> ChangedLine:
    key = name.lower()
    if key.encode("latin-1", "replace") in HOP_BY_HOP:
        why: Said = phrase("change.one-connection")
    elif key in named:
        why = phrase("change.nominated")
    else:
        why = _CORS if key.startswith("access-control-") else _REMOVED.get(key, "")
    return _row("removed", name, value, why)


def _added(name: str, value: str) -> ChangedLine:
    key = name.lower()
    cors = key.startswith("access-control-") or key == "vary"
    why = _CORS if cors else _ADDED.get(key, "")
    return _row("added", name, value, why)


def _nominated(lines: Shown) -> frozenset[str]:
    values = [value for name, value in lines if name.lower() == "connection"]
    return frozenset(
        option.strip().lower() for value in values for option in value.split(",") if option.strip()
    )
