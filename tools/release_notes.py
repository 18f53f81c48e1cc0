"""Print what the changelog says of this version: ``python -m tools.release_notes``."""

import re
from pathlib import Path

from proxy import __version__
from tools.address import read

CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"
RELATIVE = re.compile(r"\]\((?![a-z]+:)([^)#]*)")


def notes(changelog: str, version: str = __version__) -> str:
    """Return the section of a version, without its heading, with links that lead somewhere."""
    here = f"{read().repository}/blob/v{version}/"
    parts = re.split(r"^## (.*)\n", changelog, flags=re.MULTILINE)
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        if heading.startswith(f"[{version}]"):
            linked = RELATIVE.sub(lambda at: f"]({here}{at[1] or CHANGELOG.name}", text)
            return linked.strip() + "\n"
    raise SystemExit(f"CHANGELOG.md has no section for {version}")


if __name__ == "__main__":
    print(notes(CHANGELOG.read_text(encoding="utf-8")), end="")
