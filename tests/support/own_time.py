"""A time for one module alone.

The module ``time`` is everybody's: of servers in other threads of the test's process, too.
"""

import time
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


def own_time(monkeypatch: pytest.MonkeyPatch, module: ModuleType, **changed: Any) -> None:
    """Let ``module``, which imports time, find these functions and numbers in it instead."""
    assert module.__dict__["time"] is time
    monkeypatch.setattr(module, "time", SimpleNamespace(**{**vars(time), **changed}))
