"""What another user of the machine gets of a running proxy: the probes, and nothing else."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import CALLER_KEY, Program, RawUpstream, ask
from tests.support.command import command
from tests.support.needs import NOBODY, need

KEY = [("X-Proxy-Key", CALLER_KEY)]
ASK = """
import http.client, json, sys
port, method, path, body, fields = json.loads(sys.argv[1])
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
connection.request(method, path, body, fields)
answer = connection.getresponse()
print(json.dumps([answer.status, answer.read().decode("latin-1")]))
"""
PAYMENT = {"method": "POST", "target": "/v1/payments/breb", "fields": [], "body": "{}"}

pytestmark = pytest.mark.needs("another user")


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(upstream: RawUpstream) -> Iterator[Program]:
    with Program(upstream.url, console=True, caller_key=CALLER_KEY) as running:
        yield running


def as_nobody(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a Python program as another user."""
    return subprocess.run(
        [need("another user"), "-c", program, *arguments],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        env={},
        capture_output=True,
        text=True,
        check=False,
    )


def stranger(
    proxy: Program, path: str, method: str = "GET", body: str | None = None, **fields: str
) -> tuple[int, str]:
    """Ask the admin listener as another user; return status and body."""
    done = as_nobody(ASK, json.dumps([proxy.admin_port, method, path, body, fields]))
    assert done.returncode == 0, done.stderr
    status, text = json.loads(done.stdout)
    return status, text


def exchange_of(proxy: Program) -> str:
    """Send a request and return its id."""
    ask(proxy.port, "/v1/customers", fields=KEY)
    number: str = proxy.exchanges()[-1]["id"]
    return number


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_the_probes_are_for_everybody(proxy: Program, path: str) -> None:
    assert stranger(proxy, path)[0] == 200


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/status", "GET"),
        ("/refresh", "POST"),
        ("/quit", "POST"),
        ("/console/api/har", "GET"),
        ("/console/api/events", "GET"),
        ("/console/api/clear", "POST"),
        ("/console/api/link", "POST"),
        ("/console/api/session", "POST"),
    ],
)
def test_everything_else_is_for_our_user_alone(proxy: Program, path: str, method: str) -> None:
    for given in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {'x' * 43}"}):
        status, text = stranger(proxy, path, method, **given)
        assert status == 401
        assert text.startswith("only for the user who runs breb-proxy")
        assert "/" not in text, "a stranger is told no path of this machine"
    assert proxy.process.poll() is None


def test_the_page_is_for_everybody_and_holds_no_secret(proxy: Program) -> None:
    found = [stranger(proxy, path) for path in ("/", "/console/console.js", "/console/session.js")]
    assert [status for status, _ in found] == [200, 200, 200]
    assert proxy.secret not in "".join(text for _, text in found)


@pytest.mark.parametrize("listen", ["", "unix"])
def test_a_replay_is_no_way_around_the_caller_key_or_the_mode_of_a_socket(
    upstream: RawUpstream, tmp_path: Path, listen: str
) -> None:
    settings: dict[str, Any] = {"listen": f"unix:{tmp_path}/p.sock"} if listen else {}
    with Program(upstream.url, console=True, caller_key=CALLER_KEY, **settings) as proxy:
        number = "none" if listen else exchange_of(proxy)
        arrived = len(upstream.requests)
        wish = json.dumps({"of": number, "confirmed": True, **PAYMENT})
        status, _ = stranger(
            proxy, "/console/api/replay", "POST", wish, **{"Content-Type": "application/json"}
        )
        assert status == 401
        assert len(upstream.requests) == arrived


@pytest.mark.needs("a tree that others can read")
def test_its_commands_are_refused_and_say_who_may(proxy: Program) -> None:
    program = f"""
import sys
sys.path[:0] = {json.dumps([str(Path.cwd()), *sys.path])}
from proxy.cli.main import main
sys.exit(main(["quit", "--admin-listen", "127.0.0.1:{proxy.admin_port}"]))
"""
    done = as_nobody(program)
    assert done.returncode == 4, done.stderr
    assert "answers only the user who runs it" in done.stderr
    assert proxy.process.poll() is None


def test_its_file_cannot_be_read(proxy: Program) -> None:
    folder = Path(os.environ["XDG_RUNTIME_DIR"])
    file = folder / "breb-proxy" / f"admin-{proxy.admin_port}.secret"
    folder.chmod(0o755)
    done = subprocess.run(["/bin/cat", str(file)], user=NOBODY, capture_output=True, check=False)
    assert done.returncode != 0
    assert done.stdout == b""
    folder.chmod(0o700)


def test_the_same_user_needs_no_word(proxy: Program, tmp_path: Path) -> None:
    where = f"--admin-listen=127.0.0.1:{proxy.admin_port}"
    assert command("status", where, cwd=tmp_path).code == 0
    assert command("refresh", where, cwd=tmp_path).code == 0
