"""The JSON of the admin listener is the one that is documented, member by member."""

import json

from tests.support import Program, RawUpstream
from tools import admin_json
from tools.kept_table import ROW

PAGE = admin_json.PAGE.read_text(encoding="utf-8")


def test_the_table_is_the_one_that_the_documents_make() -> None:
    """Run python -m tools.admin_json; then write what a new member means."""
    assert admin_json.page(PAGE) == PAGE


def test_every_member_has_a_meaning_and_none_is_gone() -> None:
    rows = ROW.findall(PAGE)
    assert len(rows) > 50
    assert [key for key, _, meaning in rows if not meaning] == []
    assert ", gone |" not in PAGE


def paths(value: object, above: str = "") -> set[str]:
    """Return the paths of a document's members, as the page writes them."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return set().union(*(paths(each, f"{above}[]") for each in value))
    known = {key.removeprefix("/status ") for key in admin_json.facts() if "/status " in key}
    if not isinstance(value, dict) or above in known:
        return {above}
    return set().union(*(paths(each, f"{above}.{key}".strip(".")) for key, each in value.items()))


def test_what_a_proxy_answers_is_on_the_page() -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        document = json.loads(proxy.admin("/status")[1])
    known = {key.removeprefix("/status ") for key in admin_json.facts() if "/status " in key}
    assert paths(document) - known - {"ledger", "token.shared"} == set()
