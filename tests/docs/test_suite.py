"""What the tests promise: they ask before, clean up after, and say it in words."""

import contextlib
import os
import resource
import shlex
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.support import needs, node
from tests.support.patience import PATIENCE
from tests.support.stubs import stub
from tests.support.sweeps import further

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow  # each test is a run of its own; only who changes tests/support waits


def run_of(text: str, folder: Path, before: Callable[[], None] | None = None) -> list[str]:
    """Run a module of tests as `make test` does; return the lines that were printed."""
    return run_of_all({"test_it": text}, folder, before)


def run_of_all(
    modules: Mapping[str, str],
    folder: Path,
    before: Callable[[], None] | None = None,
    arguments: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
) -> list[str]:
    """Run modules of tests, by their names, as `run_of` runs one; or what ``arguments`` name."""
    files = [folder / f"{name}.py" for name in modules]
    for file, text in zip(files, modules.values(), strict=True):
        file.write_text(textwrap.dedent(text))
    ours = [
        "-p",
        "tests.scratch",
        "-p",
        "tests.conftest",
        "-o",
        f"cache_dir={folder / 'cache'}",
        "-c",
        str(ROOT / "pyproject.toml"),
    ]
    # Coverage would have the last word where it cannot write its own file.
    apart = ("CI", "COVERAGE_")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            *ours,
            f"--rootdir={ROOT}",
            *(arguments or map(str, files)),
        ],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith(apart)} | dict(env or {}),
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE,
        check=False,
        preexec_fn=before,
    )
    return (done.stdout + done.stderr).splitlines()


def test_what_is_missing_is_told_once_with_the_command_that_brings_it(tmp_path: Path) -> None:
    text = """
    import pytest
    from tests.support.needs import NEEDS, NotMet, Need, need

    def nowhere():
        raise NotMet("libx.so.1 is not there")

    NEEDS["x"] = Need("no working x", "apt-get install x", nowhere)

    @pytest.mark.needs("x")
    @pytest.mark.parametrize("each", range(3))
    def test_marked(each):
        raise AssertionError

    def test_that_asks_by_itself():
        need("x")
    """
    lines = run_of(text, tmp_path)
    assert lines.count("skipped 4: no working x (libx.so.1 is not there): apt-get install x") == 1
    assert lines[-1].startswith("4 skipped in ")


def test_a_program_that_does_not_start_is_not_taken_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file is there, and a library that it needs is not."""
    stub(tmp_path / "curl", "echo libcurl.so.4: cannot open >&2\nexit 127")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(needs.NotMet, match=r"libcurl\.so\.4: cannot open"):
        needs.NEEDS["curl"].trial()


def test_where_no_folder_for_what_is_fetched_can_be_made_a_test_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home that belongs to somebody else, or is there to be read alone."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(needs, "_tried", needs._tried.__wrapped__)
    with pytest.raises(pytest.skip.Exception, match="XDG_CACHE_HOME=/path/to/yours make test"):
        node.package("axe-core")


LEAVES = {
    "socket": "socket.create_server(('127.0.0.1', 0))",
    "thread": "threading.Thread(target=threading.Event().wait, daemon=True, name='a')",
    "process": "subprocess.Popen(['sleep', '600'])",
    "file": "tempfile.mkstemp(prefix='forgotten')[0]",
}


def leaving(name: str, what: str) -> str:
    """Return a module whose second test leaves something; the name of its file is not told."""
    return f"""
    import socket, subprocess, tempfile, threading
    from tests.support import leftovers

    leftovers.PATIENCE = 0.1
    kept = []

    def test_that_is_clean_of_a_{name}():
        with socket.create_server(("127.0.0.1", 0)):
            pass

    def test_that_leaves_a_{name}():
        kept.append({what})
        getattr(kept[0], "start", int)()

    def test_after_it():
        getattr(kept[0], "kill", int)()
    """


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Run a module for each thing that is left, all in one run."""
    modules = {f"test_{name}": leaving(name, what) for name, what in LEAVES.items()}
    return run_of_all(modules, tmp_path_factory.mktemp("leaving"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("socket", "descriptor socket:"),
        ("thread", "thread a"),
        ("process", "sleep 600"),
        ("file", "forgotten"),
    ],
)
def test_who_leaves_something_behind_is_named(left: list[str], name: str, words: str) -> None:
    who = f"test_that_leaves_a_{name}"
    assert any(line.startswith("FAILED ") and who in line for line in left)
    assert any(f"{who} leaves behind: " in line and words in line for line in left)
    assert not any(f"test_that_is_clean_of_a_{name}" in line for line in left)


def test_where_nothing_can_be_written_one_sentence_says_so(tmp_path: Path) -> None:
    nothing = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # noqa: E731
    lines = [line for line in run_of("def test_it(): ...", tmp_path, nothing) if line]
    (line,) = lines
    assert "no temporary file can be written" in line
    assert "TMPDIR=/path/to/it make test" in line


def test_a_folder_that_fills_up_ends_the_run_in_one_sentence(tmp_path: Path) -> None:
    text = """
    import shutil, tempfile

    def test_that_meets_it():
        shutil.rmtree(tempfile.gettempdir())
        tempfile.mkstemp()

    def test_that_is_not_reached():
        raise AssertionError
    """
    lines = run_of(text, tmp_path)
    assert any("no temporary file can be written" in line for line in lines)
    assert not any("Traceback" in line or "test_that_is_not_reached" in line for line in lines)


@pytest.mark.needs("make")
def test_assertions_are_made_also_where_python_is_told_to_leave_them_out() -> None:
    python = f"PY={shlex.quote(sys.executable)}"
    command = ["make", "--assume-old=.venv/.dev", python, "test", "ARGS=--version"]
    env = {**os.environ, "PYTHONOPTIMIZE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_clone_that_cannot_be_written_is_tested_as_well(tmp_path: Path) -> None:
    """Pytest's memory of what failed is all that would be written into it."""
    (tmp_path / "test_it.py").write_text("def test_it(): ...")
    (tmp_path / "file").touch()
    cache = f"cache_dir={tmp_path / 'file' / 'cache'}"
    lines = run_of_all({}, tmp_path, arguments=["-o", cache, str(tmp_path / "test_it.py")])
    assert lines[-1].startswith("1 passed"), lines


def test_help_is_as_wide_for_the_tests_as_by_itself(tmp_path: Path) -> None:
    text = """
    import shutil

    def test_it():
        assert shutil.get_terminal_size().columns == 80
    """
    lines = run_of_all({"test_it": text}, tmp_path, env={"COLUMNS": "40"})
    assert any(line.startswith("1 passed") for line in lines), lines


def test_a_folder_that_is_done_is_told_in_words_and_a_failure_at_once(tmp_path: Path) -> None:
    text = """
    def test_good(): ...

    def test_bad():
        raise AssertionError("bad")
    """
    lines = run_of(text, tmp_path)
    failed = next(n for n, line in enumerate(lines) if line.startswith("FAILED "))
    told = next(n for n, line in enumerate(lines) if "1 passed    1 failed" in line)
    assert failed < told < len(lines) - 1
    assert "\x1b" not in "".join(lines)


def test_what_is_under_way_is_told_now_and_then_where_no_line_can_move(tmp_path: Path) -> None:
    text = """
    from tests.support import progress

    progress._SELDOM = 0

    def test_one(): ...
    def test_two(): ...
    """
    lines = run_of_all({"test_it": text}, tmp_path)
    assert any(line.startswith("1 of 2 done; under way: ") for line in lines)


SWEEP = """
import pytest
from tests.support.sweeps import further

@pytest.mark.parametrize("width", [390, *further(1280, pytest.param(1920, id="large"))])
@pytest.mark.parametrize(("language", "word"), [("en", "yes"), *further(("es", "sí"))])
def test_sweep(width, language, word):
    assert len(word) == {"en": 3, "es": 2}[language]

@pytest.mark.slow
def test_that_takes_long(): ...

def test_other(): ...
"""
LEFT = "left to make check: 6 tests that are slow, or that another one of these stands for"


@pytest.mark.parametrize(
    "workers",
    [["-n", "1", "--dist", "loadfile"], *further(["-n", "1"], [])],
    ids=["forked", "spread", "alone"],
)
def test_who_waits_for_all_tests_gets_one_row_of_a_sweep(
    tmp_path: Path, workers: list[str]
) -> None:
    """And is told how many more CI runs."""
    lines = run_of_all(
        {"test_it": SWEEP}, tmp_path, None, ["-o", f"testpaths={tmp_path}", *workers]
    )
    assert lines.count(LEFT) == 1
    assert lines[-1].startswith("2 passed")


@pytest.mark.parametrize("how", ["--thorough", *further("named", "CI")])
def test_who_names_tests_and_ci_get_them_whole(tmp_path: Path, how: str) -> None:
    asked = ["-o", f"testpaths={tmp_path}", *(["--thorough"] if how == "--thorough" else [])]
    env = {"CI": "true"} if how == "CI" else {}
    lines = run_of_all({"test_it": SWEEP}, tmp_path, None, [] if how == "named" else asked, env)
    assert LEFT not in lines
    assert lines[-1].startswith("8 passed")


def forked(modules: Mapping[str, str], folder: Path) -> list[str]:
    """Run modules as `run_of_all` does, in two forks."""
    files = [str(folder / f"{name}.py") for name in modules]
    arguments = [*files, "-n", "2", "--dist", "loadfile"]
    return run_of_all(modules, folder, None, arguments, beside(folder))


def beside(folder: Path) -> dict[str, str]:
    """Let a process that is killed leave what it had where pytest takes it away."""
    return {"PYTEST_DEBUG_TEMPROOT": str(folder)}


def test_each_file_runs_as_a_whole_in_a_fork_and_failures_are_told(tmp_path: Path) -> None:
    text = """
    import os
    import tempfile

    import pytest
    from tests.support import ports

    LED, FOLDER = os.getpid(), tempfile.gettempdir()

    @pytest.fixture(scope="module")
    def runs():
        yield os.getpid()
        print("the module is done")

    def test_one(runs, tmp_path):
        assert LED == os.getppid()
        assert tempfile.gettempdir() != FOLDER
        (tmp_path / "a").touch()

    def test_two(runs):
        assert runs == os.getpid()
        print("seen")
        assert not NUMBER
    """
    modules = {f"test_{number}": text.replace("NUMBER", str(number)) for number in range(2)}
    lines = forked(modules, tmp_path)
    assert "FAILED ::test_two" in lines
    assert lines.count("seen") == 1
    assert lines[-1].startswith("1 failed, 3 passed")


def test_what_a_process_that_ended_has_not_run_is_said(tmp_path: Path) -> None:
    text = """
    import os

    def test_before(): ...

    def test_that_ends():
        os._exit(3)

    def test_after(): ...
    """
    lines = forked({"test_a": text, "test_b": "def test_b(): ..."}, tmp_path)
    words = "the process that ran it ended: exit code 3; 1 more of its file were not run"
    assert words in lines
    assert lines[-1].startswith("1 failed")


def test_a_test_that_hangs_is_ended_and_where_it_stood_is_said(tmp_path: Path) -> None:
    text = """
    import threading
    from tests.support import hangs

    hangs._LONGEST = 2  # a busy machine begins the test within it

    def test_that_hangs():
        threading.Event().wait()
    """
    lines = run_of_all({"test_it": text}, tmp_path, env=beside(tmp_path))
    assert any(line.startswith("Timeout (0:00:02") for line in lines)
    assert any("in test_that_hangs" in line for line in lines)


def test_who_interrupts_leaves_nothing_behind(tmp_path: Path) -> None:
    """The fixtures of the test that was running still end what they began."""
    text = """
    import os
    import signal
    import threading
    from pathlib import Path

    import pytest
    from tests.support import forks

    forks._SOON = 0

    @pytest.fixture
    def begun():
        yield
        Path(__file__).with_suffix(".ended").touch()

    def test_it(begun):
        os.kill(os.getppid(), signal.SIGINT)
        threading.Event().wait()
    """
    lines = forked({"test_it": text}, tmp_path)
    assert any("KeyboardInterrupt" in line for line in lines)
    assert (tmp_path / "test_it.ended").exists()


def test_who_has_lost_an_interrupt_gets_another(tmp_path: Path) -> None:
    """Python drops what is raised while it frees an object: the run waited for good."""
    text = """
    import os
    import signal
    import sys
    import threading
    from tests.support import forks

    forks._SOON = 0
    forks._AGAIN = 0.5

    class Freed:
        def __del__(self):
            os.kill(os.getppid(), signal.SIGINT)
            threading.Event().wait()

    def test_it():
        sys.unraisablehook = lambda dropped: None
        Freed()
        threading.Event().wait()
    """
    lines = forked({"test_it": text}, tmp_path)
    assert any("KeyboardInterrupt" in line for line in lines)


@pytest.mark.needs("postgres")
def test_a_database_ends_with_the_process_that_began_it() -> None:
    """However that ends: nothing that a killed run has begun goes on for good."""
    script = """
    import os, signal
    from tests.support.postgres import Postgres

    server = Postgres().__enter__()
    process = (server.folder / "data" / "postmaster.pid").read_text().split()[0]
    print(server.folder, f"/proc/{process}", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
    """
    began = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(began, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    folder, process = map(Path, done.stdout.split())
    deadline = time.monotonic() + PATIENCE
    while folder.exists() or process.exists():
        assert time.monotonic() < deadline, (folder, process)
        with contextlib.suppress(ChildProcessError):  # it became ours where we start programs
            os.waitpid(int(process.name), os.WNOHANG)
        time.sleep(0.05)
