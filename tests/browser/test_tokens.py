"""The token dialog shows which tokens are alive, and ends others after it has said what breaks."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support import Program
from tests.support.chromium import Contexts
from tests.support.simulator import simulator


@pytest.fixture
def page(contexts: Contexts) -> Iterator[Page]:
    with contexts.page() as page:
        yield page


def test_tokens_of_others_are_shown_and_ended_after_a_question(page: Page) -> None:
    with simulator() as url, Program(url), Program(url), Program(url, console="true") as proxy:
        page.goto(proxy.console)
        page.get_by_role("button", name="Details").click()
        dialog = page.get_by_role("dialog", name="Access token")
        rows = dialog.locator(".alive li")
        expect(rows).to_have_count(0)
        dialog.get_by_role("button", name="Ask the API which tokens are valid").click()
        expect(rows).to_have_count(3)
        expect(rows.filter(has_text="another program's")).to_have_count(2)
        ours = rows.filter(has_text="this proxy's")
        expect(ours.get_by_role("button")).to_have_count(0)
        dialog.get_by_role("button", name="Revoke all 2 others").click()
        expect(dialog).to_contain_text("Every program that uses them gets 401 at once")
        dialog.get_by_role("button", name="No, keep them").click()
        expect(rows).to_have_count(3)
        dialog.get_by_role("button", name="Revoke all 2 others").click()
        dialog.get_by_role("button", name="Yes, revoke").click()
        # First: it does not stay for long.
        expect(page.locator("#toast")).to_contain_text("2 revoked")
        expect(rows).to_have_count(1)


def test_what_is_pressed_or_focused_stays_when_the_dialog_is_drawn_anew(page: Page) -> None:
    with simulator() as url, Program(url, console="true") as proxy:
        page.goto(proxy.console)
        page.get_by_role("button", name="Details").click()
        dialog = page.get_by_role("dialog", name="Access token")
        age = dialog.locator("dd").nth(2)

        def until_drawn_anew() -> None:
            expect(age).not_to_have_text(age.inner_text())

        dialog.get_by_role("button", name="Ask the API which tokens are valid").hover()
        page.mouse.down()
        until_drawn_anew()
        page.mouse.up()
        expect(dialog.locator(".alive li")).to_have_count(1)
        for name in ("Renew now", "Close"):
            button = dialog.get_by_role("button", name=name)
            button.focus()
            until_drawn_anew()
            expect(button).to_be_focused()
        dialog.locator("dd").nth(1).select_text()
        until_drawn_anew()
        assert page.evaluate("getSelection().toString()") == proxy.status()["token"]["token_id"]


def pressed_before_anything_is_heard(page: Page, proxy: Program) -> Route:
    """Return the page's request for events, which nobody has answered yet."""
    held: list[Route] = []
    page.route("**/console/api/events*", lambda route: held.append(route))
    page.goto(proxy.console)
    page.get_by_role("button", name="Details").click()
    while not held:
        page.wait_for_timeout(10)
    return held[0]


def test_who_presses_before_the_page_has_heard_anything_gets_the_dialog(page: Page) -> None:
    with simulator() as url, Program(url, console="true") as proxy:
        events = pressed_before_anything_is_heard(page, proxy)
        dialog = page.get_by_role("dialog", name="Access token")
        expect(dialog).to_have_count(0)
        expect(page.locator("#toast")).to_have_text("")
        events.continue_()
        expect(dialog.locator("dd").nth(1)).to_have_text(proxy.status()["token"]["token_id"])


def test_who_presses_before_the_proxy_is_found_to_be_away_is_told(page: Page) -> None:
    with simulator() as url, Program(url, console="true") as proxy:
        events = pressed_before_anything_is_heard(page, proxy)
        events.abort()
        expect(page.locator("#toast")).to_have_text("The proxy cannot be reached")
        expect(page.get_by_role("dialog", name="Access token")).to_have_count(0)


def test_a_missing_scope_is_explained_in_the_dialog(page: Page) -> None:
    with (
        simulator(scopes=("iam.oauth.tokens.get",)) as url,
        Program(url, console="true") as proxy,
    ):
        page.goto(proxy.console)
        page.get_by_role("button", name="Details").click()
        page.get_by_role("button", name="Ask the API which tokens are valid").click()
        expect(page.locator(".alive")).to_contain_text(
            "does not have the scope iam.oauth.tokens.list.get"
        )
