"""Rules: how they are written, what they match, and which paths no rule can judge."""

import pytest

from proxy.rules import Rule, ambiguous


@pytest.mark.parametrize(
    ("rule", "method", "path", "matches"),
    [
        ("GET /v1/payments*", "GET", b"/v1/payments/breb", True),
        ("GET /v1/payments*", "POST", b"/v1/payments", False),
        ("GET|POST /v1/x", "POST", b"/v1/x", True),
        ("* /v1/*/y", "DELETE", b"/v1/a/b/y", True),
        ("* /v1/*/y", "DELETE", b"/v1/a/b/yy", False),
        ("GET /a.b", "GET", b"/aXb", False),
        ("GET /a", "GET", b"/a\n", False),
    ],
)
def test_a_rule_matches_the_whole_path(rule: str, method: str, path: bytes, matches: bool) -> None:
    assert Rule.parse(rule).matches(method, path) is matches


@pytest.mark.parametrize(
    "text", ["DELETE /v1/keys?force", "", "GET", "/v1", "get /v1", "GET v1", "GET /a b", "G=T /a"]
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rule"):
        Rule.parse(text)


def test_a_rule_is_worded_as_it_was_written() -> None:
    rule = Rule.parse(" GET   /v1/* ")
    assert str(rule) == "GET /v1/*"
    assert Rule.parse(rule) is rule


@pytest.mark.parametrize(
    "path",
    [
        b"/a/../b",
        b"/a/./b",
        b"/%2e%2E/b",
        b"/a//b",
        b"/a\\b",
        b"/a%2fb",
        b"/a%5Cb",
        b"/a/..",
        b"/.;x/b",
        b"/a%3Bx",
        b"/a%3fb",
        b"/a%23b",
        b"/a%C0%AFb",
        b"/%c0%ae%C0%AE/b",
        b"/a%e0%80%afb",
        b"/a%F0%80%80%AFb",
    ],
)
def test_paths_that_could_be_read_as_others_are_ambiguous(path: bytes) -> None:
    assert ambiguous(path)


@pytest.mark.parametrize(
    "path",
    [
        *(b"/", b"/v1/keys/a-b_c~d", b"/v1/a.b/c..d", b"/v1/.well-known", b"/v1/keys/%40a%2B%20"),
        *(b"/a%C3%B1", b"/a%E2%82%AC", b"/a%E0%A4%85", b"/a%F0%9F%92%B8"),
    ],
)
def test_plain_paths_are_not(path: bytes) -> None:
    assert not ambiguous(path)
