"""The simulator under its former name: ``python -m proxy.sandbox``, and for those who import it."""

import sys

from simulator import SandboxConfig, create_app
from simulator.__main__ import main

__all__ = ["SandboxConfig", "create_app"]

if __name__ == "__main__":
    sys.exit(main(name="python -m proxy.sandbox"))
