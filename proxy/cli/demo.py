"""``breb-proxy demo``: the simulator and the proxy before it, over real HTTP, in one process.

It has its own settings: those of environment and ``.env`` for a real upstream are ignored.
"""

import asyncio
import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path

import uvicorn
from pydantic import SecretStr, ValidationError

from proxy.addresses import ListenAddress
from proxy.admin.access import Access
from proxy.asgi import App
from proxy.cli.greeting import Greeting
from proxy.cli.webhooks import WEBHOOK_PATH, WebhookInbox
from proxy.credentials import Credentials, FixedCredentials
from proxy.errors import BadValue, SettingsError
from proxy.server import server
from proxy.server.parts import Parts
from proxy.server.sockets import BoundListener
from proxy.settings.model import Settings
from proxy.settings.problems import SettingsWrong, problems
from proxy.telemetry import log_format
from proxy.terminal.screen import Screen
from proxy.words import of_locale, phrase
from proxy.words.durations import Span
from simulator import SandboxConfig, create_app
from simulator.flags import settings as simulator_settings

SIMULATOR = ListenAddress("127.0.0.1", 9090)
_FLAGS_ALONE = (
    "the demo does not read the environment and .env; it has options for settings, such as"
    " --allow-open-listener for BREB_ALLOW_OPEN_LISTENER=true"
)
_CREDENTIALS = Credentials(SecretStr("sandbox-client"), SecretStr("sandbox-secret"))


class DemoSettings(Settings):
    """Settings of the demo, whose upstream is no real machine."""

    @property
    def environment(self) -> str:
        """Always ``demo``."""
        return "demo"


class _Simulator(uvicorn.Server):
    """The simulator on stock uvicorn, without signal handling of its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def run(given: Mapping[str, str], simulator: Mapping[str, object]) -> None:
    """Run until Ctrl-C; ``given`` are settings by name, and ``simulator`` those of the simulator.

    Raises SettingsError, and AddressTaken if there is no free port near the wanted one.
    """
    Demo(given, simulator).run()


class Demo:
    """Everything that is bound before the demo starts."""

    def __init__(self, given: Mapping[str, str], simulator: Mapping[str, object]) -> None:
        _simulated(simulator)  # settings that do not fit are reported before anything is bound
        self._screen = Screen(sys.stdout)
        self._language = of_locale(os.environ)
        listen = _address(given, "listen", "127.0.0.1:8080")
        admin = _address(given, "admin_listen", "127.0.0.1:8081")
        with contextlib.ExitStack() as bound:  # to be left again if anything is wrong
            self._simulator = BoundListener(SIMULATOR, bound)
            self._callers = BoundListener(listen, bound)
            self._admin = BoundListener(admin, bound)
            self._folder = tempfile.TemporaryDirectory(
                prefix="breb-proxy-demo-", ignore_cleanup_errors=True
            )
            bound.callback(self._folder.cleanup)
            self._settings = self._load(given)
            bound.pop_all()
        self._access = Access()
        callback = f"http://{self._simulator.address}{WEBHOOK_PATH}"
        chosen = _simulated({"webhook_url": callback, **simulator})
        self._inbox = WebhookInbox(create_app(chosen))

    def _load(self, given: Mapping[str, str]) -> Settings:
        own = {
            "client_id": _CREDENTIALS.client_id,
            "client_secret": _CREDENTIALS.client_secret,
            "ledger": given.get("ledger") or Path(self._folder.name, "ledger.db"),
            "base_url": f"http://{self._simulator.address}",
            "listen": self._callers.address,
            "admin_listen": self._admin.address,
        }
        try:
            return DemoSettings.model_validate({**given, **own})
        except ValidationError as error:
            raise SettingsWrong(problems(error, Settings.model_fields), [_FLAGS_ALONE]) from None

    def run(self) -> None:
        """Run until Ctrl-C."""
        settings = self._settings
        as_json = log_format.configure(settings.log_level, settings.log_format)
        # A newcomer reads the instructions first: the log lines of the start are left out.
        logging.disable(logging.INFO)
        with self._folder:
            server.run(self._main(settings, as_json=as_json))

    async def _main(self, settings: Settings, *, as_json: bool) -> None:
        simulator = _simulator(self._inbox)
        try:
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(simulator.serve(self._simulator.sockets))
                try:
                    await server.serve(
                        settings,
                        FixedCredentials(_CREDENTIALS),
                        self._callers.sockets,
                        self._admin.sockets,
                        access=self._access,
                        as_json=as_json,
                        tidy=self._folder.cleanup,
                        started=self._tell,
                    )
                finally:  # cancelled, it would leave its connections open
                    simulator.should_exit = True
                    await asyncio.wait([running])
        except* SettingsError as group:  # a named ledger that cannot be used
            raise group.exceptions[0] from None
        self._screen.line(f"\n{phrase('demo.ended').said(self._language)}")

    async def _tell(self, parts: Parts) -> None:
        """Print the address for clients, when the first token is there."""
        self._inbox.journal = parts.journal
        await parts.keeper.wait()
        greeting = Greeting(
            self._settings,
            *(self._callers, self._admin, self._simulator),
            self._access,
            self._screen,
            self._language,
        )
        for line in greeting.lines(Span(parts.keeper.next_fetch)):
            self._screen.line(line)
        logging.disable(logging.NOTSET)


def _address(given: Mapping[str, str], name: str, default: str) -> ListenAddress:
    try:
        return ListenAddress.parse(given.get(name, default))
    except BadValue as error:
        raise SettingsError([error.of(f"--{name.replace('_', '-')}")]) from None


def _simulated(given: Mapping[str, object]) -> SandboxConfig:
    try:
        return simulator_settings(dict(given), "sandbox-")
    except ValueError as error:
        raise SettingsError([str(error)]) from None


def _simulator(app: App) -> _Simulator:
    config = uvicorn.Config(
        app,
        lifespan="auto",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    return _Simulator(config)
