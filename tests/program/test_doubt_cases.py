"""Each way in which a payment may come to be in doubt, as docs/sandbox.md has them played.

A look-up at once concludes; what takes time is looked up again when the simulator's clock moved on.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.conftest import CUSTOMER
from tests.support import Program, ask
from tests.support.simulator import simulator

PATH = "/v1/payments/breb"
LOST = ("X-Sandbox-Fault", "reset;when=after")


class Shop:
    """A caller of the proxy, with an account and a key to pay."""

    def __init__(self, proxy: Program, sandbox: str) -> None:
        self._proxy = proxy
        self._sandbox = sandbox
        customer = self._post("/v1/customers/business/link", **CUSTOMER)["id"]
        linked = {"customer_id": customer, "account_number": "1", "account_type": "ORDINARY"}
        self._account = self._post("/v1/accounts/link", **linked)["id"]
        self._customer = customer

    def _post(self, path: str, *fields: tuple[str, str], **document: Any) -> dict[str, Any]:
        body = json.dumps(document).encode()
        lines = [("Content-Type", "application/json"), *fields]
        got = ask(self._proxy.port, path, "POST", body=body, fields=lines)
        told: dict[str, Any] = json.loads(got.body)
        return told

    def pay(self, *fields: tuple[str, str], value: str = "1500") -> dict[str, Any]:
        key = {"key_type": "PHONE", "key_value": "3001234567"}
        resolved = self._post("/v1/resolve-key", customer_id=self._customer, key=key)["id"]
        amount = {"value": value, "currency": "COP"}
        return self._post(
            PATH, *fields, account_id=self._account, resolution_id=resolved, amount=amount
        )

    def control(self, name: str, **body: Any) -> None:
        port = int(self._sandbox.rpartition(":")[2])
        got = ask(port, f"/_sandbox/{name}", "POST", body=json.dumps(body).encode())
        assert got.status == 200

    def looked_up(self) -> dict[str, Any]:
        """Look the first payment up; it is row 3."""
        _, text = self._proxy.admin("/ledger/3/look-up", "POST")
        found: dict[str, Any] = json.loads(text)
        return found


@contextmanager
def doubt(tmp_path: Path, *fields: tuple[str, str], **config: Any) -> Iterator[Shop]:
    """Pay, lose the answer, and give the shop that is in doubt."""
    with (
        simulator(seed=1, settle_delay=0.0, **config) as url,
        Program(url, ledger=tmp_path / "ledger.db") as proxy,
    ):
        shop = Shop(proxy, url)
        assert shop.pay(*(fields or (LOST,)))["outcome"] == "unknown"
        yield shop


def test_made_and_no_answer(tmp_path: Path) -> None:
    with doubt(tmp_path) as shop:
        assert shop.looked_up()["code"] == "settled"


def test_not_made_and_no_answer(tmp_path: Path) -> None:
    with doubt(tmp_path, ("X-Sandbox-Fault", "reset")) as shop:
        found = shop.looked_up()
        assert (found["kind"], found["suggests"]) == ("not-found", "")


def test_found_only_after_30_seconds(tmp_path: Path) -> None:
    with doubt(tmp_path, show_delay=30) as shop:
        assert shop.looked_up()["kind"] == "not-found"
        shop.control("clock", advance=31)
        assert shop.looked_up()["code"] == "settled"


def test_never_found_though_made(tmp_path: Path) -> None:
    with doubt(tmp_path, show_delay=100_000_000) as shop:
        shop.control("clock", advance=3600)
        assert shop.looked_up()["kind"] == "not-found"


def test_a_list_without_resolutions_is_no_proof(tmp_path: Path) -> None:
    with doubt(tmp_path, listed_resolution=False) as shop:
        found = shop.looked_up()
        assert (found["code"], found["suggests"]) == ("alike", "")
        assert len(found["candidates"]) == 1


def test_429_on_the_inquiry(tmp_path: Path) -> None:
    with doubt(tmp_path) as shop:
        fault = "status=429;retry-after=5;times=1"
        shop.control("faults", fault=fault, match="GET /v1/payments*")
        found = shop.looked_up()
        assert (found["kind"], found["asked"][0]["retry_after"]) == ("not-answered", 5)
        assert shop.looked_up()["code"] == "settled"


def test_more_than_a_page(tmp_path: Path) -> None:
    with doubt(tmp_path, max_page_size=1) as shop:
        for _ in range(2):
            shop.pay(value="7")
        found = shop.looked_up()
        assert (found["code"], found["asked"][-1]["pages"]) == ("settled", 3)


def test_rejected_late(tmp_path: Path) -> None:
    late = ("X-Sandbox-Outcome", "B105;after=30s")
    with doubt(tmp_path, LOST, late) as shop:
        assert shop.looked_up()["code"] == "not-final"
        shop.control("clock", advance=31)
        assert shop.looked_up()["code"] == "rejected"


@pytest.mark.parametrize("wait", ["30s", "2s"])
def test_a_caller_that_waits_is_told_of_a_late_rejection(tmp_path: Path, wait: str) -> None:
    with (
        simulator(seed=1) as url,
        Program(url, ledger=tmp_path / "ledger.db") as proxy,
    ):
        shop = Shop(proxy, url)
        prefer = ("Prefer", "wait=5")
        told = shop.pay(prefer, ("X-Sandbox-Outcome", f"B105;after={wait}"))
        assert told["status"] == ("REJECTED" if wait == "2s" else "PENDING")
