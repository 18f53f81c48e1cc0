"""Ask for known vulnerabilities of what the lock files name: ``python -m tools.audit PROGRAM``.

PROGRAM is pip-audit. It asks OSV, which has PyPI's advisories and others. Where OSV is not reached,
nothing is audited, and that is said; with ``--must`` it is a failure, as it is on the forge.
"""

import json
import subprocess
import sys
from typing import Any

from benchmarks.tools import ENVIRONMENTS
from tools import locks, setup

OPTIONS = [
    "--vulnerability-service",
    "osv",
    "--disable-pip",
    "--require-hashes",
    "--format",
    "json",
]
OPTIONS += ["--progress-spinner", "off"]
UNREACHED = ("ConnectionError", "ConnectTimeout", "ProxyError", "Failed to resolve")
ELSEWHERE = (
    "NOT AUDITED: the vulnerability service (OSV) is not reached from here;"
    " the forge's workflow audits each day: .github/workflows/audit.yml"
)


class Unreached(Exception):
    """Nobody answers whether there is anything known."""


def main(arguments: list[str]) -> int:
    """Audit each lock; return an exit code."""
    must = "--must" in arguments
    (program,) = (each for each in arguments if each != "--must")
    made = [*locks.TOGETHER, *locks.APART, *map(locks.peers, ENVIRONMENTS)]
    found: list[str] = []
    try:
        for lock in made:
            found += findings(program, lock)
    except Unreached:
        print(ELSEWHERE, file=sys.stderr)
        return 1 if must else 0
    print("\n".join(found) or f"{len(made)} lock files: nothing known")
    return 1 if found else 0


def findings(program: str, lock: str) -> list[str]:
    """Return what is known of a lock's packages, a line for each; raise Unreached."""
    command = [program, "--requirement", lock, *OPTIONS]
    done = subprocess.run(command, cwd=setup.ROOT, capture_output=True, text=True, check=False)
    try:
        document = json.loads(done.stdout)
    except ValueError:
        if any(word in done.stderr for word in UNREACHED):
            raise Unreached from None
        return [f"{lock}: {done.stderr.strip().rpartition(chr(10))[2] or 'pip-audit said nothing'}"]
    return [f"{lock}: {line}" for each in document["dependencies"] for line in _told(each)]


def _told(package: dict[str, Any]) -> list[str]:
    """Word what was found of one package; one that was not looked at counts as found."""
    if skipped := package.get("skip_reason"):
        return [f"{package['name']} was not looked at: {skipped}"]
    name = f"{package['name']} {package['version']}"
    return [
        f"{name}: {each['id']}, mended in {', '.join(each['fix_versions']) or 'no version yet'}"
        for each in package["vulns"]
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
