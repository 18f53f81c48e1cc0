"""An accept that fails costs one connection, and never the listener."""

import asyncio
import socket
import struct
import threading
from asyncio import windows_events
from collections.abc import Callable
from typing import Any

import pytest

from proxy.asgi import Receive, Scope, Send
from proxy.server import server
from proxy.server.listener import Listener
from proxy.windows import accepting
from tests.support.limits import listener_limits
from tests.support.patience import PATIENCE
from tests.support.wire import ask, connect, read_answer

GONE = OSError(22, "The specified network name is no longer available", None, 64)
FULL = OSError(22, "An operation on a socket could not be performed", None, 10055)
RESETTING = struct.pack("HH", 1, 0)
OPEN = {"type": "http.response.start", "status": 204, "headers": []}


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    await send(OPEN)
    await send({"type": "http.response.body"})


def failing(times: int, error: OSError) -> Callable[..., Any]:
    """Return a `_register` whose first accepts end as Windows ends them: with ``error``."""
    real, left = windows_events.IocpProactor._register, [times]

    def register(self: Any, ov: Any, obj: Any, callback: Callable[..., Any]) -> Any:
        def fails(*arguments: Any) -> Any:
            taken = callback(*arguments)
            if not left[0]:
                return taken
            left[0] -= 1
            taken[0].close()
            raise error

        return real(self, ov, obj, fails if callback.__name__ == "finish_accept" else callback)

    return register


@pytest.mark.parametrize(
    ("error", "times"),
    [
        pytest.param(GONE, 1, id="a caller that has gone"),
        pytest.param(GONE, 12, id="many that have gone"),
        pytest.param(FULL, 12, id="no buffers"),
    ],
)
def test_a_failed_accept_does_not_close_the_listener(
    monkeypatch: pytest.MonkeyPatch, error: OSError, times: int, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(windows_events.IocpProactor, "_register", failing(times, error))
    stop, ready = threading.Event(), threading.Event()

    async def main(sock: socket.socket) -> None:
        listener = Listener(answers, lambda _: (400, [], b""), listener_limits(), 1, None)
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(listener.serve([sock]))
            await listener.listening.wait()
            ready.set()
            await asyncio.to_thread(stop.wait)
            await listener.finish(serving, 1, lambda: None)

    with socket.create_server(("127.0.0.1", 0)) as sock:
        thread = threading.Thread(target=server.run, args=(main(sock),))
        thread.start()
        assert ready.wait(PATIENCE)
        port, statuses = sock.getsockname()[1], []
        for _ in range(times + 2):
            with connect(port) as caller:
                try:
                    caller.sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    answer = read_answer(caller)
                except OSError:
                    answer = None
            statuses.append(answer and answer.status)
        stop.set()
        thread.join()
    assert statuses == [None] * times + [204, 204]
    assert ("connections cannot be accepted" in caplog.text) == (error is FULL)
    assert "Traceback" not in caplog.text


def test_after_a_thousand_resets_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """They come in a tenth of a second, before one of them is taken."""
    monkeypatch.setattr(accepting, "_PAUSE", 10 * PATIENCE)

    statuses = []

    async def main(sock: socket.socket) -> None:
        listener = Listener(answers, lambda _: (400, [], b""), listener_limits(), 1, None)
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(listener.serve([sock]))
            await listener.listening.wait()
            for _ in range(1_000):
                with socket.create_connection(sock.getsockname()) as caller:
                    caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETTING)
            statuses.append((await asyncio.to_thread(ask, sock.getsockname()[1], "/")).status)
            await listener.finish(serving, 1, lambda: None)

    with socket.create_server(("127.0.0.1", 0), backlog=2_000) as sock:
        server.run(main(sock))
    assert statuses == [204]
