"""varnishtest speaks for a caller and an upstream at once: pipelines, cuts, resets, time-outs."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import Program, RawUpstream, free_port
from tests.support.needs import need

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.vtc"))
WAITS = {"header_timeout": 1, "read_timeout": 1, "idle_timeout": 1}


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """The upstream's port, which each script listens on, and the proxy's."""
    port = free_port()
    with (
        RawUpstream() as tokens,
        Program(
            f"http://127.0.0.1:{port}", token_url=f"{tokens.url}/v1/iam/oauth/tokens", **WAITS
        ) as proxy,
    ):
        yield port, proxy.port


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_script_goes_as_written(script: Path, ports: tuple[int, int], tmp_path: Path) -> None:
    program = need("varnishtest")
    upstream, proxy = ports
    defined = ["-D", f"upstream={upstream}", "-D", f"proxy={proxy}", "-D", f"tmpdir={tmp_path}"]
    done = subprocess.run(
        [program, "-t", "30", *defined, str(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-10_000:]
