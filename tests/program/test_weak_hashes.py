"""On a machine whose OpenSSL refuses MD5 and SHA-1, as under FIPS 140, all works as elsewhere."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import Program, ask
from tests.support.command import command
from tests.support.simulator import simulator

# Python imports it at its start. It is stricter than FIPS builds: these allow what is not for
# security (usedforsecurity=False).
REFUSING = """
import _hashlib, _md5, _sha1, hashlib

def refused(name):
    def refuse(*given, **more):
        raise ValueError(f"[digital envelope routines] unsupported: {name}")
    return refuse

made = hashlib.new

def new(name, *given, **more):
    if name.lower().replace("-", "") in ("md5", "sha1", "md5sha1", "ripemd160"):
        refused(name)()
    return made(name, *given, **more)

hashlib.new = new
hashlib.md5 = _hashlib.openssl_md5 = _md5.md5 = refused("md5")
hashlib.sha1 = _hashlib.openssl_sha1 = _sha1.sha1 = refused("sha1")
"""
KEY = "key-of-the-caller"


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment in which Python has no MD5 and no SHA-1."""
    folder = tmp_path_factory.mktemp("fips")
    (folder / "sitecustomize.py").write_text(REFUSING)
    return {"PYTHONPATH": f"{folder}:{Path(__file__).parents[2]}"}


@pytest.fixture(scope="module")
def proxy(refusing: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    ledger = tmp_path_factory.mktemp("books") / "ledger.db"
    settings = {"console": True, "ledger": ledger, "caller_key": KEY, "token_endpoint": "local"}
    # Started through a shell: a fork of what has imported the program would have all hashes.
    with simulator() as url, Program(url, beside=refusing, redirect="2>&1", **settings) as running:
        yield running


@pytest.mark.parametrize("hashing", ["hashlib.md5()", "hashlib.new('sha1')", "hashlib.sha1(b'')"])
def test_python_refuses_them_there(refusing: dict[str, str], hashing: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import hashlib; {hashing}"],
        env=refusing,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "unsupported" in done.stderr


def test_requests_payments_and_placeholder_tokens_work(proxy: Program) -> None:
    key = [("X-Proxy-Key", KEY)]
    assert ask(proxy.port, "/v1/accounts", fields=key).status == 200
    wish = json.dumps(
        {"client_id": "any", "client_secret": KEY, "grant_type": "client_credentials"}
    )
    json_fields = [("Content-Type", "application/json")]
    given = ask(proxy.port, "/v1/iam/oauth/tokens", "POST", body=wish.encode(), fields=json_fields)
    token = json.loads(given.body)["access_token"]
    bearer = [("Authorization", f"Bearer {token}")]
    assert ask(proxy.port, "/v1/accounts", fields=bearer).status == 200
    refused = ask(proxy.port, "/v1/payments/breb", "POST", body=b"{}", fields=[*key, *json_fields])
    assert refused.status == 400
    (row,) = json.loads(proxy.admin("/ledger")[1])["rows"]
    assert len(row["body_sha256"]) == 64


def test_console_commands_and_renewal_work(proxy: Program) -> None:
    assert proxy.admin("/refresh", "POST")[0] == 200
    assert proxy.admin("/tokens")[0] == 200
    assert proxy.admin("/console/api/har")[0] == 200
    link = proxy.console.partition("#secret=")[2]
    assert proxy.admin("/console/api/session", "POST", secret=link)[0] == 200
    where = f"--admin-listen=127.0.0.1:{proxy.admin_port}"
    assert command("status", where, cwd=proxy.cwd, **refused_environment(proxy)).code == 0


def refused_environment(proxy: Program) -> dict[str, str]:
    return {"PYTHONPATH": proxy.env["PYTHONPATH"]}
