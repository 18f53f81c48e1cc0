"""Secrets on their way into a commit are noticed."""

import subprocess
from pathlib import Path

import pytest

from proxy.settings.git import exposed
from tests.support.needs import need


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    need("git")
    git(tmp_path, "init", "-q")
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def test_a_file_that_git_would_take_is_named(tree: Path) -> None:
    file = tree / "deep" / ".env"
    assert exposed(file) is None
    file.parent.mkdir()
    file.touch()
    assert "is not ignored by git: add .env to .gitignore" in str(exposed(file))


def test_an_ignored_file_is_fine(tree: Path) -> None:
    (tree / ".env").touch()
    (tree / ".gitignore").write_text(".env\n")
    assert exposed(tree / ".env") is None


def test_a_committed_file_is_worse(tree: Path) -> None:
    (tree / ".env").touch()
    git(tree, "add", ".env")
    (tree / ".gitignore").write_text(".env\n")
    assert "get new credentials" in str(exposed(tree / ".env"))


def test_outside_of_a_work_tree_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / ".env").touch()
    assert exposed(tmp_path / ".env") is None


def test_without_git_nothing_is_said(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / ".env").touch()
    monkeypatch.setenv("PATH", str(tree))
    assert exposed(tree / ".env") is None
