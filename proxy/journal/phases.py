"""The time of an exchange, cut into phases without gaps or overlaps."""

from collections.abc import Iterable

from proxy.exchange.attempt import Attempt
from proxy.exchange.record import Exchange
from proxy.journal.entry import Phase
from proxy.journal.recorder import Capture

Moment = tuple[str, float]
"""The name of a phase and its end (seconds of ``time.perf_counter``)."""


def phases(exchange: Exchange, capture: Capture, *, tls: bool) -> Iterable[Phase]:
    """Yield the phases; ``tls`` tells whether the upstream speaks TLS."""
    last = exchange.started
    for name, moment in _moments(exchange, capture, tls=tls):
        end = min(max(moment, last), exchange.ended)
        if end > last or name == "guard":
            yield Phase(name, last - exchange.started, end - exchange.started)
        last = end


def _moments(exchange: Exchange, capture: Capture, *, tls: bool) -> Iterable[Moment]:
    """Name the moments at which each phase ended."""
    part: str = "guard"
    for next_part, moment in capture.parts:
        yield (part, moment)
        part = next_part
    if part != "token":  # it ended before it asked for a token
        yield (part, exchange.ended)
        return
    ready = exchange.token_ready
    if ready is not None:
        yield ("token", ready)
    attempts = [each.attempt for each in capture.attempts]
    if not attempts:
        yield ("token" if ready is None else "connect", exchange.ended)
    for index, each in enumerate(attempts):
        if index:
            yield ("renewal" if attempts[index - 1].status == 401 else "reconnect", each.began)
        else:
            yield from _connected(each, tls=tls)
        yield from _answered(each, exchange, capture, final=each is attempts[-1])


def _connected(each: Attempt, *, tls: bool) -> Iterable[Moment]:
    if each.reached is None:
        yield ("pool", each.began)
    elif tls:
        yield ("connect", each.reached)
        yield ("tls", each.began)
    else:
        yield ("connect", each.began)


def _answered(
    each: Attempt, exchange: Exchange, capture: Capture, *, final: bool
) -> Iterable[Moment]:
    end = exchange.ended if each.answered is None else each.answered
    if capture.request_whole is not None:
        yield ("send", min(capture.request_whole, end))
    if each.answered is not None or final:
        yield ("wait", end)
    if each.answered is not None and final:
        yield ("body", exchange.ended)
