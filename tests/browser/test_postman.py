"""The Postman collection and the .http file, run against the demo."""

import functools
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support import Program, RawUpstream, ask, node
from tests.support.needs import need
from tests.support.patience import PATIENCE
from tools import postman

NAMES = ("breb.postman_collection", "local.postman_environment")


@functools.cache
def files() -> dict[str, str]:
    """Return what the table gives, by a simulator that answers each request: not at collection."""
    return postman.files()


@pytest.mark.parametrize("name", [*(f"{name}.json" for name in NAMES), "breb.http"])
def test_the_files_are_those_that_the_table_gives(name: str) -> None:
    assert (postman.FOLDER / name).read_text() == files()[name], "run: python -m tools.postman"


def test_these_are_all_the_files_of_the_table() -> None:
    assert {*files()} == {*(f"{name}.json" for name in NAMES), "breb.http"}


def test_no_authorization_is_in_it() -> None:
    collection = json.loads(files()["breb.postman_collection.json"])
    assert collection["auth"] == {"type": "noauth"}
    for text in files().values():
        assert not re.search(r"authorization:|bearer|\"key\": \"authorization", text.lower())


def test_who_forgets_to_choose_the_environment_reaches_the_proxy() -> None:
    """Postman would look for a host called {{base}}."""
    collection = json.loads(files()["breb.postman_collection.json"])
    chosen = json.loads(files()["local.postman_environment.json"])["values"]
    (base,) = (one["value"] for one in collection["variable"] if one["key"] == "base")
    assert base == next(one["value"] for one in chosen if one["key"] == "base")


def test_every_request_tells_what_it_needs_and_what_it_gets() -> None:
    """A name is not enough for a person who opens a request without having sent those above it."""
    folders = json.loads(files()["breb.postman_collection.json"])["item"]
    assert all(folder["description"] for folder in folders)
    for item in (item for folder in folders for item in folder["item"]):
        request, examples = item["request"], item["response"]
        for name in re.findall(r"{{(\w+_id|qr_code_data)}}", json.dumps(request["url"])):
            assert f"`{name}` is from " in request["description"]
        if item["name"] == "Create a token of your own":  # a token does not belong into a file
            assert examples == []
            continue
        (example,) = examples
        assert example["originalRequest"] == request
        assert example["code"] in (200, 201, 204)
        assert bool(example["body"]) == ("answer" in "".join(item["event"][0]["script"]["exec"]))


@pytest.mark.slow
def test_newman_runs_the_collection_against_the_demo(running: Program, tmp_path: Path) -> None:
    program = need("node")
    report = tmp_path / "report.json"
    for _ in range(2):  # the second run must not stumble over the first
        done = subprocess.run(
            [
                program,
                node.package("newman") / "bin" / "newman.js",
                "run",
                postman.FOLDER / "breb.postman_collection.json",
                "--environment",
                postman.FOLDER / "local.postman_environment.json",
                "--env-var",
                f"base=http://127.0.0.1:{running.port}",
                "--reporters",
                "cli,json",
                "--reporter-json-export",
                report,
            ],
            capture_output=True,
            text=True,
            timeout=5 * PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    stats = json.loads(report.read_text())["run"]["stats"]
    steps = sum(len(steps) for steps in postman.STEPS.values())
    assert stats["requests"] == {"total": steps, "pending": 0, "failed": 0}
    assert stats["assertions"]["total"] > steps


def test_the_environments_caller_key_goes_with_every_request() -> None:
    script = [need("node"), str(node.package("newman") / "bin" / "newman.js"), "run"]
    files = [postman.FOLDER / f"{name}.json" for name in NAMES]
    with RawUpstream() as upstream:
        options = ["--env-var", f"base={upstream.url}", "--env-var", "caller_key=k-1"]
        folder = ["--folder", "Accounts"]
        words = [*script, files[0], "--environment", files[1], *options, *folder]
        subprocess.run(words, capture_output=True, timeout=5 * PATIENCE, check=False)
        keys = {call.values("x-proxy-key")[0] for call in upstream.calls}
    assert keys == {b"k-1"}


def test_the_http_file_works_from_top_to_bottom(running: Program) -> None:
    variables: dict[str, str] = {}
    answers: dict[str, Any] = {}
    count = 0
    for block in files()["breb.http"].split("\n###"):
        lines = block.split("\n")[0 if count == 0 and not block.startswith(" ") else 1 :]
        name = next((line[8:] for line in lines if line.startswith("# @name ")), "")
        text = "\n".join(line for line in lines if not line.startswith(("#", "@"))).strip()
        if text:
            count += 1
            answers[name] = _send(running, _filled(text, variables))
        for line in lines:
            if line.startswith("@"):
                key, _, value = line[1:].partition(" = ")
                variables[key] = _value(value, answers)
    assert count == sum(len(steps) for steps in postman.STEPS.values())


def _filled(text: str, variables: dict[str, str]) -> str:
    return re.sub(r"{{(\w+)}}", lambda match: variables[match[1]], text)


def _value(value: str, answers: dict[str, Any]) -> str:
    match = re.fullmatch(r"{{(\w+)\.response\.body\.\$\.([\w.]+)}}", value)
    if match is None:
        return value
    found = answers[match[1]]
    for part in match[2].split("."):
        found = found[part]
    return str(found)


def _send(running: Program, text: str) -> Any:
    head, _, body = text.partition("\n\n")
    first, *fields = head.split("\n")
    method, url = first.split(" ")
    target = url.removeprefix("http://127.0.0.1:8080")
    pairs = [(name, value) for name, _, value in (line.partition(": ") for line in fields)]
    answer = ask(running.port, target, method, pairs, body.encode() or None)
    assert answer.status in (200, 201, 204), (text, answer.body)
    return json.loads(answer.body) if answer.body else None
