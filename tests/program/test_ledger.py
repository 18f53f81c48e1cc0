"""The ledger as its users meet it: the program as a process, an upstream, a file on a disk."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from proxy.words import both, phrase
from tests.support import SECRET, Answer, Call, Program, RawUpstream, read_answer, read_request
from tests.support.command import command
from tests.support.front import until
from tests.support.patience import PATIENCE
from tests.support.wire import Reader, connect

PAYMENT = {
    "account_id": "a-1",
    "resolution_id": "r-1",
    "amount": {"value": "1500.00", "currency": "COP"},
    "display_name": "Ana María",
}
MADE = b'{"id": "p-1", "status": "PROCESSING", "amount": {"value": "1500.00"}}'
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
    len(MADE),
    MADE,
)


@pytest.fixture
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream(OK) as made:
        yield made


@pytest.fixture
def proxy(upstream: RawUpstream, path: Path) -> Iterator[Program]:
    with Program(upstream.url, ledger=path) as program:
        yield program


def post(
    program: Program,
    document: object = PAYMENT,
    method: str = "POST",
    target: str = "/v1/payments/breb",
    fields: str = "",
) -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{program.port}\r\n{fields}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with connect(program.port) as reader:
        reader.sock.sendall(head.encode() + body)
        answer = read_answer(reader, method)
    assert answer is not None
    return answer


def rows(path: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute("SELECT * FROM request ORDER BY number").fetchall()
        return [dict(row) for row in found]


def closed(path: Path, count: int = 1) -> list[dict[str, Any]]:
    """Return the rows, once so many of them have their end."""
    until(lambda: sum(row["outcome"] is not None for row in rows(path)) >= count, "still open")
    return rows(path)


def test_a_payment_is_written_down_with_all_that_names_it(proxy: Program, path: Path) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = post(proxy, fields=f"traceparent: {trace}\r\n")
    assert answer.status == 200
    (row,) = closed(path)
    assert (row["method"], row["path"]) == ("POST", "/v1/payments/breb")
    assert json.loads(row["payment"]) == {
        "account_id": "a-1",
        "resolution_id": "r-1",
        "amount.value": "1500.00",
        "amount.currency": "COP",
    }
    assert row["body_sha256"] == sha256(json.dumps(PAYMENT).encode()).hexdigest()
    assert json.loads(row["answer"]) == {"id": "p-1", "status": "PROCESSING"}
    assert (row["outcome"], row["status"], row["attempts"]) == ("answered", 200, 1)
    assert row["traceparent"] == trace
    assert row["token_id"] == proxy.status()["token"]["token_id"]
    assert row["opened_at"] < row["closed_at"]
    assert row["opened_at"].endswith("Z")
    assert row["exchange"] == proxy.exchanges()[-1]["id"]


def test_it_is_in_the_file_before_the_upstream_sees_it(
    upstream: RawUpstream, proxy: Program, path: Path
) -> None:
    seen: list[list[dict[str, Any]]] = []

    def look(call: Call) -> bytes:
        seen.append(rows(path))
        return OK

    upstream.answer = look
    post(proxy)
    (before,) = seen
    assert [row["outcome"] for row in before] == [None]
    assert json.loads(before[0]["payment"])["resolution_id"] == "r-1"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_all_that_may_change_something_is_written(proxy: Program, path: Path, method: str) -> None:
    post(proxy, method=method)
    assert [row["method"] for row in closed(path)] == [method]


def test_what_only_reads_is_not(proxy: Program, path: Path) -> None:
    for method in ("GET", "OPTIONS"):
        post(proxy, b"", method)
    assert rows(path) == []


def test_a_request_without_a_body_has_a_row(proxy: Program, path: Path) -> None:
    with connect(proxy.port) as reader:
        reader.sock.sendall(
            f"PATCH /v1/keys/k-1/suspend HTTP/1.1\r\nHost: 127.0.0.1:{proxy.port}\r\n\r\n".encode()
        )
        assert read_answer(reader, "PATCH").status == 200  # type: ignore[union-attr]
    (row,) = closed(path)
    assert (row["body_bytes"], row["payment"]) == (0, "{}")


def test_a_chunked_body_is_read_ahead_and_arrives_whole(
    upstream: RawUpstream, proxy: Program, path: Path
) -> None:
    body = json.dumps(PAYMENT).encode()
    with connect(proxy.port) as reader:
        reader.sock.sendall(
            f"POST /v1/payments/breb HTTP/1.1\r\nHost: 127.0.0.1:{proxy.port}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        for part in (body[:10], body[10:]):
            reader.sock.sendall(b"%x\r\n%b\r\n" % (len(part), part))
        reader.sock.sendall(b"0\r\n\r\n")
        read_answer(reader)
    (row,) = closed(path)
    assert upstream.requests[-1].body == body
    assert row["body_sha256"] == sha256(body).hexdigest()
    assert json.loads(row["payment"])["resolution_id"] == "r-1"


def test_a_body_that_is_long_passes_and_is_hashed(
    upstream: RawUpstream, proxy: Program, path: Path
) -> None:
    body = os.urandom(1_000_000)
    post(proxy, body)
    (row,) = closed(path)
    assert upstream.requests[-1].body == body
    assert (row["body_bytes"], row["body_sha256"]) == (len(body), sha256(body).hexdigest())


def test_a_body_that_is_slow_is_not_held_for_ever(
    upstream: RawUpstream, proxy: Program, path: Path
) -> None:
    """Its row is opened without what names it, which is added when it is there."""
    body = json.dumps(PAYMENT).encode()
    with connect(proxy.port) as reader:
        reader.sock.sendall(
            f"POST /v1/payments/breb HTTP/1.1\r\nHost: 127.0.0.1:{proxy.port}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body[:20]
        )
        until(lambda: rows(path), "no row")
        assert rows(path)[0]["payment"] == "{}"
        reader.sock.sendall(body[20:])
        read_answer(reader)
    (row,) = closed(path)
    assert json.loads(row["payment"])["resolution_id"] == "r-1"
    assert row["body_sha256"] == sha256(body).hexdigest()


def test_values_are_masked_as_in_the_console(proxy: Program, path: Path) -> None:
    key = {"key_type": "PHONE", "key_value": "3001234567"}
    post(proxy, {"account_id": "a-1", "key": key}, target="/v1/keys")
    (row,) = closed(path)
    assert json.loads(row["payment"])["key.key_value"] == "••••67"
    assert b"3001234567" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_a_row_can_be_erased_as_the_page_about_personal_data_says(
    upstream: RawUpstream, path: Path
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "personal-data.md").read_text()
    statements = page.partition("```sql\n")[2].partition("```")[0]
    with Program(upstream.url, ledger=path) as proxy:
        for account in ("a-erased", "a-in-doubt", "a-newest"):
            post(proxy, {**PAYMENT, "account_id": account})
        erased, doubtful, newest = (row["number"] for row in closed(path))
    with closing(sqlite3.connect(path)) as ledger:
        ledger.executescript("DROP TRIGGER request_is_closed_once")
        ledger.execute("UPDATE request SET outcome = 'unknown' WHERE number = ?", (doubtful,))
        ledger.commit()
        settle = (
            "INSERT INTO verdict (number, at, made, note, author) VALUES (?, '', 1, 'n', 'ana')"
        )
        ledger.execute(settle, (erased,))
        ledger.commit()
        ledger.isolation_level = None
        ledger.executescript(statements.replace("number = 7", f"number = {erased}"))
        for kept in (doubtful, newest):
            with pytest.raises(sqlite3.IntegrityError):
                ledger.executescript(statements.replace("number = 7", f"number = {kept}"))
        assert ledger.execute("SELECT count(*) FROM verdict").fetchone() == (0,)
        assert ledger.execute("SELECT count(*) FROM request").fetchone() == (2,)
    verified = command("ledger", "verify", "--ledger", str(path), cwd=path.parent)
    assert (verified.code, f"row #{erased} was removed" in verified.out) == (7, True)
    left = b"".join(file.read_bytes() for file in path.parent.glob("ledger.db*"))
    assert b"a-newest" in left
    assert b"a-erased" not in left


def test_a_whole_name_is_masked_alone_in_ledger_and_console(
    upstream: RawUpstream, path: Path, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("BREB_REDACT==nit\nBREB_LEDGER_FIELDS=nit,unit\n")
    with Program(upstream.url, cwd=tmp_path, ledger=path, console="true") as proxy:
        post(proxy, {"payer": {"nit": "900123456"}, "unit": "kilogram"})
        (row,) = closed(path)
        assert json.loads(row["payment"]) == {"payer.nit": "••••56", "unit": "kilogram"}
        detail = proxy.admin(f"/console/api/exchanges/{row['exchange']}")[1]
        assert "kilogram" in detail
        assert "900123456" not in detail


@pytest.mark.parametrize(
    ("data", "outcome", "status"),
    [
        pytest.param(b"", "unknown", 502, id="broken before an answer"),
        pytest.param(OK[:20], "unknown", 502, id="broken within its head"),
        pytest.param(OK[:-20], "cut", 200, id="broken within its body"),
        pytest.param(
            b"HTTP/1.1 422 No\r\nContent-Length: 0\r\n\r\n", "answered", 422, id="refused"
        ),
    ],
)
def test_the_outcome_is_what_the_proxy_can_know(
    upstream: RawUpstream, proxy: Program, path: Path, data: bytes, outcome: str, status: int
) -> None:
    def answer_and_close(reader: Reader) -> None:
        read_request(reader)
        reader.sock.sendall(data)

    upstream.takeover = answer_and_close
    post(proxy)
    (row,) = closed(path)
    assert (row["outcome"], row["status"]) == (outcome, status)


def test_what_could_not_be_sent_was_not(path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with RawUpstream(OK) as upstream:
            token = f"{upstream.url}/v1/iam/oauth/tokens"
            base = f"http://127.0.0.1:{nobody.getsockname()[1]}"
            with Program(base, token_url=token, ledger=path) as program:
                assert post(program).status == 502
                (row,) = closed(path)
                assert (row["outcome"], row["reason"]) == ("not-sent", "connection_refused")


def test_a_caller_who_leaves_before_the_answer_leaves_a_row_in_doubt(
    upstream: RawUpstream, proxy: Program, path: Path
) -> None:
    def silent(call: Call) -> None:
        reader.sock.close()

    upstream.answer = silent
    body = json.dumps(PAYMENT).encode()
    with connect(proxy.port) as reader:
        reader.sock.sendall(
            f"POST /v1/payments/breb HTTP/1.1\r\nHost: 127.0.0.1:{proxy.port}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        until(lambda: rows(path), "no row")
    (row,) = closed(path)
    assert row["outcome"] == "unknown"


def test_readiness_and_status_tell_of_rows_in_doubt(
    upstream: RawUpstream, proxy: Program, path: Path
) -> None:
    assert "[+] ledger: can be written, nothing is in doubt" in proxy.admin("/readyz?verbose")[1]
    upstream.answer = lambda _: None
    post(proxy)
    until(lambda: "1 row is in doubt" in proxy.admin("/readyz?verbose")[1], "not told")
    assert proxy.admin("/readyz")[0] == 200
    off = phrase("asker.off")
    assert proxy.status()["ledger"] == {
        "file": str(path),
        "writable": True,
        "problem": "",
        "failure": "",
        "in_doubt": 1,
        "long_in_doubt": 0,
        "asker": {"asks": False, "words": str(off), "said": both(off)},
    }
    assert "breb_proxy_ledger_in_doubt 1.0" in proxy.admin("/metrics")[1]


def test_a_single_unknown_outcome_is_a_fact_everywhere(upstream: RawUpstream) -> None:
    """Also without a ledger."""
    upstream.answer = lambda _: None
    with Program(upstream.url) as program:
        assert 'unknown_total{method="POST"} 0.0' in program.admin("/metrics")[1]
        post(program)
        post(program, b"", "GET")
        for line in program.exchanges(2):
            assert line["outcome"] == "unknown"
        assert 'unknown_total{method="POST"} 1.0' in program.admin("/metrics")[1]
        assert "[!] outcome unknown: 1 POST since the start" in program.admin("/readyz?verbose")[1]
        assert program.status()["outcome_unknown"] == {"POST": 1}
        assert program.admin("/readyz")[0] == 200


def test_rows_of_a_process_that_was_killed_are_told_at_the_next_start(
    upstream: RawUpstream, path: Path
) -> None:
    def silent(call: Call) -> None:
        program.process.kill()

    upstream.answer = silent
    with Program(upstream.url, ledger=path) as program:
        with connect(program.port) as reader:
            body = json.dumps(PAYMENT).encode()
            reader.sock.sendall(
                f"POST /v1/payments/breb HTTP/1.1\r\nHost: 127.0.0.1:{program.port}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            assert read_answer(reader) is None
        program.process.wait(PATIENCE)
    upstream.answer = lambda _: OK
    with Program(upstream.url, ledger=path) as program:
        (row,) = rows(path)
        assert (row["outcome"], row["reason"]) == ("unknown", "process-ended")
        assert f"[{row['exchange']}]" in program.output
        assert 'unknown_total{method="POST"} 1.0' in program.admin("/metrics")[1]
    with Program(upstream.url, ledger=path) as program:
        assert f"[{row['exchange']}]" not in program.output


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process")
def test_while_it_cannot_be_written_nothing_that_changes_anything_is_sent(
    upstream: RawUpstream, path: Path
) -> None:
    """The process may not let files grow: as on a full disk, but for the words."""
    with Program(upstream.url, ledger=path, log_level="error") as program:
        post(program)
        import resource  # which Windows has not

        pid, unlimited = program.process.pid, resource.RLIM_INFINITY
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, unlimited))
        until(lambda: program.admin("/readyz")[0] == 503, "still ready")
        assert "[-] ledger: cannot be written: " in program.admin("/readyz?verbose")[1]
        assert "breb_proxy_ledger_writable 0.0" in program.admin("/metrics")[1]
        before = len(upstream.requests)
        for method in ("POST", "DELETE"):
            answer = post(program, method=method)
            problem = json.loads(answer.body)
            assert (answer.status, problem["outcome"]) == (503, "not-sent")
            assert problem["type"] == "urn:breb-proxy:error:ledger"
        assert len(upstream.requests) == before
        assert post(program, b"", "GET").status == 200
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
        until(lambda: program.admin("/readyz")[0] == 200, "not ready again")
        assert post(program).status == 200
    assert [row["outcome"] for row in rows(path)] == ["answered", "answered"]


def refused(upstream: RawUpstream, path: Path) -> str:
    """Start a proxy that ends at once; return what it says."""
    ended = command(
        "serve",
        cwd=path.parent,
        BREB_BASE_URL=upstream.url,
        BREB_CLIENT_ID="test-client",
        BREB_CLIENT_SECRET=SECRET,
        BREB_LISTEN="127.0.0.1:0",
        BREB_ADMIN_LISTEN="127.0.0.1:0",
        BREB_LEDGER=path,
    )
    assert ended.code == 2, ended.both
    return ended.err


def test_a_second_process_on_the_file_says_so_and_ends(
    upstream: RawUpstream, proxy: Program, path: Path
) -> None:
    said = refused(upstream, path)
    assert f"BREB_LEDGER: process {proxy.process.pid} uses it" in said
    assert post(proxy).status == 200


def test_the_doctor_leaves_it_to_the_proxy_that_runs(
    upstream: RawUpstream, proxy: Program, path: Path
) -> None:
    ended = command(
        "check",
        cwd=path.parent,
        BREB_BASE_URL=upstream.url,
        BREB_CLIENT_ID="test-client",
        BREB_CLIENT_SECRET=SECRET,
        BREB_LEDGER=path,
    )
    assert "BREB_LEDGER: process" not in ended.both
    assert "Traceback" not in ended.both


def test_a_damaged_file_is_refused_with_what_to_do(upstream: RawUpstream, path: Path) -> None:
    with Program(upstream.url, ledger=path) as program:
        for _ in range(50):
            post(program)
        program.stop()
    data = bytearray(path.read_bytes())
    for start in range(4096, len(data), 8192):
        data[start : start + 4096] = b"\x5a" * 4096
    path.write_bytes(data)
    said = refused(upstream, path)
    assert "damaged" in said
    assert "backup" in said
    assert path.read_bytes() == bytes(data)


def test_a_ledger_whose_last_entry_was_edited_is_refused_with_what_to_do(
    upstream: RawUpstream, path: Path
) -> None:
    with Program(upstream.url, ledger=path) as program:
        post(program)
        program.stop()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER chain_stays")
        connection.execute("UPDATE chain SET hash = 'x'")
    said = refused(upstream, path)
    assert "of the chain is nothing that the proxy writes" in said
    assert "backup" in said
    assert "Traceback" not in said


@pytest.mark.needs("posix")
def test_a_ledger_that_cannot_be_is_all_that_is_said(tmp_path: Path) -> None:
    """Nothing is forwarded, so nothing says so; and no socket is left behind."""
    settings = {
        "BREB_CLIENT_ID": "test-client",
        "BREB_CLIENT_SECRET": SECRET,
        "BREB_BASE_URL": "http://127.0.0.1:9",
        "BREB_LISTEN": f"unix:{tmp_path}/proxy.sock",
        "BREB_ADMIN_LISTEN": "127.0.0.1:0",
        "BREB_LEDGER": tmp_path / "missing" / "ledger.db",
    }
    ended = command("serve", cwd=tmp_path, **settings)
    assert (ended.code, ended.out, list(tmp_path.iterdir())) == (2, "", [])
    assert ended.err.startswith("breb-proxy: BREB_LEDGER: ")
    assert ended.err.count("\n") == 1


def test_no_ledger_no_sqlite() -> None:
    """What is off costs nothing, not even an import."""
    code = (
        "import sys; before = 'sqlite3' in sys.modules;"  # a measurement of coverage brings it
        "import proxy.cli.main, proxy.cli.serve, proxy.server.build;"
        "print('sqlite3' in sys.modules and not before, 'proxy.ledger.store' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stdout.strip() == "False False", done.stderr
