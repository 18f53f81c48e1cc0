"""A simulator of Passport's Bre-B API, made from its public documentation alone.

It is a stand-alone ASGI application: nothing else of this distribution is imported.
"""

from proxy.sandbox.app import create_app
from proxy.sandbox.config import SandboxConfig

__all__ = ["SandboxConfig", "create_app"]
