"""What callers can make us hold in memory: one budget, and how little is read when it is short."""

from proxy.memory.budget import Budget, Holder
from proxy.memory.rules import Claim

__all__ = ["Budget", "Claim", "Holder"]
