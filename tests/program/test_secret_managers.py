"""Credentials that a secret manager writes are used at the next token request, without a restart.

The three ways in which they arrive: links swapped behind one link (CSI drivers, Kubernetes
Secrets, External Secrets), a new file renamed over the old one (Vault Agent), one written in place.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import Program, RawUpstream

NAMES = ("BREB_CLIENT_ID", "BREB_CLIENT_SECRET")
Write = Callable[[Path, str], None]


def swapped(folder: Path, secret: str) -> None:
    """Lay a new version beside the old one, and turn the link ``..data`` to it, as kubelets do."""
    version = folder / f"..{secret}"
    version.mkdir()
    (version / NAMES[0]).write_text("id")
    (version / NAMES[1]).write_text(secret)
    fresh = folder / "..data_tmp"
    fresh.symlink_to(version.name)
    fresh.rename(folder / "..data")
    for name in NAMES:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")


def renamed(folder: Path, secret: str) -> None:
    """Write another file, and rename it over the old one, as Vault Agent's templates do."""
    for name, text in zip(NAMES, ("id", secret), strict=True):
        (folder / f".{name}.new").write_text(f"{text}\n")
        (folder / f".{name}.new").replace(folder / name)


def in_place(folder: Path, secret: str) -> None:
    """Write over the old text."""
    for name, text in zip(NAMES, ("id", secret), strict=True):
        (folder / name).write_text(text)


@pytest.fixture
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream() as running:
        yield running


@pytest.mark.parametrize(
    "write", [pytest.param(swapped, marks=pytest.mark.needs("posix")), renamed, in_place]
)
def test_a_new_secret_is_used_at_the_next_token_request(
    write: Write, upstream: RawUpstream, tmp_path: Path
) -> None:
    write(tmp_path, "first-secret")
    given = {"client_id": None, "client_secret": None, "secrets_dir": tmp_path}
    with Program(upstream.url, **given) as proxy:
        write(tmp_path, "second-secret")
        assert proxy.admin("/refresh", "POST")[0] == 200
    sent = [json.loads(call.body)["client_secret"] for call in upstream.tokens_asked]
    assert sent == ["first-secret", "second-secret"]


def test_while_the_file_is_away_the_token_that_is_held_serves(
    upstream: RawUpstream, tmp_path: Path
) -> None:
    """A manager that removes before it writes does not stop payments."""
    in_place(tmp_path, "only-secret")
    given = {"client_id": None, "client_secret": None, "secrets_dir": tmp_path}
    with Program(upstream.url, **given) as proxy:
        (tmp_path / NAMES[1]).unlink()
        assert proxy.admin("/refresh", "POST")[0] == 503
        assert proxy.admin("/readyz")[0] == 200
        in_place(tmp_path, "only-secret")
        assert proxy.admin("/refresh", "POST")[0] == 200
