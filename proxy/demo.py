"""``breb-proxy demo``: the simulator and the proxy before it, over real HTTP, in one process."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable, Generator
from typing import Any

import uvicorn

from proxy import server, sockets
from proxy.addresses import Address
from proxy.app import Parts
from proxy.settings import Settings
from proxy.status import span

SIMULATOR = Address("127.0.0.1", 9090)
_CREDENTIALS = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}

Load = Callable[[dict[str, Any]], tuple[Settings, dict[str, Any]]]


class _Simulator(uvicorn.Server):
    """The simulator on stock uvicorn, without signal handling of its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class Demo:
    """Everything that is bound before the demo starts."""

    def __init__(self, listen: Address, admin: Address) -> None:
        self._simulator_sockets, self.simulator = sockets.bind_near(SIMULATOR)
        self._callers, self.listen = sockets.bind_near(listen)
        self._admin, self.admin = sockets.bind_near(admin)
        self._moved = [
            f"port {asked.port} is taken: using {got.port}"
            for asked, got in (
                (listen, self.listen),
                (admin, self.admin),
                (SIMULATOR, self.simulator),
            )
            if asked != got
        ]

    @property
    def fixed(self) -> dict[str, Any]:
        """The settings that make it a demo."""
        return {
            **_CREDENTIALS,
            "base_url": f"http://{self.simulator}",
            "token_url": None,
            "listen": self.listen,
            "admin_listen": self.admin,
            "console": True,
        }

    def run(self, settings: Settings, where: dict[str, Any], *, as_json: bool) -> None:
        """Run until Ctrl-C."""
        server.run(self._main(settings, {**where, **_CREDENTIALS}, as_json=as_json))

    async def _main(self, settings: Settings, where: dict[str, Any], *, as_json: bool) -> None:
        simulator = _simulator(self._simulator_sockets[0])
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(simulator.serve(self._simulator_sockets))
            await server.serve(
                settings, where, self._callers, self._admin, as_json=as_json, started=self._tell
            )
            simulator.should_exit = True
            await running
        print("\ndemo ended", file=sys.stdout, flush=True)  # noqa: T201  the demo talks

    async def _tell(self, parts: Parts) -> None:
        """Print where to point a client, once the first token is there."""
        await parts.keeper.wait()
        renewal = span(parts.keeper.next_fetch)
        url = f"http://{self.listen}"
        lines = [
            *self._moved,
            "",
            "breb-proxy demo: a simulator of the Bre-B API, not the real thing",
            "",
            f"  Postman, curl, your app   {url}    no Authorization needed",
            f"  admin and console         http://{self.admin}",
            f"  the simulator itself      http://{self.simulator}    wants a bearer token",
            "",
            "Try it:",
            "",
            f"  curl {url}/v1/customers",
            "",
            f"The access token is renewed in {renewal}, by itself. Ctrl-C ends the demo.",
            "",
        ]
        print("\n".join(lines), flush=True)  # noqa: T201  the demo talks


def _simulator(sock: socket.socket) -> _Simulator:
    from proxy.sandbox import create_app

    del sock
    config = uvicorn.Config(
        create_app(),
        lifespan="auto",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    return _Simulator(config)
