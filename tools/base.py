"""Write the digest of the base image into the Dockerfiles: ``python -m tools.base``.

A tag is what its owner makes of it tomorrow; a digest is one image. The registry of the tag is
asked for it, nobody else: where none is reached, the Dockerfiles stay as they are, and ``make
image`` refuses to build a release on them.
"""

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILES = ("Dockerfile", "docker/legacy-app/Dockerfile")
LINE = re.compile(r"^ARG BASE=([^@\s]+)(?:@(sha256:[0-9a-f]{64}))?$", re.MULTILINE)
WAYS = {
    "docker": ["buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", "NAME"],
    "skopeo": ["inspect", "--no-tags", "--format", "{{.Digest}}", "docker://NAME"],
}


def renew(root: Path = ROOT) -> str:
    """Write the digest that the tag has now; return what to tell."""
    name, before = LINE.findall((root / FILES[0]).read_text(encoding="utf-8"))[0]
    now = digest(name)
    if now is None:
        kept = f"stays {before}" if before else "stays a tag, on which make image builds no release"
        return f"base image: docker or skopeo did not reach the registry of {name}, so it {kept}"
    for file in FILES:
        text = (root / file).read_text(encoding="utf-8")
        (root / file).write_text(LINE.sub(f"ARG BASE={name}@{now}", text), encoding="utf-8")
    return f"base image: {name}@{now}"


def digest(name: str) -> str | None:
    """Ask for the digest of a tag: of all its systems together, where it has several."""
    for program, arguments in WAYS.items():
        if shutil.which(program):
            command = [program, *(each.replace("NAME", name) for each in arguments)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if found := re.fullmatch(r"sha256:[0-9a-f]{64}", done.stdout.strip()):
                return found[0]
    return None


if __name__ == "__main__":
    print(renew())
