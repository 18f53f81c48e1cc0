"""These tests want the images of .ci/run in podman's storage, and root."""

import os

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs containers unless .ci/run has made them; it never skips there."""
    if os.environ.get("CONTAINER_TESTS") == "1":
        return
    skip = pytest.mark.skip(reason="needs the images and podman: run .ci/run image")
    for item in items:
        if "tests/containers/" in item.nodeid:
            item.add_marker(skip)
