"""``breb-proxy demo`` as a process of its own, on ports that are free."""

from typing import Any

from tests.support import Program


def demo(**settings: Any) -> Program:
    """Return the demo, not started yet."""
    program = Program("http://127.0.0.1:1", **settings)
    program.arguments = (
        "demo",
        "--listen",
        f"127.0.0.1:{program.port}",
        "--admin-listen",
        f"127.0.0.1:{program.admin_port}",
    )
    return program
