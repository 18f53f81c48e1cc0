"""When a request may go out again: never when it may have been acted on."""

import math

import pytest

from proxy.errors import ConnectionBroken, ConnectionStale, ReadTimeout, UpstreamError
from proxy.upstream.pool import FRESH, NEW
from proxy.upstream.resend import may_resend, may_wait


def failed(error: UpstreamError, *, sent: bool) -> UpstreamError:
    error.sent = sent
    return error


@pytest.mark.parametrize(
    ("error", "method", "within", "whole", "again"),
    [
        pytest.param(failed(ConnectionStale(""), sent=True), "GET", math.inf, True, True, id="get"),
        pytest.param(failed(ConnectionStale(""), sent=True), "PUT", math.inf, True, True, id="put"),
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
            failed(ConnectionBroken(""), sent=True), "GET", math.inf, True, False, id="cut inside"
        ),
        pytest.param(
            failed(ReadTimeout(""), sent=True), "GET", math.inf, True, False, id="too slow"
        ),
    ],
)
def test_a_request_goes_out_again_only_where_that_is_safe(
    error: UpstreamError, method: str, within: float, whole: bool, again: bool
) -> None:
    assert may_resend(error, method, within, whole=whole) is again


@pytest.mark.parametrize(
    ("method", "whole", "within"),
    [("GET", True, math.inf), ("POST", True, FRESH), ("PUT", False, FRESH)],
)
def test_what_cannot_go_out_again_meets_no_connection_that_was_idle_for_long(
    method: str, whole: bool, within: float
) -> None:
    assert may_wait(method, whole=whole) == within
