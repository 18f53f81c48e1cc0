"""A running simulator on a real socket, and short ways to fill it."""

import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn

from simulator import SandboxConfig, create_app
from tests.support.patience import PATIENCE

CREDENTIALS = {
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
    "grant_type": "client_credentials",
}
CUSTOMER = {
    "type": "BUSINESS",
    "business_name": "Panadería Ñandú",
    "email": "hola@example.com",
    "mobile_phone_number": "+573001112233",
    "identification_type": "NIT",
    "identification_number": "900123456",
    "address": {
        "line_1": "Calle 1",
        "city": "Bogotá",
        "state": "DC",
        "post_code": "110111",
        "country": "CO",
    },
    "merchant_category_code": "5814",
}


@dataclass
class Simulator:
    """A simulator, a client that holds a token of it, and its controls."""

    url: str
    port: int
    config: SandboxConfig
    bare: httpx.Client
    http: httpx.Client = field(init=False)

    def token(self) -> dict[str, Any]:
        """Get a fresh token."""
        return self.bare.post("/v1/iam/oauth/tokens", json=CREDENTIALS).json()

    def authorize(self) -> None:
        """Let ``http`` send a fresh token."""
        self.http.headers["Authorization"] = f"Bearer {self.token()['access_token']}"

    def control(self, name: str, **body: Any) -> None:
        """Use a control."""
        answer = self.bare.post(f"/_sandbox/{name}", json=body)
        assert answer.status_code == 200, answer.text

    def view(self, name: str = "state") -> dict[str, Any]:
        """Look at /_sandbox."""
        return self.bare.get(f"/_sandbox/{name}").json()

    def post(self, path: str, status: int = 200, /, **body: Any) -> dict[str, Any]:
        """Post and insist on a status."""
        answer = self.http.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str, status: int = 200, /, **params: Any) -> dict[str, Any]:
        """Get and insist on a status."""
        answer = self.http.get(path, params=params or None)
        assert answer.status_code == status, answer.text
        return answer.json()

    def customer(self, **changes: Any) -> str:
        """Link a customer; give its id."""
        return self.post("/v1/customers/business/link", **{**CUSTOMER, **changes})["id"]

    def account(self, customer: str | None = None, number: str = "0001") -> str:
        """Link an account; give its id."""
        body = {"customer_id": customer or self.customer(), "account_number": number}
        return self.post("/v1/accounts/link", account_type="ORDINARY", **body)["id"]

    def key(self, account: str, value: str = "@panaderia", kind: str = "ALPHA") -> str:
        """Register a key; give its id."""
        key = {"key_type": kind, "key_value": value}
        return self.post("/v1/keys", account_id=account, key=key)["id"]

    def resolve(self, customer: str, value: str = "3001234567", kind: str = "PHONE") -> str:
        """Resolve a key; give the resolution's id."""
        key = {"key_type": kind, "key_value": value}
        return self.post("/v1/resolve-key", customer_id=customer, key=key)["id"]

    def ready(self) -> tuple[str, str, str]:
        """Make a customer, its account and a resolution."""
        customer = self.customer()
        return customer, self.account(customer), self.resolve(customer)

    def pay(self, account: str, resolution: str, value: str = "1500") -> dict[str, Any]:
        """Initiate a payment."""
        amount = {"value": value, "currency": "COP"}
        body = {"account_id": account, "resolution_id": resolution, "amount": amount}
        return self.post("/v1/payments/breb", **body)

    def later(self, seconds: float = 1) -> None:
        """Let time pass in the simulator."""
        self.control("clock", advance=seconds)


def client(url: str) -> httpx.Client:
    """Return a client that trusts no authority: to load them all takes longer than most tests."""
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE, verify=nobody)


@contextlib.contextmanager
def running(config: SandboxConfig, wall: Callable[[], float] = time.time) -> Iterator[Simulator]:
    settings = uvicorn.Config(
        create_app(config, wall=wall), port=0, http="httptools", lifespan="on",
        log_level="critical", timeout_graceful_shutdown=1,
        # at uvicorn's own five seconds it may close the moment in which a client asks again
        timeout_keep_alive=int(PATIENCE),
    )  # fmt: skip
    server = uvicorn.Server(settings)
    sock = settings.bind_socket()
    sock.listen()
    port = sock.getsockname()[1]
    thread = threading.Thread(target=server.run, args=([sock],), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{port}"
    try:
        with client(url) as bare:
            yield Simulator(url, port, config, bare)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        sock.close()
        assert not thread.is_alive(), "the simulator's server did not end"


Start = Callable[..., Simulator]


@contextlib.contextmanager
def _client(simulator: Simulator) -> Iterator[Simulator]:
    with client(simulator.url) as simulator.http:
        if simulator.config.require_token:
            simulator.authorize()
        yield simulator


@pytest.fixture
def start() -> Iterator[Start]:
    """Start simulators with settings of the test's choice."""
    with contextlib.ExitStack() as stack:

        def begin(wall: Callable[[], float] = time.time, **settings: Any) -> Simulator:
            config = SandboxConfig(**{"seed": 7, **settings})
            simulator = stack.enter_context(running(config, wall))
            return stack.enter_context(_client(simulator))

        yield begin


@pytest.fixture(scope="module")
def standing() -> Iterator[Simulator]:
    """Keep one simulator with its defaults for a module's tests that need no other.

    Its time stands still but for `Simulator.later`: else a payment would go on while a test looks.
    """
    now = time.time()
    with running(SandboxConfig(seed=7), lambda: now) as simulator:
        yield simulator


@pytest.fixture
def sandbox(standing: Simulator) -> Iterator[Simulator]:
    """Reset the one with its defaults."""
    standing.control("reset")
    with _client(standing) as simulator:
        yield simulator
