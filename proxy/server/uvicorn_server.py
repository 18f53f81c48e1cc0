"""uvicorn's server without what else it imports.

Its package imports its command line, and with it click, multiprocessing and reloaders: 5 % of a
start and 1.6 MiB. Its server reads a logging configuration, in files, too, and runs applications of
other kinds than ours: 0.7 MiB. We use none of that.
"""

from proxy.later import standing_in

_MIDDLEWARE = ("asgi2", "message_logger", "proxy_headers", "wsgi")

with standing_in(
    *("uvicorn.main", "configparser", "logging.config", "platform"),
    *(f"uvicorn.middleware.{name}" for name in _MIDDLEWARE),
):
    import uvicorn
    from uvicorn.config import Config
    from uvicorn.server import Server

vars(uvicorn)["Server"] = Server  # the package takes it from its command line

__all__ = ["Config", "Server"]
