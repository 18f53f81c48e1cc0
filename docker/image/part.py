"""Take apart what serves and what does not: ``part.py VENV SIMULATOR``.

The simulator, with the library that only it needs, goes to a tree of its own, to be laid over the
first again. Scripts other than ours go for good, as do manuals: they are libraries' own.
"""

import shutil
import sys
from pathlib import Path

SIMULATOR = ("simulator", "segno", "segno-*.dist-info")
KEPT = ("breb-proxy", "python*")


def main() -> int:
    """Move and delete."""
    venv, simulator = map(Path, sys.argv[1:])
    (packages,) = venv.glob("lib/python*/site-packages")
    for pattern in SIMULATOR:
        for found in packages.glob(pattern):
            target = simulator / found.relative_to(venv)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(found, target)
    for script in (venv / "bin").iterdir():
        if not any(script.match(name) for name in KEPT):
            script.unlink()
    shutil.rmtree(venv / "share", ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
