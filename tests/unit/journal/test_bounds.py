"""What is kept of a long head."""

from proxy.http1.fields import Lines
from proxy.journal.bounds import LET_IN, Bounds
from proxy.mask import MASK

SMALL = Bounds(lines=3, value=10, head=24, target=5)


def test_an_ordinary_head_stays_as_it_is() -> None:
    lines: Lines = [(b"Host", b"localhost")] * 20
    assert LET_IN.cut(lines) is lines
    assert LET_IN.fit(lines, b"/v1/x")
    assert not SMALL.fit([], b"/v1/xy")


def test_of_what_is_too_long_name_and_length_are_kept() -> None:
    lines: Lines = [(b"A", b"1"), (b"B", b"x" * 11), (b"C", b"y" * 9), (b"D", b"4")]
    assert [(name, value.decode()) for name, value in SMALL.cut(lines)] == [
        (b"A", "1"),
        (b"B", f"{MASK} (11 bytes, not kept)"),
        (b"C", f"{MASK} (9 bytes, not kept)"),  # the one before took the room
        (b"...", f"{MASK} (1 headers, not kept)"),
    ]
