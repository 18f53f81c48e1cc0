"""``python -m simulator``: the simulator alone, on uvicorn."""

import asyncio
import contextlib
import logging
import shlex
import signal
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.config import SandboxConfig
from simulator.flags import Hint, Start, read
from simulator.said import said

if TYPE_CHECKING:
    import ssl

    from starlette.types import ASGIApp

_NAME = "python -m simulator"
_GRACE = 2  # seconds
_FAILED, _USAGE, _TAKEN = 1, 2, 3  # as the proxy's own exit codes


def announce(base_url: str, config: SandboxConfig) -> str:
    """Print the simulator's address and the credentials that it accepts."""
    rows = (
        (said("API"), f"{base_url}/v1/"),
        (said("page"), f"{base_url}/_sandbox"),
        (said("OpenAPI"), f"{base_url}/_sandbox/openapi.json"),
        (said("client id"), config.client_id),
        (said("client secret"), config.client_secret),
    )
    title = said("Bre-B simulator, made from public documentation; not the real thing")
    return "\n".join((title, *(_row(*row) for row in rows)))


def _row(name: str, value: str) -> str:
    return f"  {name:<13}  {value}"


def main(argv: Sequence[str] | None = None, name: str = _NAME, hint: Hint | None = None) -> int:
    """Serve until interrupted, as the command of that name; return the exit code.

    ``hint`` says of an unknown option whose it is.
    """
    start = read(argv, name, hint)
    try:
        app, tls = _application(start), _tls(start)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.filename else error
        sys.stderr.write(f"{start.data or 'TLS'}: {why}\n")
        return _USAGE
    except ImportError:
        told = said(
            "--tls makes its certificate with trustme, which is not installed; to install it, run:"
            " {python} -m pip install trustme\nOr set --tls-cert and --tls-key.",
            python=shlex.quote(sys.executable),
        )
        sys.stderr.write(f"{told}\n")
        return _USAGE
    try:
        listener = _listen(start.host, start.port)
    except OSError as error:
        told = said(
            "cannot listen on {address}: {why}; choose another --listen, --host or --port",
            address=f"{start.host}:{start.port}",
            why=error.strerror,
        )
        sys.stderr.write(f"{told}\n")
        return _TAKEN
    _serve(listener, app, tls, _told(start, listener, tls))
    return 0


def _application(start: Start) -> "ASGIApp":
    from simulator.app import create_app

    data = start.data.read_text("utf-8") if start.data else None
    return create_app(start.config, data=data)


def _tls(start: Start) -> "ssl.SSLContext | None":
    if not start.tls and start.tls_cert is None:
        return None
    from simulator import tls

    if start.tls_cert is not None and start.tls_key is not None:
        return tls.given(start.tls_cert, start.tls_key)
    return tls.made(start.tls_names, start.tls_ca)


def _told(start: Start, listener: socket.socket, tls: "ssl.SSLContext | None") -> str:
    shown = f"[{start.host}]" if ":" in start.host else start.host
    scheme = "https" if tls else "http"
    told = announce(f"{scheme}://{shown}:{listener.getsockname()[1]}", start.config)
    if tls and start.tls_cert is None:
        told += "\n" + _row(said("authority"), f"{start.tls_ca} (curl --cacert, BREB_CA_BUNDLE)")
    return told


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":  # where the other option lets two programs share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


def _serve(
    listener: socket.socket, app: "ASGIApp", tls: "ssl.SSLContext | None", told: str
) -> None:
    import uvicorn  # not for --help

    settings = uvicorn.Config(
        app,
        http="httptools",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
        ssl_context_factory=(lambda *_: tls) if tls else None,
    )
    sys.stdout.write(told + "\n")
    sys.stdout.flush()
    # a connection that hangs at the end is cut off; a traceback would make that look like a failure
    logging.getLogger("uvicorn.error").addFilter(lambda record: not _cut_off(record))
    # uvicorn raises the signal again after its shutdown: here that is a clean end
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(settings).run(sockets=[listener])
    signal.signal(signal.SIGTERM, before)


def _cut_off(record: logging.LogRecord) -> bool:
    return record.exc_info is not None and record.exc_info[0] is asyncio.CancelledError


if __name__ == "__main__":
    sys.exit(main())
