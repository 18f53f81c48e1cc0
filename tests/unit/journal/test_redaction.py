"""What is masked, and what is left alone."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.journal.redaction import Redaction
from proxy.mask import MASK
from tests.support.examples import examples

NAMES = ("identification_number", "account_number", "key_value", "email", "mobile_phone_number")
REDACTION = Redaction(NAMES)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        pytest.param('{"email":"ana@example.com"}', '{"email":"••••om"}', id="string"),
        pytest.param('{"account_number": 1234567890}', '{"account_number": "••••90"}', id="number"),
        pytest.param('{"email": "a@b"}', '{"email": "••••"}', id="too short for a tail"),
        pytest.param('{"client_secret":"abcdefgh"}', '{"client_secret":"••••"}', id="no tail"),
        pytest.param(
            '{"senderAccountNumber":"12345"}', '{"senderAccountNumber":"••••45"}', id="end"
        ),
        pytest.param(r'{"\u0065mail":"ana@x.co"}', r'{"\u0065mail":"••••co"}', id="escaped name"),
        pytest.param(
            '{"email":["ana@x.co",{"work":"eva@x.co"}],"n":"stays"}',
            '{"email":["••••co",{"work":"••••co"}],"n":"stays"}',
            id="all within",
        ),
        pytest.param('{"email":"ana@exam', '{"email":"••••am"', id="cut inside the value"),
        pytest.param('{"email":"ana@exam\\', '{"email":"••••"', id="cut inside an escape"),
        pytest.param('{"a":1,}} "email":"ana@x.co"', '{"a":1,}} "email":"••••co"', id="broken"),
        pytest.param('{"email":"x\\"y@example.com"}', '{"email":"••••om"}', id="quote within"),
        pytest.param('{"email":"ends in \\\\"}', '{"email":"••••"}', id="tail would break it"),
        pytest.param("{'email': 'ana@x.co'}", "{'email': ••••o'}", id="not JSON's quotes"),
        pytest.param("email=ana%40x.co&n=1", "email=••••co&n=1", id="form"),
        pytest.param(
            "client_secret=a&grant_type=b", "client_secret=••••&grant_type=b", id="secret"
        ),
        pytest.param(
            '{"next":"/v1/keys?key_value=3001112233&page=2"}',
            '{"next":"/v1/keys?key_value=••••33&page=2"}',
            id="link within JSON",
        ),
        pytest.param(
            r'{"detail":"no: {\"client_secret\": \"a\\\"b\\nc\", \"x\": \"y\"}"}',
            r'{"detail":"no: {\"client_secret\": \"••••\", \"x\": \"y\"}"}',
            id="JSON in a string",
        ),
        pytest.param(
            r'{"p":"{\"p\":\"{\\\"account_number\\\":12345,\\\"n\\\":1}\"}"}',
            r'{"p":"{\"p\":\"{\\\"account_number\\\":\\\"••••45\\\",\\\"n\\\":1}\"}"}',
            id="JSON in a string in a string",
        ),
        pytest.param(
            r'["{\"email\":\"{\\\"email\\\":\\\"ana@x.co\\\"}\",\"n\":1}"]',
            r'["{\"email\":\"••••\",\"n\":1}"]',
            id="one within the value of another",
        ),
        pytest.param(
            r'["{\u0022email\u0022: [\u0022ana@x.co\u0022]}"]',
            r'["{\"email\": [\"••••co\"]}"]',
            id="JSON in a string with other escapes",
        ),
        pytest.param(
            r'{"next":"\/v1\/keys?page=2\u0026key_value=3001112233"}',
            '{"next":"/v1/keys?page=2&key_value=••••33"}',
            id="link within JSON with other escapes",
        ),
        pytest.param(
            r'{"a":"x\ud83d\u0020email=ana@x.co',
            r'{"a":"x\ud83d email=••••co',
            id="half a character, cut",
        ),
        pytest.param(
            "payload=%7B%22email%22%3A+%22ana%40x.co%22%7D&n=1",
            "payload=%7B%22email%22%3A+%22••••co%22%7D&n=1",
            id="JSON in a form",
        ),
        pytest.param(
            "next=%2Fv1%3Fkey_value%3D3001112233%26a%3D%252F",
            "next=%2Fv1%3Fkey_value%3D••••33%26a%3D%252F",
            id="link in a form",
        ),
        pytest.param("a=%7Bx%7D&b=50%", "a=%7Bx%7D&b=50%", id="encoded, and harmless"),
        pytest.param("email[0]=ana@x.co", "email[0]=••••co", id="array"),
        pytest.param("a%5Bemail%5D%5Bwork%5D=ana@x.co", "a%5Bemail%5D%5Bwork%5D=••••co", id="map"),
        pytest.param("password=a;b#c&n=1;m=2", "password=••••&n=1;m=2", id="signs in a value"),
        pytest.param("password=a;n=1#email=ana@x.co", "password=••••;n=1#email=••••co", id="no &"),
        pytest.param("/cb#access_token=abc", "/cb#access_token=••••", id="fragment"),
        pytest.param('a password="b c", d=e', 'a password="••••", d=e', id="quoted"),
        pytest.param("Cookie: a=b; c=d\nn: 1", "Cookie: ••••\nn: 1", id="lines of fields"),
        pytest.param("password: a b\nemail: x y", "password: ••••\nemail: •••• y", id="words"),
        pytest.param('["a: Bearer abcd1234=="]', '["a: Bearer ••••"]', id="credentials"),
        pytest.param("a=Bearer+abcd1234&b=c", "a=Bearer+••••&b=c", id="credentials in a form"),
        pytest.param(
            "a=Bearer++abcd123&b=c", "a=Bearer+••••&b=c", id="a plus sign that is a token's"
        ),
        pytest.param("Bearer + +%20abcd1234", "Bearer + +%20••••", id="plus signs that are blanks"),
        pytest.param('Bearer realm_of_x="y"', 'Bearer realm_of_x="y"', id="challenge"),
        pytest.param(
            '<a><o:email n="1">ana@x.co</o:email> <email> </email><b>c</b></a>',
            '<a><o:email n="1">••••co</o:email> <email> </email><b>c</b></a>',
            id="XML",
        ),
        pytest.param(
            "<password><![CDATA[a<b]]>c</password>", "<password>••••</password>", id="CDATA"
        ),
        pytest.param(
            '--b\r\nContent-Disposition: form-data; name="password"\r\nX: y\r\n\r\nabc\r\n--b--',
            '--b\r\nContent-Disposition: form-data; name="password"\r\nX: y\r\n\r\n••••\r\n--b--',
            id="multipart",
        ),
        pytest.param(
            '--b\nname=a\n\nPOST /\nname=email; name="password"\n\n\n abc \n--b\nname=a\n\nb',
            '--b\nname=a\n\nPOST /\nname=email; name="password"\n\n••••\n--b\nname=a\n\nb',
            id="multipart in a part",
        ),
        pytest.param("--b\nname=a;name=\r\n\r\n", "--b\nname=a;name=\r\n\r\n", id="no value"),
        pytest.param('{"amount":{"value":"10"}}', '{"amount":{"value":"10"}}', id="nothing"),
        pytest.param("]]}}", "]]}}", id="closes what was never opened"),
        pytest.param("", "", id="empty"),
    ],
)
def test_a_body_is_masked_by_name(text: str, masked: str) -> None:
    assert REDACTION.text(text)[0] == masked


def test_a_string_that_nothing_ends_is_read_once() -> None:
    """Not once for each quote in it: 64 KiB took 14 seconds."""
    text = '"' + '\\"' * 32_000 + "\\"
    assert REDACTION.text(text) == (text, 0)


def test_layers_without_end_are_not_followed_without_end() -> None:
    text = "a=%" + "25" * 30_000 + "41"
    assert REDACTION.text(text) == (text, 0)


def test_masked_values_are_counted() -> None:
    text = '{"email":"ana@x.co","key":{"key_value":"3001112233"}} token-of-a-caller'
    assert REDACTION.text(text, ["token-of-a-caller"])[1] == 3


def test_a_known_secret_is_masked_wherever_it_stands() -> None:
    text, count = REDACTION.text("echo: abcdef0123456789!", ["abcdef0123456789"])
    assert (text, count) == (f"echo: {MASK}!", 1)


def test_the_start_of_a_secret_at_the_cut_end_is_masked_too() -> None:
    text, count = REDACTION.text("echo: abcdef01234", ["abcdef0123456789"], cut=True)
    assert (text, count) == (f"echo: {MASK}", 1)
    assert REDACTION.text("echo: abcdef01234", ["abcdef0123456789"])[1] == 0


def test_the_values_of_a_query_are_masked_and_paths_are_not() -> None:
    target = b"/v1/email=a/keys?key_value=3001112233&page_params.page_size=5&email"
    assert REDACTION.target(target) == (
        "/v1/email=a/keys?key_value=••••33&page_params.page_size=5&email"
    )
    assert REDACTION.target(b"/v1/keys") == "/v1/keys"
    assert REDACTION.target(b"/v1/keys;email=ana@x.co/b") == "/v1/keys;email=••••/b"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        pytest.param((b"Authorization", b"Bearer abc"), f"Bearer {MASK}", id="authorization"),
        pytest.param((b"authorization", b"abc"), MASK, id="no scheme"),
        pytest.param((b"Cookie", b"a=b"), MASK, id="cookie"),
        pytest.param((b"X-Proxy-Key", b"k"), MASK, id="caller key"),
        pytest.param((b"X-Account-Number", b"12345678"), f"{MASK}78", id="configured name"),
        pytest.param(
            (b"Location", b"/v1/keys?key_value=12345"), "/v1/keys?key_value=••••45", id="query"
        ),
        pytest.param((b"X-Echo", b"is tokentoken"), f"is {MASK}", id="known secret"),
        pytest.param((b"X-A", b'{"email":"a@x.co"}'), '{"email":"••••co"}', id="JSON"),
        pytest.param((b"X-A", b"Basic eDp5enh5"), f"Basic {MASK}", id="credentials"),
        pytest.param((b"Set-Cookie", b"a=b; Path=/"), MASK, id="cookie that is set"),
        pytest.param((b"Accept", b"text/html;q=0.5"), "text/html;q=0.5", id="harmless"),
    ],
)
def test_fields_are_masked(line: tuple[bytes, bytes], shown: str) -> None:
    assert REDACTION.lines([line], ["tokentoken"]) == [(line[0].decode(), shown)]


def test_the_bytes_of_a_field_that_is_no_utf8_can_be_had_again() -> None:
    ((_, shown),) = REDACTION.lines([(b"X", b"caf\xe9")])
    assert shown.encode("utf-8", "surrogateescape") == b"caf\xe9"


def test_names_beyond_the_known_are_judged_all_the_same() -> None:
    redaction = Redaction(["email"])
    for number in range(5000):
        redaction.text(f'{{"n{number}":1}}')
    assert redaction.text('{"yourEmail":"ana@x.co"}')[1] == 1


def test_long_names_are_judged_and_not_kept() -> None:
    redaction = Redaction(["email"])
    name = b"x" * 200 + b"-email"
    assert redaction.lines([(name, b"ana@x.co")]) == [(name.decode(), f"{MASK}co")]
    assert not redaction._known


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=examples(150))
@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_a_secret_member_never_survives_whatever_is_around_it(
    around: object, ascii_only: bool, indent: int | None
) -> None:
    document = {"a": around, "access_token": "sentinel-of-this-test", "z": around}
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    shown, _ = REDACTION.text(text)
    assert "sentinel" not in shown
    json.loads(shown)


@settings(max_examples=examples(150))
@given(st.text(max_size=200))
def test_any_text_can_be_masked(text: str) -> None:
    REDACTION.text(text, ["0123456789"], cut=True)


WHOLE = Redaction(["=nit", "=customer.id", "key_value"])


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"nit":"900123456"}', '{"nit":"••••56"}'),
        ('{"NIT":"900123456","N_i-t":"900123457"}', '{"NIT":"••••56","N_i-t":"••••57"}'),
        ('{"unit":"900123456","nits":"900123456"}', '{"unit":"900123456","nits":"900123456"}'),
        ("nit=900123456&unit=kilogram", "nit=••••56&unit=kilogram"),
        ("customer[nit]=900123456&nit[0]=900123456", "customer[nit]=••••56&nit[0]=••••56"),
        ("<nit>900123456</nit><unit>kg-of-it</unit>", "<nit>••••56</nit><unit>kg-of-it</unit>"),
        ('{"my_key_value":"900123456"}', '{"my_key_value":"••••56"}'),
    ],
)
def test_a_name_after_an_equals_sign_is_only_itself(text: str, masked: str) -> None:
    assert WHOLE.text(text)[0] == masked


def test_a_whole_name_is_masked_in_fields_and_paths_too() -> None:
    assert WHOLE.lines([(b"NIT", b"900123456"), (b"X-Unit", b"kilogram")]) == [
        ("NIT", "••••56"),
        ("X-Unit", "kilogram"),
    ]
    assert WHOLE.value("payer.nit", "900123456") == "••••56"
    assert WHOLE.value("customer.id", "900123456") == "••••56"
    assert WHOLE.value("payer.unit", "kilogram") == "kilogram"


def test_a_name_without_the_sign_still_covers_what_ends_in_it() -> None:
    old = Redaction(["nit"])
    assert old.text('{"unit":"900123456"}')[0] == '{"unit":"••••56"}'


def test_whole_names_alone_cover_nothing_else() -> None:
    assert Redaction(["=nit"]).text('{"email":"ana@x.co"}') == ('{"email":"ana@x.co"}', 0)
