"""Notices that the event loop no longer turns: the service control manager has no eyes for that."""

from collections.abc import Callable

PATIENCE = 30  # looks, one a second


class Watchdog:
    """Asks the loop at each look, and counts the looks since its last answer.

    It counts looks, not seconds: a machine that was suspended has missed many of these.
    """

    def __init__(self, patience: int = PATIENCE) -> None:
        self._patience = patience
        self._unanswered = 0

    def look(self, ask: Callable[[Callable[[], None]], object]) -> bool:
        """Let ``ask`` bring the question to the loop; report whether patience is at its end."""
        self._unanswered += 1
        ask(self._answer)
        return self._unanswered > self._patience

    def _answer(self) -> None:
        self._unanswered = 0
