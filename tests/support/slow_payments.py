"""A payment that is under way for as long as a test wants."""

import threading

from tests.support.patience import PATIENCE
from tests.support.upstream import OK, Call, RawUpstream
from tests.support.wire import ask

PAYMENT = "/v1/paas/payments"


class Slow(RawUpstream):
    """Answers a payment when it is told to."""

    def __init__(self) -> None:
        super().__init__(self._later)
        self.arrived, self.may_answer = threading.Event(), threading.Event()

    def _later(self, call: Call) -> bytes:
        if call.method == "POST":
            self.arrived.set()
            assert self.may_answer.wait(PATIENCE)
        return OK


class Payment(threading.Thread):
    """One that is under way."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._port = port
        self.answer: object = None
        self.start()

    def run(self) -> None:
        try:
            self.answer = ask(self._port, PAYMENT, "POST", body=b"{}").status
        except (OSError, AssertionError, EOFError) as error:
            self.answer = error
