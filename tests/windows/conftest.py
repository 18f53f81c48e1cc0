"""What can only be tried on Windows: ``python -m tools.wine -m pytest tests/windows``."""

import os
import sys

collect_ignore_glob = [] if sys.platform == "win32" else ["test_*.py"]
if "INSTALLERS" not in os.environ:
    collect_ignore_glob.append("test_installer.py")
