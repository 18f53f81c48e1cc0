"""Make what is published: sdist, wheel, bill of materials, checksums; refuse what does not fit.

A commit that its release's tag names is refused while the project's address is a placeholder, the
base of the images is a tag, or no Python is named that goes to Windows. Any other commit is a
rehearsal: the same files, and what stands in the way is told.

The wheel is built twice and must come out the same, byte for byte. There is no zipapp: uvloop,
httptools and pydantic-core are compiled, and Python imports nothing compiled from an archive;
``pipx run --spec WHEEL breb-proxy`` and ``uvx --from WHEEL breb-proxy`` run the wheel in one line.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

from proxy import __version__
from tools import address, base, storefronts, trial, windows_python

DIST = trial.ROOT / "dist"
SOONEST, LATEST = timedelta(days=90), timedelta(days=366)


class Refused(Exception):
    """What is here is no release."""


def main() -> int:
    """Build, check and describe the release; print what was made."""
    try:
        check_changelog((trial.ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
        check_publishable(hindrances(), tagged())
        made = build()
        with tempfile.TemporaryDirectory() as folder:
            programs = trial.install(made[0], Path(folder) / "environment")
            use(programs)
            made.append(bill_of_materials(programs))
        made.append(Path(shutil.copy(trial.LOCK, DIST)))
    except (Refused, AssertionError) as refused:
        print(f"no release: {refused}", file=sys.stderr)
        return 1
    sums = "".join(f"{storefronts.digest(file)}  {file.name}\n" for file in sorted(made))
    (DIST / storefronts.SUMS).write_text(sums, encoding="ascii")
    print(sums, end="")
    return 0


def check_changelog(text: str) -> None:
    """See that the version is the newest that the changelog tells of; raise Refused."""
    told = re.findall(r"^## \[?(\d+\.\d+\.\d+)\]?", text, re.MULTILINE)
    if told[:1] != [__version__]:
        newest = told[0] if told else "none"
        raise Refused(f"proxy says {__version__}, CHANGELOG.md's newest version is {newest}")


def check_publishable(hindrances: list[str], tagged: bool) -> None:
    """Tell what stands in the way of publishing; raise Refused if this commit is the release."""
    if hindrances and tagged:
        raise Refused("; ".join(hindrances))
    for each in hindrances:
        print(f"a rehearsal, not for publishing: {each}", file=sys.stderr)


def hindrances(root: Path = trial.ROOT) -> list[str]:
    """Return what must not be published as it is, in words."""
    told = [
        f"in pyproject.toml, {name} is a placeholder: set it once, then make format"
        for name in address.read(root).placeholders()
    ]
    for file in base.FILES:
        for name, digest in base.LINE.findall((root / file).read_text(encoding="utf-8")):
            if not digest:
                told.append(f"the base {name} of {file} has no digest: python -m tools.base")
    if not windows_python.known(root):
        told.append(f"{windows_python.KNOWN} names no Python for Windows")
    text = (root / address.SECURITY_TXT).read_text(encoding="utf-8")
    return told + outdated(text, datetime.now(UTC))


def outdated(security_txt: str, now: datetime) -> list[str]:
    """Tell if the date until which it may be believed is near, or too far (RFC 9116: a year)."""
    said = re.findall(r"^Expires: (.*)$", security_txt, re.MULTILINE)
    (until,) = map(datetime.fromisoformat, said)
    if now + SOONEST < until < now + LATEST:
        return []
    return [
        f"{address.SECURITY_TXT} expires on {until:%Y-%m-%d}: say a day in three to twelve months"
    ]


def tagged(root: Path = trial.ROOT) -> bool:
    """Report whether this commit is the release of this version."""
    command = ["git", "-C", str(root), "tag", "--points-at", "HEAD"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return f"v{__version__}" in said.split()


def build() -> list[Path]:
    """Build wheel and sdist into dist/, which is emptied first; raise Refused if not repeatable."""
    DIST.mkdir(exist_ok=True)
    for old in DIST.iterdir():
        old.unlink()
    _build(DIST)
    (wheel,) = DIST.glob("*.whl")
    (sdist,) = DIST.glob("*.tar.gz")
    with tempfile.TemporaryDirectory() as again:
        _build(Path(again))
        for file in (wheel, sdist):
            if file.read_bytes() != (Path(again) / file.name).read_bytes():
                raise Refused(f"{file.name} comes out differently each time")
    return [wheel, sdist]


def _build(target: Path) -> None:
    build = [sys.executable, "-m", "build", "--no-isolation"]  # by what locks/build.lock names
    command = [*build, "--outdir", str(target), str(trial.ROOT)]
    stamp = ["git", "-C", str(trial.ROOT), "log", "-1", "--format=%ct"]
    epoch = subprocess.run(stamp, check=True, capture_output=True, text=True).stdout.strip()
    env = os.environ | {"SOURCE_DATE_EPOCH": epoch}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        raise Refused(done.stdout + done.stderr)


def use(programs: Path) -> None:
    """Ask through the installed demo; raise Refused if the answer is not the simulator's."""
    with trial.demo(programs) as url, urllib.request.urlopen(f"{url}/v1/accounts") as response:  # noqa: S310
        if "accounts" not in json.load(response):
            raise Refused("the demo does not answer as it should")


def bill_of_materials(programs: Path) -> Path:
    """Write what the environment holds as CycloneDX."""
    target = DIST / f"breb_proxy-{__version__}.cdx.json"
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"]
    command += ["--pyproject", str(trial.ROOT / "pyproject.toml"), "--output-file", str(target)]
    subprocess.run([*command, str(programs / "python")], check=True)
    document = json.loads(target.read_text(encoding="utf-8"))
    document["metadata"]["component"]["version"] = __version__  # dynamic in pyproject.toml
    target.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return target


if __name__ == "__main__":
    sys.exit(main())
