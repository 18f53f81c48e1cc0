"""Known secrets are found however they are spelt."""

import base64
import html
import json
import random
import textwrap
import tracemalloc
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.journal.spellings import hidden

TOKEN = "eyJh/bGci+OiJIUzI1~NiJ9.c2Vj_cmV0-dG9r/ZW4tb2Y=dGVzdHM9"
DATA = TOKEN.encode()


def percent(text: str, *, upper: bool = True) -> str:
    return "".join(f"%{ord(c):02X}" if upper else f"%{ord(c):02x}" for c in text)


@pytest.mark.parametrize(
    "spelt",
    [
        pytest.param(TOKEN, id="as it is"),
        pytest.param(TOKEN.upper(), id="in capitals"),
        pytest.param(TOKEN.replace("/", r"\/"), id="JSON with its slashes escaped"),
        pytest.param("".join(f"\\u{ord(c):04x}" for c in TOKEN), id="JSON, all of it"),
        pytest.param(json.dumps(json.dumps(TOKEN.replace("/", r"\/"))), id="JSON in JSON in JSON"),
        pytest.param(quote(TOKEN, safe=""), id="a URL's"),
        pytest.param(percent(TOKEN), id="all of a URL's"),
        pytest.param(percent(TOKEN, upper=False), id="a URL's in lower case"),
        pytest.param(quote(quote(TOKEN, safe=""), safe=""), id="a URL's in a URL"),
        pytest.param("".join(f"%u{ord(c):04X}" for c in TOKEN), id="an old script's"),
        pytest.param("".join(f"\\x{ord(c):02x}" for c in TOKEN), id="a script's"),
        pytest.param("".join(f"&#{ord(c)};" for c in TOKEN), id="HTML in numbers"),
        pytest.param("".join(f"&#x{ord(c):x};" for c in TOKEN), id="HTML in hexadecimal"),
        pytest.param(TOKEN.replace("/", "&sol;").replace("+", "&plus;"), id="HTML by name"),
        pytest.param(html.escape(quote(TOKEN, safe="")), id="a URL's in HTML"),
        pytest.param(DATA.hex(), id="hexadecimal"),
        pytest.param(DATA.hex().upper(), id="hexadecimal in capitals"),
        pytest.param(DATA.hex(" "), id="hexadecimal in pairs"),
        pytest.param(base64.b64encode(DATA).decode(), id="base64"),
        pytest.param(base64.b64encode(b"Bearer " + DATA + b"\r\n").decode(), id="base64 of a line"),
        pytest.param(base64.urlsafe_b64encode(b"x:" + DATA).decode(), id="base64 for URLs"),
        pytest.param(base64.encodebytes(DATA * 2).decode(), id="base64 in lines"),
        pytest.param(
            "\\r\\n".join(textwrap.wrap(base64.b64encode(DATA).decode(), 20)), id="in JSON"
        ),
        pytest.param("=\r\n".join(textwrap.wrap(TOKEN, 11)), id="quoted-printable"),
        pytest.param(TOKEN[:20] + "\n  " + TOKEN[20:], id="folded"),
    ],
)
def test_a_secret_is_found_in_each_spelling(spelt: str) -> None:
    text, count = hidden(
        f'{{"before": "a %41", "echo": "{spelt}", "after": "&amp; é"}}', [TOKEN], "#"
    )
    assert count >= 1
    before, _, after = text.partition('"echo": "')
    assert before == '{"before": "a %41", '
    assert after.endswith('", "after": "&amp; é"}')
    rest = after.removesuffix('", "after": "&amp; é"}')
    # In base64 a few characters belong to the bytes beside it as well.
    assert len(rest.replace("#", "")) <= 16


def test_other_text_stays_as_it_is() -> None:
    text = r'{"a": "\/ %2F &amp; \u00e9", "b": [1,   2]}' + "İ" * 3
    assert hidden(text, [TOKEN], "#") == (text, 0)
    assert hidden(text, [], "#") == (text, 0)


@pytest.mark.parametrize("spelt", ["Señal-ΟΔΟΣ-İx", "SEÑAL-ΟΔΟΣ-İX", "señal-οδοσ-İx"])
def test_the_case_of_no_letter_hides_one(spelt: str) -> None:
    assert hidden(f"é {spelt}ά.", ["Señal-ΟΔΟΣ-İx"], "#") == ("é #ά.", 1)


def test_each_is_counted_once() -> None:
    assert hidden(f"{TOKEN} and {quote(TOKEN, safe='')}", [TOKEN], "#") == ("# and #", 2)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"İ x {TOKEN[:12]}", "İ x #"),
        (f"x {quote(TOKEN, safe='')[:20]}", "x #"),
        (f"x {TOKEN[:7]}", f"x {TOKEN[:7]}"),
        (f"{TOKEN[:12]} x", f"{TOKEN[:12]} x"),
    ],
)
def test_of_a_text_that_was_cut_the_end_may_be_the_start_of_one(text: str, left: str) -> None:
    assert hidden(text, [TOKEN], "#", cut=True)[0] == left


@given(st.text(max_size=200), st.text(max_size=200), st.randoms(use_true_random=False))
def test_nothing_beside_it_is_lost_and_nothing_of_it_is_left(
    before: str, after: str, chance: random.Random
) -> None:
    ways = [
        lambda c: c,
        lambda c: f"\\u{ord(c):04x}",
        lambda c: f"%{ord(c):02X}",
        lambda c: f"&#{ord(c)};",
    ]
    spelt = "".join(chance.choice(ways)(c) for c in TOKEN)
    text, count = hidden(f"{before} {spelt} {after}", [TOKEN], "\0\0")
    assert count == 1
    assert text == f"{before} \0\0 {after}"


def test_what_strangers_call_a_secret_takes_little_memory_afterwards() -> None:
    tracemalloc.start()
    try:
        for number in range(300):
            hidden("nothing", [f"{number:08x}" * 1024], "*")
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 8 << 20
