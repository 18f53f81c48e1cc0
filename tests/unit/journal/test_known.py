"""What a request says to be secret."""

from proxy.http1.fields import Lines
from proxy.journal.known import LONGEST, MOST, Known, known


def test_credentials_keys_and_cookies_are_secrets() -> None:
    lines: Lines = [
        (b"authorization", b"Bearer abcdefgh1"),
        (b"X-Proxy-Key", b"key-of-a-caller"),
        (b"Cookie", b"a=12345678; b=short; c"),
        (b"X-Other", b"Bearer other-things"),
    ]
    found = known([lines, [(b"Authorization", b"abcdefgh2")]])
    assert set(found.values) == {"abcdefgh1", "abcdefgh2", "key-of-a-caller", "12345678"}
    assert not found.beyond


def test_more_than_can_be_looked_for_is_told() -> None:
    many: Lines = [(b"Cookie", b"; ".join(b"a=%08d" % n for n in range(MOST + 1)))]
    assert known([many]) == Known(beyond=True)
    assert known([[(b"Authorization", b"x" * (LONGEST + 1))]]) == Known(beyond=True)
    assert not known([[(b"Authorization", b"x" * LONGEST)]]).beyond
