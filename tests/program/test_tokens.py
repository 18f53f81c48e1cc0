"""``tokens``: what is alive is shown, told apart, and ended on demand."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import Program, free_port
from tests.support.command import command
from tests.support.front import until
from tests.support.leaks import SECRET
from tests.support.simulator import simulator

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def url() -> Iterator[str]:
    with simulator(default_page_size=2) as found:
        yield found


def alone(url: str, folder: Path) -> dict[str, Any]:
    return {
        "cwd": folder,
        "BREB_BASE_URL": url,
        "BREB_CLIENT_ID": "test-client",
        "BREB_CLIENT_SECRET": SECRET,
        "BREB_ADMIN_LISTEN": f"127.0.0.1:{free_port()}",
    }


def beside(proxy: Program, folder: Path) -> dict[str, Any]:
    return {"cwd": folder, "BREB_ADMIN_LISTEN": f"127.0.0.1:{proxy.admin_port}"}


def whose(here: dict[str, Any]) -> list[str]:
    done = command("tokens", "--json", **here)
    assert done.code == 0, done.both
    return sorted(entry["whose"] for entry in json.loads(done.out)["tokens"])


def test_ours_and_those_that_a_killed_proxy_left_are_told_apart(url: str, tmp_path: Path) -> None:
    with contextlib.ExitStack() as running:
        killed = [running.enter_context(Program(url)) for _ in range(2)]
        proxy = running.enter_context(Program(url))
        for each in killed:
            each.kill()
        here = beside(proxy, tmp_path)
        assert whose(here) == ["other", "other", "own"]
        shown = command("tokens", **here)
        assert "3 tokens valid, 2 of them not this proxy's" in shown.out
        shown = command("tokens", **here, LANG="es_CO.UTF-8")
        assert shown.out.split("\n")[0].split("  ")[-1] == "de quién"
        assert shown.out.count("de este proxy") == 1
        asked = command("tokens", "revoke", "--others", **here)
        assert asked.code == 1
        assert "every program that uses these tokens gets 401 at once" in asked.err
        assert len(whose(here)) == 3
        done = command("tokens", "revoke", "--others", "--yes", **here)
        assert (done.code, done.out.count("  revoked")) == (0, 2)
        assert whose(here) == ["own"]
        none = command("tokens", "revoke", "--others", **here)
        assert (none.code, none.out) == (0, "nobody else has a token: nothing to revoke\n")


def test_our_own_may_be_ended_and_is_renewed_at_once(url: str, tmp_path: Path) -> None:
    with Program(url) as proxy:
        own = proxy.status()["token"]["token_id"]
        done = command("tokens", "revoke", own, NOBODY, "--json", **beside(proxy, tmp_path))
        outcomes = json.loads(done.out)
        assert (outcomes[own]["code"], outcomes[own]["ended"]) == ("revoked", True)
        assert outcomes[NOBODY]["code"] == "gone"
        assert outcomes[NOBODY]["said"]["es"].startswith("ya no es válido")
        until(lambda: proxy.status()["token"].get("token_id", own) != own, "another token")


def test_without_a_proxy_a_token_is_fetched_for_it_and_given_up(url: str, tmp_path: Path) -> None:
    here = alone(url, tmp_path)
    for _ in range(2):
        assert whose(here) == ["own"]
    assert "this command's" in command("tokens", **here).out
    assert command("tokens", "revoke", NOBODY, **here).code == 0


def test_missing_scopes_are_explained(tmp_path: Path) -> None:
    with simulator(scopes=("iam.oauth.tokens.get",)) as url, Program(url) as proxy:
        done = command("tokens", **beside(proxy, tmp_path))
        assert done.code == 1
        assert "this proxy's token does not have the scope iam.oauth.tokens.list.get" in done.err
        own = proxy.status()["token"]["token_id"]
        refused = command("tokens", "revoke", own, **beside(proxy, tmp_path))
        assert refused.code == 1
        assert "does not have the scope iam.oauth.tokens.delete" in refused.out
        assert proxy.status()["token"]["token_id"] == own, "it still works, and stays"
        assert len(proxy.status()["token"]["history"]) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("revoke",),
        ("--others",),
        ("rewoke",),
        ("revoke", "a/b"),
        ("revoke", NOBODY, "--others"),
        ("--admin-listen", "nonsense"),
    ],
)
def test_what_makes_no_sense_is_said(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = command("tokens", *words, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")


def test_a_proxy_that_was_named_and_is_not_there_is_missed(tmp_path: Path) -> None:
    done = command("tokens", "--admin-listen", f"127.0.0.1:{free_port()}", cwd=tmp_path)
    assert done.code == 4


def test_no_credentials_and_no_proxy_is_said(tmp_path: Path) -> None:
    done = command("tokens", cwd=tmp_path, BREB_ADMIN_LISTEN=f"127.0.0.1:{free_port()}")
    assert done.code == 2
    assert "BREB_CLIENT_ID" in done.err


def test_refused_credentials_are_said(url: str, tmp_path: Path) -> None:
    here = {**alone(url, tmp_path), "BREB_CLIENT_SECRET": "wrong"}
    done = command("tokens", **here)
    assert done.code == 1
    assert "refused the credentials" in done.err
