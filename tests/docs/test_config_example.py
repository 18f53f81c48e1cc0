"""config.example.env tells the settings as they are, and is safe to copy."""

import itertools
import os
import re
from pathlib import Path

import pytest

from proxy.errors import SettingsError
from proxy.settings.field import common
from proxy.settings.model import SECRETS, Settings, find, load
from proxy.settings.sources import PREFIX, Sources
from tools.config_example import EXAMPLES, GROUPS, TARGET, render

TEXT = TARGET.read_text(encoding="utf-8")
# Files that exist on no machine but the reader's.
PATHS = {"tls_cert", "tls_key", "ca_bundle", "client_cert", "client_cert_key", "database_ca"}


@pytest.fixture(autouse=True)
def no_settings_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_it_is_what_the_tool_writes() -> None:
    assert render() == TEXT, "run: make format"


def test_it_names_every_setting_once() -> None:
    named = re.findall(rf"^(?:# )?{PREFIX}(\w+)=", TEXT, re.MULTILINE)
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_what_matters_to_most_comes_first() -> None:
    first = TEXT.partition("# --- More")[0]
    named = re.findall(rf"^(?:# )?{PREFIX}(\w+)=", first, re.MULTILINE)
    often = [name.upper() for name, field in Settings.model_fields.items() if common(field)]
    assert named == ["CLIENT_ID", "CLIENT_SECRET", *often]
    assert len(often) == 10


def test_its_groups_begin_at_settings_that_exist() -> None:
    assert set(GROUPS) <= set(Settings.model_fields)
    assert set(EXAMPLES) <= set(Settings.model_fields)


def test_no_secret_is_in_it() -> None:
    for name in SECRETS:
        assert re.search(rf"^(?:# )?{PREFIX}{name.upper()}=$", TEXT, re.MULTILINE)


def test_a_copy_left_as_it_is_asks_for_the_two_credentials_and_nothing_else(tmp_path: Path) -> None:
    copy = tmp_path / ".env"
    copy.write_text(TEXT, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load(find({}, Sources(copy)))
    names = [str(line).partition(":")[0] for line in refused.value.problems]
    assert names == ["BREB_CLIENT_ID", "BREB_CLIENT_SECRET"]


def test_its_defaults_are_the_defaults(tmp_path: Path) -> None:
    """With every default uncommented it means what an empty file means."""
    lines = TEXT.splitlines()
    defaults = [
        line.removeprefix("# ")
        for before, line in itertools.pairwise(lines)
        if line.startswith(f"# {PREFIX}") and before != "# Unset; for example:"
    ]
    copy = tmp_path / "all.env"
    copy.write_text("\n".join(defaults), encoding="utf-8")
    given = {"client_id": "id", "client_secret": "secret"}
    assert len(defaults) > 20
    assert load(find(given, Sources(copy))) == load(find(given, Sources(tmp_path / "none")))


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - PATHS))
def test_its_examples_are_taken(name: str, tmp_path: Path) -> None:
    copy = tmp_path / "one.env"
    copy.write_text(f"{PREFIX}{name.upper()}={EXAMPLES[name]}\n", encoding="utf-8")
    given = {"client_id": "id", "client_secret": "secret"}
    if name == "database":
        given["token_shared"] = "true"
    assert getattr(load(find(given, Sources(copy))), name) != Settings.model_fields[name].default
