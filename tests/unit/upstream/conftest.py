"""The upstream side runs on uvloop in production, and on a loop of our own on Windows."""

import sys

import pytest

if sys.platform == "win32":
    from winloop import new_event_loop as winloops

    from proxy.windows.loop import new_event_loop as ours

    LOOPS = {"ours": {"loop_factory": ours}, "winloop": {"loop_factory": winloops}}
else:
    LOOPS = {"asyncio": {"use_uvloop": False}, "uvloop": {"use_uvloop": True}}


@pytest.fixture(params=[pytest.param(("asyncio", LOOPS[name]), id=name) for name in LOOPS])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param
