"""Copied requests, run for real: whatever stands in them, they do nothing but be sent."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from proxy.console.caller_url import Door
from proxy.console.copying import FORMS, curl, httpie, postman, python
from proxy.console.sendable import Sendable
from tests.support import Call, RawUpstream
from tests.support.chromium import missing

BODIES = [
    pytest.param(b"", id="none"),
    pytest.param(b'{"amount": {"value": "10"}}', id="JSON"),
    pytest.param(b"'; touch pwned; '", id="closes the quote"),
    pytest.param(b"$(touch pwned) `touch pwned` ${HOME} ~ * !! $!", id="expansions"),
    pytest.param(b"@/etc/passwd", id="curl's and HTTPie's file sign"),
    pytest.param(b"-", id="standard input"),
    pytest.param(b"--output pwned", id="an option"),
    pytest.param(b"%s%n\\0101\\x41\\c", id="printf's signs"),
    pytest.param(b"line\nnext line\n\n", id="line ends"),
    pytest.param(b"a\r\nb\tc", id="control characters"),
    pytest.param(b"\x1b[201~\rtouch pwned\n", id="ends a bracketed paste"),
    pytest.param("añ ‮txet esrever".encode(), id="turns the text around"),
    pytest.param("{{caller_key}} café €".encode(), id="beyond ASCII"),
    pytest.param(bytes(range(256)), id="every byte"),
    pytest.param(b"'\\''\"\\\"" * 5000, id="long"),
    pytest.param(b"\x00" * 65_536, id="long and binary"),
]
TARGETS = [
    pytest.param("/v1/x';touch%20pwned;'", id="closes the quote"),
    pytest.param("/$(touch${IFS}pwned)?q=`touch+pwned`&b=$HOME;touch", id="expansions"),
    pytest.param("/[1-3]{a,b}?x[]=1", id="curl's globbing"),
    pytest.param("/a/../b/./..//c", id="dot segments"),
    pytest.param("/%00%0a%2F?page_params.page_size=5&&a=%20+", id="escapes"),
    pytest.param("/?", id="empty query"),
    pytest.param("//evil.example/x", id="looks like a host"),
]
FIELDS = [
    pytest.param(("X-A", "'; touch pwned; '"), id="closes the quote"),
    pytest.param(("X-A", "$(touch pwned) `touch pwned` $HOME"), id="expansions"),
    pytest.param(("X-A", "@/etc/passwd"), id="file sign"),
    pytest.param(("X-A", "=@/etc/passwd"), id="more signs"),
    pytest.param(("X-A", ":=1"), id="a JSON sign"),
    pytest.param(("X-A", ""), id="empty"),
    pytest.param(("X-A", "a;b,c: d=e@f"), id="separators"),
    pytest.param(("X-A", "caf\udce9 caf\u00e9"), id="two encodings"),
    pytest.param(("User-Agent", "it's me"), id="one that the client sets too"),
]


def request(**changes: Any) -> Sendable:
    """A POST with the given parts."""
    parts: dict[str, Any] = {"method": "POST", "target": "/v1/x", "lines": (), "body": b""}
    return Sendable(**(parts | changes))


def door(url: str, key: str | None = None, socket: str = "") -> Door:
    return Door(url, socket, SecretStr(key) if key else None, production=False)


def shell(text: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run a text in a real shell and see that nothing was left behind."""
    script = folder / "pasted.sh"
    script.write_bytes(text.encode())
    done = subprocess.run(
        ["/bin/sh", str(script)],
        cwd=folder,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert not (folder / "pwned").exists()
    return done


def through_curl(what: Sendable, folder: Path) -> Call:
    if shutil.which("curl") is None:
        missing("curl is not installed")
    with RawUpstream() as upstream:
        done = shell(curl(what, door(upstream.url)), folder)
        assert done.returncode == 0, done.stderr
        (call,) = upstream.calls
        return call


def through_python(what: Sendable, folder: Path) -> Call:
    with RawUpstream() as upstream:
        done = subprocess.run(
            [sys.executable, "-"],
            cwd=folder,
            input=python(what, door(upstream.url)).encode(),
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert not (folder / "pwned").exists()
        assert done.stdout == b"200\nok\n"
        (call,) = upstream.calls
        return call


@pytest.mark.parametrize("way", [through_curl, through_python])
class TestRun:
    """The same for curl in a real shell and for a real Python."""

    @pytest.mark.parametrize("body", BODIES)
    def test_the_body_arrives_as_it_was(self, way: Any, body: bytes, tmp_path: Path) -> None:
        call = way(request(body=body, lines=(("Content-Type", "application/json"),)), tmp_path)
        assert (call.method, call.target, call.body) == ("POST", b"/v1/x", body)
        assert call.values("content-type") == [b"application/json"]

    @pytest.mark.parametrize("target", TARGETS)
    def test_the_target_arrives_as_it_was(self, way: Any, target: str, tmp_path: Path) -> None:
        call = way(request(method="GET", target=target), tmp_path)
        assert (call.method, call.target) == ("GET", target.encode())

    @pytest.mark.parametrize("line", FIELDS)
    def test_a_field_arrives_as_it_was(
        self, way: Any, line: tuple[str, str], tmp_path: Path
    ) -> None:
        call = way(request(method="PATCH", body=b"x", lines=(line,)), tmp_path)
        assert call.method == "PATCH"
        assert call.values(line[0]) == [line[1].encode("utf-8", "surrogateescape")]

    def test_the_server_as_a_whole_is_asked(self, way: Any, tmp_path: Path) -> None:
        call = way(request(method="OPTIONS", target="*"), tmp_path)
        assert (call.method, call.target) == ("OPTIONS", b"*")

    def test_a_body_goes_with_any_method(self, way: Any, tmp_path: Path) -> None:
        assert way(request(method="DELETE", body=b'{"id": 1}'), tmp_path).body == b'{"id": 1}'


def test_curl_adds_no_field_of_its_own(tmp_path: Path) -> None:
    call = through_curl(request(body=b"x"), tmp_path)
    assert sorted(name.lower() for name, _ in call.lines) == [b"content-length", b"host"]


def test_curl_asks_for_a_head_alone(tmp_path: Path) -> None:
    with RawUpstream(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n") as upstream:
        done = shell(curl(request(method="HEAD"), door(upstream.url)), tmp_path)
        assert done.returncode == 0, done.stderr
        assert upstream.calls[0].method == "HEAD"


def test_the_caller_key_is_a_variable(tmp_path: Path) -> None:
    with RawUpstream() as upstream:
        way_in = door(upstream.url, key="the-very-key")
        for form in FORMS.values():
            assert "the-very-key" not in form(request(), way_in)
        done = shell(curl(request(), way_in), tmp_path, BREB_CALLER_KEY="from the environment")
        assert done.returncode == 0, done.stderr
        program = [sys.executable, "-c", python(request(), way_in)]
        subprocess.run(program, env={**os.environ, "BREB_CALLER_KEY": "k2"}, check=True)
        assert [call.values("x-proxy-key") for call in upstream.calls] == [
            [b"from the environment"],
            [b"k2"],
        ]
    assert '"X-Proxy-Key:$BREB_CALLER_KEY"' in httpie(request(), way_in)
    assert "{{caller_key}}" in postman(request(), way_in)


def test_a_unix_socket_is_the_way_in(tmp_path: Path) -> None:
    way_in = door("http://localhost", socket="/run/it's/proxy.sock")
    assert """--unix-socket '/run/it'"'"'s/proxy.sock'""" in curl(request(), way_in)
    assert 'HTTPTransport(uds="/run/it\'s/proxy.sock")' in python(request(), way_in)
    assert ": 'HTTPie speaks no Unix sockets" in httpie(request(), way_in)


@pytest.mark.parametrize(("form", "sign"), [(curl, ": '"), (httpie, ": '"), (python, "# ")])
def test_masked_values_are_spoken_of(form: Any, sign: str) -> None:
    assert form(request(masked=True), door("http://x")).startswith(f"{sign}•••• stands for")
    assert "••••" not in form(request(), door("http://x"))


@pytest.mark.parametrize("form", [curl, httpie, python])
@pytest.mark.parametrize("body", BODIES)
def test_nothing_but_printable_characters_is_ever_pasted(form: Any, body: bytes) -> None:
    text = form(
        request(
            target="/\x1b[31m\u202e",
            body=body,
            lines=(("X-A", "tab\tescape\x1b[0m bidi\u202e raw\udce9"),),
        ),
        door("http://127.0.0.1:1"),
    )
    assert all(line.isprintable() for line in text.split("\n"))


DUMP = """
import json, sys
args = [arg.encode("utf-8", "surrogateescape").hex() for arg in sys.argv[1:]]
data = sys.stdin.buffer.read().hex()
open("dumped.json", "w").write(json.dumps({"args": args, "stdin": data}))
"""


def arguments_of_http(text: str, folder: Path) -> tuple[list[bytes], bytes]:
    """Run a text in a real shell with a program called http that tells what it was given."""
    (folder / "dump.py").write_text(DUMP)
    stub = folder / "http"
    # Not by a shebang of Python: its path may have a blank in it.
    words = shlex.join([sys.executable, str(folder / "dump.py")])
    stub.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    stub.chmod(0o755)
    shell(text, folder, PATH=f"{folder}:{os.environ['PATH']}")
    told = json.loads((folder / "dumped.json").read_text())
    return [bytes.fromhex(arg) for arg in told["args"]], bytes.fromhex(told["stdin"])


@pytest.mark.parametrize("body", BODIES)
def test_httpie_is_given_the_body(body: bytes, tmp_path: Path) -> None:
    args, stdin = arguments_of_http(httpie(request(body=body), door("http://h")), tmp_path)
    given = args[args.index(b"--raw") + 1] if b"--raw" in args else stdin
    assert given == body
    assert (b"--ignore-stdin" in args) == (not stdin)


@pytest.mark.parametrize("target", TARGETS)
def test_httpie_is_given_the_target(target: str, tmp_path: Path) -> None:
    args, _ = arguments_of_http(httpie(request(target=target), door("http://h")), tmp_path)
    assert args == [
        b"--path-as-is",
        b"--ignore-netrc",
        b"--ignore-stdin",
        b"POST",
        b"http://h" + target.encode(),
    ]


@pytest.mark.parametrize(
    ("value", "item"),
    [
        pytest.param("plain", b"X-A:plain", id="plain"),
        pytest.param("", b"X-A;", id="empty"),
        pytest.param("@/etc/passwd", b"X-A:\\@/etc/passwd", id="file sign"),
        pytest.param("=1", b"X-A:\\=1", id="JSON sign"),
        pytest.param("a@b=c:d", b"X-A:a@b=c:d", id="signs within"),
        pytest.param("$(touch pwned)'", b"X-A:$(touch pwned)'", id="expansion"),
    ],
)
def test_httpie_is_given_a_field(value: str, item: bytes, tmp_path: Path) -> None:
    text = httpie(request(lines=(("X-A", value),)), door("http://h"))
    assert arguments_of_http(text, tmp_path)[0][-1] == item


@pytest.mark.parametrize("value", [r"a\:b", r"a\@b", "ends\\", "caf\udce9"])
def test_a_field_that_httpie_cannot_write_is_named_and_left_out(value: str) -> None:
    text = httpie(request(lines=(("X-A", value),)), door("http://h"))
    assert text.startswith(": 'HTTPie cannot write this field: X-A'\n")
    assert value not in text


def test_a_field_is_never_an_option_of_httpie(tmp_path: Path) -> None:
    """``-opwned:x`` would write a file."""
    text = httpie(request(lines=(("-opwned", "x"), ("X-A", "b"))), door("http://h"))
    assert b"-opwned:x" not in arguments_of_http(text, tmp_path)[0]


def test_a_name_in_a_note_is_no_command(tmp_path: Path) -> None:
    """Where # begins no comment, as at the prompt of zsh."""
    name = "`touch$IFS$9pwned`|sh&'"
    note, _ = httpie(request(lines=((name, "\\"),)), door("http://h")).split("\n", 1)
    assert name.split("'")[0] in note
    done = shell(f"{note}\n", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("target", "said"),
    [("/v1/x?a=%2F&b=1", False), ("/[x]", True), ("/%2f", True), ("/x?", True)],
)
def test_a_target_that_httpie_changes_is_spoken_of(target: str, said: bool) -> None:
    text = httpie(request(target=target), door("http://h"))
    assert ("in its own way" in text) == said


def test_postman_gets_a_collection_of_one_request() -> None:
    what = request(target="/v1/keys?a=1&b", lines=(("X-A", "caf\udce9"),), body=b'{"a":\xff}')
    (item,) = json.loads(postman(what, door("https://[::1]:8443")))["item"]
    again = item["request"]
    assert item["name"] == "POST /v1/keys"
    assert again["auth"] == {"type": "noauth"}
    assert again["header"] == [{"key": "X-A", "value": "caf�"}]
    assert again["body"] == {"mode": "raw", "raw": '{"a":�}'}
    assert again["url"] == {
        "raw": "https://[::1]:8443/v1/keys?a=1&b",
        "protocol": "https",
        "host": ["[::1]"],
        "port": "8443",
        "path": ["v1", "keys"],
        "query": [{"key": "a", "value": "1"}, {"key": "b", "value": ""}],
    }
    assert "body" not in json.loads(postman(request(), door("http://[::1]")))["item"][0]["request"]
    bare = json.loads(postman(request(), door("http://localhost")))["item"][0]["request"]["url"]
    assert (bare["host"], bare["port"]) == (["localhost"], "")
