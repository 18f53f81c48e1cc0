"""Which operation a request is, and which paths are the API's own."""

import re

import pytest

from proxy.passport.operation import Operation
from proxy.passport.operations import OPERATIONS
from proxy.passport.paths import before_the_api, known, only_reads

OLD = "/v1/paas/entities/customers"
PATHS = sorted({each.path for each in OPERATIONS})


@pytest.mark.parametrize("each", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
@pytest.mark.parametrize("before", ["", "/gateway", "/gateway/v2"])
def test_each_operation_is_known_by_its_path(before: str, each: Operation) -> None:
    path = re.sub(r"{\w+}", "8f3a", each.path)
    found = known(each.method, before + path)
    assert found is not None
    assert found.operation is each
    assert found.before == f"{before}/v1"
    assert found.target(each, *found.values) == before + path
    short = known(each.method, before + path.removeprefix("/v1"))
    assert short is not None
    assert (short.operation, short.before) == (each, before)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/elsewhere"),
        ("PUT", "/v1/payments/breb"),
        ("POST", "/v1/payments/breb/"),
        ("PATCH", "/v1/keys//suspend"),
        ("POST", "payments/breb"),
        ("POST", ""),
        ("POST", "/v1/mypayments/breb"),
    ],
)
def test_what_is_not_in_the_table_is_not_known(method: str, path: str) -> None:
    assert known(method, path) is None


def test_an_older_path_is_not_taken_for_the_newer_one_that_it_ends_in() -> None:
    old = known("DELETE", f"{OLD}/accounts/keys/k-1")
    new = known("DELETE", "/v1/keys/k-1")
    assert old is not None
    assert new is not None
    assert (old.operation.shown_by, old.values) == (None, ("k-1",))
    assert new.operation.shown_by is not None


@pytest.mark.parametrize("path", ["/v1", "/V1", *PATHS])
@pytest.mark.parametrize("before", ["", "/gateway", "/a/v2"])
def test_a_path_of_the_api_is_known_at_the_end_of_another(before: str, path: str) -> None:
    assert before_the_api(before + re.sub(r"\{\w+\}", "8f3a", path)) == before


@pytest.mark.parametrize("path", ["", "/gateway", "/v1/passport", "/v10", "/v1beta", "/keys"])
def test_other_paths_are_none_of_the_api(path: str) -> None:
    assert before_the_api(path) is None


@pytest.mark.parametrize("each", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_a_post_only_reads_if_the_table_says_so(each: Operation) -> None:
    path = re.sub(r"{\w+}", "8f3a", each.path).encode()
    assert only_reads(each.method, b"/gateway" + path) is each.only_reads
    assert not only_reads("PATCH", path)


@pytest.mark.parametrize(
    "path",
    [
        b"/v1/x/../resolve-key",
        b"/v1/resolve-key/",
        b"/v1//resolve-key",
        b"/v1/resolve%2Dkey",
        b"/v1/payments;/resolve-key",
        b"/v1/recipients//resolve",
        b"resolve-key",
    ],
)
def test_a_path_that_a_server_may_read_as_another_does_not_only_read(path: bytes) -> None:
    assert not only_reads("POST", path)
