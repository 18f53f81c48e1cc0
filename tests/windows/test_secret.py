"""The admin listener's secret on Windows: where it is left, and whose is believed."""

from pathlib import Path

import pytest

from proxy.addresses import ListenAddress
from proxy.admin import secret
from proxy.windows import acl

LISTENER = ListenAddress("127.0.0.1", 8081)
ANOTHER = "S-1-5-21-1-2-3-1001"  # no administrator


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a service, on a machine where the user's profile is not known."""
    monkeypatch.setenv("PROGRAMDATA", str(tmp_path))
    monkeypatch.delenv("LOCALAPPDATA")
    folder = tmp_path / "breb-proxy-x" / "run"
    folder.mkdir(parents=True)
    return folder


def test_a_service_s_secret_is_found_if_its_folder_is_an_administrator_s(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every user may make a folder there, and would be taken for the proxy."""
    place = run / "breb-proxy"
    place.mkdir()
    (place / "admin-8081.secret").write_text("the-secret\n")
    assert list(secret.found(LISTENER, [])) == ["the-secret"]
    monkeypatch.setattr(acl, "owner", lambda _: ANOTHER)
    assert list(secret.found(LISTENER, [])) == []


def test_a_secret_of_ours_is_left_in_no_folder_of_a_service(run: Path) -> None:
    with secret.left("the-secret", LISTENER) as done:
        assert not done
        assert list(run.iterdir()) == []
