"""The units and the packages agree with the program and with each other."""

import re
from pathlib import Path

import pytest

from proxy.cli import completion
from proxy.server.server import AFTER_THE_GRACE
from proxy.server.systemd import ADMIN, CALLERS
from proxy.settings.model import SECRETS, Settings
from proxy.settings.sources import PREFIX
from tools import man_page
from tools.command_tree import commands

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "docker" / "systemd"
SERVICES = [UNITS / "breb-proxy.service", UNITS / "breb-proxy@.service"]


def values(unit: Path, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_every_secret_comes_as_a_credential_and_may_be_missing(unit: Path) -> None:
    # Those must not be empty: a drop-in adds them where there is an egress proxy, or a database.
    dropped_in = {"egress_credentials", "database_password"}
    named = {PREFIX + name.upper() for name in SECRETS - dropped_in}
    secrets = named | {"settings.env"}
    assert {value.partition(":")[0] for value in values(unit, "LoadCredential")} == secrets
    assert set(values(unit, "SetCredential")) == {f"{name}:\\n" for name in secrets}


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_what_is_said_of_a_missing_credential_names_the_folder_that_is_read(unit: Path) -> None:
    (told,) = (value for value in values(unit, "Environment") if "CREDENTIALS_SOURCE" in value)
    read = [value.partition(":")[2] for value in values(unit, "LoadCredential")]
    folders = {path.rpartition("/")[0] for path in read if "/credentials/" in path}
    assert folders == {told.partition("=")[2]}


def test_an_instance_differs_from_the_service_by_its_name_alone() -> None:
    def lines(unit: Path) -> list[str]:
        text = unit.read_text(encoding="utf-8").partition("[Unit]")[2]
        return [line for line in text.splitlines() if not line.startswith("#")]

    template = [
        re.sub(r"(/|-| \()%i\)?", "", line) for line in lines(UNITS / "breb-proxy@.service")
    ]
    assert template == lines(UNITS / "breb-proxy.service")


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_the_end_has_the_time_that_a_drain_takes(unit: Path) -> None:
    (seconds,) = values(unit, "TimeoutStopSec")
    fields = Settings.model_fields
    drain = float(fields["drain_delay"].default) + float(fields["shutdown_grace"].default)
    assert float(seconds.removesuffix("s")) > drain + AFTER_THE_GRACE


@pytest.mark.parametrize("instance", ["", "@"])
def test_sockets_have_the_names_and_addresses_that_the_program_knows(instance: str) -> None:
    for name, role, setting in (
        ("breb-proxy", CALLERS, "listen"),
        ("breb-proxy-admin", ADMIN, "admin_listen"),
    ):
        unit = UNITS / f"{name}{instance}.socket"
        assert values(unit, "FileDescriptorName") == [role]
        assert values(unit, "ListenStream") == [str(Settings.model_fields[setting].default)]


def test_every_setting_in_the_packages_files_is_one() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for file in (ROOT / "docker" / "packages").glob("*.env"):
        assert set(re.findall(r"BREB_[A-Z_]+", file.read_text(encoding="utf-8"))) <= known


def test_the_manual_page_has_every_command_and_setting() -> None:
    text = man_page.pages()["breb-proxy.1"]
    for name in ("serve", "check", "status", *(PREFIX + n.upper() for n in Settings.model_fields)):
        assert f".B {name}\n" in text


def test_each_command_has_a_manual_page_with_all_of_its_options() -> None:
    pages = man_page.pages()
    for each in commands():
        if each.name == "help":  # it is about all of them
            continue
        text = pages.pop(f"breb-proxy-{each.name.replace(' ', '-')}.1")
        for option in each.options:
            assert option.names[-1].replace("-", "\\-") in text, (each.name, option)
    assert list(pages) == ["breb-proxy.1"]


def test_no_line_of_a_manual_page_is_taken_for_a_command_of_troff() -> None:
    known = {".TH", ".SH", ".TP", ".PP", ".B", ".nf", ".fi"}
    for name, text in man_page.pages().items():
        for line in text.splitlines():
            assert not line.startswith("'"), (name, line)
            if line.startswith("."):
                assert line.partition(" ")[0] in known, (name, line)


def test_the_packages_have_each_script_where_its_shell_looks() -> None:
    recipe = (ROOT / "docker" / "packages" / "nfpm.yaml").read_text(encoding="utf-8")
    for shell, name in completion.FILES.items():
        assert (f"src: proxy/cli/completion/{name}," in recipe) == (shell != "powershell")
