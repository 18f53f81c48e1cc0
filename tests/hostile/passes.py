"""What passes over bytes that strangers choose, each as a function of one text.

`tests.hostile.test_linear` gives them what is known to be hostile, `tests.hostile.search` looks for
more.
"""

import asyncio
import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from proxy.cli.ledger import rows, spreadsheet
from proxy.console.caller_url import CallerUrl
from proxy.console.changes import changes
from proxy.console.copying import FORMS, NotCopied
from proxy.console.find import find
from proxy.console.har import written
from proxy.console.said import said
from proxy.console.sendable import sendable
from proxy.console.views import detail
from proxy.errors import ProxyError, TokenError
from proxy.exchange.local_tokens import _other_id
from proxy.exchange.record import Exchange
from proxy.exchange.request_form import Hosts
from proxy.exchange.token_request import BadTokenRequest, read
from proxy.http1.answer_fields import AnswerFields
from proxy.http1.fields import REQUEST, Section, serialised
from proxy.http1.request import Request
from proxy.http1.request_parser import RequestParser
from proxy.http1.response_parser import ResponseParser
from proxy.journal.assembly import entry_of
from proxy.journal.body import content
from proxy.journal.entry import Entry
from proxy.journal.recorder import Capture, CopyBudget, Recorder
from proxy.journal.redaction import Redaction
from proxy.journal.spellings import hidden
from proxy.ledger import questions
from proxy.ledger.comparison import Comparison
from proxy.ledger.document import Document
from proxy.ledger.payment import Picker
from proxy.rules import Rule, ambiguous
from proxy.settings import dotenv
from proxy.telemetry.access_log import _json_line, _text_line
from proxy.terminal.screen import Screen
from proxy.token.inventory import read_page
from proxy.token.response import grant, http_date, refusal, retry_after
from proxy.upstream.client import Reply
from simulator.faults import Fault
from simulator.latency import Latency
from simulator.outcomes import parse
from simulator.qr import emv
from simulator.qr.reading import read as read_code
from tests.support.exchanges import attempt

REDACTION = Redaction(("account_number", "email"))
SECRETS = ["0123456789abcdef" * 3]
DOOR = CallerUrl("http://127.0.0.1:8080", "", keyed=True, production=False)
TEMPLATE = entry_of(Exchange("a-1", "GET", b"/v1/x"), None, 1, Redaction([]), tls=False)
PICKER = Picker(("invoice",), REDACTION.value, str.upper)
RULE = Rule.parse("GET /v1/*/x*/y")
HOSTS = Hosts(frozenset((b"localhost",)))
_ROW: dict[str, Any] = {
    **dict.fromkeys(spreadsheet.COLUMNS, ""),
    "number": 1,
    "payment": {},
    "answer": {},
    "verdicts": [],
    "evidence": [],
    "in_doubt": False,
    "asking": None,
    "disagrees": False,
    "unreadable": False,
    "seconds": 1.0,
    "outcome": "answered",
}

# What means something to one pass or another.
PIECES = [
    "a",
    "0",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\r\n\r\n",
    "/",
    "//",
    "/.",
    "..",
    "\\",
    '"',
    '\\"',
    "'",
    "=",
    "==",
    ";",
    "&",
    "?",
    "#",
    ":",
    ",",
    "+",
    "-",
    "--",
    "_",
    "%",
    "%25",
    "%2525",
    "%41",
    "*",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    "</",
    "<![CDATA[",
    "]]>",
    "<a ",
    "&amp;",
    "&#32;",
    "\\u0041",
    "Bearer ",
    "Basic ",
    "name=",
    'name="a"',
    "email",
    '"email":',
    '{"a":',
    "email=",
    "account_",
    "0123456789abcdef",
    "charset=",
    "${",
    "export ",
    "HTTP/1.1",
    "GET ",
    "A: b\r\n",
    "00",
    "0002",
    "CO.COM.",
    "after=",
    "times=1",
    "..1s",
    "\x00",
    "\x1b[",
    "é",
    "🏦",
    "\u202e",
    '="',
    '="x',
    "--b\r\n",
    "=1+1",
    "=\n",
    "\x85",
    "|",
    "@",
    "!",
    "$(",
    "`",
    "Cookie: ",
    "X: ",
    "/v1/",
    "/x",
    "/y",
]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _entry(text: str) -> Entry:
    """Return what the journal keeps of an exchange that is made of ``text``."""
    data = _bytes(text)
    target = b"/" + data.translate(None, b" \r\n")
    lines = [(b"Host", b"localhost"), *((b"X", line) for line in data.split(b"\n"))]
    request = Request("POST", target, "1.1", Section(lines, REQUEST), len(data))
    exchange = Exchange("a-1", "POST", target)
    entries: list[Entry] = []

    def keep(exchange: Exchange, capture: Capture | None) -> None:
        entries.append(entry_of(exchange, capture, 1, REDACTION, tls=False))

    capture = Capture(request, CopyBudget())
    capture.enters("token")
    capture.received(data, last=True)
    going = attempt(200)
    capture.sending(going, b"POST " + target + b" HTTP/1.1\r\n" + data + b"\r\n\r\n")
    capture.answered(going, AnswerFields(b"HTTP/1.1 200 OK\r\n" + serialised(lines) + b"\r\n"))
    capture.answering(lines)
    capture.passing(data)
    recorder = Recorder(keep)
    recorder.under_way[exchange] = capture
    recorder.end(exchange)
    return entries[0]


def _shown(text: str) -> Entry:
    """Return an entry whose every text is ``text``, masked or not."""
    lines = tuple(("X", line) for line in text.split("\n")[:200])
    body = replace(TEMPLATE.request, data=text, size=len(text), media_type="application/json")
    return replace(
        TEMPLATE, target=f"/{text}", request_lines=lines, answer_lines=lines, request=body,
        answer=body, status=400,
    )  # fmt: skip


def _copied(text: str) -> None:
    request = replace(sendable(_shown(text)), method="POST")
    for write in FORMS.values():
        with contextlib.suppress(NotCopied):  # a client that would take it for something else
            write(request, DOOR)


def _found(text: str) -> None:
    terms = ["a" * 99 + "b", text[: len(text) // 2], text[-50:]]
    asyncio.run(find([_shown(text)], terms))


def _fed(text: str) -> None:
    data = _bytes(text)
    post = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data)
    for before in (b"", b"GET /", b"GET / HTTP/1.1\r\nHost: a\r\n", post, post + chunk):
        parser, whole, at = RequestParser(), before + data, 0
        with contextlib.suppress(ProxyError):
            while at < len(whole):
                _, at = parser.feed(whole, at)


def _answered(text: str) -> None:
    for before in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"):
        with contextlib.suppress(ProxyError):
            ResponseParser(head_only=False).feed(before + _bytes(text))


def _replied(text: str) -> None:
    data = _bytes(text)
    line = data.replace(b"\n", b" ")
    for status in (302, 401, 503):
        lines = [(b"location", b"https://" + line), (b"retry-after", line), (b"date", line)]
        reply = Reply(status, lines, data)
        refusal(reply)
        retry_after(reply)
    http_date(text)
    for each in (data, json.dumps({"access_token": text, "expires_in": text, "scope": text})):
        with contextlib.suppress(TokenError):
            grant(each if isinstance(each, bytes) else each.encode())
    with contextlib.suppress(TokenError):
        read_page(json.dumps({"tokens": [{"token_id": text[:100], "created_at": text}]}).encode())


def _asked(text: str) -> None:
    data = _bytes(text)
    for kind, authorization in (
        (b"application/json", b""),
        (b"application/x-www-form-urlencoded", b"Basic " + data),
    ):
        with contextlib.suppress(BadTokenRequest):
            read(kind, authorization, data)
    _other_id(data, "t-1")


def _judged(text: str) -> None:
    data = _bytes(text)
    ambiguous(data)
    RULE.matches("GET", b"/v1/" + data)
    with contextlib.suppress(ProxyError):
        HOSTS.check(data)


def _logged(text: str) -> None:
    exchange = Exchange("a-1", "GET", b"/" + _bytes(text))
    exchange.failure = ProxyError(text)
    _json_line(exchange, 0.0)
    _text_line(exchange, "12:00:00")


def _listed(text: str) -> None:
    entry = {**_ROW, "path": text, "payment": {"reference": text}, "answer": {"id": text}}
    spreadsheet.write_csv([entry], io.StringIO())
    rows.table([entry], Screen(io.StringIO()))
    rows.details(entry)


def _looked_up(text: str) -> None:
    told = {"id": text, "resolution_id": text, "amount.value": text}
    entry = {"path": f"/v1/payments/breb{text}", "method": "POST", "payment": told, "marks": {}}
    entry |= {"answer": {"id": text}, "opened_at": "2026-01-01T00:00:00Z"}
    questions.questions({**entry, "path": text})
    questions.not_found(_bytes(text))
    for question in questions.questions(entry):
        questions.page(question, _bytes(text))
        question.page(2, {"first_request_timestamp": text})
    questions.Page([{"created_at": text}], {"total_pages": text}).ends(1)
    element = {"id": text, "resolution_id": text, "created_at": text, "amount": {"value": text}}
    Comparison(entry, lambda _, value: value, str.upper).candidates([element])


def _simulated(text: str) -> None:
    for reader in (Fault.parse, Latency.parse, parse, emv.opened, emv.unpack):
        with contextlib.suppress(ValueError):
            reader(text)
    with contextlib.suppress(ValueError):
        read_code("c-1", emv.seal([("00", "01"), ("26", text[:99] or "a"), ("62", "0")]))


def _settings(text: str) -> None:
    if dotenv.unsafe(text):
        return
    dotenv.assigned(text)
    dotenv.unreadable(text)


PASSES: dict[str, Callable[[str], object]] = {
    "masking a body": lambda text: REDACTION.text(text, SECRETS, cut=True),
    "masking a target": lambda text: REDACTION.target(_bytes(text), SECRETS),
    "masking a field": lambda text: REDACTION.lines([(b"X", _bytes(text))], SECRETS),
    "masking a member": lambda text: REDACTION.value("reference", text),
    "looking for a secret": lambda text: hidden(text, [text[:8000], "0" * 99], "#", cut=True),
    "keeping a body": lambda text: content(_bytes(text), len(text), [], REDACTION, SECRETS),
    "keeping an exchange": _entry,
    "picking for the ledger": lambda text: PICKER.payment(Document(_bytes(text))),
    "picking of an answer": lambda text: PICKER.answer(_bytes(text)),
    "listing the ledger": _listed,
    "looking up": _looked_up,
    "reading requests": _fed,
    "reading answers": _answered,
    "reading token replies": _replied,
    "reading token requests": _asked,
    "judging": _judged,
    "logging": _logged,
    "showing": lambda text: json.dumps(detail(_shown(text), DOOR)),
    "what an answer says": lambda text: said(_shown(text).answer, 400),
    "comparing heads": lambda text: changes(
        _shown(text).request_lines, _shown(text + "a").answer_lines
    ),
    "archiving": lambda text: "".join(written([_shown(text)], DOOR)),
    "copying": _copied,
    "finding": _found,
    "the simulator": _simulated,
    "settings": _settings,
}
