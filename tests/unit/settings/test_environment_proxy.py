"""The environment's proxy is noticed where the upstream would go through it, and never leaks."""

import os
from pathlib import Path

import pytest

from proxy.settings import environment_proxy, model

GIVEN = {"client_id": "id-1", "client_secret": "hush-hush"}
SMALL = ("https_proxy", "all_proxy")
NAMES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper() in NAMES or name.upper().startswith("BREB_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def found(**given: str) -> environment_proxy.EnvironmentProxy | None:
    return environment_proxy.unused(model.Settings(**GIVEN, **given))


@pytest.mark.parametrize(
    "name",
    [
        "HTTPS_PROXY",
        "HTTP_PROXY",
        # Windows has one variable for either spelling.
        *(pytest.param(name, marks=pytest.mark.needs("posix")) for name in SMALL),
    ],
)
def test_it_is_told_by_the_name_it_has(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "http://proxy.corp:3128")
    other = found()
    assert other is not None
    for text in map(str, (other.warning, other.suspicion)):
        assert text.startswith(f"{name} is set")
        assert text.endswith("BREB_EGRESS_PROXY=http://proxy.corp:3128")


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("proxy.corp:3128", "BREB_EGRESS_PROXY=http://proxy.corp:3128"),
        ("https://proxy.corp/", "BREB_EGRESS_PROXY=https://proxy.corp"),
        (
            "http://me:hush@[::1]:3128",
            "BREB_EGRESS_PROXY=http://[::1]:3128 and BREB_EGRESS_CREDENTIALS=USER:PASSWORD",
        ),
        ("socks5://me:hush@proxy.corp:1080", "BREB_EGRESS_PROXY=http://HOST:PORT"),
        ("http://me:hush@proxy:x", "BREB_EGRESS_PROXY=http://HOST:PORT"),
    ],
)
def test_the_line_to_add_says_the_same_without_what_is_secret(
    value: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    other = found()
    assert other is not None
    assert str(other.warning).endswith(f"set {line}")
    assert "hush" not in repr(other)


@pytest.mark.parametrize("given", [{"egress_proxy": "http://a:1"}, {"base_url": "http://[::1]:9"}])
def test_nothing_is_said_where_it_would_not_be_used(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.corp:3128")
    assert found(**given) is None


def test_nothing_is_said_where_there_is_none() -> None:
    assert found() is None


@pytest.mark.parametrize(
    ("exceptions", "noticed"),
    [
        ("*", False),
        ("localhost, .bank.example", False),
        ("*.bank.example", False),
        ("api.bank.example", False),
        ("bank.example.com,,ank.example", True),
    ],
)
def test_an_upstream_that_is_excepted_is_reached_directly(
    exceptions: str, noticed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.corp:3128")
    monkeypatch.setenv("no_proxy", exceptions)
    assert (found(base_url="https://API.bank.example") is not None) is noticed
