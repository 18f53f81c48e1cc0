"""The callers' side of HTTP/1.1: an asyncio protocol that uvicorn runs in place of its own.

It is plugged in through uvicorn's documented ``http=`` option and runs any ASGI app. Beyond stock
uvicorn it keeps the raw target and letter case, takes bodies of known length past the parser,
cancels the exchange of a caller who leaves, and bounds heads, time and connections.
"""

from proxy.listener.connections import Callers, ListenerLimits, Refuse

__all__ = ["Callers", "ListenerLimits", "Refuse"]
