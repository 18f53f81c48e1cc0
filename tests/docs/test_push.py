"""The scripts that put images and charts into a registry, with programs that only tell."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.stubs import stub

ROOT = Path(__file__).parents[2]
DIGEST = f"sha256:{'0123456789abcdef' * 4}"


@pytest.fixture(autouse=True)
def _programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")


def program(tmp_path: Path, name: str, does: str) -> None:
    stub(tmp_path / "bin" / name, does)


def run(script: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "docker" / script), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_both_images_are_pushed_under_their_architecture_with_their_bills(tmp_path: Path) -> None:
    program(tmp_path, "docker", f'echo "$@" >>{tmp_path}/done; [ "$1" != create ] || echo made')
    done = run("image/push.sh", "r.example/o", "1.2.3", "arm64", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "done").read_text().splitlines()
    for name in ("breb-proxy", "breb-simulator"):
        bill = f"{name}-1.2.3-arm64.cdx.json"
        assert f"cp made:/usr/share/doc/breb-proxy/sbom.cdx.json {bill}" in lines
        assert f"push r.example/o/{name}:1.2.3-arm64" in lines


def test_nothing_more_is_pushed_after_a_failure(tmp_path: Path) -> None:
    program(tmp_path, "docker", f'echo "$@" >>{tmp_path}/done; [ "$1" != cp ]')
    assert run("image/push.sh", "r.example/o", "1.2.3", "arm64", cwd=tmp_path).returncode != 0
    assert "push" not in (tmp_path / "done").read_text()


def test_a_chart_that_was_pushed_is_named_by_its_digest(tmp_path: Path) -> None:
    program(tmp_path, "helm", f"echo 'Pushed: r.example/c:1' >&2; echo 'Digest: {DIGEST}' >&2")
    done = run("helm/push.sh", "c-1.tgz", "r.example/charts", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"digest={DIGEST}\n")


@pytest.mark.parametrize("does", ["echo denied >&2; exit 1", "echo 'Pushed: all' >&2"])
def test_a_chart_without_a_digest_is_a_failure(does: str, tmp_path: Path) -> None:
    program(tmp_path, "helm", does)
    done = run("helm/push.sh", "c-1.tgz", "r.example/charts", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
