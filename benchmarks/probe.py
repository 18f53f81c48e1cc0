"""One request through a contender, its answer compared byte for byte."""

import http.client
import json
import time

from benchmarks import field_lines, payment, upstream
from benchmarks.model import SMALL, Contender, Scenario
from benchmarks.process import NotStartedError, Process, pause_until

START_DEADLINE = 20.0


def wrong(contender: Contender, scenario: Scenario, port: int) -> str:
    """Say what is wrong with the answer; nothing if it is right."""
    try:
        status, body = ask(scenario, port)
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    if status != 200:
        return f"status {status}"
    if not contender.forwards:
        return "" if len(body) == scenario.answer else "wrong length"
    return _difference(scenario, body)


def ask(scenario: Scenario, port: int) -> tuple[int, bytes]:
    """Send the scenario's request once."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        body = payment.body(scenario.upload) if scenario.upload else None
        lines = dict(field_lines.ASKED[scenario.lines])
        connection.request(scenario.method, field_lines.path(scenario), body, lines)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def await_first_answer(process: Process, port: int, begin: float) -> float:
    """Ask until a small GET is answered 200; return the seconds since ``begin``."""
    deadline = begin + START_DEADLINE
    seen = "no connection"
    while pause_until(deadline):
        process.check()
        try:
            status, _ = ask(Scenario("", ""), port)
        except (OSError, http.client.HTTPException):
            continue
        if status == 200:
            return time.monotonic() - begin
        seen = f"status {status}"
    raise NotStartedError(f"no answer in {START_DEADLINE:.0f} s, {seen}: {process.last_words()}")


def _difference(scenario: Scenario, body: bytes) -> str:
    if scenario.upload:
        received = json.loads(body)["received"]
        short = received < scenario.upload or len(body) != scenario.answer
        return f"upstream received {received} bytes" if short else ""
    expected = upstream.small_body() if scenario.answer == SMALL else upstream.body(scenario.answer)
    return "" if body == expected else f"wrong body of {len(body)} bytes"
