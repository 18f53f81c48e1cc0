"""The base of the images: a tag for those who try it, a digest for a release."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.stubs import stub
from tools import base

DIGEST = f"sha256:{'0123456789abcdef' * 4}"
NAME = base.LINE.findall((base.ROOT / "Dockerfile").read_text())[0][0]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with the Dockerfiles, and a docker that says how it was called."""
    folder = tmp_path / "clone"
    for file in (*base.FILES, "docker/image/make.sh"):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(base.ROOT / file, folder / file)
        text = base.LINE.sub(f"ARG BASE={NAME}", (folder / file).read_text())
        (folder / file).write_text(text)
    (tmp_path / "bin").mkdir()
    docker(tmp_path, 'echo "$@"')
    return folder


def docker(tmp_path: Path, does: str) -> None:
    stub(tmp_path / "bin" / "docker", does)


def made(clone: Path) -> subprocess.CompletedProcess[str]:
    path = f"{clone.parent / 'bin'}:{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "VERSION": "1.2.3", "SOURCE": "", "BASE": ""}
    script = ["sh", "docker/image/make.sh"]
    return subprocess.run(script, cwd=clone, env=env, capture_output=True, text=True, check=False)


def release(clone: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example"]
    for step in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"], ["tag", "v1.2.3"]):
        subprocess.run([*git, *step], cwd=clone, check=True)


def test_who_tries_it_builds_on_the_tag_and_is_told(clone: Path) -> None:
    done = made(clone)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(f"--build-arg BASE={NAME} ") == 2
    assert "-t breb-proxy -t breb-proxy:1.2.3 " in done.stdout
    assert "--target sandbox -t breb-simulator:1.2.3 " in done.stdout
    assert done.stderr.startswith("not for a release")


@pytest.mark.needs("git")
def test_a_release_is_not_built_on_a_tag(clone: Path) -> None:
    release(clone)
    done = made(clone)
    assert (done.returncode, done.stdout) == (1, "")
    assert "python -m tools.base" in done.stderr


@pytest.mark.needs("git")
def test_one_command_names_the_digest_and_a_release_is_built_on_it(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker(clone.parent, f'[ "$1" != buildx ] || echo {DIGEST}; [ "$1" != build ] || echo "$@"')
    monkeypatch.setenv("PATH", f"{clone.parent / 'bin'}:{os.environ['PATH']}")
    assert base.renew(clone) == f"base image: {NAME}@{DIGEST}"
    release(clone)
    done = made(clone)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(f"--build-arg BASE={NAME}@{DIGEST} ") == 2


def test_without_a_registry_nothing_is_invented(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker(clone.parent, "echo unreachable >&2; exit 1")
    monkeypatch.setenv("PATH", str(clone.parent / "bin"))
    before = (clone / "Dockerfile").read_text()
    assert "stays a tag" in base.renew(clone)
    assert (clone / "Dockerfile").read_text() == before
