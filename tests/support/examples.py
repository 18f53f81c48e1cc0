"""How many examples a property is tried with: all where CI runs, a third where somebody waits."""

import os


def examples(most: int) -> int:
    """Return ``most``, or a third of it."""
    return most if os.environ.get("CI") else most // 3
