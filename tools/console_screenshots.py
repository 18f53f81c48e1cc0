"""Pictures of the console for the documentation: ``python -m tools.console_screenshots``.

Runs the demo, sends a morning's traffic through it, and looks at the page in the system's Chromium.
"""

import http.client
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from playwright.sync_api import Browser, Page, ViewportSize

from proxy.admin.operator import FIELD
from simulator.steps import CUSTOMER
from tests.support import Program
from tests.support.chromium import launch
from tests.support.demo import demo

IMAGES = Path(__file__).parent.parent / "docs" / "images"
# Where the pictures for the readers of each language are.
FOLDERS = {"en-US": IMAGES, "es-CO": IMAGES / "es"}
WIDE = ViewportSize(width=1280, height=800)
NARROW = ViewportSize(width=390, height=844)


class Caller:
    """Speaks to the proxy as an integrator's program would."""

    def __init__(self, port: int, fields: Mapping[str, str] = MappingProxyType({})) -> None:
        self._port = port
        self._fields = fields

    def __call__(
        self, method: str, path: str, body: object = None, **fields: str
    ) -> dict[str, str]:
        """Send one request; return the JSON answer, empty if there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=15)
        names = {name.replace("_", "-"): value for name, value in fields.items()}
        headers = {
            "Accept": "application/json",
            "User-Agent": "integration/1.4",
            **self._fields,
            **names,
        }
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse().read()
            found: dict[str, str] = json.loads(answer) if answer[:1] == b"{" else {}
        except (http.client.HTTPException, OSError):
            found = {}
        finally:
            connection.close()
        return found


def traffic(caller: Caller, admin: Caller) -> None:
    """Send what a morning of trying things out looks like."""
    customer = caller("POST", "/v1/customers/business/link", CUSTOMER)["id"]
    account = caller(
        "POST",
        "/v1/accounts/link",
        {"customer_id": customer, "account_type": "ORDINARY", "account_number": "00012345678"},
    )["id"]
    caller("GET", f"/v1/accounts/{account}")
    caller("GET", "/v1/customers?page_params.page_size=5&identification_number=900555777")
    key = {"key_type": "PHONE", "key_value": "3001112233"}
    caller("POST", "/v1/keys", {"account_id": account, "key": key, "display_name": "Caja"})
    caller("GET", f"/v1/keys?customer_id={customer}")
    admin("POST", "/refresh")
    caller("GET", "/v1/payments/not-an-id")
    resolution = caller("POST", "/v1/resolve-key", {"customer_id": customer, "key": key})
    caller("POST", "/v1/keys", {"account_id": account}, Origin="https://shop.example")
    caller("GET", "/v1/accounts", X_Sandbox_Fault="reset")
    caller("GET", f"/v1/customers/{customer}", X_Sandbox_Fault="status=503")
    caller("DELETE", "/v1/qrcodes/none", {"id": "none"})
    for _ in range(4):
        caller("GET", f"/v1/accounts/{account}", X_Sandbox_Fault="delay=40ms")
    admin("POST", "/refresh")
    pesos = {"value": "25000", "currency": "COP"}
    payment = {"account_id": account, "resolution_id": resolution.get("id", ""), "amount": pesos}
    made = caller("POST", "/v1/payments/breb", payment)
    caller("GET", f"/v1/payments/{made.get('id', '')}")
    caller("GET", f"/v1/accounts/{account}", Connection="X-Trace", X_Trace="7")


def main() -> int:
    """Take all pictures."""
    for folder in FOLDERS.values():
        folder.mkdir(parents=True, exist_ok=True)
    # Where the demo leaves the secret of its console, as it does for the tests.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="runtime-"))
    with demo() as running:
        ana = Caller(running.admin_port, {**running.bearer, FIELD: "ana"})
        traffic(Caller(running.port), ana)
        with launch() as browser:
            _pictures(browser, running)
            for locale, folder in FOLDERS.items():
                link = ana("POST", "/console/api/link")["link"]
                page = browser.new_page(viewport=WIDE, color_scheme="light", locale=locale)
                page.goto(f"http://127.0.0.1:{running.admin_port}/#secret={link}")
                _act(page)
                page.screenshot(path=folder / "console-actions.png")
                page.close()
    return 0


def _pictures(browser: Browser, running: Program) -> None:
    for locale, folder in FOLDERS.items():
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport=WIDE, color_scheme=scheme, locale=locale)
            page.goto(running.console)
            _open_payment(page)
            page.screenshot(path=folder / f"console-{scheme}.png")
            page.close()
    page = browser.new_page(viewport=WIDE, color_scheme="light")
    page.goto(running.console)
    _open_payment(page)
    page.get_by_role("tab", name="Changes").click()
    page.get_by_role("button", name="Copy as").click()
    page.wait_for_selector("#copy-text")
    page.get_by_role("button", name="Python").click()
    time.sleep(0.5)
    page.screenshot(path=IMAGES / "console-copy.png")
    page.close()
    page = browser.new_page(viewport=NARROW, color_scheme="dark")
    page.goto(running.console)
    page.wait_for_selector("#rows tr[data-id]")
    time.sleep(1.5)  # the rows have faded in
    page.screenshot(path=IMAGES / "console-narrow.png")
    page.close()


def _open_payment(page: Page) -> None:
    page.wait_for_selector("#rows tr[data-id]")
    page.locator("#rows tr", has_text="/v1/payments/breb").first.click()
    page.wait_for_selector("#panel")
    time.sleep(1.5)


def _act(page: Page) -> None:
    """Send a request again, and show what people did."""
    page.wait_for_selector("#rows tr[data-id]")
    page.locator("#rows tr", has_text="/v1/keys?").first.click()
    page.wait_for_selector("#panel")
    page.keyboard.press("r")
    page.wait_for_timeout(1500)
    page.keyboard.press("a")
    page.wait_for_selector("#audit-dialog table")
    page.wait_for_timeout(500)


if __name__ == "__main__":
    sys.exit(main())
