"""Test on Windows' Python under Wine: what is only there, and what its event loop could break.

Not all tests: a start of the program takes a second there. Each that is named has to be found, and
to pass. The types of what Linux never imports are looked at as on Windows. Then the installers of
this version and of the next are made, and used as an administrator uses them: at a release, and
when something that makes them differs from what was tried last, which `installers-tried` names:
whoever changes it commits that file, too.

``windows.py whole`` runs all tests that are for Windows, which takes an hour: before a release.
``windows.py due`` prints whether the installers are to be tried: yes or no.
"""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from proxy import __version__  # noqa: E402
from tests.support import not_on_windows  # noqa: E402
from tools import release, windows_package  # noqa: E402
from tools.bundle import CannotBundle  # noqa: E402

CHOSEN = [
    "tests/windows",
    "tests/unit/test_moments.py",
    "tests/unit/upstream/test_pool.py",
    "tests/program/test_doctor.py::test_all_is_well",
    "tests/program/test_doctor.py::test_slips_in_the_file_itself_are_told",
    "tests/program/test_listener.py::test_half_an_answer_without_framing_ends_in_a_reset",
    "tests/program/test_streaming.py::test_an_early_answer_reaches_a_caller_that_goes_on_sending",
    "tests/program/test_streaming.py::test_a_caller_who_leaves_is_noticed_while_its_next_requests_wait",
    "tests/program/test_streaming.py::test_a_caller_that_half_closes_gets_a_slow_answer",
]
# Of winloop, which these tests compare ours with: it fails them (docs/decisions.md).
NOT_OF_WINLOOP = "cancelling_at_any_step or cancelling_those_who_wait or arrived"
# asyncio's own server, of the tests, forgets a connection that comes while it closes.
FORGOTTEN = "ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning"
TYPES = ["--platform", "win32", "--follow-imports=silent", "--no-warn-unreachable"]
PYTEST = ["tools.wine", "-m", "pytest", "-p", "no:cacheprovider", "-q"]
# Wine confuses two services that start at the same time: all tests of them in one process.
SHARED = ["-n", "2", "--dist", "loadfile", "-W", FORGOTTEN]


# What the installers are made of, and tried with, besides the rest of the program.
INSTALLERS = [
    *("tools/windows_*.py", "tools/wine.py", "docker/windows/*", "locks/wi*", ".ci/windows.py"),
    *(
        "proxy/windows/*.py",
        "proxy/cli/*service*.py",
        "proxy/cli/windows_*.py",
        "proxy/cli/main.py",
    ),
    *("tests/windows/test_installer.py", "tests/windows/caller.vbs"),
]
TRIED = ROOT / ".ci" / "installers-tried"  # the hash of what was tried last, with success


def main() -> int:
    """Return an exit code."""
    places = ("windows/*.py", "cli/windows_*.py")
    room = sorted(str(each) for place in places for each in Path("proxy").glob(place))
    chosen = [*PYTEST, *SHARED, *CHOSEN, "-k", f"not (winloop and ({NOT_OF_WINLOOP}))"]
    codes = [run("mypy", *TYPES, *room), run(*chosen)]
    if due():
        codes.append(try_installers())
        if codes[-1] == 0:
            TRIED.write_text(f"{state()}\n")
    return max(map(abs, codes))


def try_all() -> int:
    """Run all tests that are for Windows; return an exit code. The chosen ones compare winloop."""
    for reason, count in Counter(not_on_windows.REASONS.values()).most_common():
        print(f"left out {count} files or folders: {reason}", flush=True)
    return run(*PYTEST, *SHARED, "-k", "not winloop", *every_file())


def every_file() -> list[str]:
    """Return all files of tests that are for Windows."""
    tests = ROOT / "tests"
    found = (each.relative_to(tests).as_posix() for each in sorted(tests.glob("**/test_*.py")))
    left_out = (*not_on_windows.REASONS, "windows/test_installer.py")  # that is tried apart
    return [f"tests/{each}" for each in found if not each.startswith(left_out)]


def due() -> bool:
    """Report whether the installers are to be tried."""
    return release.tagged() or not TRIED.exists() or TRIED.read_text().strip() != state()


def state() -> str:
    """Return the hash of what may change how the installers work."""
    found = hashlib.sha256()
    for file in sorted(each for pattern in INSTALLERS for each in ROOT.glob(pattern)):
        found.update(file.read_bytes())
    return found.hexdigest()


def run(*command: str, **known: str) -> int:
    """Run a module with ``known`` in its environment; return its exit code."""
    words = [sys.executable, "-m", *command]
    return subprocess.run(words, cwd=ROOT, env=os.environ | known).returncode


def try_installers() -> int:
    """Make the installers, and try them; return an exit code."""
    try:
        windows_package.check_tools()
        windows_package.fill(None)
    except CannotBundle as error:
        print(f"no installer: {error}", file=sys.stderr)
        return 1
    first, minor, patch = __version__.split(".")
    for version in (__version__, f"{first}.{minor}.{int(patch) + 1}"):
        say(version)
        windows_package.launcher(version)
        made = windows_package.installer(version)
    # One process: the services that it drains would be other tests', too.
    return run(*PYTEST, "-n", "0", "tests/windows/test_installer.py", INSTALLERS=f"Z:{made.parent}")


def say(version: str) -> None:
    """Let the program in the folder be another version."""
    module = windows_package.FOLDER / "lib" / "proxy" / "__init__.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace(f'"{__version__}"', f'"{version}"'), encoding="utf-8")
    for each in module.parent.glob("__pycache__/__init__.*"):
        each.unlink()  # Python would not look at the source again


if __name__ == "__main__":
    if sys.argv[1:] == ["due"]:
        print("yes" if due() else "no")
    elif sys.argv[1:] == ["whole"]:
        sys.exit(try_all())
    else:
        sys.exit(main())
