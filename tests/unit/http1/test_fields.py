"""Field lines: what stops at this hop, and where a Location leads."""

import pytest

from proxy.http1 import fields


def test_framing_cannot_be_nominated_away() -> None:
    assert fields.nominated([b"content-length, transfer-encoding, x"]) == {b"x"}


def test_values_keep_their_order() -> None:
    lines = [(b"A", b"1"), (b"b", b"2"), (b"a", b"3")]
    assert fields.values(lines, b"a") == [b"1", b"3"]
    assert fields.first(lines, b"b") == b"2"
    assert fields.first(lines, b"c") is None


def test_names_are_known_in_any_case_and_the_memory_is_bounded() -> None:
    names = fields.Names(b"host")
    names.LIMIT = 2
    assert [names[name] for name in (b"Host", b"HOST", b"hOst", b"x")] == [b"host"] * 3 + [None]
    assert len(names) == 2


def test_a_long_name_is_not_remembered() -> None:
    names = fields.Names(b"host")
    assert [names[b"n" * size] for size in (64, 65, 100_000)] == [None] * 3
    assert list(names) == [b"n" * 64]


@pytest.mark.parametrize(
    ("value", "prefix", "expected"),
    [
        (b"https://up.test/a?b", b"", b"http://me/a?b"),
        (b"HTTPS://UP.test/a", b"", b"http://me/a"),
        (b"https://up.test", b"", b"http://me"),
        (b"https://up.test.evil/a", b"", b"https://up.test.evil/a"),
        (b"https://up.test@evil/a", b"", b"https://up.test@evil/a"),
        (b"/a", b"", b"/a"),
        (b"https://up.test/p/a", b"/p", b"http://me/a"),
        (b"https://up.test/q/a", b"/p", b"https://up.test/q/a"),
        (b"/p/a", b"/p", b"/a"),
        (b"/p", b"/p", b"/"),
        (b"/p?q", b"/p", b"/?q"),
        (b"/p#f", b"/p", b"/#f"),
        (b"/p//evil/a", b"/p", b"http://me//evil/a"),
        (b"/p/\\evil/a", b"/p", b"http://me/\\evil/a"),
        (b"/pq", b"/p", b"/pq"),
        (b"//other/p", b"/p", b"//other/p"),
    ],
)
def test_locations_at_the_upstream_become_ours(
    value: bytes, prefix: bytes, expected: bytes
) -> None:
    assert fields.relocated(value, (b"https://up.test",), prefix, b"http://me") == expected
