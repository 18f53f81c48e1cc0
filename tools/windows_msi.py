"""The installer for Windows (.msi), made of a folder by wixl; the same bytes each time.

Windows Installer copies files, edits the PATH, upgrades and undoes what fails. The services are
the work of our own command, with their accounts, folders and restarts: wixl has nothing for these.
At an upgrade all of them drain before a file is touched, and those that ran are started again; if
one does not start, the version before comes back.
"""

import hashlib
import subprocess
import uuid
from pathlib import Path
from xml.sax.saxutils import quoteattr

_OURS = uuid.UUID("5f0d0a0e-7a3c-4d43-9a53-2b1f5a3b7c11")  # never another one
_LAUNCHER = "breb-proxy.exe"
_FIRST = "NOT Installed AND NOT EARLIER"
_AGAIN = "NOT REMOVE AND (Installed OR EARLIER)"
# What is done: its number among the actions of Windows, the command, when, and how. Each is between
# InstallInitialize (1500) and RemoveFiles (3500), or InstallFiles (4000) and InstallFinalize.
# A rollback runs backwards: what is to come last then stands first. An old version is removed by
# its own installer within the new one's: that is what UPGRADINGPRODUCTCODE tells it.
_ACTIONS = (
    ("ResumeOld", 1505, "after-upgrade", "Installed", "rollback"),
    ("Drain", 1510, "before-upgrade", "Installed", "deferred"),
    ("Remove", 1520, "before-removal", 'REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE', "deferred"),
    ("Unmake", 6505, "before-removal", _FIRST, "rollback"),
    ("Make", 6510, "after-install", _FIRST, "deferred"),
    ("Resume", 6520, "after-upgrade", _AGAIN, "deferred"),
)
# wixl numbers its rows of this table at random, and does not take them back at the removal (-).
_PATH = """\
Environment\tName\tValue\tComponent_
s72\tl64\tL255\ts72
Environment\tEnvironment
path\t=-*PATH\t[~];[INSTALLDIR]\t{component}
"""
# After InstallInitialize: then a failure brings the old version back.
_REMOVAL = '<RemoveExistingProducts Sequence="1501"/>'
_INTO = "INSERT INTO InstallExecuteSequence (Action, Sequence) VALUES"
_QUERIES = (
    f"{_INTO} ('WriteEnvironmentStrings', 5200)",
    f"{_INTO} ('RemoveEnvironmentStrings', 3300)",
)


def make(folder: Path, version: str, target: Path, moment: str) -> Path:
    """Make the installer of ``folder``, last changed at ``moment``, such as 2026/12/31 23:59:59."""
    work = target.parent
    recipe = work / "breb-proxy.wxs"
    recipe.write_text(source(folder, version), encoding="utf-8")
    subprocess.run(["wixl", "-a", "x64", "-o", target, recipe], check=True)
    told = _exported(target, "_SummaryInformation")
    package = f"{{{str(_identity(folder, 'package')).upper()}}}"
    for number, value in (("9", package), ("12", moment), ("13", moment)):
        told = [f"{number}\t{value}" if line.startswith(f"{number}\t") else line for line in told]
    tables = {"_SummaryInformation": "\n".join(told), "Environment": _on_path()}
    files = []
    for name, text in tables.items():
        files.append(work / f"{name}.idt")
        files[-1].write_text(text, encoding="utf-8", newline="\r\n")
    subprocess.run(["msibuild", target, "-i", *files, "-q", *_QUERIES], check=True)
    return target


def source(folder: Path, version: str) -> str:
    """Return the source of the installer of ``folder``."""
    components: list[str] = []
    files = _files(folder, folder, components)
    parts = "".join(f'<ComponentRef Id="{each}"/>\n' for each in components)
    return f"""<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
<Product Id="{_identity(folder, "product")}" Name="breb-proxy" Language="1033"
 Version="{version}" Manufacturer="breb-proxy" UpgradeCode="{uuid.uuid5(_OURS, "upgrade")}">
<Package InstallerVersion="500" Compressed="yes" InstallScope="perMachine"/>
<Condition Message="Windows 10, Windows Server 2016, or a newer one is needed.">
VersionNT64 &gt;= 603</Condition>
<Condition Message="A newer breb-proxy is installed: remove that first.">NOT NEWER</Condition>
<Upgrade Id="{uuid.uuid5(_OURS, "upgrade")}">
<UpgradeVersion Property="EARLIER" Maximum="{version}" IncludeMaximum="yes"/>
<UpgradeVersion Property="NEWER" Minimum="{version}" IncludeMinimum="no" OnlyDetect="yes"/>
</Upgrade>
<Media Id="1" Cabinet="breb.cab" EmbedCab="yes"/>
<Property Id="ARPNOMODIFY" Value="1"/>
<!-- The services stop by themselves: Windows is not to stop them, or to ask for a restart. -->
<Property Id="MSIRESTARTMANAGERCONTROL" Value="Disable"/>
<!-- Each file is replaced, whatever version it has: wixl does not tell Windows of versions. -->
<Property Id="REINSTALLMODE" Value="amus"/>
<Directory Id="TARGETDIR" Name="SourceDir"><Directory Id="ProgramFiles64Folder">
<Directory Id="INSTALLDIR" Name="breb-proxy">
{files}</Directory></Directory></Directory>
<Feature Id="all" Level="1">
{parts}</Feature>
{_actions()}</Product>
</Wix>
"""


def _files(folder: Path, root: Path, components: list[str]) -> str:
    made = ""
    for each in sorted(folder.iterdir()):
        place = each.relative_to(root).as_posix()
        name = quoteattr(each.name)
        if each.is_dir():
            inside = _files(each, root, components)
            made += f'<Directory Id="{_id("d", place)}" Name={name}>\n{inside}</Directory>\n'
            continue
        component = _id("c", place)
        components.append(component)
        made += (
            f'<Component Id="{component}" Guid="{uuid.uuid5(_OURS, place)}" Win64="yes">'
            f'<File Id="{"launcher" if place == _LAUNCHER else _id("f", place)}" Name={name}'
            f' Source={quoteattr(str(each))} KeyPath="yes"/></Component>\n'
        )
    return made


def _id(kind: str, place: str) -> str:
    return kind + hashlib.sha256(place.encode()).hexdigest()[:20]


def _identity(folder: Path, kind: str) -> uuid.UUID:
    """Return what only this very content has: what is built anew replaces what was built before."""
    content = hashlib.sha256()
    for each in sorted(path for path in folder.rglob("*") if path.is_file()):
        content.update(each.relative_to(folder).as_posix().encode())
        content.update(hashlib.sha256(each.read_bytes()).digest())
    return uuid.uuid5(_OURS, f"{kind} {content.hexdigest()}")


def _actions() -> str:
    made = order = ""
    for name, number, command, when, how in _ACTIONS:
        failure = "check" if how == "deferred" else "ignore"
        made += (
            f'<CustomAction Id="{name}" FileKey="launcher" ExeCommand="service {command}"'
            f' Execute="{how}" Impersonate="no" Return="{failure}"/>\n'
        )
        order += f'<Custom Action={quoteattr(name)} Sequence="{number}">{when}</Custom>\n'
    return f"{made}<InstallExecuteSequence>\n{_REMOVAL}\n{order}</InstallExecuteSequence>\n"


def _on_path() -> str:
    return _PATH.format(component=_id("c", _LAUNCHER))


def _exported(target: Path, table: str) -> list[str]:
    command = ["msiinfo", "export", target, table]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
