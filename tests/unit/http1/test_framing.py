"""How a request's body is framed, and what could be read in two ways."""

import pytest

from proxy.errors import RequestRefused
from proxy.http1 import framing
from proxy.http1.fields import REQUEST, Section


def known(*lines: tuple[str, str]) -> dict[bytes, list[bytes]]:
    return Section([(name.encode(), value.encode()) for name, value in lines], REQUEST).known


@pytest.mark.parametrize(
    ("version", "lines"),
    [
        pytest.param("1.1", [("transfer-encoding", "chunked"), ("content-length", "1")], id="both"),
        pytest.param("1.1", [("transfer-encoding", "chunked")] * 2, id="coding twice"),
        pytest.param("1.1", [("transfer-encoding", "gzip")], id="another coding"),
        pytest.param("1.0", [("transfer-encoding", "chunked")], id="coding in HTTP/1.0"),
        pytest.param("1.1", [("content-length", "1")] * 2, id="length twice"),
        pytest.param("1.1", [("content-length", "+1")], id="signed length"),
        pytest.param("1.1", [("content-length", str(1 << 63))], id="length of nothing"),
    ],
)
def test_what_could_be_framed_in_two_ways_is_refused_whatever_server_runs_us(
    version: str, lines: list[tuple[str, str]]
) -> None:
    """Our own parser refuses most of these before; others may not."""
    with pytest.raises(RequestRefused) as refusal:
        framing.request_framing(known(*lines), version)
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([], 0, id="none"),
        pytest.param([("Content-Length", "12")], 12, id="length"),
        pytest.param([("Transfer-Encoding", "Chunked")], framing.CHUNKED, id="chunked"),
    ],
)
def test_a_framing_is_one_number(lines: list[tuple[str, str]], expected: int) -> None:
    assert framing.request_framing(known(*lines), "1.1") == expected


@pytest.mark.parametrize(
    ("version", "value", "expected"),
    [
        ("1.1", "100-continue", True),
        ("1.1", "other, 100-Continue ", True),
        ("1.0", "100-continue", False),
        ("1.1", "other", False),
    ],
)
def test_a_caller_may_wait_for_a_100(version: str, value: str, expected: bool) -> None:
    assert framing.continues(known(("Expect", value)), version) is expected
