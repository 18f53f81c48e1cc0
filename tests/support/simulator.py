"""The simulator of the Bre-B API on a real socket, in a thread."""

import contextlib
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from simulator import SandboxConfig, create_app
from tests.support.leaks import SECRET
from tests.support.patience import PATIENCE


@contextlib.contextmanager
def simulator(tls: ssl.SSLContext | None = None, **config: Any) -> Iterator[str]:
    """Run it while the block runs; give its URL. Its credentials are those of `Program`."""
    chosen = {"client_id": "test-client", "client_secret": SECRET, **config}
    with serving(create_app(SandboxConfig(**chosen)), tls) as url:
        yield url


@contextlib.contextmanager
def serving(app: ASGIApp, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve an application while the block runs; give its URL."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            port=0,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
            ssl_context_factory=(lambda *_: tls) if tls else None,
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE
    while not server.started:
        assert thread.is_alive(), "the simulator did not start"
        assert time.monotonic() < deadline, "the simulator does not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
