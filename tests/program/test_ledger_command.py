"""``breb-proxy ledger``, for the person who is asked whether a payment was made."""

import csv
import io
import json
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from proxy.ledger.reading import reading
from proxy.ledger.sqlite.store import FileStore
from tests.support import Call, Program, RawUpstream, exchange
from tests.support.command import Ended, called, command, on_terminal
from tests.support.front import until
from tests.support.ledgers import filled
from tests.support.patience import PATIENCE
from tests.support.wire import connect

CREATED = "2026-11-25T13:00:00.5Z"


def ledger(path: Path, *arguments: str, code: int = 0, **settings: object) -> Ended:
    given = {"BREB_LEDGER": path, "BREB_ADMIN_LISTEN": "127.0.0.1:1", **settings}
    ended = command("ledger", *arguments, cwd=path.parent, **given)
    assert ended.code == code, ended.both
    return ended


def test_the_table_has_what_is_asked_first(path: Path) -> None:
    filled(path, "answered", "unknown")
    head, *lines = ledger(path).out.splitlines()
    assert head.split() == [
        *("row", "when", "(UTC)", "caller", "what", "amount", "outcome", "exchange")
    ]
    assert lines[0].split()[0] == "#2"
    assert "unknown" in lines[0]
    assert "answered 200" in lines[1]
    assert "1 row is in doubt: " in lines[2]
    assert lines[2].endswith(f"{called(path.parent)} ledger --in-doubt")


def test_what_the_help_names_is_there(path: Path) -> None:
    filled(path, "answered", "unknown")
    (line,) = [
        each
        for each in command("--help", cwd=path.parent, COLUMNS=200).out.splitlines()
        if "list, " in each
    ]
    for name in line.rpartition(": ")[2].split(", "):
        assert ledger(path, name, "--help").out.startswith(f"usage: breb-proxy ledger {name} ")
    assert ledger(path, "list", "--in-doubt").out == ledger(path, "--in-doubt").out


def test_an_empty_ledger_says_so(path: Path) -> None:
    filled(path)
    assert ledger(path).out == "the ledger is empty\n"
    assert ledger(path, "--json").out == ""


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "x.db").touch()
    ended = command("ledger", "list", "--ledger=x.db", cwd=tmp_path)
    assert ended.code == 1
    assert ended.err == (
        "breb-proxy: --ledger: x.db is empty, and not a ledger; name the file that serve writes\n"
    )


def test_a_payment_that_a_kill_cut_off_is_in_doubt_before_the_next_start(path: Path) -> None:
    head = b"POST /pay HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    arrived, ended = threading.Event(), threading.Event()

    def answer(call: Call) -> None:
        arrived.set()
        ended.wait(PATIENCE)

    with (
        RawUpstream(answer) as upstream,
        Program(upstream.url, ledger=path) as proxy,
        connect(proxy.port) as caller,
    ):
        caller.sock.sendall(head)
        assert arrived.wait(PATIENCE)
        assert ledger(path, "--in-doubt").out == "no such rows\n"
        assert "it is under way" in ledger(path, "show", "1").out
        proxy.kill()
        ended.set()
    shown = ledger(path, "--in-doubt").out
    assert "left open: no proxy uses this ledger; it was under way when the proxy ended" in shown
    assert re.search(r"next: start the proxy, then: .+ ledger look-up 1\n", shown)
    assert "1 row is in doubt" in ledger(path).out
    assert "start the proxy" in ledger(path, "show", "1").out
    assert json.loads(ledger(path, "--in-doubt", "--json").out)["in_doubt"]


def test_on_a_terminal_doubt_is_red(path: Path) -> None:
    filled(path, "unknown")
    shown = on_terminal("ledger", cwd=path.parent, BREB_LEDGER=path)
    assert "\x1b[31munknown" in shown.out


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        pytest.param(["--in-doubt"], [4, 3], id="in doubt"),
        pytest.param(["--since", "1h"], [4, 3, 2, 1], id="since an hour ago"),
        pytest.param(["--until", "1h"], [], id="until an hour ago"),
        pytest.param(["--since", "2999-01-01"], [], id="since a day"),
        pytest.param(["--since", "999999w"], [4, 3, 2, 1], id="since ever"),
        pytest.param(["--caller", "payroll", "--limit", "2"], [4, 3], id="a page"),
        pytest.param(["--limit", "2", "--before", "3"], [2, 1], id="the next"),
        pytest.param(["--limit", "2", "--all"], [4, 3, 2, 1], id="all"),
        pytest.param(["--outcome", "not-sent"], [2], id="outcome"),
        pytest.param(["--find", "run-1"], [1], id="text"),
    ],
)
def test_rows_are_chosen(path: Path, arguments: list[str], numbers: list[int]) -> None:
    filled(path, "answered", "not-sent", "unknown", "cut")
    lines = ledger(path, "--json", *arguments).out.splitlines()
    assert [json.loads(line)["number"] for line in lines] == numbers


def test_a_page_tells_how_to_get_the_next(path: Path) -> None:
    filled(path, *["answered"] * 5)
    assert "--before 4" in ledger(path, "--limit", "2").out


def test_csv_opens_in_a_spreadsheet(path: Path) -> None:
    filled(path, "answered")
    (row,) = csv.DictReader(io.StringIO(ledger(path, "--csv").out, newline=""))
    assert (row["amount"], row["outcome"], row["answer_id"]) == ("1000", "answered", "p-1")


@pytest.mark.parametrize("name", ["1", "#1", "run-1"])
def test_a_row_is_shown_whole(path: Path, name: str) -> None:
    filled(path, "unknown")
    shown = ledger(path, "show", name).out
    assert "it may have been carried out" in shown
    assert f"{called(path.parent)} ledger look-up 1" in shown
    assert json.loads(ledger(path, "show", name, "--json").out)["payment"]["resolution_id"] == "r-1"


def test_a_verdict_is_written_beside(path: Path) -> None:
    filled(path, "unknown")
    said = ledger(path, "settle", "1", "--made", "--note", "seen in the list", "--by", "ana")
    assert said.out == "row #1: made, decided by ana\n"
    shown = ledger(path, "show", "1").out
    assert "made, by ana at " in shown
    assert "outcome" in shown
    assert "unknown: " in shown
    assert ledger(path, "--in-doubt").out == "no such rows\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(
            ["show", "9"], 1, "breb-proxy: the ledger has no row 9; to list", id="no such row"
        ),
        pytest.param(["shw"], 2, "did you mean show?", id="no such command"),
        pytest.param(["settle", "1", "--note", "x"], 2, "--made --not-made", id="no verdict"),
        pytest.param(["settle", "1"], 2, "--made --not-made, and --note", id="nor a note"),
        pytest.param(["settle", "1", "--made"], 2, "and --note", id="no note"),
        pytest.param(["settle", "1", "--made", "--note", " "], 2, "how you know that", id="why"),
        pytest.param(
            ["settle", "1", "--made", "--note", "pag\udcf3"],
            2,
            "argument --note: must be text in UTF-8",
            id="a note in Latin-1",
        ),
        pytest.param(["show", "\udcf3"], 2, "argument ROW: must be text", id="a row in Latin-1"),
        pytest.param(["--find", "\udcf3"], 2, "--find: must be text", id="a search in Latin-1"),
        pytest.param(["--since", "yesterday"], 2, "2h, 30m, 7d", id="no time"),
        pytest.param(["--limit", "0"], 2, "1 or more", id="no number"),
        pytest.param(["look-up", "1"], 4, "nothing listens", id="no proxy runs"),
        pytest.param(
            ["--ledger", "missing.db"], 1, "breb-proxy: --ledger: missing.db does", id="no file"
        ),
        pytest.param(["--ledger", "."], 1, "--ledger: . is a directory", id="a directory"),
        pytest.param(
            ["--ledger", "postgresql://h/d?x=1"],
            2,
            "--ledger: has a ",
            id="no address",
            marks=pytest.mark.needs("posix"),  # tests on Windows are given no client for it
        ),
        pytest.param(
            ["show", "9", "--ledger", "ledger.db"], 1, "breb-proxy: the ledger has", id="row"
        ),
    ],
)
def test_what_cannot_be_done_is_said(
    path: Path, arguments: list[str], code: int, words: str
) -> None:
    filled(path, "unknown")
    assert words in ledger(path, *arguments, code=code).err


def test_without_a_ledger_it_says_what_to_name(path: Path) -> None:
    ended = ledger(path, code=2, BREB_LEDGER="")
    assert "no ledger file is set: set BREB_LEDGER" in ended.err


def test_the_ledger_is_found_in_env_files_as_for_serve(path: Path) -> None:
    filled(path, "answered")
    (path.parent / ".env").write_text(f"BREB_LEDGER={path}\n")
    assert "answered" in ledger(path, BREB_LEDGER="").out


def test_a_backup_is_a_ledger(path: Path) -> None:
    filled(path, "answered", "unknown")
    copy = path.with_name("copy.db")
    assert "checked" in ledger(path, "backup", str(copy)).out
    with reading(copy) as reader:
        assert reader.counts() == {"answered": 1, "unknown": 1, "in_doubt": 1}
    refused = ledger(path, "backup", str(copy), code=1).err
    assert refused == f"breb-proxy: {copy} exists: it is not overwritten; name another file\n"
    (nowhere := path.with_name("nowhere")).touch()
    refused = ledger(path, "backup", str(nowhere / "copy.db"), code=1).err
    assert refused.startswith(f"breb-proxy: {nowhere / 'copy.db'}: ")


def test_a_person_reads_it_in_spanish(path: Path) -> None:
    filled(path, "answered", "unknown", "unknown")
    spanish = {"LANG": "es_CO.UTF-8"}
    listed = ledger(path, **spanish).out
    assert "cuándo (UTC)" in listed
    assert "2 filas están en duda" in listed
    assert "es posible que se haya ejecutado" in ledger(path, "show", "2", **spanish).out
    said = ledger(path, "settle", "2", code=2, **spanish).err
    assert "breb-proxy: faltan un veredicto, uno de --settled" in said
    given = ("settle", "2", "--note", "lista", "--by", "ana")
    said = ledger(path, *given, "--not-found", **spanish).out
    assert said == "fila #2: no se encontró; lo decidió ana\n"
    said = ledger(path, *given, "--made", **spanish).out
    assert "esto cambia el veredicto de ana" in said
    good = ledger(path, "verify", **spanish).out
    assert good.startswith("tal como se escribió: 3 filas, 4 entradas en la cadena\nextremo: 4:")
    copy = str(path.with_name("copy.db"))
    assert "bytes, revisado" in ledger(path, "backup", copy, **spanish).out
    assert "respuestas borradas" in ledger(path, "forget-answers", **spanish).out
    (row, *_) = csv.DictReader(io.StringIO(ledger(path, "--csv", **spanish).out, newline=""))
    assert (row["outcome"], row["verdict"]) == ("unknown", ""), "programs read the same as ever"


def test_an_edit_by_hand_is_named(path: Path) -> None:
    filled(path, "answered", "unknown", "answered")
    good = ledger(path, "verify").out
    assert good.startswith("as it was written: 3 rows, 2 entries in the chain\nhead: 2:")
    head = good.split()[-1]
    assert "it goes on from the head" in ledger(path, "verify", "--head", head).out
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER request_is_closed_once")
        connection.execute("UPDATE request SET caller = 'x' WHERE number > 1")
    first, other = ledger(path, "verify", code=7).out.splitlines()
    assert first.endswith("row #2 was changed")
    assert other == "  row #3 was changed"
    told = json.loads(ledger(path, "verify", "--json", code=7).out)
    assert (told["verified"], told["head"]) == (False, head)
    assert [each["row"] for each in told["problems"]] == [2, 3]


def test_a_flood_of_edits_is_cut_short(path: Path) -> None:
    filled(path, *["answered"] * 30)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER request_is_closed_once")
        connection.execute("UPDATE request SET caller = 'x'")
    assert ledger(path, "verify", code=7).out.endswith("  row #21 was changed\n  and 9 more\n")


def test_an_older_copy_shows_by_a_head_from_the_log(path: Path) -> None:
    filled(path, "answered")
    head = f"9:{'ab' * 32}"
    ended = ledger(path, "verify", "--head", head, code=7)
    assert f"the chain ends at entry 2, before {head}" in ended.out
    assert "write it as in the log" in ledger(path, "verify", "--head", "9:ab", code=2).err


def test_a_head_that_went_with_its_rows_is_no_proof(path: Path) -> None:
    filled(path, "answered")
    filled(path, "answered")
    store = FileStore.open(path)
    assert store.prune("9999", 1 << 40, 500) == 1
    store.close()
    ended = ledger(path, "verify", "--head", f"1:{'ab' * 32}", code=1)
    assert "deleted by age or size, as the chain says: rows up to #1\n" in ended.out
    assert "the head that was given cannot be compared" in ended.out


def test_the_chain_is_exported_beside_the_rows(path: Path) -> None:
    filled(path, "answered")
    first, second = map(json.loads, ledger(path, "chain").out.splitlines())
    assert [each["kind"] for each in first["events"]] == ["w"]
    assert [(each["kind"], each["row"]) for each in second["events"]] == [("c", 1)]
    assert ledger(path, "verify").out.split()[-1] == f"2:{second['hash']}"


# -- beside a running proxy ----------------------------------------------------------------


class Api:
    """An upstream that makes the payment and says nothing; later it lists what it made."""

    def __init__(self) -> None:
        self.made: list[dict[str, object]] = []

    def __call__(self, call: Call) -> bytes | None:
        if call.method == "POST":
            self.made.append({"id": "p-9", "status": "SETTLED", **json.loads(call.body)})
            return None
        body = json.dumps({"payments": self.made}).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.fixture
def doubt(path: Path) -> Iterator[Program]:
    payment = {
        "account_id": "a-1",
        "resolution_id": "r-1",
        "amount": {"value": "1000", "currency": "COP"},
    }
    body = json.dumps(payment).encode()
    with RawUpstream(Api()) as upstream, Program(upstream.url, ledger=path) as program:
        head = (
            f"POST /v1/payments/breb HTTP/1.1\r\nHost: 127.0.0.1:{program.port}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        assert exchange(program.port, head.encode() + body).status == 502
        until(lambda: program.status()["ledger"]["in_doubt"] == 1, "not in doubt")
        yield program


def test_a_look_up_lays_the_payment_beside_the_row_and_decides_nothing(
    doubt: Program, path: Path
) -> None:
    admin = {"BREB_ADMIN_LISTEN": f"127.0.0.1:{doubt.admin_port}"}
    shown = ledger(path, "look-up", "1", **admin).out
    assert "asked: GET /v1/payments?direction=OUTBOUND&account_id=a-1" in shown
    assert "made and settled: the API has this payment as p-9" in shown
    (line,) = [line for line in shown.splitlines() if line.startswith("resolution_id")]
    assert line.split()[:3] == ["resolution_id", "r-1", "r-1"]
    spanish = ledger(path, "look-up", "1", **admin, LANG="es_CO.UTF-8").out
    assert spanish.startswith("fila #1: POST /v1/payments/breb\nresultado desconocido: se envió")
    assert "el libro" in spanish
    assert "se hizo y se liquidó: la API tiene este pago como p-9" in spanish
    assert "su veredicto: " in spanish
    told = json.loads(ledger(path, "look-up", "1", "--json", **admin).out)
    assert told["candidates"][0]["known"]["id"] == "p-9"
    with reading(path) as reader:
        (entry,) = reader.find("#1")
    assert entry["in_doubt"]


def test_the_running_proxys_ledger_is_found_without_a_name(doubt: Program, path: Path) -> None:
    admin = {"BREB_ADMIN_LISTEN": f"127.0.0.1:{doubt.admin_port}", "BREB_LEDGER": ""}
    assert "unknown" in ledger(path, **admin).out


def test_another_proxys_ledger_is_not_mixed_up(doubt: Program, path: Path) -> None:
    other = path.with_name("other.db")
    filled(other, "unknown")
    admin = {"BREB_ADMIN_LISTEN": f"127.0.0.1:{doubt.admin_port}"}
    ended = ledger(path, "look-up", "1", "--ledger", str(other), code=4, **admin)
    assert "does not use this ledger" in ended.err


def test_the_admin_listener_serves_the_same_as_json(doubt: Program) -> None:
    listed = json.loads(doubt.admin("/ledger?in_doubt=1&limit=5")[1])
    assert [row["number"] for row in listed["rows"]] == [1]
    assert listed["counts"]["unknown"] == 1
    assert json.loads(doubt.admin("/ledger/1")[1])["payment"]["resolution_id"] == "r-1"
    assert doubt.admin("/ledger/9")[0] == 404
    assert doubt.admin("/ledger?limit=many")[0] == 400
    for odd in ("before=" + "9" * 23, "limit=" + "9" * 23, "text=%ED%A0%80&since=%00"):
        assert doubt.admin(f"/ledger?{odd}")[0] == 200
    for odd in (f"/ledger?before={'9' * 5000}", f"/ledger/{'9' * 23}", f"/ledger/{'9' * 5000}"):
        assert doubt.admin(odd)[0] in (400, 404), odd[:20]
    for member in ("note", "author"):
        half = {"made": True, "note": "seen", "author": "ana", member: "\ud800"}
        assert doubt.admin("/ledger/1/verdict", "POST", json.dumps(half))[0] == 400, member
    found = json.loads(doubt.admin("/ledger/1/look-up", "POST")[1])
    assert found["candidates"][0]["known"]["id"] == "p-9"


@pytest.mark.parametrize(
    ("document", "status"),
    [
        pytest.param({"made": True, "note": "seen", "author": "ana"}, 200, id="whole"),
        pytest.param({"made": "yes", "note": "seen"}, 400, id="no verdict"),
        pytest.param({"made": True, "note": " "}, 400, id="no reason"),
        pytest.param({"made": True, "note": "x" * 20_000}, 400, id="too long"),
        pytest.param([], 400, id="no object"),
    ],
)
def test_a_verdict_over_the_admin_listener_is_whole_or_refused(
    doubt: Program, document: object, status: int
) -> None:
    answered, body = doubt.admin("/ledger/1/verdict", "POST", json.dumps(document))
    assert answered == status
    verdicts = json.loads(doubt.admin("/ledger/1")[1])["verdicts"]
    assert len(verdicts) == (1 if status == 200 else 0)
    assert (json.loads(body).get("in_doubt") is False) == (status == 200)
