"""What a collector's answers mean."""

import ssl
import time
from email.utils import formatdate
from pathlib import Path

import pytest
import trustme

from proxy.addresses import Url
from proxy.settings.tracing import TracingOptions
from proxy.tracing.collector import Collector, NotTaken, _judged
from proxy.upstream import Reply
from tests.support import RawUpstream, free_port
from tests.support.collector import TAKEN
from tests.support.upstream import answer

pytestmark = pytest.mark.anyio
PARTIAL = b"\x0a\x06\x08\x02\x12\x02no"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def taken(told: bytes | None, patience: float = 10.0) -> tuple[int, str]:
    with RawUpstream(lambda _: told) as upstream:
        url = Url.parse(f"{upstream.url}/v1/traces")
        collector = Collector(TracingOptions(url, headers=[(b"key", b"hush")], timeout=patience))
        try:
            return await collector.take(b"body")
        finally:
            await collector.aclose()
            (call,) = upstream.calls
            assert (call.method, call.target, call.body) == ("POST", b"/v1/traces", b"body")
            assert call.values("content-type") == [b"application/x-protobuf"]
            assert call.values("key") == [b"hush"]


@pytest.mark.parametrize(
    ("body", "found"),
    [(b"", (0, "")), (PARTIAL, (2, "no")), (b"\xff", (0, "")), (PARTIAL * 1000, (0, ""))],
)
async def test_a_success_may_be_partial(body: bytes, found: tuple[int, str]) -> None:
    assert await taken(answer("200 OK", body)) == found


@pytest.mark.parametrize(
    ("told", "again", "after"),
    [
        (answer("429 Slow", b"", "Retry-After: 7"), True, 7.0),
        (answer("503 Later", b"", "Retry-After: 9999999999999"), True, 60.0),
        (answer("502 Bad"), True, None),
        (answer("504 Late"), True, None),
        (answer("400 Bad", b"", "Retry-After: 7"), False, None),
        (answer("500 Broken"), False, None),
        (answer("307 There", b"", "Location: http://elsewhere.example"), False, None),
        (None, True, None),
    ],
)
async def test_what_may_be_sent_again(told: bytes | None, again: bool, after: float | None) -> None:
    with pytest.raises(NotTaken) as refused:
        await taken(told)
    assert (refused.value.again, refused.value.after) == (again, after)


async def test_one_who_never_ends_its_answer_is_given_up() -> None:
    with pytest.raises(NotTaken, match=r"within 0\.2 s"):
        await taken(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", patience=0.2)


async def test_nobody_there() -> None:
    collector = Collector(TracingOptions(Url.parse(f"http://127.0.0.1:{free_port()}")))
    with pytest.raises(NotTaken) as refused:
        await collector.take(b"")
    await collector.aclose()
    assert refused.value.again


def test_when_to_try_again_is_seconds_or_a_date() -> None:
    def after(value: str) -> float | None:
        with pytest.raises(NotTaken) as refused:
            _judged(Reply(503, [(b"Retry-After", value.encode())], b""))
        return refused.value.after

    assert after("soon") is None
    assert after(formatdate(time.time() - 100, usegmt=True)) == 0.0
    assert 0 < (after(formatdate(time.time() + 30, usegmt=True)) or 0) <= 30


async def test_its_certificate_is_checked_against_the_authorities_that_are_named(
    tmp_path: Path,
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with RawUpstream(TAKEN, tls=context) as upstream:
        trusting = Collector(
            TracingOptions(
                Url.parse(upstream.url), authorities=tmp_path / "ca.pem", compressed=True
            )
        )
        assert await trusting.take(b"") == (0, "")
        await trusting.aclose()
        assert upstream.calls[0].values("content-encoding") == [b"gzip"]
        doubting = Collector(TracingOptions(Url.parse(upstream.url)))
        with pytest.raises(NotTaken):
            await doubting.take(b"")
        await doubting.aclose()
        assert len(upstream.calls) == 1
