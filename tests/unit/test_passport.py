"""What is known of the API: which paths are its own."""

import re

import pytest

from proxy.passport import before_the_api
from simulator import SandboxConfig
from simulator.app import operations

PATHS = sorted({operation.path for operation in operations(SandboxConfig())})


@pytest.mark.parametrize("path", ["/v1", "/V1", *PATHS])
@pytest.mark.parametrize("before", ["", "/gateway", "/a/v2"])
def test_a_path_of_the_api_is_known_at_the_end_of_another(before: str, path: str) -> None:
    assert before_the_api(before + re.sub(r"\{\w+\}", "8f3a", path)) == before


@pytest.mark.parametrize("path", ["", "/gateway", "/v1/passport", "/v10", "/v1beta", "/keys"])
def test_other_paths_are_none_of_the_api(path: str) -> None:
    assert before_the_api(path) is None
