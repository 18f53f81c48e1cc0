"""Programs that tests start in place of real ones."""

from pathlib import Path

from tests.support.needs import need


def stub(file: Path, does: str) -> Path:
    """Write a program in the shell's words, and return it."""
    need("programs in temporary files")
    file.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    file.chmod(0o755)
    return file
