"""The state of a running proxy, as ``status`` shows it to a person."""

from typing import TYPE_CHECKING, cast

from proxy.admin.client import JsonObject
from proxy.terminal.language import in_locale, worded
from proxy.terminal.plain import plainly
from proxy.terminal.screen import Screen
from proxy.words import Phrase, phrase
from proxy.words.durations import Span

if TYPE_CHECKING:
    from proxy.admin.documents import StatusDocument, TokenDocument

_DATE_STEP = 2.0  # seconds: a Date has whole seconds, and the answer takes a moment
_SHADES = {"fresh": "green", "renewing": "cyan", "failing": "yellow"}

# The states of token and connections in the document, and causes and ends of renewals.
_CODES = {
    "fresh": phrase("status.fresh"),
    "renewing": phrase("status.renewing"),
    "failing": phrase("status.failing"),
    "expired": phrase("status.expired"),
    "idle": phrase("status.idle"),
    "busy": phrase("status.busy"),
    "opening": phrase("status.opening"),
    "waiting": phrase("status.queued"),
    "start": phrase("status.start"),
    "soft-window": phrase("status.soft-window"),
    "unauthorized": phrase("status.after-401"),
    "revoked": phrase("status.revoked"),
    "operator": phrase("status.operator"),
    "credentials": phrase("status.new-credentials"),
    "shared": phrase("status.shared"),
    "success": phrase("status.success"),
    "failure": phrase("status.no-success"),
    "refused": phrase("status.refused"),
    "none": phrase("status.none"),
}

Row = tuple[Phrase, str]


def view(came: JsonObject, screen: Screen) -> str:
    """Word the state for a person; a stranger may have answered, and chosen its words."""
    state = cast("StatusDocument", plainly(came))
    ready = bool(state.get("ready"))
    word = phrase("status.ready") if ready else phrase("status.not-ready")
    if state.get("draining"):
        word = phrase("ready.draining")
    shown = f"{screen.mark('●')} {worded(word)}"
    dot = screen.shade(shown, "bold", "green" if ready else "red")
    first = f"{dot}  breb-proxy {state.get('version')}, pid {state.get('pid')}"
    rows = [(worded(label), text) for label, text in _rows(state, screen)]
    return "\n".join([first, "", screen.rows(rows)])


def _rows(state: "StatusDocument", screen: Screen) -> list[Row]:
    pool = _counted(state.get("pool", {}))
    return [
        (
            phrase("status.callers"),
            f"{state.get('listen')} {screen.mark('→')} {state.get('upstream')}",
        ),
        (phrase("status.environment"), str(state.get("environment"))),
        *_of_token(state.get("token", {}), screen),
        (
            phrase("status.exchanges"),
            worded(phrase("status.under-way", count=str(state.get("in_flight", 0)))),
        ),
        (phrase("status.connections"), pool or worded(phrase("status.none"))),
        (phrase("status.in-doubt"), _unknown(state, screen)),
        *_ledger(state, screen),
        *_clock(state.get("clock_skew")),
    ]


def _of_token(token: "TokenDocument", screen: Screen) -> list[Row]:
    condition = str(token.get("state"))
    shade = _SHADES.get(condition, "red")
    words = in_locale(token.get("said")) or str(token.get("words"))  # older proxies have no `said`
    failure = in_locale(token.get("failure")) or token.get("last_error")
    counts = {name: str(token.get(name, 0)) for name in ("unauthorized", "replays", "waiting")}
    return [
        (phrase("status.token"), f"{screen.shade(_named(condition), shade)}: {worded(words)}"),
        *_held(token),
        (
            phrase("status.renewals"),
            _counted(token.get("renewals", {})) or worded(phrase("token.none-yet")),
        ),
        (phrase("status.failure"), worded(failure or phrase("status.none"))),
        (
            phrase("status.unauthorized"),
            worded(phrase("status.replays", met=counts["unauthorized"], replays=counts["replays"])),
        ),
        *_rivals(token, screen),
        (phrase("status.waiting"), worded(phrase("status.for-token", count=counts["waiting"]))),
    ]


def _held(token: "TokenDocument") -> list[Row]:
    if "lifetime" not in token:
        return []
    scopes = token.get("scopes", [])
    lived = phrase("status.lived", span=Span(token["lifetime"]), age=Span(token.get("age", 0)))
    return [
        (phrase("status.token-id"), str(token.get("token_id") or worded(phrase("status.unknown")))),
        (phrase("status.lifetime"), worded(lived)),
        (
            phrase("status.scopes"),
            f"{len(scopes)}: {', '.join(scopes[:3])}{', …' if scopes[3:] else ''}",
        ),
    ]


def _rivals(token: "TokenDocument", screen: Screen) -> list[Row]:
    rivals = token.get("rivals", {})
    words = in_locale(rivals.get("said")) or rivals.get("words")
    return [(phrase("status.rivals"), screen.shade(str(words), "yellow"))] if words else []


def _unknown(state: "StatusDocument", screen: Screen) -> str:
    counts = _counted(state.get("outcome_unknown", {}))
    if not counts:
        return worded(phrase("status.none"))
    return screen.shade(worded(phrase("status.outcome-unknown", counts=counts)), "red")


def _ledger(state: "StatusDocument", screen: Screen) -> list[Row]:
    ledger, label = state.get("ledger"), phrase("status.ledger")
    if not ledger:
        return []
    if ledger["problem"]:
        broken = worded(phrase("status.unwritable", why=ledger["problem"]))
        return [(label, screen.shade(broken, "red"))]
    count = ledger["in_doubt"]
    doubt = worded(phrase("status.nothing-in-doubt"))
    if count:
        doubt = screen.shade(worded(phrase("status.rows-in-doubt", count=str(count))), "red")
    rows = [(label, f"{ledger['file']}, {doubt}")]
    asker = ledger.get("asker")  # a proxy of an older version has none
    if asker and count:
        words = in_locale(asker.get("said")) or asker["words"]
        rows.append((phrase("status.asking"), words))
    return rows


def _clock(skew: float | None) -> list[Row]:
    if skew is None:
        return []
    same = abs(skew) < _DATE_STEP
    told = phrase("status.same-clock") if same else phrase("status.skew", skew=f"{skew:+.1f}")
    return [(phrase("status.clock"), worded(told))]


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(
        f"{count} {' '.join(map(_named, name.split(' ')))}" for name, count in counts.items()
    )


def _named(code: str) -> str:
    """Word a code; one that is not among them is shown as it came."""
    return worded(_CODES.get(code, code))
