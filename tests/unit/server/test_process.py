"""What a serving process sets up for itself."""

import subprocess
import sys
from pathlib import Path

import pytest

from proxy.server.process import make_room_for_files
from tests.support.needs import need_files

SCRIPT = """
import gc, sys
from proxy.server.process import settle
gc.disable()
settle(console={console})
print(sys.getswitchinterval() < 0.001, gc.isenabled(), gc.get_freeze_count() > 0)
"""


@pytest.mark.parametrize("console", [True, False])
def test_a_console_s_thread_gives_way_soon_and_the_collector_leaves_the_start_alone(
    *, console: bool
) -> None:
    """In a process of its own, which has that for good."""
    script = SCRIPT.format(console=console)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{console} True True\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="others have no such table")
def test_the_table_of_open_files_is_large_before_callers_come() -> None:
    """While it grows, nobody is answered."""
    room, opened = _room(), _open()
    need_files(room + 1)
    make_room_for_files(room + 1)
    assert _room() > room
    assert _open() == opened


def _room() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("FDSize:"))


def _open() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
