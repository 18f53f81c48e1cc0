"""The README's commands, run as a newcomer would: in a fresh clone, in a folder with a blank."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy import __version__
from proxy.cli import main as cli
from tests.support.front import Front
from tests.support.front import front as a_front
from tests.support.mono import at_once
from tests.support.needs import need
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CALLERS = (ROOT / "docs" / "callers.md").read_text()
COMMANDS = (ROOT / "docs" / "commands.md").read_text()
HANGS = 50  # PHP gives up reading after 60 s, and calls that a success


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README + CALLERS, re.DOTALL)


def environment(folder: Path) -> dict[str, str]:
    """A newcomer's: nothing of ours, nothing of this test run's interpreter and make."""
    ours = ("BREB_", "COVERAGE_", "VIRTUAL_", "MAKE", "MFLAGS", "COVER", "ARGS")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    # What is imported once is compiled then: all of it would be a third of the set-up.
    return kept | {"HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "", "PIP_NO_COMPILE": "1"}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is committed, cloned into a folder with a blank in its path."""
    for each in ("make", "checkout", "registry"):
        need(each)
    folder = tmp_path_factory.mktemp("a folder with blanks") / "breb proxy"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    return folder


@contextlib.contextmanager
def running(clone: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``make run``; give the process, and what it printed until the demo stood."""
    started = time.monotonic()
    process = subprocess.Popen(
        ["make", "run"],
        cwd=clone,
        env=environment(clone.parent),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    printed = ""
    try:
        while "Ctrl-C" not in printed:
            line = process.stdout.readline()
            assert line, f"make run ended:\n{printed}"
            assert time.monotonic() - started < 10 * PATIENCE, printed  # it installs
            printed += line
        yield process, printed
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=PATIENCE)


def address(printed: str) -> str:
    match = re.search(r"http://127\.0\.0\.1:\d+", printed)
    assert match, printed
    return match[0]


@pytest.mark.slow
@pytest.mark.needs("curl")
def test_the_first_commands_work_and_install_once(clone: Path) -> None:
    """``make run`` in an empty folder, then the README's curl line."""
    (curl,) = [block for block in blocks("sh") if block.startswith("curl")]
    for turn in range(2):
        with running(clone) as (process, printed):
            line = curl.replace("http://127.0.0.1:8080", address(printed)).replace(
                "curl", "curl -s"
            )
            done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
            assert '"accounts"' in done.stdout
            assert "authorization" not in done.stdout.lower()
            os.killpg(process.pid, signal.SIGINT)
            # The program ends with 0 (test_demo); make dies of the signal, or tells of it.
            assert process.wait(PATIENCE) in (0, 2, 130, -signal.SIGINT)
            assert ("setting up .venv" in printed) == (turn == 0)


@pytest.mark.slow
def test_the_legacy_application_works_as_it_stands(clone: Path) -> None:
    (code,) = blocks("python")
    with running(clone) as (_, printed):
        code = code.replace("http://127.0.0.1:8080", address(printed))
        done = subprocess.run(
            ["python3", "-c", code], capture_output=True, text=True, check=True, cwd=clone.parent
        )
        assert "accounts" in done.stdout


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    with a_front() as front:
        yield front


@pytest.mark.parametrize(
    ("language", "name", "text", "commands"),
    [
        pytest.param(
            "java",
            "App.java",
            "public class App { public static void main(String[] a) throws Exception { CODE } }",
            [["java", "App.java"]],
            id="Java",
            marks=pytest.mark.thorough,
        ),
        pytest.param(
            "csharp",
            "App.cs",
            at_once("class App { static void Main() { CODE } }", "App"),
            [["mcs", "-main:AtOnce", "App.cs"], ["mono", "App.exe"]],
            id="C#",
            marks=pytest.mark.thorough,
        ),
        pytest.param("php", "app.php", "CODE", [["php", "app.php"]], id="PHP"),
        pytest.param("js", "app.mjs", "CODE", [["node", "app.mjs"]], id="Node"),
    ],
)
def test_the_snippets_work_as_they_stand(
    language: str,
    name: str,
    text: str,
    commands: list[list[str]],
    front: Front,
    tmp_path: Path,
) -> None:
    """Before the program: PHP reads to the end of the connection, or for its minute."""
    need(commands[-1][0])
    (code,) = blocks(language)
    code = code.replace("http://127.0.0.1:8080", f"http://127.0.0.1:{front.port}")
    front.reset()
    (tmp_path / name).write_text(text.replace("CODE", code))
    limit = HANGS if language == "php" else PATIENCE
    for command in commands:
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=limit, check=False
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "ok"
    assert [call.target for call in front.arrived] == [b"/v1/accounts"]


def test_the_example_settings_can_be_copied(tmp_path: Path) -> None:
    """A copy of config.example.env as .env and two lines filled in make a start possible."""
    text = (ROOT / "config.example.env").read_text()
    text = re.sub(r"^BREB_CLIENT_ID=.*$", "BREB_CLIENT_ID=id", text, flags=re.MULTILINE)
    text = re.sub(r"^BREB_CLIENT_SECRET=.*$", "BREB_CLIENT_SECRET=s", text, flags=re.MULTILINE)
    (tmp_path / ".env").write_text(text)
    code = (
        "from proxy.settings.model import find, load; from proxy.settings.sources import Sources;"
        "print(load(find({}, Sources())).base_url)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "bre-b-sandbox" in done.stdout


@pytest.mark.parametrize("page", ["docs/callers.md", "docker/README.md"])
def test_the_image_is_named_as_make_names_it(page: str) -> None:
    named = re.findall(r"breb-proxy:(\d[\d.]*\d)", (ROOT / page).read_text())
    assert set(named) == {__version__}


def test_every_command_that_exists_is_told_of_and_no_other() -> None:
    (row,) = (line for line in COMMANDS.splitlines() if "`breb-proxy status`" in line)
    beside = re.findall(r"`(?:breb-proxy )?([a-z]+)`", row)
    named = {*re.findall(r"^\| `breb-proxy ([a-z]+)`", COMMANDS, re.MULTILINE), *beside}
    assert named == set(cli._COMMANDS)


def test_every_file_that_a_command_names_is_there() -> None:
    pages = README + (ROOT / "docker" / "README.md").read_text()
    pages += CALLERS
    paths = re.findall(r"(?<![\w/])(?:docs|docker)/[^\s`)\]]+", pages)
    assert len(paths) > 10
    for path in paths:
        assert (ROOT / path.partition("#")[0]).exists(), path


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", README + COMMANDS, re.MULTILINE)) <= targets
    assert len(re.findall(r"^[a-z-]+:.*## ", makefile, re.MULTILINE)) <= 10
