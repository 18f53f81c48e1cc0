"""http-cache-tests, with the proxy where a cache would be: nothing comes out of a store."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support import Program, RawUpstream, free_port, node
from tests.support.needs import need
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.slow  # waits for real time


# What differs from a caller that speaks to the suite's server itself; docs/judges.md says why.
CUT = "the server hangs up, or sends more than it announced; the proxy says so in words"
EXPLAINED = {
    "304-etag-update-response-Content-Length": CUT,
    "headers-store-Content-Length": CUT,
    "headers-store-Transfer-Encoding": "a coding that nobody knows is refused with 502",
    "other-authorization": "the token stands in Authorization: that is what the proxy is for",
    "stale-close": CUT,
    "stale-close-must-revalidate": CUT,
    "stale-close-no-cache": CUT,
    "stale-close-proxy-revalidate": CUT,
    "stale-close-s-maxage=2": CUT,
    "stale-sie-503": CUT,
    "stale-sie-close": CUT,
    "stale-warning-become": CUT,
    "stale-warning-stored": CUT,
}


# After 5 s, its own time, it would close what its client is just about to use, where others keep
# the machine busy. It has to close: by that it ends answers that are shorter than announced.
SERVER = """
import http from "node:http";
const create = http.createServer;
http.createServer = (...all) => Object.assign(create(...all), { keepAliveTimeout: 15_000 });
await import("./server/server.mjs");
"""


class Suite:
    """The suite's own server and client, by Node."""

    def __init__(self, folder: Path) -> None:
        self._node = need("node")
        self._folder = folder
        self.port = free_port()
        # npm would give these from the package's own settings; a test's name that is empty: all.
        self._env = {
            **os.environ,
            "npm_config_protocol": "http",
            "npm_config_port": str(self.port),
            "npm_config_pidfile": os.devnull,
            "npm_package_config_id": "",
        }

    @contextmanager
    def serving(self) -> Iterator[None]:
        process = subprocess.Popen(
            [self._node, "--input-type=module", "--eval", SERVER],
            cwd=self._folder,
            env=self._env,
            stdout=subprocess.DEVNULL,
        )
        try:
            self._until_it_listens()
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE)

    def _until_it_listens(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                assert time.monotonic() < deadline, "the suite's server does not start"
                time.sleep(0.05)

    def run(self, port: int) -> dict[str, Any]:
        """Return what became of each test: true, or a kind of failure and its words."""
        done = subprocess.run(
            [self._node, "--no-warnings", "cli.mjs"],
            cwd=self._folder,
            env={**self._env, "npm_config_base": f"http://127.0.0.1:{port}"},
            capture_output=True,
            timeout=5 * PATIENCE,
            check=True,
        )
        results: dict[str, Any] = json.loads(done.stdout)
        return results


@pytest.fixture(scope="module")
def results() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The results direct and through the proxy."""
    suite = Suite(node.package("http-cache-tests"))
    with (
        suite.serving(),
        RawUpstream() as tokens,
        Program(
            f"http://127.0.0.1:{suite.port}",
            token_url=f"{tokens.url}/v1/iam/oauth/tokens",
            log_level="warning",
        ) as proxy,
        ThreadPoolExecutor(2) as both,
    ):
        direct, through = both.map(suite.run, (suite.port, proxy.port))
        yield direct, through


def test_the_proxy_changes_no_result_but_those_that_are_explained(
    results: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    direct, through = results
    assert len(direct) == len(through) > 300
    differing = {
        name: (direct[name], through[name])
        for name in direct
        if direct[name] != through[name] and name not in EXPLAINED
    }
    assert differing == {}


def test_what_passes_direct_passes_through_the_proxy(
    results: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    """All but one: what a cache must not do is not done, what goes along goes along."""
    direct, through = results
    lost = [name for name in direct if direct[name] is True and through[name] is not True]
    assert lost == ["other-authorization"]
    assert sum(result is True for result in through.values()) > 100
