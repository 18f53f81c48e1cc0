"""What is made for Windows: what it holds, in which order it works, what is refused."""

import subprocess
import xml.etree.ElementTree as ElementTree
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.needs import need
from tools import release, storefronts, windows_msi, windows_package, windows_python
from tools.bundle import CannotBundle

WIX = "{http://schemas.microsoft.com/wix/2006/wi}"
FILES_REMOVED, FILES_INSTALLED = 3500, 4000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "breb-proxy"
    (made / "lib" / "a & b").mkdir(parents=True)
    for name in ("breb-proxy.exe", "lib/one.py", "lib/a & b/one.py"):
        (made / name).write_text(name)
    return made


def tree(folder: Path) -> ElementTree.Element:
    return ElementTree.fromstring(windows_msi.source(folder, "1.2.3"))  # noqa: S314 # our own


def test_the_installer_holds_each_file_once(folder: Path) -> None:
    held = [each.attrib["Source"] for each in tree(folder).iter(f"{WIX}File")]
    assert sorted(held) == sorted(str(each) for each in folder.rglob("*") if each.is_file())
    components = [each.attrib["Id"] for each in tree(folder).iter(f"{WIX}Component")]
    assert len(set(components)) == len(held)
    assert [each.attrib["Id"] for each in tree(folder).iter(f"{WIX}ComponentRef")] == components


def test_services_drain_before_a_file_goes_and_start_when_all_have_come(folder: Path) -> None:
    order = {
        each.attrib["Action"]: int(each.attrib["Sequence"])
        for each in tree(folder).iter(f"{WIX}Custom")
    }
    # A rollback runs backwards: what it brings back last is what was first.
    assert order["ResumeOld"] < order["Drain"] < order["Remove"] < FILES_REMOVED
    assert FILES_INSTALLED < order["Unmake"] < order["Make"] < order["Resume"]
    (removal,) = tree(folder).iter(f"{WIX}RemoveExistingProducts")
    assert 1500 < int(removal.attrib["Sequence"]) < order["ResumeOld"]


def test_what_fails_undoes_the_installation(folder: Path) -> None:
    for action in tree(folder).iter(f"{WIX}CustomAction"):
        assert action.attrib["Impersonate"] == "no"  # by Windows itself, not by who clicks
        checked = {"deferred": "check", "rollback": "ignore"}[action.attrib["Execute"]]
        assert action.attrib["Return"] == checked


def test_another_content_is_another_product_of_the_same_family(folder: Path) -> None:
    (before,) = tree(folder).iter(f"{WIX}Product")
    assert windows_msi.source(folder, "1.2.3") == windows_msi.source(folder, "1.2.3")
    (folder / "lib" / "one.py").write_text("changed")
    (after,) = tree(folder).iter(f"{WIX}Product")
    assert before.attrib["Id"] != after.attrib["Id"]
    assert before.attrib["UpgradeCode"] == after.attrib["UpgradeCode"]


def test_by_its_tables_a_failed_upgrade_brings_the_version_before_back(
    folder: Path, tmp_path: Path
) -> None:
    """Windows undoes a removal that is the first thing of all that it writes down to be done.

    Wine undoes none: these tables are what can be seen without Windows.
    """
    for tool in ("wixl", "msibuild"):
        need(tool)
    file = windows_msi.make(folder, "1.2.3", tmp_path / "x.msi", "2026/12/31 23:59:59")
    order = {row[0]: int(row[2]) for row in table(file, "InstallExecuteSequence")}
    before = [name for name in order if order[name] < order["RemoveExistingProducts"]]
    written = [name for name in order if order[name] > order["RemoveExistingProducts"]]
    assert max(before, key=order.__getitem__) == "InstallInitialize"
    assert {"ResumeOld", "Drain", "RemoveFiles", "InstallFiles", "Resume"} < set(written)
    assert max(order, key=order.__getitem__) == "InstallFinalize"
    found = {row[6]: int(row[4]) for row in table(file, "Upgrade")}
    only_detected, not_if_removal_fails = 0x2, 0x4
    assert not found["EARLIER"] & (only_detected | not_if_removal_fails)
    assert found["NEWER"] & only_detected
    kinds = {row[0]: int(row[1]) for row in table(file, "CustomAction")}
    in_rollback, deferred, asynchronous, goes_on = 0x100, 0x400, 0x80, 0x40
    for name in ("Drain", "Remove", "Make", "Resume"):
        assert kinds[name] & (in_rollback | deferred) == deferred
        assert not kinds[name] & (asynchronous | goes_on)  # its failure is the installer's
    assert kinds["ResumeOld"] & in_rollback
    assert kinds["Unmake"] & in_rollback


def table(file: Path, name: str) -> list[list[str]]:
    command = ["msiinfo", "export", file, name]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line.split("\t") for line in told.splitlines()[3:]]


def test_two_installers_of_one_folder_are_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for tool in ("wixl", "msibuild"):
        need(tool)
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        file = windows_msi.make(folder, "1.2.3", tmp_path / name / "x.msi", "2026/12/31 23:59:59")
        made.append(file.read_bytes())
    assert made[0] == made[1]
    ((_, name, value, _),) = table(file, "Environment")
    assert (name, value) == ("=-*PATH", "[~];[INSTALLDIR]")  # for all users, and taken back


def test_a_release_takes_no_python_that_is_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(windows_package, "check_tools", lambda: None)
    monkeypatch.setattr(release, "tagged", lambda: True)
    assert windows_package.main([]) == 0  # what Linux gets is there
    assert "nothing for Windows: this commit is the release" in capsys.readouterr().err
    other = tmp_path / "python-3.13.99-embed-amd64.zip"
    other.write_text("")
    assert windows_package.main([str(other)]) == 1
    assert "which is python-3.13.99-embed-amd64.zip" in capsys.readouterr().err
    monkeypatch.setattr(windows_python, "known", lambda: {sha256(b"").hexdigest(): "its address"})
    windows_package.check(other)


def test_a_trial_is_never_described_as_the_release() -> None:
    assert storefronts.WINDOWS.endswith("-windows-amd64.zip")
    assert storefronts.INSTALLER.endswith("-windows-amd64.msi")


def test_the_packages_are_named_that_bring_the_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    told = "apt-get install --no-install-recommends gcc-mingw-w64-x86-64-win32 wixl msitools"
    with pytest.raises(CannotBundle, match=told):
        windows_package.check(None)


def test_the_hashes_of_python_are_whole() -> None:
    for digest, address in windows_python.known().items():
        assert len(bytes.fromhex(digest)) == 32
        assert address.startswith("https://www.python.org/ftp/python/")
        assert address.endswith("-embed-amd64.zip")
