"""What is copied of a request goes to the proxy, and nowhere else, whatever the request says."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proxy.console.caller_url import CallerUrl
from proxy.console.copying import FORMS, NotCopied, copied
from proxy.console.har import har
from proxy.console.sendable import Sendable, sendable
from proxy.exchange.record import Exchange
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import Request
from proxy.journal.assembly import entry_of
from proxy.journal.entry import Entry
from proxy.journal.recorder import Capture, CopyBudget
from proxy.journal.redaction import Redaction
from tests.support import RawUpstream
from tests.support.needs import need
from tests.support.patience import PATIENCE

DOOR = CallerUrl("http://127.0.0.1:8080", "", keyed=True, production=False)
KEY = "key-of-a-caller-16"
ELSEWHERE = [
    ("CONNECT", "@{host}/x"),
    ("CONNECT", ":x@{host}"),
    ("CONNECT", "{host}"),
    ("CONNECT", ".{host}"),
    ("GET", "http://{host}/x"),
    ("GET", "0@{host}"),
    ("GET", "?@{host}"),
    ("GET", "#@{host}"),
    ("GET", "\\@{host}"),
    ("GET", "*@{host}"),
    ("GET", ""),
]
TARGETS = ["/@evil.example", "//evil.example/x", "/\\evil.example", "/:80@evil.example", "*"]
METHODS = ["evil.example", "127.0.0.1", "--proxy", "-x", "GET", "options"]


def entry(method: str, target: str, *lines: tuple[bytes, bytes]) -> Entry:
    request = Request(method, target.encode(), "1.1", Section(list(lines), REQUEST), 0)
    exchange = Exchange("a-1", method, target.encode())
    return entry_of(exchange, Capture(request, CopyBudget()), 1, Redaction([]), tls=False)


@pytest.mark.parametrize(("method", "target"), ELSEWHERE)
def test_what_is_no_path_is_not_copied_and_has_no_url(method: str, target: str) -> None:
    shown = entry(method, target.format(host="evil.example:80"))
    assert str(sendable(shown).problem) == (
        "it names another server, or no path: it is never sent from here"
    )
    assert har([shown], DOOR)["log"]["entries"][0]["request"]["url"] == DOOR.url


# An absolute-form target may stand in a text: Python and Node send it, to our own address.
HIDDEN = [target for _, target in ELSEWHERE if not target.startswith("http")]


@pytest.mark.parametrize("target", [*TARGETS, *HIDDEN])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("form", FORMS)
def test_every_address_in_a_copied_text_is_our_own(form: str, method: str, target: str) -> None:
    """Also if somebody asked for what is never offered."""
    host = "evil.example:80"
    try:
        text = copied(form, Sendable(method, target.format(host=host), (), b""), DOOR)
    except NotCopied:
        assert form == "httpie"
        assert not method.isalpha()
        return
    schema = "https://schema.getpostman.com/"
    for address in re.findall(r"https?:\S+", text.replace("\\\\", "\\")):
        assert re.match(r"http://127\.0\.0\.1:8080(?:[/'\",;)\s]|$)", address) or (
            address.startswith(schema)
        )


def by_php(text: str, folder: Path) -> list[str]:
    (folder / "copied.php").write_text(text)
    return [need("php"), "copied.php"]


def by_node(text: str, folder: Path) -> list[str]:
    (folder / "copied.mjs").write_text(text)
    return [need("node"), "copied.mjs"]


def by_python(text: str, folder: Path) -> list[str]:
    (folder / "copied.py").write_text(text)
    return [sys.executable, "copied.py"]


def by_shell(text: str, folder: Path) -> list[str]:
    (folder / "copied.sh").write_text(text)
    return ["/bin/sh", "copied.sh"]


@pytest.mark.parametrize(
    ("form", "program", "by"),
    [
        ("curl", "curl", by_shell),
        ("httpie", "http", by_shell),
        ("php", "php", by_php),
        ("javascript", "node", by_node),
        ("python", "", by_python),
    ],
)
def test_the_caller_key_arrives_at_no_other_server(
    form: str, program: str, by: Callable[[str, Path], list[str]], tmp_path: Path
) -> None:
    if program:
        need(program)
    with RawUpstream() as ours, RawUpstream() as other:
        door = CallerUrl(ours.url, "", keyed=True, production=False)
        host = other.url.removeprefix("http://")
        wanted = [Sendable("GET", "@" + host, (), b""), Sendable("GET", "//" + host, (), b"")]
        for number, request in enumerate(wanted, start=1):
            words = by(copied(form, request, door), tmp_path)
            environment: dict[str, Any] = {**os.environ, "BREB_CALLER_KEY": KEY}
            subprocess.run(
                words, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL,
                capture_output=True, timeout=PATIENCE, check=True,
            )  # fmt: skip
            assert len(ours.calls) == number
            assert ours.calls[-1].values("x-proxy-key") == [KEY.encode()]
        assert other.calls == []


@pytest.mark.parametrize(
    "request_of",
    [
        pytest.param(Sendable("POST", "/v1/x?a={{secret}}", (), b""), id="target"),
        pytest.param(Sendable("POST", "/v1/x", (("X-A", "{{secret}}"),), b""), id="field"),
        pytest.param(Sendable("POST", "/v1/x", (), b'{"a": "{{secret}}"}'), id="body"),
    ],
)
def test_postman_is_given_nothing_that_it_would_replace(request_of: Sendable) -> None:
    """Its environment may hold secrets, and these would go to the upstream."""
    with pytest.raises(NotCopied, match=r"contains \{\{, which Postman"):
        copied("postman", request_of, DOOR)
    again = json.loads(copied("postman", Sendable("POST", "/v1/x", (), b'{"a":{}}'), DOOR))
    assert again["item"][0]["request"]["url"]["raw"] == DOOR.url + "/v1/x"
