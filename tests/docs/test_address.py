"""The project's address: said once, written everywhere, and no release without it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from proxy import __version__
from tools import address, base, release, windows_python

REAL = address.Address(
    "https://forge.example/o/breb-proxy", "https://images.example/o", "O <o@o.co>"
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in (
        "pyproject.toml",
        address.SECURITY_TXT,
        *address.CHARTS,
        *address.PAGES,
        *base.FILES,
        windows_python.KNOWN.as_posix(),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(address.ROOT / name, tmp_path / name)
    return tmp_path


def test_charts_and_pages_name_the_address_of_pyproject() -> None:
    """Run make format after a change of [project.urls]."""
    for file, text in address.made(address.read()).items():
        assert file.read_text(encoding="utf-8") == text, file


def test_nothing_names_the_placeholder_but_what_is_made_of_it(clone: Path) -> None:
    for file, text in address.made(REAL, clone).items():
        assert ".invalid" not in text, file
        assert REAL.repository in text, file


def test_in_spanish_a_page_in_english_is_called_so_with_the_address_as_well(clone: Path) -> None:
    page = address.made(REAL, clone)[clone / "README.es.md"]
    (line,) = re.findall(r"Sin clon: \[instalar\]\(docs/install\.md\),\n(.*)", page)
    assert line.startswith("en inglés")


def test_who_sets_it_once_finds_it_on_every_page(clone: Path) -> None:
    text = (clone / "pyproject.toml").read_text(encoding="utf-8")
    text = re.sub(
        r"(?m)^maintainers = .*", 'maintainers = [{ name = "O", email = "o@o.co" }]', text
    )
    text = re.sub(r"(?m)^Repository = .*", f'Repository = "{REAL.repository}"', text)
    text = re.sub(r"(?m)^Images = .*", f'Images = "{REAL.images}"', text)
    (clone / "pyproject.toml").write_text(text, encoding="utf-8")
    assert address.read(clone) == REAL
    assert REAL.placeholders() == []
    assert [each for each in release.hindrances(clone) if "placeholder" in each] == []


def test_nothing_is_claimed_to_be_published_before_there_is_an_address(clone: Path) -> None:
    none = address.Address("https://x.invalid/a", REAL.images, REAL.maintainer)
    pages = address.made(none, clone)
    assert "Nothing is published yet" in pages[clone / "docs" / "install.md"]
    assert "/releases" not in "".join(pages[clone / name] for name in address.PAGES)


def test_a_release_is_refused_that_names_a_placeholder(clone: Path) -> None:
    none = [each for each in release.hindrances(clone) if "placeholder" in each]
    found = len(address.read(clone).placeholders())
    assert len(none) == found
    release.check_publishable([], tagged=True)
    with pytest.raises(release.Refused, match="is a placeholder"):
        release.check_publishable(["the repository is a placeholder"], tagged=True)


def test_a_release_is_refused_on_a_base_without_a_digest(clone: Path) -> None:
    name = base.LINE.findall((clone / base.FILES[0]).read_text())[0][0]
    for digest, told in (("", 2), (f"@sha256:{'0' * 64}", 0)):
        for file in base.FILES:
            text = (clone / file).read_text()
            (clone / file).write_text(base.LINE.sub(f"ARG BASE={name}{digest}", text))
        found = [each for each in release.hindrances(clone) if "has no digest" in each]
        assert len(found) == told


def test_a_rehearsal_says_what_stands_in_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    release.check_publishable(["the images are a placeholder"], tagged=False)
    said = capsys.readouterr().err
    assert said == "a rehearsal, not for publishing: the images are a placeholder\n"


@pytest.mark.needs("git")
def test_a_commit_is_the_release_that_its_tag_names(tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.example"]
    for step in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "all"]):
        subprocess.run([*git, *step], check=True)
    assert not release.tagged(tmp_path)
    subprocess.run([*git, "tag", f"v{__version__}"], check=True)
    assert release.tagged(tmp_path)
