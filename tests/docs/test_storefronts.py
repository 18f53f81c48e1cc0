"""What Homebrew, Scoop and winget are told agrees with the files of the release."""

import hashlib
import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml

from proxy import __version__
from tests.support.needs import need
from tools import release_notes, storefronts
from tools.address import Address, read

ADDRESS = Address(
    "https://forge.example/o/breb-proxy", "https://images.example/o", "O & Co <o@o.co>"
)
PAGE = f"https://forge.example/o/breb-proxy/releases/download/v{__version__}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (storefronts.WHEEL, storefronts.LOCK):
        (tmp_path / name).write_text(name)
    return tmp_path


def windows(folder: Path) -> Path:
    with zipfile.ZipFile(folder / storefronts.WINDOWS, "w") as archive:
        archive.writestr("breb-proxy/breb-proxy.exe", "MZ")
        archive.writestr("breb-proxy/README.md", "")
    (folder / storefronts.INSTALLER).write_text("an installer")
    return folder / storefronts.WINDOWS


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_the_formula_names_each_download_with_its_hash(folder: Path) -> None:
    text = storefronts.described(folder, ADDRESS)["breb-proxy.rb"]
    pairs = re.findall(r'url "(.*?)", using: :nounzip\n +sha256 "(.*?)"', text)
    assert pairs == [
        (f"{PAGE}/{name}", sha256(folder / name)) for name in (storefronts.WHEEL, storefronts.LOCK)
    ]
    assert "@" not in text.replace("python@3.13", "")


def test_scoop_names_the_program_inside_the_archive_and_winget_the_installer(folder: Path) -> None:
    archive = windows(folder)
    made = storefronts.described(folder, ADDRESS)
    scoop = json.loads(made["breb-proxy.json"])
    assert scoop["bin"] == "breb-proxy\\breb-proxy.exe"
    assert scoop["architecture"]["64bit"] == {
        "url": f"{PAGE}/{storefronts.WINDOWS}",
        "hash": sha256(archive),
    }
    (installer,) = yaml.safe_load(made["OCo.breb-proxy.installer.yaml"])["Installers"]
    assert installer["InstallerUrl"] == f"{PAGE}/{storefronts.INSTALLER}"
    assert installer["InstallerSha256"] == sha256(folder / storefronts.INSTALLER).upper()
    kinds = [yaml.safe_load(made[name])["ManifestType"] for name in made if "OCo" in name]
    assert kinds == ["version", "installer", "defaultLocale"]


def test_without_a_file_for_windows_nothing_is_said_of_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert storefronts.main([str(folder)]) == 0
    assert "nothing for Scoop and winget" in capsys.readouterr().err
    assert [each.name for each in folder.iterdir() if each.suffix in (".json", ".yaml")] == []


def test_the_sums_are_those_that_sha256sum_checks(folder: Path) -> None:
    need("sh")
    windows(folder)
    storefronts.main([str(folder)])
    names = {line.split()[1] for line in (folder / storefronts.SUMS).read_text().splitlines()}
    assert names == {each.name for each in folder.iterdir()} - {storefronts.SUMS}
    command = ["sha256sum", "-c", "--quiet", storefronts.SUMS]
    subprocess.run(command, cwd=folder, check=True)


def test_the_notes_of_a_release_are_its_section_of_the_changelog() -> None:
    text = (
        "# Log\n\n## [2.0.0] - today\n\nNew: [a](b.md#c), [d](#e).\n\n### Added\n\n## All\n\n- A.\n"
    )
    here = f"{read().repository}/blob/v2.0.0"
    told = f"New: [a]({here}/b.md#c), [d]({here}/CHANGELOG.md#e).\n\n### Added\n"
    assert release_notes.notes(text, "2.0.0") == told
    assert release_notes.notes(release_notes.CHANGELOG.read_text(encoding="utf-8"))
    with pytest.raises(SystemExit, match=r"no section for 3\.0\.0"):
        release_notes.notes(text, "3.0.0")


def test_what_is_new_can_be_read_in_a_few_minutes() -> None:
    told = release_notes.notes(release_notes.CHANGELOG.read_text(encoding="utf-8"))
    assert len(told.split()) < 850
