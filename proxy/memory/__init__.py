"""The memory that callers can make us hold: one budget, and smaller reads when it is short."""

from proxy.memory.budget import Budget, Holder
from proxy.memory.rules import Claim

__all__ = ["Budget", "Claim", "Holder"]
