"""The wheel, as its users get it: built, installed into an empty environment, run elsewhere."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from proxy import __version__
from proxy.cli.help import TOPICS
from tests.support.needs import need
from tests.support.stubs import stub
from tools import bundle, release, trial

PROJECT = tomllib.loads((trial.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DOCS = trial.ROOT / "docs"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it with what is locked for that."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    command += ["-w", str(folder), "."]
    env = {**os.environ, "PYTHONWARNINGS": ""}  # pip has some
    done = subprocess.run(
        command, cwd=trial.ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("programs in temporary files")
    need("registry")
    return trial.install(wheel, tmp_path_factory.mktemp("installed") / "an environment")


def test_the_wheel_holds_both_packages_whole_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    packages = (trial.ROOT / "proxy", trial.ROOT / "simulator")
    files = (path for each in packages for path in each.rglob("*") if path.is_file())
    shipped = {
        file.relative_to(trial.ROOT).as_posix() for file in files if "__pycache__" not in file.parts
    }
    assert names - {name for name in names if name.startswith("proxy/guide/")} == shipped


def test_the_wheel_holds_each_page_that_help_shows(wheel: Path) -> None:
    pages = {page for page, _ in TOPICS.values()}
    wanted = {f"{page}.md" for page in pages}
    wanted |= {f"es/{page}.md" for page in pages if (DOCS / "es" / f"{page}.md").exists()}
    with zipfile.ZipFile(wheel) as archive:
        shipped = {
            name.removeprefix("proxy/guide/"): archive.read(name).decode()
            for name in archive.namelist()
            if name.startswith("proxy/guide/")
        }
    assert shipped == {name: (DOCS / name).read_text("utf-8") for name in wanted}


@pytest.mark.slow
def test_the_installed_program_explains_its_messages(programs: Path, tmp_path: Path) -> None:
    said = subprocess.run(
        [programs / "breb-proxy", "help", "outcome-unknown"],
        cwd=tmp_path,
        env=trial.clean(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "do not send it again" in said


@pytest.mark.slow
def test_the_installed_program_says_its_version(programs: Path, tmp_path: Path) -> None:
    said = subprocess.run(
        [programs / "breb-proxy", "--version"],
        cwd=tmp_path,
        env=trial.clean(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said == f"breb-proxy {__version__}\n"


@pytest.mark.slow
def test_the_installed_demo_answers_from_another_directory(programs: Path) -> None:
    release.use(programs)


def test_a_demo_that_fails_is_not_called_tried(tmp_path: Path) -> None:
    stub(tmp_path / "breb-proxy", "exit 3")
    with pytest.raises(AssertionError, match="did not answer"), trial.demo(tmp_path):
        pass


def test_every_dependency_is_locked() -> None:
    locked = set(
        re.findall(r"^([a-z0-9-]+)==", trial.LOCK.read_text(encoding="ascii"), re.MULTILINE)
    )
    wanted = {re.split(r"[^A-Za-z0-9-]", each)[0].lower() for each in PROJECT["dependencies"]}
    assert wanted <= locked


@pytest.mark.parametrize(
    ("until", "told"),
    [("2027-11-30", 0), ("2027-03-02", 0), ("2027-02-01", 1), ("2026-11-30", 1), ("2028-01-01", 1)],
)
def test_a_release_is_refused_whose_security_txt_is_out_of_date_or_soon_will_be(
    until: str, told: int
) -> None:
    text = f"Contact: https://a.example\nExpires: {until}T00:00:00Z\n"
    found = release.outdated(text, datetime(2026, 12, 1, tzinfo=UTC))
    assert len(found) == told
    assert all(until in each for each in found)


def test_a_release_is_refused_whose_version_the_changelog_does_not_tell_of() -> None:
    release.check_changelog(f"# Changelog\n\n## [{__version__}] - 2026-11-24\n\n## [0.0.1]\n")
    for text in ("# Changelog\n", "## [9.9.9]\n", f"## [9.9.9]\n## [{__version__}]\n"):
        with pytest.raises(release.Refused, match="newest version is"):
            release.check_changelog(text)


def test_the_packages_leave_out_nothing_that_the_program_imports() -> None:
    """Of the standard library; a module in C beside it has an underscore before its name."""
    imported = {
        name.partition(".")[0]
        for path in (trial.ROOT / "proxy").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else _names(node))
    }
    assert "sqlite3" in imported
    needed = {each for name in imported & sys.stdlib_module_names for each in (name, f"_{name}")}
    assert [name for name in sorted(needed) if bundle.UNUSED.fullmatch(name)] == []


def _names(node: ast.Import) -> list[str]:
    return [each.name for each in node.names]
