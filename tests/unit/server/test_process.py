"""What a serving process sets up for itself."""

import subprocess
import sys

SCRIPT = """
import gc, sys
from proxy.server.process import settle
gc.disable()
settle()
print(sys.getswitchinterval() < 0.001, gc.isenabled(), gc.get_freeze_count() > 0)
"""


def test_threads_give_way_soon_and_the_collector_leaves_the_start_alone() -> None:
    """In a process of its own, which has that for good."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("True True True\n", "")
