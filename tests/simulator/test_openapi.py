"""The OpenAPI document, held against the simulator that serves it."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulator.app import operations
from simulator.config import SandboxConfig
from simulator.examples import BODIES
from tests.support.examples import examples

RULES = Path(__file__).with_name("schemathesis.toml")


def test_the_document_names_every_operation(sandbox: Any) -> None:
    document = sandbox.view("openapi.json")
    assert document["openapi"] == "3.1.0"
    assert "not the real API" in document["info"]["description"]
    named = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    table = operations(SandboxConfig())
    assert named == {(operation.method, operation.path) for operation in table}
    assert len({operation.name for operation in table}) == len(table)


def test_the_document_follows_the_switches(start: Any) -> None:
    told = start(link_status=201, delete_status=200, vat_required=False).view("openapi.json")
    assert "201" in told["paths"]["/v1/customers/business/link"]["post"]["responses"]
    assert "200" in told["paths"]["/v1/keys/{key_id}"]["delete"]["responses"]
    assert "vat" not in told["components"]["schemas"]["StaticQr"]["required"]


def test_the_document_says_who_may_call_and_how_errors_look(start: Any) -> None:
    sandbox = start(
        require_token=False,
        error_content_type="text/json",
        token_error_shape="oauth",
    )
    told = sandbox.view("openapi.json")
    assert told["security"] == []
    post = told["paths"]["/v1/iam/oauth/tokens"]["post"]["responses"]
    shapes = {status: answer["content"] for status, answer in post.items() if status != "200"}
    assert {tuple(content) for content in shapes.values()} == {("text/json",)}
    names = {status: one["text/json"]["schema"]["$ref"][21:] for status, one in shapes.items()}
    assert names["400"] == names["401"] == "OAuthFailure"
    assert names["429"] == "Failure"


def test_every_body_has_an_example_that_is_taken(sandbox: Any) -> None:
    for operation in operations(SandboxConfig()):
        repeats = operation.method == "DELETE"
        if operation.body is not None and not repeats:
            assert operation.body.model_validate_json(json.dumps(BODIES[operation.name]))
    post = sandbox.view("openapi.json")["paths"]["/v1/payments/breb"]["post"]
    shown = post["requestBody"]["content"]["application/json"]["example"]
    assert shown["amount"]["currency"] == "COP"


def test_the_document_tells_of_webhooks(start: Any) -> None:
    told = start().view("openapi.json")["webhooks"]
    assert {"payment.outbound.settled", "payment.rejected"} <= told.keys()
    answer = told["payment.inbound.authorization"]["post"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"]["$ref"].endswith("Verdict")
    bare = start(webhook_payload="payment").view("openapi.json")["webhooks"]["payment.settled"]
    schema = bare["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema["$ref"].endswith("/Payment")


@pytest.mark.slow
def test_thousands_of_requests_meet_no_surprise(sandbox: Any, tmp_path: Path) -> None:
    """Schemathesis: no undocumented status, no crash, no answer that breaks its schema.

    It is given a number of examples and no budget of time: with one, a slow machine would try a
    part of them, a fast one others, and neither what the next run tries.
    """
    target = tmp_path / "openapi.json"
    target.write_text(json.dumps(sandbox.view("openapi.json")))
    command = [
        Path(sys.executable).with_name("schemathesis"), "--config-file", RULES, "run", target,
        "--url", sandbox.url, "-H", f"Authorization: {sandbox.http.headers['Authorization']}",
        "--max-examples", str(examples(10)), "--generation-deterministic", "--no-color",
        "--warnings", "off",
    ]  # fmt: skip
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-20000:]
    assert "Stateful" in ended.stdout
    made = re.search(r"(\d+) generated", ended.stdout)
    assert made is not None
    assert int(made[1]) > 4000
