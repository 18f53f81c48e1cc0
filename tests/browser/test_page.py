"""The console as a person uses it, in the system's Chromium."""

import json
import re
import subprocess
import threading
import time
from importlib import resources
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, ViewportSize, expect

from proxy.console.copying import FORMS
from tests.support import Call, Program, RawUpstream, exchange, node
from tests.support.demo import demo
from tests.support.needs import need
from tests.support.page import NARROW, WIDE, Start, violations
from tests.support.sweeps import further
from tests.support.wire import connect, read_answer
from tools.console_screenshots import Caller, traffic

pytestmark = pytest.mark.browser
PAYMENT = "/v1/payments/breb"
TABS = ("Content", "Headers", "Timing", "Attempts", "Changes")


def test_exchanges_appear_as_they_happen(start: Start) -> None:
    console = start()
    expect(console.page.locator("#empty pre")).to_contain_text(
        f":{console.program.port}/v1/customers"
    )
    console.send("/v1/customers?identification_number=900555777")
    row = console.rows().first
    expect(row).to_contain_text("GET")
    expect(row).to_contain_text("identification_number=••••77")
    expect(row).to_contain_text("404")
    expect(row).to_contain_text("upstream")
    expect(console.page.locator("#empty")).to_be_hidden()
    expect(row).to_contain_text("NOT_FOUND")
    console.page.locator("#latency-box summary").click()
    expect(console.page.locator("#latency")).to_contain_text("The last 1 exchanges")
    expect(console.page.get_by_role("img", name="Upstream: half within")).to_be_visible()
    expect(console.page.get_by_role("img", name="Proxy: half within")).to_be_visible()


def test_the_list_is_filtered_by_text_method_and_outcome(start: Start) -> None:
    console = start()
    console.send("/v1/accounts")
    console.send("/v1/keys", method="POST", body=b"{}")
    console.send("/v1/keys", fields=[("Origin", "http://evil.example")])
    expect(console.rows()).to_have_count(3)
    search = console.page.get_by_role("searchbox", name="Search")
    search.fill("keys evil.example")
    expect(console.rows()).to_have_count(1)
    expect(console.page.locator("#count")).to_have_text("1 of 3 shown")
    search.fill("")
    console.page.get_by_label("Method", exact=True).select_option("GET")
    expect(console.rows()).to_have_count(2)
    console.page.get_by_label("Outcome").select_option("refused")
    expect(console.rows()).to_have_count(1)
    expect(console.rows().first).to_contain_text("403")
    console.page.get_by_label("Method", exact=True).select_option("")
    console.page.get_by_label("Outcome").select_option("2")
    expect(console.rows()).to_have_count(1)
    console.page.get_by_label("Outcome").select_option("replayed")
    expect(console.rows()).to_have_count(0)
    expect(console.page.locator("#unmatched")).to_be_visible()
    expect(console.page.locator("#empty")).to_be_hidden()
    console.page.get_by_role("button", name="Clear").click()
    expect(console.page.locator("#empty")).to_be_visible()
    expect(console.page.locator("#unmatched")).to_be_hidden()


def test_pause_holds_the_list_and_clear_empties_it(start: Start) -> None:
    console = start()
    console.send("/v1/first")
    expect(console.rows()).to_have_count(1)
    console.page.get_by_role("button", name="Pause").click()
    expect(console.page.locator("#live")).to_have_text("paused")
    console.send("/v1/second")
    expect(console.page.locator("#count")).to_contain_text("1 new while paused")
    expect(console.rows()).to_have_count(1)
    console.page.get_by_role("button", name="Resume").click()
    expect(console.rows()).to_have_count(2)
    expect(console.rows().first).to_contain_text("/v1/second")
    console.page.get_by_role("button", name="Clear").click()
    expect(console.page.locator("#toast")).to_contain_text("Cleared: 2 exchanges were deleted")
    expect(console.rows()).to_have_count(0)
    console.page.reload()
    expect(console.page.locator("#live")).to_have_text("live")
    expect(console.rows()).to_have_count(0)


def test_clear_says_how_many_though_news_come_before_its_answer(start: Start) -> None:
    console = start()
    for name in ("first", "second"):
        console.send(f"/v1/{name}")
    expect(console.rows()).to_have_count(2)

    def late(route: Route) -> None:
        response = route.fetch()
        console.send("/v1/third")
        expect(console.rows()).to_have_count(1)
        route.fulfill(response=response)

    console.page.route("**/console/api/clear", late)
    console.page.get_by_role("button", name="Clear").click()
    expect(console.page.locator("#toast")).to_contain_text("Cleared: 2 exchanges were deleted")
    expect(console.rows()).to_have_count(0)


def test_the_detail_shows_where_the_time_went_and_what_was_changed(start: Start) -> None:
    console = start()
    console.send(fields=[("Authorization", "Basic eDp5")])
    console.pick("/v1/customers")
    expect(console.tab("Timing")).to_contain_text("Wait for first byte")
    expect(console.tab("Attempts").locator(".fields")).to_contain_text("GET /v1/customers HTTP/1.1")
    panel = console.tab("Changes")
    row = panel.locator("tr", has_text="the access token")
    expect(row).to_contain_text("+ Authorization: Bearer ••••")
    expect(panel).to_contain_text("the caller's own; the proxy adds its token")
    host = panel.locator("tr", has_text="names the upstream").locator("td")
    expect(host.nth(0)).to_have_text(f"− Host: 127.0.0.1:{console.program.port}")
    expect(host.nth(1)).to_contain_text("+ Host: 127.0.0.1:")
    expect(console.tab("Headers")).to_contain_text("Basic ••••")
    expect(console.tab("Content")).to_contain_text("Request bodynone")


def test_bodies_are_set_out_and_broken_ones_show_where(start: Start) -> None:
    console = start()
    json_type = [("Content-Type", "application/json")]
    body = b'{"a":{},"b":[1,90000000000000000001,"x"],"email":"ana@x.co"}'
    console.send("/v1/good", method="POST", body=body, fields=json_type)
    console.send("/v1/bad", method="POST", body=b'{"a":1,\n"b"}', fields=json_type)
    console.send("/v1/hex", method="POST", body=bytes(range(256)) * 20)
    console.send("/v1/text", method="POST", body=b"plain words")
    console.pick("/v1/good")
    text = console.page.locator("#panel .code").first.inner_text()
    assert text == (
        '{\n  "a": {},\n  "b": [\n    1,\n    90000000000000000001,\n    "x"\n  ],'
        '\n  "email": "••••co"\n}'
    )
    expect(console.page.locator("#panel")).to_contain_text("1 value masked")
    console.pick("/v1/bad")
    panel = console.page.locator("#panel")
    expect(panel).to_contain_text("Expecting ':' delimiter at line 2, column 4")
    expect(panel.locator("mark")).to_have_text("}")
    console.pick("/v1/hex")
    expect(panel.locator("pre")).to_contain_text("000010  10 11 12 13")
    panel.get_by_role("button", name="Show all 5.1 kB").click()
    expect(panel.locator("pre")).to_contain_text("0013f0  f0 f1")
    console.pick("/v1/text")
    expect(panel.locator("pre")).to_have_text("plain words")
    panel.get_by_role("button", name="Copy body").first.click()
    expect(console.page.locator("#toast")).to_have_text("Copied")
    assert console.page.evaluate("navigator.clipboard.readText()") == "plain words"


def test_json_that_is_merely_cut_is_set_out_and_not_called_broken(start: Start) -> None:
    console = start()
    body = json.dumps([{"name": "x" * 40}] * 2000).encode()
    console.send("/v1/cut", method="POST", body=body, fields=[("Content-Type", "application/json")])
    console.pick("/v1/cut")
    panel = console.page.locator("#panel section").first
    expect(panel).to_contain_text("only the first part is kept")
    expect(panel.locator(".note.bad")).to_have_count(0)
    assert panel.locator(".code").inner_text().startswith('[\n  {\n    "name": "xxx')


def test_deep_json_does_not_drown_the_page(start: Start) -> None:
    console = start()
    body = b"[" * 900 + b"1," * 31_000 + b"1" + b"]" * 900
    console.send("/v1/deep", method="POST", body=body)
    console.pick("/v1/deep")
    expect(console.page.locator("#panel .code").first).to_be_visible()
    length = "document.querySelector('#panel .code').textContent.length"
    assert console.page.evaluate(length) < 50 * len(body)


def test_an_exchange_opens_on_what_was_said_and_the_tab_is_remembered(start: Start) -> None:
    """An upstream's error comes first, by its own message and code."""
    console = start()
    console.send("/v1/qrcodes/decode", method="POST", body=b'{"qr_data":"nonsense"}')
    expect(console.rows().first.locator(".said")).to_contain_text("MISSING_FIELD")
    console.pick("/v1/qrcodes/decode")
    panel = console.page.locator("#panel")
    expect(panel.locator(".note").first).to_contain_text("The upstream says (400):")
    expect(panel.locator(".note code")).to_have_text("MISSING_FIELD")
    expect(panel.get_by_role("heading", name="Request body")).to_be_visible()
    expect(panel).to_contain_text('"qr_data": "nonsense"')
    console.tab("Timing")
    console.page.reload()
    expect(console.page.get_by_role("tab", name="Timing")).to_have_attribute(
        "aria-selected", "true"
    )


def test_json_is_folded_raw_if_wanted_and_found_though_folded(start: Start) -> None:
    console = start()
    body = b'{"outer":{"inner":[1,2]},"last":true}'
    console.send("/v1/fold", method="POST", body=body, fields=[("Content-Type", "text/json")])
    console.pick("/v1/fold")
    code = console.page.locator("#panel .code").first
    code.get_by_role("button").nth(1).click()
    expect(code.locator(".inner").nth(1)).to_have_attribute("hidden", "until-found")
    assert '"inner"' not in code.inner_text()
    code.locator(".inner").nth(1).dispatch_event("beforematch")
    assert '"inner"' in code.inner_text()
    console.page.get_by_role("button", name="Fold", exact=True).first.click()
    assert code.inner_text() == '{\n  "outer": {  },\n  "last": true\n}'
    console.page.get_by_role("button", name="Unfold", exact=True).first.click()
    assert '"inner"' in code.inner_text()
    console.page.get_by_role("button", name="Raw").first.click()
    expect(console.page.locator("#panel pre").first).to_have_text(body.decode())


def test_the_search_finds_in_bodies_headers_and_marks(start: Start) -> None:
    console = start()
    fields = [("X-Order", "Order-4711")]
    console.send("/v1/one", method="POST", body=b'{"note":"Needle here"}', fields=fields)
    console.send("/v1/two", fields=[("Origin", "http://evil.example")])
    expect(console.rows()).to_have_count(2)
    search = console.page.get_by_role("searchbox")
    for words, path in (
        ("needle", "/v1/one"),
        ("order-4711 NEEDLE post", "/v1/one"),
        ("refused", "/v1/two"),
        ("evil.example", "/v1/two"),
    ):
        search.fill(words)
        expect(console.rows()).to_have_count(1)
        expect(console.rows().first).to_contain_text(path)
    search.fill("needle evil")
    expect(console.page.locator("#unmatched")).to_be_visible()
    search.fill("needle")
    console.send("/v1/three", method="POST", body=b"a needle, too")
    expect(console.rows()).to_have_count(2)


def test_the_address_brings_back_selection_and_filters(start: Start) -> None:
    console = start()
    for path in ("/v1/a", "/v1/b"):
        console.send(path)
    page = console.page
    page.get_by_label("Outcome").select_option("4")
    page.get_by_role("button", name="Path").click()
    page.get_by_role("searchbox").fill("v1")
    console.pick("/v1/b")
    page.reload()
    expect(page.locator("#detail-title")).to_contain_text("/v1/b")
    expect(page.get_by_label("Outcome")).to_have_value("4")
    expect(page.get_by_role("searchbox")).to_have_value("v1")
    expect(page.get_by_role("columnheader", name="Path")).to_have_attribute(
        "aria-sort", "descending"
    )
    expect(console.rows().first).to_contain_text("/v1/b")
    page.go_back()
    expect(page.locator("#panel")).to_have_count(0)
    page.goto(f"http://127.0.0.1:{console.program.admin_port}/#x=never-was")
    page.reload()
    expect(page.locator("#detail")).to_contain_text("no longer kept")


def test_the_list_is_sorted_by_its_columns(start: Start) -> None:
    console = start()
    console.send("/v1/slow", fields=[("X-Sandbox-Fault", "delay=150ms")])
    console.send("/v1/quick")
    expect(console.rows().first).to_contain_text("/v1/quick")
    # On a busy machine the quick one may have taken longer.
    texts = console.rows().locator(".c-ms").all_inner_texts()
    took = dict(zip(("/v1/quick", "/v1/slow"), map(float, texts), strict=True))
    shorter, longer = sorted(took, key=lambda path: took[path])
    console.page.get_by_role("button", name="ms", exact=True).click()
    expect(console.rows().first).to_contain_text(longer)
    console.page.get_by_role("button", name="ms", exact=True).click()
    expect(console.rows().first).to_contain_text(shorter)
    console.page.get_by_label("Duration").select_option("100")
    expect(console.rows()).to_have_count(sum(ms >= 100 for ms in took.values()))


def test_a_replay_is_laid_beside_its_original(start: Start) -> None:
    console = start()
    page = console.page
    body = b'{"a":1,"same":2}'
    json_type = [("Content-Type", "application/json")]
    console.send("/v1/twice", method="POST", body=body, fields=json_type)
    console.send("/v1/other")
    console.pick("/v1/twice")
    page.get_by_role("button", name="Edit and replay").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Body").fill('{"a":7,"same":2}')
    dialog.get_by_role("button", name="Send").click()
    dialog.get_by_role("button", name="Send it again").click()
    expect(page.locator("#panel")).to_contain_text("Sent from this page")
    page.get_by_role("button", name="Compare with the original").click()
    columns = page.locator(".column")
    expect(columns).to_have_count(2)
    expect(columns.nth(0).locator(".differs").first).to_have_text('  "a": 1,\n')
    expect(columns.nth(1).locator(".differs").first).to_have_text('  "a": 7,\n')
    expect(columns.nth(1).locator(".differs", has_text="same")).to_have_count(0)
    page.reload()
    expect(columns).to_have_count(2)
    page.keyboard.press("Escape")
    expect(columns).to_have_count(1)
    page.get_by_role("button", name="Compare with the original").focus()
    console.rows().filter(has_text="/v1/other").click(modifiers=["Shift"])
    expect(columns.nth(0)).to_contain_text("/v1/other")


def test_an_unknown_outcome_is_marked_found_and_warned_of(start: Start) -> None:
    console = start()
    fault = [("X-Sandbox-Fault", "reset")]
    console.send(PAYMENT, method="POST", body=b'{"a":1}', fields=fault)
    console.send("/v1/fine")
    page = console.page
    page.get_by_label("Outcome").select_option("unknown")
    expect(console.rows()).to_have_count(1)
    expect(console.rows().first).to_contain_text("outcome unknown")
    console.pick(PAYMENT)
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("Look it up at the upstream")


def test_token_requests_and_the_simulators_webhooks_are_in_the_list(start: Start) -> None:
    console = start()
    page = console.page
    console.program.admin("/refresh", "POST")
    row = console.rows().filter(has_text="token request").first
    expect(row).to_contain_text("/v1/iam/oauth/tokens")
    expect(row.locator(".c-size")).to_have_text("")
    row.click()
    expect(page.locator("#panel")).to_contain_text("Neither the credentials nor the token")
    expect(page.locator("#detail .meta")).not_to_contain_text("0 B")
    expect(page.get_by_role("button", name="Replay", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="HAR", exact=True)).to_have_count(0)  # it has none of them
    traffic(Caller(console.program.port), Caller(console.program.admin_port))
    page.get_by_label("Outcome").select_option("webhook")
    webhooks = page.locator("#rows tr[data-id]")
    expect(webhooks.first).to_contain_text("webhook")
    webhooks.first.click()
    expect(page.locator("#panel .note")).to_contain_text("Event: payment.")
    page.get_by_label("Outcome").select_option("callers")
    expect(console.rows().filter(has_text="token request")).to_have_count(0)


def test_a_long_path_keeps_its_telling_end(start: Start) -> None:
    console = start(viewport=ViewportSize(width=1000, height=700))
    console.send("/v1/" + "long/" * 60 + "the-telling-end")
    row = console.rows().first
    end = row.locator(".target .end")
    expect(end).to_have_text("he-telling-end")
    assert end.bounding_box()["x"] < 900  # type: ignore[index]
    start_of = "(it) => it.scrollWidth > it.clientWidth"
    assert row.locator(".target .start").evaluate(start_of)


def test_the_page_speaks_the_browsers_language_or_the_chosen_one(start: Start) -> None:
    console = start(locale="es-CO")
    page = console.page
    console.send("/v1/x", fields=[("Origin", "http://evil.example")])
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator("#token-state")).to_have_text("Vigente")
    expect(console.rows().first).to_contain_text("rechazada por el proxy")
    expect(console.rows().first.locator(".c-ms")).to_have_text(re.compile(r"^\d+(,\d+)?$"))
    console.send(PAYMENT, method="POST", body=b'{"amount":{"value":"5","currency":"COP"}}')
    console.pick(PAYMENT)
    page.get_by_role("button", name="Repetir", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text(
        f"POST {PAYMENT} iniciaría un pago de 5 COP."
    )
    page.keyboard.press("Escape")
    page.get_by_label("Language").select_option("en")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("button", name="Replay", exact=True)).to_be_visible()


def test_the_row_that_was_pressed_opens_though_another_one_has_come(start: Start) -> None:
    console = start()
    console.send("/pressed")
    console.rows().filter(has_text="/pressed").hover()
    console.page.mouse.down()
    console.send("/other")
    expect(console.rows()).to_have_count(2)
    console.page.mouse.up()
    expect(console.page.locator("#detail-title")).to_contain_text("/pressed")


def test_our_own_failures_are_explained(start: Start) -> None:
    console = start()
    console.send("/v1/x", method="POST", body=b"{}", fields=[("X-Sandbox-Fault", "reset")])
    console.send("/v1/y", fields=[("Origin", "http://evil.example")])
    console.pick("/v1/x")
    panel = console.page.locator("#panel")
    expect(panel).to_contain_text("The upstream failed:")
    expect(panel).to_contain_text("Outcome unknown: the upstream may have carried it out.")
    console.pick("/v1/y")
    expect(panel).to_contain_text("The proxy refused this request:")
    expect(panel).to_contain_text("BREB_ALLOWED_ORIGINS")
    expect(console.tab("Attempts")).to_contain_text("Nothing was sent to the upstream.")
    expect(console.tab("Changes")).to_contain_text("nothing was changed")
    exchange(console.program.port, b"no request at all\r\n\r\n")
    console.pick("not a request")
    expect(console.page.locator("#detail-title")).to_have_text("- not a request")


def test_a_replay_after_a_401_and_a_missing_scope_are_told_apart(
    browser: Browser, start: Start
) -> None:
    tokens = iter(["a" * 64, *["b" * 64] * 9])

    def token(_: Call) -> bytes:
        body = json.dumps({"access_token": next(tokens), "expires_in": 86400, "token_id": "t"})
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body.encode())

    def answer(call: Call) -> bytes:
        good = call.values("authorization") == [b"Bearer " + b"b" * 64]
        fine = good and call.target != b"/scope"
        return b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % (200 if fine else 401)

    with RawUpstream(answer, token) as upstream, Program(upstream.url, console=True) as proxy:
        console = start(proxy)
        console.page.wait_for_timeout(1100)  # a younger token is not renewed for a 401
        console.send("/fine")
        row = console.rows().filter(has_text="/fine")
        expect(row).to_contain_text("sent again after 401")
        console.pick("/fine")
        panel = console.page.locator("#panel")
        expect(console.tab("Timing")).to_contain_text("401: new token")
        expect(console.tab("Attempts").locator(".fields tbody tr")).to_have_count(2)
        console.tab("Content")
        console.send("/scope")
        console.pick("/scope")
        expect(panel).to_contain_text("probably a scope is missing")


def test_the_token_panel_shows_its_life_and_renews_it(start: Start) -> None:
    console = start()
    page = console.page
    expect(page.locator("#token-state")).to_have_text("Valid")
    # Due at random from 23 h on, counted from a moment ago.
    expect(page.locator("#token-words")).to_contain_text(re.compile(r"renews in 2[23] h \d+ min"))
    before = console.program.status()["token"]["token_id"]
    page.get_by_role("button", name="Details").click()
    panel = page.get_by_role("dialog", name="Access token")
    panel.get_by_role("button", name="Renew now").click()
    expect(page.locator("#toast")).to_have_text("The token was renewed")
    assert console.program.status()["token"]["token_id"] != before
    expect(panel).to_contain_text(console.program.status()["token"]["token_id"])
    expect(panel).to_contain_text(
        "Clock skewnone: the same as the server's"
    )  # it is the same machine's
    expect(panel.get_by_role("heading", name="Access token")).to_be_in_viewport()
    expect(panel.locator(".scopes code").first).to_be_visible()
    expect(panel.locator("ol li").first).to_contain_text("renewed")
    expect(
        panel.get_by_role("img", name=re.compile(r"\d+ renewals and 0 failures"))
    ).to_be_visible()
    panel.get_by_role("button", name="Renew now").click()
    expect(panel.locator("ol li").last).to_contain_text("start")
    expect(panel.locator("ol li").first).to_contain_text("operator")
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()


def test_failing_renewals_are_shown(start: Start) -> None:
    refused = b"HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n"
    with (
        RawUpstream(token=lambda _: refused) as upstream,
        Program(upstream.url, ready=False, console=True) as proxy,
    ):
        console = start(proxy)
        page = console.page
        expect(page.locator("#token-state")).to_have_text("No token")
        expect(page.locator("#token-words")).to_contain_text("refused the credentials: 401")
        page.get_by_role("button", name="Details").click()
        page.get_by_role("button", name="Renew now").click()
        expect(page.locator("#toast")).to_contain_text("No new token")
        panel = page.get_by_role("dialog", name="Access token")
        expect(panel.locator("ol li").first).to_contain_text("failed")
        expect(panel).to_contain_text("refused the credentials")


ON_TOP = """() => {
    const { x, y, width, height } = document.getElementById('toast').getBoundingClientRect();
    return document.elementFromPoint(x + width / 2, y + height / 2).id === 'toast';
}"""


def test_a_request_is_copied_in_many_ways(start: Start) -> None:
    console = start()
    console.send("/v1/it's")
    console.pick("/v1/it's")
    page = console.page
    page.get_by_role("button", name="Copy as").click()
    text = page.locator("#copy-text")
    expect(text).to_contain_text("curl --globoff")
    for form, sign in (
        ("PowerShell", "curl.exe"),
        ("HTTPie", "http --path"),
        ("Python", "import http"),
        ("JavaScript", "send({"),
        ("C#", "using System;"),
        ("PHP", "<?php"),
        ("Postman", '"info"'),
        ("Java", "import java"),
    ):
        page.get_by_role("dialog").get_by_role("button", name=form, exact=True).click()
        expect(text).to_contain_text(sign)
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.locator("#form-java")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("dialog").get_by_role("button", name="curl").click()
    expect(text).to_contain_text("curl --globoff")  # the Java names curl as well
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("#toast")).to_have_text("Copied")
    assert page.evaluate(ON_TOP), "the dialog hides it"
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == text.inner_text()
    need("curl")
    done = subprocess.run(["/bin/sh", "-c", copied], capture_output=True, check=False)
    assert b'"http_code":404' in done.stdout


def test_the_archive_is_downloaded(start: Start, tmp_path: Path) -> None:
    console = start()
    console.send("/v1/one")
    console.send("/v1/two")
    expect(console.rows()).to_have_count(2)
    with console.page.expect_download() as download:
        console.page.get_by_text("Export HAR").click()
        console.page.get_by_role("link", name="All that are kept").click()
    download.value.save_as(tmp_path / "all.har")
    assert len(json.loads((tmp_path / "all.har").read_text())["log"]["entries"]) == 2
    console.page.get_by_role("searchbox").fill("two")
    expect(console.rows()).to_have_count(1)
    with console.page.expect_download() as download:
        console.page.get_by_text("Export HAR").click()
        console.page.get_by_role("link", name="The 1 shown").click()
    download.value.save_as(tmp_path / "shown.har")
    (entry,) = json.loads((tmp_path / "shown.har").read_text())["log"]["entries"]
    assert entry["request"]["url"].endswith("/v1/two")
    console.page.get_by_role("button", name="Reset filters").click()
    console.pick("/v1/one")
    with console.page.expect_download() as download:
        console.page.get_by_role("link", name="HAR", exact=True).click()
    download.value.save_as(tmp_path / "one.har")
    (entry,) = json.loads((tmp_path / "one.har").read_text())["log"]["entries"]
    assert entry["request"]["url"].endswith("/v1/one")


def test_a_get_is_replayed_at_once_and_shown(start: Start) -> None:
    console = start()
    console.send("/v1/again")
    console.pick("/v1/again")
    console.page.get_by_role("button", name="Replay", exact=True).click()
    expect(console.rows()).to_have_count(2)
    expect(console.rows().first).to_contain_text("replay")
    expect(console.rows().first).to_have_attribute("aria-selected", "true")
    expect(console.page.locator("#panel")).to_contain_text("Sent from this page")
    expect(console.page.locator("#toast")).to_have_text("Sent again: 404")


def test_a_payment_is_replayed_only_after_a_question_that_names_it(start: Start) -> None:
    console = start()
    body = b'{"amount":{"value":"25000","currency":"COP"}}'
    console.send(PAYMENT, method="POST", body=body)
    console.pick(PAYMENT)
    page = console.page
    page.get_by_role("button", name="Replay", exact=True).click()
    dialog = page.get_by_role("dialog", name="Really send it again?")
    expect(dialog).to_contain_text(f"POST {PAYMENT} would start a payment of 25,000 COP.")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(console.rows()).to_have_count(1)
    page.get_by_role("button", name="Replay", exact=True).click()
    dialog.get_by_role("button", name="Send it again").click()
    expect(console.rows()).to_have_count(2)
    expect(dialog).to_be_hidden()


def test_a_request_is_edited_before_it_is_sent_again(start: Start) -> None:
    console = start()
    body = b'{"email":"ana@example.com"}'
    console.send("/v1/edit", method="POST", body=body, fields=[("X-A", "b"), ("Cookie", "c=d")])
    console.pick("/v1/edit")
    page = console.page
    page.get_by_role("button", name="Replay", exact=True).click()
    dialog = page.get_by_role("dialog", name="Edit and send again")
    expect(dialog).to_contain_text("cannot be sent unchanged: some of its values were masked")
    expect(dialog).to_contain_text("Left out, because they were masked: Cookie.")
    dialog.get_by_role("button", name="Send").click()
    expect(page.locator("#toast")).to_contain_text("still has masked values")
    dialog.get_by_label("Body").fill('{"email":"eva@example.org"}')
    dialog.get_by_label("Path and query").fill("/v1/edited?a=1")
    dialog.get_by_label("Method").fill("GET")
    dialog.get_by_label("Headers").fill("X-A: c\nX-Empty:\nX-None")
    dialog.get_by_role("button", name="Send").click()
    expect(console.rows()).to_have_count(2)
    expect(console.rows().first).to_contain_text("/v1/edited?a=1")
    expect(console.page.locator("#panel")).to_contain_text("••••rg")
    expect(console.tab("Headers").locator("tr", has_text="X-A")).to_contain_text("c")


def test_a_body_that_is_no_text_is_sent_again_as_it_was(start: Start) -> None:
    console = start()
    console.send("/v1/bytes", method="POST", body=b"\x00\xff\x01")
    console.pick("/v1/bytes")
    page = console.page
    page.get_by_role("button", name="Edit and replay").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Body")).to_be_disabled()
    dialog.get_by_role("button", name="Send").click()
    dialog.get_by_role("button", name="Send it again").click()
    expect(console.rows()).to_have_count(2)
    expect(console.rows().first).to_have_attribute("aria-selected", "true")
    expect(console.page.locator("#panel pre").first).to_contain_text("00 ff 01")


def test_production_is_marked_and_never_replayed_against(start: Start) -> None:
    production = "https://api.paas.co.passportfintech.com"
    with (
        RawUpstream() as local,
        Program(
            production,
            token_url=f"{local.url}/v1/iam/oauth/tokens",
            allow_production=True,
            console=True,
            revoke_tokens=False,
        ) as proxy,
    ):
        console = start(proxy)
        page = console.page
        expect(page.locator("#environment")).to_have_text("PRODUCTION")
        expect(page.locator("#warning")).to_contain_text("real money moves here")
        console.send("/v1/x", fields=[("Origin", "http://evil.example")])  # refused: goes nowhere
        console.pick("/v1/x")
        expect(page.get_by_role("button", name="Replay", exact=True)).to_be_disabled()
        page.keyboard.press("r")
        expect(page.locator("#toast")).to_contain_text("not allowed against a production host")
        script = """(id) => fetch('/console/api/replay', {method: 'POST',
            headers: {'Content-Type': 'application/json',
                Authorization: `Bearer ${sessionStorage.secret}`},
            body: JSON.stringify({of: id, confirmed: true})}).then((answer) => answer.status)"""
        assert page.evaluate(script, console.rows().first.get_attribute("data-id")) == 403


def test_the_demo_is_marked_as_one(start: Start) -> None:
    console = start()
    expect(console.page.locator("#environment")).to_have_text("DEMO")
    expect(console.page.locator("#warning")).to_be_hidden()


def test_everything_can_be_done_with_the_keyboard(start: Start) -> None:
    console = start()
    for path in ("/v1/a", "/v1/b", "/v1/c"):
        console.send(path)
    expect(console.rows()).to_have_count(3)
    page, keys = console.page, console.page.keyboard
    sent: list[str] = []
    page.on("request", lambda it: sent.append(it.url) if it.url.endswith("/replay") else None)
    title = page.locator("#detail-title")
    keys.press("j")
    expect(title).to_contain_text("/v1/c")
    keys.press("j")
    keys.press("ArrowDown")
    expect(title).to_contain_text("/v1/a")
    keys.press("k")
    expect(title).to_contain_text("/v1/b")
    for key, name in (("2", "Headers"), ("3", "Timing"), ("5", "Changes"), ("1", "Content")):
        keys.press(key)
        expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="Content").focus()
    keys.press("ArrowRight")
    expect(page.get_by_role("tab", name="Headers")).to_be_focused()
    for key, name in (
        ("c", "Copy as"),
        ("e", "Edit and send again"),
        ("t", "Access token"),
        ("?", "Keys"),
    ):
        keys.press(key)
        expect(page.get_by_role("dialog", name=name)).to_be_visible()
        keys.press("Escape")
        expect(page.get_by_role("dialog", name=name)).to_be_hidden()
    keys.down("r")
    keys.down("r")
    keys.up("r")
    expect(console.rows()).to_have_count(4)
    assert len(sent) == 1, "a key that is held down sends once"
    keys.press("p")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    keys.press("p")
    keys.press("/")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("px")
    expect(page.locator("#text")).to_have_value("px")
    page.locator("#text").fill("")
    keys.press("Escape")
    keys.press("Escape")
    expect(page.locator("#panel")).to_have_count(0)
    console.rows().nth(1).focus()
    keys.press("Enter")
    expect(page.locator("#panel")).to_be_visible()
    keys.press("x")
    expect(console.rows()).to_have_count(0)


def test_single_keys_can_be_switched_off(start: Start) -> None:
    console = start()
    page = console.page
    page.get_by_role("button", name="Keys and help").click()
    page.get_by_label("single keys are shortcuts").uncheck()
    page.get_by_role("button", name="Close").click()
    page.reload()
    expect(page.locator("#live")).to_have_text("live")
    page.keyboard.press("t")
    page.keyboard.press("p")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_a_narrow_screen_shows_one_thing_at_a_time(start: Start) -> None:
    console = start(viewport=NARROW)
    console.send("/v1/narrow/" + "x" * 80)
    console.pick("/v1/narrow")
    page = console.page
    expect(page.locator("#panel")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.get_by_role("button", name="List").click()
    expect(page.locator("#panel")).to_have_count(0)
    expect(console.rows().first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


HOSTILE = "<img/src=x/onerror=window.pwned=1><script>window.pwned=1</script>"


def test_hostile_content_is_shown_and_never_run(start: Start) -> None:
    page_body = f"<html><script>window.pwned=1</script>{HOSTILE}</html>".encode()
    file = b'attachment; filename="%b"' % HOSTILE.encode()
    answer = (
        b"HTTP/1.1 200 %b\r\nContent-Type: text/html%b\r\nX-Evil: %b\r\nContent-Disposition: %b\r\n"
        b"Content-Length: %d\r\n\r\n%b"
    ) % (HOSTILE.encode(), HOSTILE.encode(), HOSTILE.encode(), file, len(page_body), page_body)
    with RawUpstream(answer) as upstream, Program(upstream.url, console=True) as proxy:
        console = start(proxy)
        page = console.page
        target = f"/{HOSTILE}?javascript:window.pwned=1&q={HOSTILE}"
        fields = [("X-Evil", HOSTILE), ("Content-Type", "application/json")]
        console.send(target, method="POST", body=b'{"%b":' % HOSTILE.encode(), fields=fields)
        expect(console.rows().first).to_contain_text(HOSTILE)
        console.rows().first.click()
        for tab in TABS:
            expect(console.tab(tab)).to_be_visible()
        page.keyboard.press("c")
        for form in FORMS:
            page.locator(f"#form-{form}").click()
            expect(page.locator(f"#form-{form}")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("Escape")
        page.keyboard.press("r")
        expect(page.get_by_role("dialog")).to_contain_text(HOSTILE)
        page.keyboard.press("Escape")
        page.keyboard.press("e")
        expect(page.get_by_label("Path and query")).to_have_value(target)
        assert page.evaluate("window.pwned") is None
        assert page.locator("img, iframe").count() == 0
        assert page.locator("script").count() == 1


@pytest.mark.slow
def test_a_thousand_exchanges_a_second_do_not_fill_the_page(start: Start) -> None:
    with RawUpstream() as upstream, Program(upstream.url, console=True, log_level="error") as proxy:
        console = start(proxy)
        count = 2000

        def hammer() -> None:
            reader = connect(proxy.port)
            with reader.sock:
                for number in range(count):
                    head = b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number
                    reader.sock.sendall(head)
                    assert read_answer(reader)

        thread = threading.Thread(target=hammer)
        thread.start()
        expect(console.rows().first).to_be_visible()
        console.page.get_by_role("button", name="Details").click()
        expect(console.page.get_by_role("dialog", name="Access token")).to_be_visible()
        console.page.keyboard.press("Escape")
        thread.join()
        expect(console.rows().first).to_contain_text(f"/{count - 1}")
        assert console.rows().count() <= 200
        expect(console.page.locator("#count")).to_contain_text("200 of 200 shown")


@pytest.mark.slow
def test_a_stream_of_exchanges_is_painted_as_it_comes(start: Start) -> None:
    """Each when it begins, if that is seen, and when it ends: else the page takes a whole core."""
    with RawUpstream() as upstream, Program(upstream.url, console=True, log_level="error") as proxy:
        console = start(proxy)
        console.page.evaluate("""() => {
            const ask = window.requestAnimationFrame;
            window.painted = 0;
            window.requestAnimationFrame = (paint) => { window.painted += 1; return ask(paint); };
        }""")
        for number in range(40):
            console.send(f"/{number}")
            time.sleep(0.1)
        expect(console.page.locator("#count")).to_have_text("40 of 40 shown")
        # Longer than anything waits that is to be painted later.
        console.page.wait_for_timeout(500)
        assert console.page.evaluate("window.painted") <= 2 * 40


@pytest.mark.slow
def test_large_bodies_do_not_slow_the_page(start: Start) -> None:
    """200 exchanges of 64 KiB: the newest opens, and one is found by what its body holds."""
    row = b'{"id":"%032d","name":"Caf\xc3\xa9","amount":{"value":"10","currency":"COP"}}'
    body = b"[" + b",".join(row % number for number in range(750)) + b"]"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    with (
        RawUpstream(head % len(body) + body) as upstream,
        Program(upstream.url, console=True, log_level="error") as proxy,
    ):
        console = start(proxy)
        for number in range(200):
            console.send(f"/large/{number}")
        expect(console.rows().first).to_contain_text("/large/199")
        console.rows().first.click()
        expect(console.page.locator("#panel .code")).to_contain_text("Café")
        console.page.get_by_role("searchbox").fill("café")
        expect(console.rows().first).to_be_visible()
        expect(console.page.locator("#panel .code button").first).to_be_visible()


def test_the_page_finds_back_after_a_restart(start: Start) -> None:
    with demo() as program:
        console = start(program)
        console.send("/v1/before")
        expect(console.rows()).to_have_count(1)
        program.stop()
        expect(console.page.locator("#live")).to_contain_text("connection lost")
        expect(console.page.locator("#token-state")).to_have_text("Not known")
        console.page.keyboard.press("t")
        expect(console.page.locator("#toast")).to_have_text("The proxy cannot be reached")
        program.start()
        told = "open the address that breb-proxy console prints"
        expect(console.page.locator("#live")).to_contain_text(told)
        tab = console.page.context.new_page()
        tab.goto(program.console)
        expect(tab.locator("#live.on")).to_be_visible()
        tab.close()
        expect(console.page.locator("#toast")).to_contain_text("The proxy was restarted")
        expect(console.page.locator("#live")).to_have_text("live")
        expect(console.page.locator("#token-state")).to_have_text("Valid")
        console.send("/v1/after")
        # The new process' token request comes into the list as well, sooner or later.
        expect(console.rows().filter(has_text="/v1/after")).to_have_count(1)
        expect(console.rows().filter(has_text="/v1/before")).to_have_count(0)


def test_a_hidden_page_holds_no_connection(start: Start) -> None:
    console = start()
    hide = """(hidden) => {
        Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    console.page.evaluate(hide, True)
    console.send("/v1/meanwhile")
    expect(console.rows()).to_have_count(0)
    console.page.evaluate(hide, False)
    expect(console.rows()).to_have_count(1)


def test_dark_and_light_differ_in_colours_alone() -> None:
    """Else axe has to look at more than the colours of the dark page."""
    page = resources.files("proxy.console") / "page"
    texts = [each.read_text() for each in page.iterdir()]
    assert any("light-dark(" in text for text in texts)
    assert not any(way in text for text in texts for way in ("prefers-color", "matchMedia"))


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", *further("dark")])
@pytest.mark.parametrize("size", [WIDE, *further(NARROW)], ids=["wide", "narrow"])
def test_axe_finds_nothing(start: Start, running: Program, scheme: str, size: ViewportSize) -> None:
    console = start(color_scheme=scheme, viewport=size, reduced_motion="reduce", bypass_csp=True)
    page = console.page
    page.add_script_tag(path=node.package("axe-core") / "axe.min.js")
    found = [violations(page, scheme)]
    traffic(Caller(running.port), Caller(running.admin_port, running.bearer))
    expect(console.rows()).not_to_have_count(0)
    found.append(violations(page, scheme))
    console.pick(PAYMENT)
    for tab in TABS:
        console.tab(tab)
        found.append(violations(page, scheme))
    for key in "crtela?":
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_be_visible()
        found.append(violations(page, scheme))
        page.keyboard.press("Escape")
    assert [one for violations in found for one in violations] == []


def test_what_people_did_is_shown_with_the_session_that_did_it(start: Start) -> None:
    console = start()
    console.page.keyboard.press("x")
    expect(console.page.locator("#toast")).to_contain_text("0")
    console.page.keyboard.press("a")
    rows = console.page.get_by_role("dialog", name="What people did here").locator("tbody tr")
    expect(rows.first).to_contain_text("clear the list done")
    expect(rows.first).to_contain_text("console, session ")
    console.page.get_by_role("button", name="Close").click()
    console.page.get_by_role("button", name="Actions").click()
    expect(rows.first).to_be_visible()
