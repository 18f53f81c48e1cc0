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
    table = fields.NameTable(stop=[b"host"])
    table.LIMIT = 2
    rules = [table[name] for name in (b"Host", b"HOST", b"hOst", b"x")]
    assert rules == [(b"host", False)] * 3 + [None]
    assert len(table) == 2


def test_a_long_name_is_not_remembered() -> None:
    table = fields.NameTable(stop=[b"host"])
    assert [table[b"n" * size] for size in (64, 65, 100_000)] == [None] * 3
    assert list(table) == [b"n" * 64]


def section(*lines: tuple[bytes, bytes]) -> fields.Section:
    return fields.Section(list(lines), fields.REQUEST)


def test_a_head_is_judged_once() -> None:
    """What decides is known by its name, what is this hop's stops, the rest goes on as it came."""
    lines = [
        (b"HOST", b"a"),
        (b"X-B", b"1"),
        (b"Content-Length", b"2"),
        (b"x-b", b"3"),
        (b"TE", b""),
    ]
    judged = section(*lines)
    assert judged.lines == lines
    assert judged.known == {b"host": [b"a"], b"content-length": [b"2"], b"te": [b""]}
    assert judged.onward == lines[1:4]


@pytest.mark.parametrize(
    ("connection", "survivors"),
    [
        pytest.param([b"close"], [b"X-Request-Id"], id="ordinary"),
        pytest.param([b"Keep-Alive"], [b"X-Request-Id"], id="kept alive"),
        pytest.param([b"close, X-Request-Id"], [], id="nominated"),
        pytest.param([b"close", b"x-request-id"], [], id="nominated in a second line"),
        pytest.param([b"authorization"], [b"X-Request-Id"], id="a name that stops anyway"),
    ],
)
def test_nominated_fields_stop_here(connection: list[bytes], survivors: list[bytes]) -> None:
    lines = [*((b"Connection", value) for value in connection), (b"X-Request-Id", b"7")]
    assert [name for name, _ in section(*lines).onward] == survivors


def test_a_value_is_replaced_wherever_it_stands() -> None:
    judged = section((b"X", b"1"), (b"Max-Forwards", b"3"))
    judged = judged.replaced(b"max-forwards", b"2")
    assert judged.lines == judged.onward == [(b"X", b"1"), (b"Max-Forwards", b"2")]
    assert judged.known[b"max-forwards"] == [b"2"]


def test_lines_are_written_as_they_came() -> None:
    assert fields.serialised([]) == b""
    assert fields.serialised([(b"A", b"b"), (b"a", b"")]) == b"A: b\r\na: \r\n"


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
