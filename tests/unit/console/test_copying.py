"""Copied requests, run for real: whatever stands in them, they do nothing but be sent."""

import base64
import contextlib
import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proxy.console.caller_url import CallerUrl
from proxy.console.copying import (
    FORMS,
    copied,
    csharp,
    curl,
    httpie,
    java,
    javascript,
    php,
    postman,
    powershell,
    python,
)
from proxy.console.sendable import Sendable
from tests.support import Call, RawUpstream, node, warm
from tests.support.mono import at_once
from tests.support.needs import need
from tests.support.patience import PATIENCE
from tests.support.stubs import stub
from tests.support.sweeps import further

BODIES = [
    pytest.param(b"'; touch pwned; '", id="closes the quote"),
    pytest.param(b"$(touch pwned) `touch pwned` ${HOME} ~ * !! $!", id="expansions"),
    pytest.param("{{caller_key}} café €".encode(), id="beyond ASCII"),
    pytest.param(b"", id="none"),
    pytest.param(b'{"amount": {"value": "10"}}', id="JSON"),
    pytest.param(b"@/etc/passwd", id="curl's and HTTPie's file sign"),
    pytest.param(b"-", id="standard input"),
    pytest.param(b"--output pwned", id="an option"),
    pytest.param(b"%s%n\\0101\\x41\\c", id="printf's signs"),
    pytest.param(b"line\nnext line\n\n", id="line ends"),
    pytest.param(b"a\r\nb\tc", id="control characters"),
    pytest.param(b"\x1b[201~\rtouch pwned\n", id="ends a bracketed paste"),
    pytest.param("añ ‮txet esrever".encode(), id="turns the text around"),
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


def few(rows: list[Any]) -> list[Any]:
    """Return the rows of a sweep through five clients; the first three stand for all."""
    return [*rows[:3], *further(*rows[3:])]


KEY = [b"from the environment"]


def request(**changes: Any) -> Sendable:
    """A POST with the given parts."""
    parts: dict[str, Any] = {"method": "POST", "target": "/v1/x", "lines": (), "body": b""}
    return Sendable(**(parts | changes))


def door(url: str, *, keyed: bool = False, socket: str = "") -> CallerUrl:
    return CallerUrl(url, socket, keyed=keyed, production=False)


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
        timeout=PATIENCE,
        check=False,
    )
    assert not (folder / "pwned").exists()
    return done


def through_curl(what: Sendable, folder: Path) -> Call:
    need("curl")
    with RawUpstream() as upstream:
        done = shell(curl(what, door(upstream.url)), folder)
        assert done.returncode == 0, done.stderr
        (call,) = upstream.calls
        return call


def ran(words: list[str], folder: Path, **variables: str) -> bytes:
    """Run a program in the folder, see that nothing was left behind, return what it printed."""
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (folder / "pwned").exists()
    return done.stdout


WARM: dict[str, warm.Warm] = {}


@pytest.fixture(scope="module", autouse=True)
def _warm() -> Iterator[None]:
    """Half a hundred scripts are run by each: their starts would take most of the time."""
    with warm.python() as python, contextlib.ExitStack() as stack:
        WARM["replay.py"] = python
        if program := shutil.which("node"):
            WARM["replay.mjs"] = stack.enter_context(warm.node(program))
        yield
        WARM.clear()


def warmly(name: str, folder: Path, variables: dict[str, str]) -> bytes:
    code, out, err = WARM[name].run(folder, name, {**os.environ, **variables})
    assert code == 0, err
    assert not (folder / "pwned").exists()
    return out


def by_python(text: str, folder: Path, **variables: str) -> bytes:
    (folder / "replay.py").write_text(text)
    return warmly("replay.py", folder, variables)


def by_node(text: str, folder: Path, **variables: str) -> bytes:
    need("node")
    (folder / "replay.mjs").write_text(text)
    return warmly("replay.mjs", folder, variables)


def by_php(text: str, folder: Path, **variables: str) -> bytes:
    (folder / "replay.php").write_text(text)
    return ran([need("php"), "replay.php"], folder, **variables)


def by_java(text: str, folder: Path, **variables: str) -> bytes:
    (folder / "Replay.java").write_text(text)
    quick = ["-Xshare:auto", "-XX:TieredStopAtLevel=1"]
    return ran([need("java"), *quick, "Replay.java"], folder, **variables)


def by_mono(text: str, folder: Path, **variables: str) -> bytes:
    (folder / "Replay.cs").write_text(at_once(text, "Replay"))
    mono = need("mono")
    ran(["mcs", "-r:System.Net.Http.dll", "-main:AtOnce", "Replay.cs"], folder)
    return ran([mono, "Replay.exe"], folder, **variables)


def by_powershell(text: str, folder: Path, **variables: str) -> bytes:
    """Read the few words of PowerShell that are used, as it reads them: Debian has none.

    A word in apostrophes ends at the next one that is not doubled; nothing else has a meaning in
    it. Windows PowerShell loses the double quotes in the words it gives to a program.
    """
    quoted = r"'((?:[^']|'')*)'"
    files: dict[str, str] = {}
    for name, how, value in re.findall(
        r"WriteAllBytes\(\$(\w+), \[(?:Text\.Encoding|Convert)\]::(\S+?)\(" + quoted, text
    ):
        literal = value.replace("''", "'")
        data = literal.encode() if how == "UTF8.GetBytes" else base64.b64decode(literal)
        files[name] = str(folder / name)
        (folder / name).write_bytes(data)
    command = text[text.index("curl.exe") :].replace(" `\n", " ")
    command = re.sub(r"\nRemove-Item \$\w+", "", command)
    words = []
    for match in re.finditer(rf"{quoted}|\"([^\"]*)\"|([^\s'\"]+)", command):
        single, double, bare = match.groups()
        if single is not None:
            words.append(single.replace("''", "'").replace('"', ""))
        elif double is not None:
            named = re.sub(r"\$env:(\w+)", lambda found: variables[found[1]], double)
            words.append(re.sub(r"\$(\w+)", lambda found: files[found[1]], named))
        else:
            words.append(bare)
    assert words[0] == "curl.exe"
    return ran([need("curl"), "--silent", *words[1:]], folder)


RUN = {
    python: by_python,
    javascript: by_node,
    php: by_php,
    powershell: by_powershell,
    java: by_java,
    csharp: by_mono,
}


def through(form: Any) -> Any:
    """Return a way as `through_curl` is one."""

    def way(what: Sendable, folder: Path) -> Call:
        with RawUpstream() as upstream:
            printed = RUN[form](form(what, door(upstream.url)), folder)
            assert printed.split() in ([b"200", b"ok"], [b"ok"])
            (call,) = upstream.calls
            return call

    return way


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(through_curl, id="curl"),
        *(
            pytest.param(through(form), id=form.__name__)
            for form in (python, javascript, php, powershell)
        ),
    ],
)
class TestRun:
    """The same for each that sends the very bytes, in its own language."""

    @pytest.mark.parametrize("body", few(BODIES))
    def test_the_body_arrives_as_it_was(self, way: Any, body: bytes, tmp_path: Path) -> None:
        call = way(request(body=body, lines=(("Content-Type", "application/json"),)), tmp_path)
        assert (call.method, call.target, call.body) == ("POST", b"/v1/x", body)
        assert call.values("content-type") == [b"application/json"]

    @pytest.mark.parametrize("target", few(TARGETS))
    def test_the_target_arrives_as_it_was(self, way: Any, target: str, tmp_path: Path) -> None:
        call = way(request(method="GET", target=target), tmp_path)
        assert (call.method, call.target) == ("GET", target.encode())

    @pytest.mark.parametrize("line", few(FIELDS))
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


@pytest.mark.needs("curl")
def test_curl_asks_for_a_head_alone(tmp_path: Path) -> None:
    with RawUpstream(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n") as upstream:
        done = shell(curl(request(method="HEAD"), door(upstream.url)), tmp_path)
        assert done.returncode == 0, done.stderr
        assert upstream.calls[0].method == "HEAD"


COMBINED = b"\n".join(case.values[0] for case in BODIES[:13])  # type: ignore[misc]


@pytest.mark.parametrize("form", [java, csharp])
class TestLibraries:
    """Those whose library has its own way: few runs, since each takes a compiler a second."""

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(COMBINED, id="text"),
            *further(
                pytest.param(bytes(range(256)), id="bytes"),
                pytest.param(b'"\\u000a' * 8000, id="long"),
                pytest.param(b"", id="none"),
            ),
        ],
    )
    def test_body_and_fields_arrive_as_they_were(
        self, form: Any, body: bytes, tmp_path: Path
    ) -> None:
        values = [value for ((_, value),) in (case.values for case in FIELDS) if value.isascii()]  # type: ignore[misc]
        lines = [(f"X-{at}", value) for at, value in enumerate(values) if value]
        lines.append(("Content-Type", "application/json"))
        target = "/v1/payments/breb?page_params.page_size=5&a=%20%2F"
        what = request(method="PATCH", target=target, lines=tuple(lines), body=body)
        call = through(form)(what, tmp_path)
        assert (call.method, call.target, call.body) == ("PATCH", target.encode(), body)
        for name, value in lines:
            if body or name != "Content-Type":
                assert call.values(name) == [value.encode()]

    def test_what_it_cannot_write_is_named(self, form: Any) -> None:
        text = form(request(target="/[x]", lines=(("X-A", "é"),)), door("http://h", socket="/s"))
        client = {java: "Java", csharp: "C#"}[form]
        assert f"// {client} cannot send this header: X-A" in text
        assert "// this client may change the path" in text
        assert "// this client cannot use a Unix socket" in text


def test_a_plain_request_is_plain_code() -> None:
    what = request(body=b'{"a":1}', lines=(("Content-Type", "application/json"),))
    assert "import requests" in python(what, door("http://h"))
    assert "await fetch(" in javascript(what, door("http://h"))
    odd = request(target="/a/../b")
    assert "import http.client" in python(odd, door("http://h"))
    assert 'from "node:https"' in javascript(odd, door("https://h:1"))
    assert 'HTTPSConnection("h:1"' in python(odd, door("https://h:1")).replace("'", '"')
    assert "requests" not in python(request(lines=(("A", "1"), ("a", "2"))), door("http://h"))


@pytest.mark.parametrize("form", [python, javascript, php])
def test_repeated_fields_stay_apart(form: Any, tmp_path: Path) -> None:
    call = through(form)(request(lines=(("X-A", "1"), ("X-A", "2")), body=b"x"), tmp_path)
    assert call.values("x-a") == [b"1", b"2"]


@pytest.mark.parametrize("form", [python, *further(*list(RUN)[1:])])
def test_a_head_asks_for_no_body(form: Any, tmp_path: Path) -> None:
    with RawUpstream(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n") as upstream:
        RUN[form](form(request(method="HEAD"), door(upstream.url)), tmp_path)
        assert [call.method for call in upstream.calls] == ["HEAD"]


def test_postman_runs_what_was_copied(tmp_path: Path) -> None:
    newman = node.package("newman") / "bin" / "newman.js"
    with RawUpstream() as upstream:
        what = request(body=b'{"a":1}', lines=(("Content-Type", "application/json"),))
        (tmp_path / "copied.json").write_text(postman(what, door(upstream.url)))
        ran([need("node"), str(newman), "run", "copied.json"], tmp_path)
        (call,) = upstream.calls
    assert (call.method, call.target, call.body) == ("POST", b"/v1/x", b'{"a":1}')


def test_httpie_itself_sends_it(tmp_path: Path) -> None:
    need("http")
    with RawUpstream() as upstream:
        what = request(body=b'{"a": "it\'s"}', lines=(("Content-Type", "application/json"),))
        done = shell(httpie(what, door(upstream.url)), tmp_path)
        assert done.returncode == 0, done.stderr
        (call,) = upstream.calls
    assert (call.method, call.target, call.body) == ("POST", b"/v1/x", b'{"a": "it\'s"}')


@pytest.mark.needs("curl")
def test_the_caller_key_is_a_variable_of_the_shell(tmp_path: Path) -> None:
    with RawUpstream() as upstream:
        way_in = door(upstream.url, keyed=True)
        done = shell(curl(request(), way_in), tmp_path, BREB_CALLER_KEY="from the environment")
        assert done.returncode == 0, done.stderr
        assert [call.values("x-proxy-key") for call in upstream.calls] == [KEY]


@pytest.mark.parametrize(
    ("form", "target"),
    [
        *((form, "/a/../b") for form in (python, javascript)),
        *further(*((form, "/v1/x") for form in RUN)),
    ],
)
def test_the_caller_key_is_a_variable(form: Any, target: str, tmp_path: Path) -> None:
    with RawUpstream() as upstream:
        text = form(request(target=target), door(upstream.url, keyed=True))
        RUN[form](text, tmp_path, BREB_CALLER_KEY="from the environment")
        assert [call.values("x-proxy-key") for call in upstream.calls] == [KEY]


def test_the_caller_key_is_a_variable_where_nothing_is_run() -> None:
    way_in = door("http://127.0.0.1:8080", keyed=True)
    assert '"X-Proxy-Key:$BREB_CALLER_KEY"' in httpie(request(), way_in)
    assert "{{caller_key}}" in postman(request(), way_in)


def test_a_unix_socket_is_the_way_in(tmp_path: Path) -> None:
    way_in = door("http://localhost", socket="/run/it's/proxy.sock")
    assert """--unix-socket '/run/it'"'"'s/proxy.sock'""" in curl(request(), way_in)
    assert 'connect("/run/it\'s/proxy.sock")' in python(request(), way_in)
    assert 'socketPath: "/run/it\'s/proxy.sock"' in javascript(request(), way_in)
    assert "UNIX_SOCKET_PATH => '/run/it\\'s/proxy.sock'" in php(request(), way_in)
    assert "--unix-socket '/run/it''s/proxy.sock'" in powershell(request(), way_in)
    assert ": 'HTTPie needs a plug-in for Unix sockets" in httpie(request(), way_in)


@pytest.mark.parametrize(
    ("form", "sign"),
    [(curl, ": '"), (httpie, ": '"), *((form, ("# ", "// ", "<?php\n// ")) for form in RUN)],
)
def test_masked_values_are_spoken_of(form: Any, sign: Any) -> None:
    signs = (sign,) if isinstance(sign, str) else sign
    text = form(request(masked=True), door("http://x"))
    assert text.startswith(tuple(f"{each}•••• replaces" for each in signs))
    assert "••••" not in form(request(), door("http://x"))


@pytest.mark.parametrize("form", [curl, httpie, *RUN])
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
    # Not by a shebang of Python: its path may have a blank in it.
    words = shlex.join([sys.executable, str(folder / "dump.py")])
    stub(folder / "http", f'exec {words} "$@"')
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
    assert text.startswith(": 'HTTPie cannot send this header: X-A'\n")
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
    assert ("may change the path" in text) == said


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


POSTMANS = (
    ("Accept", "*/*"),
    ("Accept-Encoding", "gzip, deflate, br"),
    ("Cache-Control", "no-cache"),
    ("Idempotency-Key", "4711"),
    ("Postman-Token", "0b8f"),
    ("Sec-CH-UA", "a browser"),
    ("User-Agent", "PostmanRuntime/7.43.0"),
    ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
)
PLAIN = b'{"said":"in words"}'
SQUEEZED = gzip.compress(PLAIN)


def squeezing(call: Call) -> bytes:
    """Answer compressed to whoever says that it can undo that, as many an API does."""
    accepted = b", ".join(call.values("accept-encoding"))
    body, coding = (
        (SQUEEZED, b"Content-Encoding: gzip\r\n") if b"gzip" in accepted else (PLAIN, b"")
    )
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n"
    return head % (coding, len(body)) + body


def by_shell(text: str, folder: Path, name: str = "curl") -> bytes:
    """Run it in a real shell; ``name`` is the program that it calls."""
    need(name)
    done = shell(text, folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def by_httpie(text: str, folder: Path) -> bytes:
    return by_shell(text, folder, "http")


def by_newman(text: str, folder: Path) -> bytes:
    collection = json.loads(text)
    script = {"exec": ["console.log(pm.response.text())"]}
    collection["item"][0]["event"] = [{"listen": "test", "script": script}]
    (folder / "copied.json").write_text(json.dumps(collection))
    newman = node.package("newman") / "bin" / "newman.js"
    return ran([need("node"), str(newman), "run", "copied.json"], folder)


@pytest.mark.parametrize("form", ["curl", *further(*(form for form in FORMS if form != "curl"))])
def test_what_is_copied_prints_the_answer_of_an_api_that_compresses(
    form: str, tmp_path: Path
) -> None:
    """Postman, which sent it, undoes codings; most of the others print the bytes that come."""
    runners = RUN | {curl: by_shell, httpie: by_httpie, postman: by_newman}
    with RawUpstream(squeezing) as upstream:
        what = request(body=b'{"a":1}', lines=(*POSTMANS, ("Content-Type", "application/json")))
        text = copied(form, what, door(upstream.url))
        printed = runners[FORMS[form]](text, tmp_path)
        (call,) = upstream.calls
    assert b"in words" in printed
    assert call.values("idempotency-key") == [b"4711"]
    assert call.values("user-agent") == [b"PostmanRuntime/7.43.0"]
    assert (call.values("traceparent"), call.values("sec-ch-ua")) == ([], [])
    assert b"0b8f" not in call.values("postman-token")


@pytest.mark.parametrize(("form", "run"), [("curl", by_shell), ("php", by_php)])
def test_curl_and_php_ask_for_codings_if_the_old_client_did(
    form: str, run: Any, tmp_path: Path
) -> None:
    asked, not_asked = request(lines=POSTMANS), request(lines=POSTMANS[2:])
    with RawUpstream(squeezing) as upstream:
        for what in (asked, not_asked):
            run(copied(form, what, door(upstream.url)), tmp_path)
        codings = [b"".join(call.values("accept-encoding")) for call in upstream.calls]
    assert b"gzip" in codings[0]
    assert codings[1] == b""
