"""``breb-proxy ledger made``: one command for those who ask whether a payment was made."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import Call, Program, RawUpstream, ask
from tests.support.command import Ended, command
from tests.support.front import until
from tests.support.ledgers import filled
from tests.support.upstream import json_answer

PATH = "/v1/payments/breb"


class Api:
    """Makes each payment, says nothing about it, and shows it only when ``shows``."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        self.shows = False
        self.status = "SETTLED"

    def __call__(self, call: Call) -> bytes | None:
        if call.method == "GET":
            shown = [{**each, "status": self.status} for each in self.made if self.shows]
            return json_answer({"payments": shown, "pagination_info": {"total_pages": 1}})
        self.made.append({"id": "p-1", **json.loads(call.body)})
        return None


@pytest.fixture
def api() -> Api:
    return Api()


def made(path: Path, *arguments: str, **settings: object) -> Ended:
    given = {"BREB_LEDGER": path, "BREB_ADMIN_LISTEN": "127.0.0.1:1", **settings}
    return command("ledger", "made", *arguments, cwd=path.parent, **given)


def test_a_payment_in_doubt_is_asked_about_until_it_is_known(
    upstream: RawUpstream, api: Api, tmp_path: Path
) -> None:
    path = tmp_path / "ledger.db"
    body = json.dumps({"resolution_id": "r-1", "amount": {"value": "1000", "currency": "COP"}})
    with Program(upstream.url, ledger=path, ledger_ask="false") as proxy:
        beside = ("--admin-listen", f"127.0.0.1:{proxy.admin_port}")
        key = ("Idempotency-Key", "invoice-17")
        assert ask(proxy.port, PATH, "POST", body=body.encode(), fields=[key]).status == 502
        until(lambda: json.loads(proxy.admin("/ledger/1")[1])["outcome"], "not closed")

        def answer(*arguments: str, **settings: object) -> Ended:
            return made(path, *arguments, *beside, **settings)

        unknown = answer("invoice-17", LANG="es_CO.UTF-8")
        assert unknown.code == 5, unknown.both
        assert unknown.out.startswith("todavía no se sabe: se envió y puede haberse ejecutado")
        assert "ledger settle 1" in unknown.out
        api.shows, api.status = True, "PROCESSING"
        assert "is not final" in answer("r-1").out
        api.status = "SETTLED"
        for name in ("invoice-17", "r-1", "#1", ""):
            yes = answer(*filter(None, [name]))
            assert (yes.code, yes.out.splitlines()[0]) == (
                *(0, "yes: the API has it as p-1, with status SETTLED"),
            )
        assert json.loads(answer("--json").out)["made"] == "yes"
        assert "next: do not send it again" in answer("p-1").out, "by what was found"
        api.status = "REJECTED"
        no = answer("r-1")
        assert no.code == 5, "look-ups that contradict each other decide nothing"


def test_without_a_proxy_the_ledger_answers_what_it_can(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    filled(path, "answered", "unknown", "not-sent")
    assert made(path, "#1").code == 0
    unknown = made(path, "run-2")
    assert unknown.code == 5
    assert "the API was not asked: " in unknown.out
    not_made = made(path)
    assert (not_made.code, not_made.out.splitlines()[0]) == (8, "no: it was not carried out")
    several = made(path, "r-1")
    assert (several.code, several.out.splitlines()[-1]) == (
        *(0, "other rows of that name: #3, #2"),
    )


def test_what_nobody_knows_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    filled(path, "answered")
    gone = made(path, "r-2")
    assert (gone.code, gone.out) == (1, "")
    assert "has no row r-2" in gone.err
