"""Test on Windows' Python under Wine: what is only there, and what its event loop could break.

Not all tests: a start of the program takes a second there. Each that is named has to be found, and
to pass; the types of what Linux never imports are looked at as on Windows.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHOSEN = [
    "tests/windows",
    "tests/unit/upstream/test_pool.py",
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


def main() -> int:
    """Return an exit code."""
    places = ("windows/*.py", "cli/windows_*.py")
    room = sorted(str(each) for place in places for each in Path("proxy").glob(place))
    commands = [
        ["mypy", *TYPES, *room],
        ["tools.wine", "-m", "pytest", "-p", "no:cacheprovider", "-q", "-n", "2", *CHOSEN],
    ]
    # Wine confuses two services that start at the same time: all tests of them in one process.
    commands[1] += ["--dist", "loadfile"]
    commands[1] += ["-W", FORGOTTEN, "-k", f"not (winloop and ({NOT_OF_WINLOOP}))"]
    done = [subprocess.run([sys.executable, "-m", *each], cwd=ROOT) for each in commands]
    return max(abs(each.returncode) for each in done)


if __name__ == "__main__":
    sys.exit(main())
