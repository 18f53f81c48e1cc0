"""Traces on their way to the collector: they wait for each other, and nobody waits for them.

Invariants: what waits is bounded; each span that is not sent is counted; wording takes no more
than some tenths of a millisecond of a turn of the event loop.
"""

import asyncio
import contextlib
import logging
import random
from collections import Counter, deque

from proxy import __version__
from proxy.counts import counted
from proxy.settings.tracing import TracingOptions
from proxy.tracing import protobuf
from proxy.tracing.collector import Collector, NotTaken
from proxy.tracing.span import Attributes
from proxy.tracing.trace import Trace
from proxy.tracing.wording import Wording
from proxy.words import Said

log = logging.getLogger("proxy.traces")

_BATCH = 256  # exchanges, each of two spans or more
_TURN = 4  # exchanges that are worded in a turn of the event loop
_HEAVY = 4 << 20  # bytes of all targets that wait: a refused one may have 64 KiB
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)  # seconds between tries
_LAST = 1.0  # seconds for what is left at the end


class _Batch:
    """A batch as it is sent, and the number of its spans."""

    def __init__(self, body: bytes, spans: int) -> None:
        self.body = body
        self.spans = spans


class Exporter:
    """Takes traces that are over, and sends them; ``results`` counts spans by what became of them.

    `run` is its task; `aclose` sends what is left.
    """

    def __init__(
        self,
        options: TracingOptions,
        resource: Attributes,
        wording: Wording,
        collector: Collector,
    ) -> None:
        self._resource = resource
        self._wording = wording
        self._collector = collector
        self._delay = options.delay
        self._most = options.queue
        self._many = min(_BATCH, options.queue)
        self._waiting: deque[Trace] = deque()
        self._weight = 0
        self._some, self._enough = asyncio.Event(), asyncio.Event()
        self._batch: _Batch | None = None
        self._closing = False
        self._failing: Said = ""
        self.results: Counter[str] = Counter()

    def keep(self, trace: Trace) -> None:
        """Take a trace that is over, or drop it: nobody waits for the collector."""
        waiting, weight = self._waiting, len(trace.exchange.target)
        if len(waiting) >= self._most or self._weight + weight > _HEAVY:
            self.results["queue-full"] += 1 + len(trace.exchange.attempts)
            return
        waiting.append(trace)
        self._weight += weight
        if len(waiting) == 1:
            self._some.set()
        if len(waiting) == self._many:
            self._enough.set()

    async def run(self) -> None:
        """Send spans in batches until cancelled."""
        while True:
            await self._some.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._delay):
                    await self._enough.wait()
            await self._send()

    async def aclose(self) -> None:
        """Send the spans that are left within a second, and close."""
        self._closing = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST):
                while self._batch is not None or self._waiting:
                    await self._send()
        self._lost(self._batch)
        for trace in self._waiting:
            self.results["not-delivered"] += 1 + len(trace.exchange.attempts)
        await self._collector.aclose()
        if lost := self.results["not-delivered"]:
            log.warning("%s not delivered", counted(lost, "span"))

    async def _send(self) -> None:
        """Send one batch; it stays at hand until it is known what became of it."""
        try:
            if self._batch is None:
                self._batch = await self._worded()
            await self._deliver(self._batch)
        except Exception as error:  # neither the proxy's life nor its end may hang on traces
            log.error("internal error %s in traces", type(error).__name__)
            log.debug("where it happened", exc_info=error)
            self._lost(self._batch)
        self._batch = None

    async def _worded(self) -> _Batch:
        """Word the oldest traces that wait, a few in each turn of the loop."""
        spans: list[bytes] = []
        waiting = self._waiting
        taken = [waiting.popleft() for _ in range(min(_BATCH, len(waiting)))]
        self._weight -= sum(len(trace.exchange.target) for trace in taken)
        try:
            for number, trace in enumerate(taken, start=1):
                spans += map(protobuf.span, self._wording.spans(trace))
                if number % _TURN == 0:
                    await asyncio.sleep(0)
        except asyncio.CancelledError:  # the end has come: `aclose` sends them
            waiting.extendleft(reversed(taken))
            raise
        if not waiting:
            self._some.clear()
        if len(waiting) < self._many:
            self._enough.clear()
        return _Batch(protobuf.request(self._resource, __version__, spans), len(spans))

    async def _deliver(self, batch: _Batch) -> None:
        pauses = iter(() if self._closing else _PAUSES)
        while True:
            try:
                refused, words = await self._collector.take(batch.body)
            except NotTaken as error:
                self._tell(error.why)
                pause = next(pauses, None)
                if not error.again or pause is None:
                    self._lost(batch)
                    return
                jitter = random.uniform(0.5, 1.5)  # noqa: S311  no secret
                await asyncio.sleep(pause * jitter if error.after is None else error.after)
            else:
                self._took(batch, refused, words)
                return

    def _took(self, batch: _Batch, refused: int, words: str) -> None:
        refused = min(refused, batch.spans)
        self.results["sent"] += batch.spans - refused
        self.results["rejected"] += refused
        if refused:
            self._tell(f"it rejects {counted(refused, 'span')}: {words}")
        elif self._failing:
            log.info("traces are delivered to %s again", self._collector.url)
            self._failing = ""

    def _lost(self, batch: _Batch | None) -> None:
        if batch is not None:
            self.results["not-delivered"] += batch.spans

    def _tell(self, why: Said) -> None:
        """Log why traces are not delivered, once until that changes."""
        if str(why) != str(self._failing):
            log.warning("traces are not delivered to %s: %s", self._collector.url, why)
        self._failing = why
