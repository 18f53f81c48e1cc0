"""What is kept of heads is harmless: small, without secrets, and never other than what came."""

import gc
import sys

import pytest

from proxy.http1.fields import REQUEST, Section
from proxy.http1.repeated_heads import LONGEST, MOST, MOST_LINES
from proxy.http1.repeated_requests import RepeatedRequests
from proxy.http1.request_parser import RequestParser

TIMES = 7  # a form is kept at the third time, a whole head at the fifth


def read(data: bytes, heads: RepeatedRequests) -> None:
    RequestParser(heads).feed(data, 0)


def test_a_form_that_would_change_its_own_head_is_not_kept() -> None:
    heads, fields = RepeatedRequests(), b"Host: a\r\nCookie: 7"
    for _ in range(TIMES):
        assert heads.find(fields) is None
        heads.keep(fields, (Section([(b"Host", b"a"), (b"Cookie", b"7, and more")], REQUEST), 0))


SECRETS = (b"Authorization: Bearer %b", b"Cookie: a=%b; b=c", b"x-proxy-key: %b", b"X-Api-Key:%b")


@pytest.mark.parametrize("line", SECRETS)
def test_no_secret_is_kept(line: bytes) -> None:
    heads, secret = RepeatedRequests(), b"Hush" * 8
    for _ in range(2 * TIMES):
        read(b"GET / HTTP/1.1\r\nHost: a\r\n%b\r\n\r\n" % line.replace(b"%b", secret), heads)
    held: list[object] = [heads]
    for each in held:
        held += [other for other in gc.get_referents(each) if not isinstance(other, type)]
        assert not (isinstance(each, bytes) and secret in each)


def weight(heads: RepeatedRequests) -> int:
    """Return the bytes of all that is kept."""
    held, seen, size = [*gc.get_referents(heads)], set[int](), 0
    for each in held:
        if id(each) not in seen and not isinstance(each, type):
            seen.add(id(each))
            size += sys.getsizeof(each)
            held += gc.get_referents(each)
    return size


def test_what_is_kept_is_bounded() -> None:
    heads = RepeatedRequests()
    for number in range(5 * MOST):
        long = b"X: %b\r\n" % (b"a" * (LONGEST - 40)), b"X: %b\r\n" % (b"a" * LONGEST)
        few = b"".join(
            b"X-%03d-%03d: %b\r\n" % (number, n, b"a" * 28) for n in range(MOST_LINES - 1)
        )
        many = b"".join(b"%x:\r\n" % n for n in range(number, number + 6 * MOST_LINES))
        for lines in (b"X-%d: a\r\n" % number, few, many, *long):
            for _ in range(TIMES):
                read(b"GET / HTTP/1.1\r\nHost: %d\r\n%b\r\n" % (number, lines), heads)
    assert weight(heads) < 1 << 19, "forms and whole heads"
    judged = Section([], REQUEST), 0
    for number in range(20_000):
        heads.keep(b"Host: %d" % number, judged)
        heads.keep(b"Host: %d" % number, judged)
    for number in range(1_020):
        heads.keep(b"Host: %d%b" % (number, b"a" * (LONGEST - 20)), judged)
    assert weight(heads) < 1 << 19, "lines, and what came once"
