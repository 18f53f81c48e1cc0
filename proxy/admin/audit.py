"""People's actions through the admin listener: one log line each, and the last ones in memory.

An action is recorded if it changes something, sends something, or takes data away; a look is not.
No line holds a secret, a body or a path; an exchange is named by its id.
"""

import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypedDict

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from proxy.admin import operator
from proxy.admin.access import Session
from proxy.telemetry.log_format import EVENT
from proxy.terminal.plain import plain

Endpoint = Callable[[Request], Awaitable[Response]]
Fact = str | int | bool

log = logging.getLogger("proxy.audit")
log.setLevel(logging.INFO)  # whatever BREB_LOG_LEVEL says

KEPT = 200  # actions
_REFUSALS = 20  # lines a minute: whoever may not come in must not fill the log
_LONGEST = 100  # characters of a fact
_REFUSED = (401, 403, 421)

_LEDGERS = ("/ledger", "/console/api/ledger")
ACTIONS = {
    "/refresh": "refresh",
    "/quit": "quit",
    "/tokens": "tokens",
    "/tokens/revoke": "revoke",
    **{f"{ledger}/{{row}}/look-up": "look-up" for ledger in _LEDGERS},
    **{f"{ledger}/{{row}}/verdict": "verdict" for ledger in _LEDGERS},
    "/console/api/link": "link",
    "/console/api/session": "session",
    "/console/api/replay": "replay",
    "/console/api/clear": "clear",
    "/console/api/har": "har",
    "/console/api/exchanges/{id}/{form}": "copy",
}
"""The action of each route that is recorded."""


class Record(TypedDict):
    """One action. ``at`` is a Unix time, ``status`` that of the answer, None if there was none.

    ``via`` is how the person came in: socket, command, console, or nobody if that was refused.
    ``uid`` is the peer's, by the kernel; ``name`` is as it was given, and nobody checked it.
    """

    at: float
    action: str
    outcome: str
    status: int | None
    via: str
    uid: int | None
    session: int | None
    name: str
    facts: dict[str, Fact]


@dataclass(slots=True)
class Deed:
    """An action under way; its endpoint adds facts, or says that nothing was done."""

    action: str
    facts: dict[str, Fact] = field(default_factory=dict)
    done: bool = True


def deed(request: Request) -> Deed:
    """Return the action that ``request`` is."""
    found: Deed = request.scope.get("deed") or Deed("")
    return found


class Audit:
    """Wraps the endpoints of `ACTIONS`, and records each use of them."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: deque[Record] = deque(maxlen=KEPT)
        self._count = 0
        self._refusals: deque[float] = deque(maxlen=_REFUSALS)
        self._left_out = 0

    def route(self) -> Route:
        """Return the route that shows what was recorded."""
        return Route("/audit", self._shown)

    def __call__(self, path: str, endpoint: Endpoint) -> Endpoint:
        """Return ``endpoint``, recorded if ``path`` is that of an action."""
        action = ACTIONS.get(path)
        if action is None:
            return endpoint

        async def recorded(request: Request) -> Response:
            request.scope["deed"] = current = Deed(action)
            status = None
            try:
                response = await endpoint(request)
                status = response.status_code
            except HTTPException as error:
                status = error.status_code
                raise
            finally:
                if current.done:
                    self._record(request, current, status)
            return response

        return recorded

    async def _shown(self, request: Request) -> Response:
        """Give the last actions, the newest first, and how many older ones are gone."""
        del request
        return JSONResponse(
            {"actions": list(self._kept)[::-1], "gone": self._count - len(self._kept)}
        )

    def _record(self, request: Request, current: Deed, status: int | None) -> None:
        now = self._clock()
        outcome = _outcome(status)
        if outcome == "refused" and self._too_many(now):
            self._left_out += 1
            return
        facts = {name: _bounded(value) for name, value in current.facts.items()}
        if self._left_out:
            facts["refusals_left_out"], self._left_out = self._left_out, 0
        record = Record(
            at=now,
            action=current.action,
            outcome=outcome,
            status=status,
            **_actor(request),
            facts=facts,
        )
        self._kept.append(record)
        self._count += 1
        log.info("%s", words(record), extra={EVENT: {"event": "audit", **_flat(record)}})

    def _too_many(self, now: float) -> bool:
        full = len(self._refusals) == _REFUSALS
        if full and 0 <= now - self._refusals[0] < 60:
            return True
        self._refusals.append(now)
        return False


class _Actor(TypedDict):
    via: str
    uid: int | None
    session: int | None
    name: str


def _actor(request: Request) -> _Actor:
    uid: int | None = request.scope.get("uid")
    holder: Session | None = request.scope.get("holder")
    name = operator.given(request.headers.get(operator.FIELD, ""))
    if holder is None:
        inside = request.scope.get("inside", False)
        return {"via": "socket" if inside else "nobody", "uid": uid, "session": None, "name": name}
    if holder.number:
        return {"via": "console", "uid": uid, "session": holder.number, "name": holder.name}
    return {"via": "command", "uid": uid, "session": None, "name": name}


def _outcome(status: int | None) -> str:
    if status is None:
        return "cut"
    return "done" if status < 400 else "refused" if status in _REFUSED else "failed"


def _bounded(value: Fact) -> Fact:
    return plain(value[:_LONGEST]) if isinstance(value, str) else value


def _flat(record: Record) -> dict[str, object]:
    """Return the fields of the log line; what is not known is left out."""
    named = {name: record[name] for name in ("action", "outcome", "status", "via")}
    who = {name: record[name] for name in ("uid", "session", "name")}
    return {**named, **{k: v for k, v in who.items() if v not in (None, "")}, **record["facts"]}


def words(record: Record) -> str:
    """Word a record for people."""
    fields = _flat(record)
    action, outcome = fields.pop("action"), fields.pop("outcome")
    return f"audit: {action}, {outcome}; " + " ".join(f"{k}={v}" for k, v in fields.items())
