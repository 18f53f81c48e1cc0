"""uvicorn's server without what else it imports.

Its package imports its command line, and with it click, multiprocessing and reloaders: 5 % of a
start and 1.6 MiB. Its server reads a logging configuration, in files, too: 0.6 MiB. We use neither.
"""

from proxy.later import standing_in

with standing_in("uvicorn.main", "configparser", "logging.config", "platform"):
    import uvicorn
    from uvicorn.config import Config
    from uvicorn.server import Server

vars(uvicorn)["Server"] = Server  # the package takes it from its command line

__all__ = ["Config", "Server"]
