"""The door: lets the right requests in and says why it refuses the others."""

from proxy.guard.guard import Guard, GuardOptions

__all__ = ["Guard", "GuardOptions"]
