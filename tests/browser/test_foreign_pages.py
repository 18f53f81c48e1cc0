"""What pages of other origins can do at the callers' door, in the system's Chromium.

Nothing, by any of the ways that a page has; the one origin that is named gets in.
"""

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support import Program, RawUpstream, free_port
from tests.support.chromium import Contexts
from tests.support.patience import PATIENCE
from tests.support.sweeps import further

pytestmark = pytest.mark.browser

BODY = b'{"n":1}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nAccess-Control-Allow-Origin: *\r\n"
    b"Content-Length: %d\r\n\r\n%b"
) % (len(BODY), BODY)

FETCH = """async ([url, options]) => {
    try {
        const answer = await fetch(url, options);
        return [answer.type, answer.status, answer.type === 'opaque' ? '' : await answer.text()];
    } catch (error) { return ['failed', 0, '']; }
}"""
IMAGE = """(url) => new Promise((done) => {
    const image = new Image();
    image.onload = image.onerror = () => done();
    image.src = url;
})"""
FRAME = """(url) => new Promise((done) => {
    const frame = document.createElement('iframe');
    frame.onload = () => done();
    frame.src = url;
    document.body.append(frame);
})"""
SCRIPT = """(url) => new Promise((done) => {
    const script = document.createElement('script');
    script.onload = script.onerror = () => done();
    script.src = url;
    document.body.append(script);
})"""
FORM = """([url, method]) => new Promise((done) => {
    const frame = document.createElement('iframe');
    frame.name = 'target' + Math.random();
    document.body.append(frame);
    const form = document.createElement('form');
    Object.assign(form, {action: url, method, enctype: 'text/plain', target: frame.name});
    const field = document.createElement('input');
    Object.assign(field, {name: '{"amount":"', value: '1"}'});
    form.append(field);
    document.body.append(form);
    frame.onload = () => done();
    form.submit();
})"""


class _Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>a page</title><body>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def pages() -> Iterator[int]:
    """A web server; its names on this machine are origins of their own."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream(ANSWER) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def proxy(upstream: RawUpstream, pages: int) -> Iterator[Program]:
    with Program(upstream.url, allowed_origins=f"http://friend.localhost:{pages}") as proxy:
        yield proxy


def refusals(proxy: Program, before: int) -> set[int]:
    """Return the statuses of what came since; at least one exchange must have come."""
    return {entry["status"] for entry in proxy.exchanges(before + 1)[before:]}


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Page]:
    """One for all strangers: a window of its own for each test took longer than all tests."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    yield page
    page.close()


@pytest.fixture
def page(contexts: Contexts) -> Iterator[Page]:
    with contexts.page() as page:
        yield page


STRANGERS = ["http://evil.localhost:{}", *further("http://127.0.0.1:{}", "http://localhost:{}")]


@pytest.fixture(params=STRANGERS)
def stranger(request: pytest.FixtureRequest, window: Page, pages: int) -> Page:
    """A page of another site, and of the proxy's own site on another port; loaded afresh."""
    window.goto(f"{request.param.format(pages)}/")
    return window


WAYS = [
    pytest.param(FETCH, [{"method": "GET"}], id="fetch"),
    pytest.param(FETCH, [{"method": "GET", "mode": "no-cors"}], id="no-cors GET"),
    pytest.param(FETCH, [{"method": "POST", "mode": "no-cors", "body": "{}"}], id="no-cors POST"),
    pytest.param(
        FETCH,
        [{"method": "POST", "body": "{}", "headers": {"Content-Type": "application/json"}}],
        id="POST of JSON",
    ),
    pytest.param(FETCH, [{"method": "DELETE"}], id="DELETE"),
    pytest.param(FETCH, [{"credentials": "include"}], id="with cookies"),
    pytest.param(IMAGE, None, id="image"),
    pytest.param(SCRIPT, None, id="script"),
    pytest.param(FRAME, None, id="frame"),
    pytest.param(FORM, ["POST"], id="form that posts"),
    pytest.param(FORM, ["GET"], id="form that gets"),
]


@pytest.mark.parametrize(("script", "more"), WAYS)
@pytest.mark.parametrize("name", ["127.0.0.1", *further("localhost")])
def test_a_strangers_page_reaches_nothing(
    stranger: Page,
    proxy: Program,
    upstream: RawUpstream,
    name: str,
    script: str,
    more: list[object] | None,
) -> None:
    url = f"http://{name}:{proxy.port}/v1/payments/breb?stolen=1"
    before, calls = len(proxy.exchanges(0)), len(upstream.requests)
    told = stranger.evaluate(script, url if more is None else [url, *more])
    assert refusals(proxy, before) == {403}
    assert len(upstream.requests) == calls
    if script == FETCH:
        kind, status, text = told
        assert kind in ("failed", "opaque")
        assert (status, text) == (0, "")


def test_a_rebound_name_reaches_nothing(page: Page, proxy: Program, upstream: RawUpstream) -> None:
    """A page whose own name points here is of the same origin, but not by a name of ours."""
    before, calls = len(proxy.exchanges(0)), len(upstream.requests)
    answer = page.goto(f"http://rebound.localhost:{proxy.port}/v1/customers")
    assert answer is not None
    assert answer.status == 421
    assert refusals(proxy, before) == {421}
    assert len(upstream.requests) == calls


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="GET"),
        pytest.param({"credentials": "include"}, id="with cookies"),
        pytest.param(
            {"method": "PATCH", "body": "{}", "headers": {"Content-Type": "application/json"}},
            id="with a preflight",
        ),
    ],
)
def test_the_named_origin_gets_in(
    page: Page, proxy: Program, pages: int, options: dict[str, str]
) -> None:
    page.goto(f"http://friend.localhost:{pages}/")
    told = page.evaluate(FETCH, [f"http://127.0.0.1:{proxy.port}/v1/customers", options])
    assert told == ["cors", 200, BODY.decode()]


def test_the_named_origin_is_named_with_its_port(page: Page, upstream: RawUpstream) -> None:
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server,
        Program(upstream.url, allowed_origins=f"http://friend.localhost:{free_port()}") as proxy,
    ):
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        page.goto(f"http://friend.localhost:{server.server_port}/")
        told = page.evaluate(FETCH, [f"http://127.0.0.1:{proxy.port}/v1/customers", {}])
        assert told == ["failed", 0, ""]
        server.shutdown()
        thread.join()


PATHS = ["/refresh", *further("/", "/console/console.js", "/console/api/har")]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("script", "more"), [(FETCH, [{"method": "POST", "mode": "no-cors"}]), (FRAME, None)]
)
def test_the_console_is_closed_to_strangers_too(
    page: Page,
    running: Program,
    pages: int,
    path: str,
    script: str,
    more: list[object] | None,
) -> None:
    page.goto(f"http://evil.localhost:{pages}/")
    statuses: list[int] = []
    page.on("response", lambda response: statuses.append(response.status))
    before = running.status()["token"]["renewals"]
    url = f"http://127.0.0.1:{running.admin_port}{path}"
    page.evaluate(script, url if more is None else [url, *more])
    assert statuses
    assert all(status in (401, 403, 405) for status in statuses)
    assert running.status()["token"]["renewals"] == before
