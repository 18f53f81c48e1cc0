"""One line for each exchange."""

import re
import time
from collections.abc import Sequence

from proxy.exchange.record import Exchange, doubtful
from proxy.http1.fields import SAFE
from proxy.moments import stamp_millis
from proxy.telemetry.log_format import time_of_day
from proxy.telemetry.sink import KEPT, Sink
from proxy.terminal.plain import as_json, plain

_LONGEST = 4096  # bytes of a path: a refused caller may have sent one of 64 KiB


class AccessLog:
    """Writes one line for each exchange, without query values."""

    def __init__(
        self, *, as_json: bool, descriptor: int, colour: bool = False, terminal: bool = False
    ) -> None:
        text = _coloured if colour else _plain if terminal else _dated
        self._word = _json_line if as_json else text
        self._sink = Sink(descriptor)
        self._left = b""

    def write(self, exchanges: Sequence[Exchange]) -> None:
        """Write a line for each, after those for which there was no room before.

        Of what still does not fit, up to `KEPT` bytes are kept.
        """
        word, since = self._word, time.time() - time.perf_counter()
        lines = "".join([word(exchange, exchange.ended + since) for exchange in exchanges])
        left = self._sink.put(self._left + lines.encode())
        self._left = left if len(left) <= KEPT else left[: left.rfind(b"\n", 0, KEPT) + 1]


_NEEDS_ESCAPE = re.compile(r"[^ !#-\[\]-~]")


_DOUBT = ',"in_doubt":true'


def _escaped(value: bytes) -> str:
    """Return the text between the quotes of a JSON string, cut if it is long."""
    rest = len(value) - _LONGEST
    text = value[:_LONGEST].decode("latin-1") + (f"... ({rest} more bytes)" if rest > 0 else "")
    return as_json(text)[1:-1] if _NEEDS_ESCAPE.search(text) else text


def _json_line(exchange: Exchange, moment: float) -> str:
    upstream, outcome, status = exchange.upstream_seconds, exchange.outcome, exchange.status
    return (
        f'{{"time":"{stamp_millis(moment)}","level":"info","event":"exchange","id":"{exchange.id}"'
        f',"method":"{exchange.method}","path":"{_escaped(exchange.path)}"'
        f',"status":{"null" if status is None else status}'
        f',"received":{exchange.received},"sent":{exchange.sent}'
        f',"ms":{(exchange.ended - exchange.started) * 1000:.2f}'
        f',"upstream_ms":{"null" if upstream is None else f"{upstream * 1000:.2f}"}'
        f',"attempts":{len(exchange.attempts)},"outcome":"{outcome}"'
        f"{_DOUBT if doubtful(outcome, status) and exchange.in_doubt else ''}"
        f"{_who(exchange) if exchange.caller or exchange.uid is not None else ''}"
        f"{_trouble(exchange) if exchange.failure or exchange.left or exchange.note else ''}"
        f"{_trace(exchange.traceparent) if exchange.traceparent else ''}}}\n"
    )


def _trace(traceparent: bytes) -> str:
    return f',"traceparent":"{_escaped(traceparent)}"'


def _who(exchange: Exchange) -> str:
    caller = f',"caller":"{exchange.caller}"' if exchange.caller else ""
    return caller if exchange.uid is None else f'{caller},"uid":{exchange.uid}'


def _trouble(exchange: Exchange) -> str:
    parts: dict[str, str | int] = {}
    if exchange.reason:
        parts["reason"] = exchange.reason
    if exchange.failure is not None:
        parts["error"] = str(exchange.failure)
    if exchange.note:
        parts["note"] = str(exchange.note)
    if exchange.repeat_of is not None:
        parts["repeat_of"] = exchange.repeat_of
    return "," + ",".join(f'"{name}":{as_json(value)}' for name, value in parts.items())


def _text_line(exchange: Exchange, clock: str, colour: str = "", end: str = "") -> str:
    upstream = exchange.upstream_seconds
    share = "" if upstream is None else f", upstream {upstream * 1000:.1f}"
    failure = exchange.failure
    # The caller knows the request by this id: the problem document has it.
    why = "" if failure is None else f" {exchange.reason}: {plain(str(failure))} [{exchange.id}]"
    if exchange.left:
        why = " the caller left"
    if exchange.method not in SAFE and exchange.in_doubt:
        why += ", outcome unknown"
    note = f" ({plain(str(exchange.note))})" if exchange.note else ""
    status = exchange.status or "---"
    caller = f", {exchange.caller}" if exchange.caller else ""
    return (
        f"{clock} {colour}{status}{end}"
        f" {exchange.method:6} {_escaped(exchange.path)}"
        f"  {(exchange.ended - exchange.started) * 1000:.1f} ms{share}, {exchange.sent} B{caller}"
        f"{why}{note}\n"
    )


def _dated(exchange: Exchange, moment: float) -> str:
    return _text_line(exchange, stamp_millis(moment))


def _plain(exchange: Exchange, moment: float) -> str:
    return _text_line(exchange, time_of_day(moment))


def _coloured(exchange: Exchange, moment: float) -> str:
    status = exchange.status or 599
    shade = "32" if status < 300 else "36" if status < 400 else "33" if status < 500 else "31"
    return _text_line(exchange, time_of_day(moment), f"\x1b[{shade}m", "\x1b[0m")
