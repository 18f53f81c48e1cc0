"""A simulator of Passport's Bre-B API, made from its public documentation alone.

It is a stand-alone ASGI application, and imports nothing of the proxy.
"""

from simulator.app import create_app
from simulator.config import SandboxConfig

__all__ = ["SandboxConfig", "create_app"]
