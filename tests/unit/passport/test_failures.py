"""The shape of the API's errors."""

import pytest

from proxy.passport.failures import failure, says_not_found


@pytest.mark.parametrize(("status", "said"), [(404, True), (400, False)])
def test_a_404_of_the_apis_shape_is_its_own(status: int, said: bool) -> None:
    error = failure(status, "X", "no such token", resource="iam", url="/v1/x", trace_id="t-1")
    assert says_not_found(error) is said


@pytest.mark.parametrize("document", [{}, {"message": 7, "http_code": 404}, {"message": "x"}])
def test_another_404_is_not(document: dict[str, object]) -> None:
    assert not says_not_found(document)
