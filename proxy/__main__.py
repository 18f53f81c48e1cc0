"""``python -m proxy``, and the command breb-proxy."""

import sys

_INTERRUPTED = 130  # as shells say it, and as `proxy.terminal.arguments` does once that is there


def main() -> int:
    """Run one command; return its exit code, also if somebody interrupts what it imports."""
    try:
        from proxy.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
