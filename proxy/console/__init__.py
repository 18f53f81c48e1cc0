"""The console: every exchange and the token's life in a browser, for this machine alone."""

from proxy.console.caller_url import CallerUrl
from proxy.console.entrance import Entrance
from proxy.console.replay import Replay
from proxy.console.routes import Console

__all__ = ["CallerUrl", "Console", "Entrance", "Replay"]
