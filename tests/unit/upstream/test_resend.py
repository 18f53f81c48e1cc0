"""When a request may go out again: never when it may have been acted on."""

import pytest

from proxy.errors import ConnectionBroken, ConnectionStale, ReadTimeout, UpstreamError
from proxy.http1.fields import IDEMPOTENT
from proxy.upstream.pool import ANY, FRESH, NEW, Wanted
from proxy.upstream.resend import may_resend, wanted_for


def failed(error: UpstreamError, *, sent: bool) -> UpstreamError:
    error.sent = sent
    return error


@pytest.mark.parametrize(
    ("error", "method", "wanted", "whole", "again"),
    [
        pytest.param(failed(ConnectionStale(""), sent=True), "GET", ANY, True, True, id="get"),
        pytest.param(failed(ConnectionStale(""), sent=True), "PUT", ANY, True, True, id="put"),
        pytest.param(
            failed(ConnectionStale(""), sent=True), "POST", FRESH, True, False, id="may be acted on"
        ),
        pytest.param(
            failed(ConnectionStale(""), sent=False), "POST", FRESH, True, True, id="not written"
        ),
        pytest.param(
            failed(ConnectionStale(""), sent=True), "PUT", FRESH, False, False, id="not whole"
        ),
        pytest.param(failed(ConnectionStale(""), sent=True), "GET", NEW, True, False, id="twice"),
        pytest.param(
            failed(ConnectionBroken(""), sent=True), "GET", ANY, True, False, id="cut inside"
        ),
        pytest.param(failed(ReadTimeout(""), sent=True), "GET", ANY, True, False, id="too slow"),
    ],
)
def test_a_request_goes_out_again_only_where_that_is_safe(
    error: UpstreamError, method: str, wanted: Wanted, whole: bool, again: bool
) -> None:
    assert may_resend(error, wanted, idempotent=method in IDEMPOTENT, whole=whole) is again


@pytest.mark.parametrize(
    ("method", "whole", "wanted"),
    [("GET", True, ANY), ("POST", True, FRESH), ("PUT", False, FRESH)],
)
def test_what_cannot_go_out_again_meets_no_connection_that_was_idle_for_long(
    method: str, whole: bool, wanted: Wanted
) -> None:
    assert wanted_for(idempotent=method in IDEMPOTENT, whole=whole) == wanted
