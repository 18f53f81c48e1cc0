"""What of a body may stand in the ledger."""

import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.journal.redaction import Redaction
from proxy.ledger.document import Document
from proxy.ledger.marks import marked
from proxy.ledger.payment import Picker
from proxy.passport.members import NAMES

REDACTION = Redaction(["key_value", "account_number"])


PAYMENT = {
    "account_id": "a-1",
    "resolution_id": "r-1",
    "amount": {"value": "1500.50", "currency": "COP"},
    "display_name": "Ana María",
}


def told_of(picker: Picker, body: bytes) -> dict[str, str]:
    told: dict[str, str] = json.loads(picker.payment(Document(body))[0])
    return told


def picked(document: object, *more: str) -> dict[str, str]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return told_of(Picker(more, REDACTION.value, str.upper), body)


def test_what_names_a_payment_is_kept_and_nothing_else() -> None:
    assert picked(PAYMENT) == {
        "account_id": "a-1",
        "resolution_id": "r-1",
        "amount.value": "1500.50",
        "amount.currency": "COP",
    }


def test_a_setting_adds_members() -> None:
    document = {"additional_info": {"invoice_number": "F-77", "store_label": "x"}}
    assert picked(document, "invoice_number") == {"additional_info.invoice_number": "F-77"}


def test_values_are_masked() -> None:
    document = {"key": {"key_type": "PHONE", "key_value": "3001234567"}}
    assert picked(document) == {"key.key_type": "PHONE", "key.key_value": "••••67"}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"account_number": {"id": "12345678"}}, id="within what is named"),
        pytest.param({"account_number": ["12345678"]}, id="in a list"),
        pytest.param({"senderAccountNumber": {"id": "12345678"}}, id="spelt otherwise"),
        pytest.param({"reference": "x?account_number=12345678"}, id="in a text"),
        pytest.param({"reference": 'see {"account_number": "12345678"}'}, id="in JSON in a text"),
        pytest.param({"client_secret": {"id": "12345678"}}, id="a secret"),
    ],
)
def test_no_way_of_writing_it_passes_the_mask(document: object) -> None:
    assert "12345678" not in json.dumps(picked(document))


def test_numbers_stay_as_they_were_written() -> None:
    assert picked(b'{"amount": {"value": 1e2}, "id": 0012}') == {}
    assert picked(b'{"amount": {"value": 100.10}}') == {"amount.value": "100.10"}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"a=b&c=d", id="a form"),
        pytest.param(b'{"id": "x"', id="cut"),
        pytest.param(b"\xff\xfe{}", id="no UTF-8"),
        pytest.param(b"[" * 60_000, id="deep"),
        pytest.param(b'"id"', id="a string"),
    ],
)
def test_of_what_is_no_json_nothing_is_kept(body: bytes) -> None:
    picker = Picker((), REDACTION.value, str.upper)
    assert picker.payment(Document(body)) == ("{}", "{}")
    assert picker.answer(body) is None


def test_a_mark_before_the_body_hides_nothing_of_it() -> None:
    """Some programs on Windows begin UTF-8 with one."""
    picker = Picker((), REDACTION.value, str.upper)
    body = b"\xef\xbb\xbf" + json.dumps(PAYMENT).encode()
    assert told_of(picker, body) == told_of(picker, json.dumps(PAYMENT).encode())


def test_what_is_kept_is_bounded() -> None:
    names = [name.replace(".", "-") for name in NAMES]
    document = {f"x{n}": dict.fromkeys(names, str(n) * 500) for n in range(1000)}
    found = picked(document)
    assert len(found) == 32
    assert max(map(len, found.values())) == 128


def test_what_is_in_an_array_has_its_path_and_the_first_of_a_path_is_told() -> None:
    document = {
        "items": [{"id": "a"}, [{"id": "b"}, "x"], "c"],
        "id": ["d", None, ["e"]],
        "value": "no amount",
    }
    assert picked(document) == {"id": "d", "items.id": "a"}
    assert picked([{"id": "a"}]) == {"id": "a"}


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda inner: {"x": inner}, id="objects"),
        pytest.param(lambda inner: [inner], id="arrays"),
    ],
)
def test_what_lies_too_deep_is_not_looked_for(wrap: Callable[[object], object]) -> None:
    seven: object = {"id": "seven"}
    for _ in range(7):
        seven = wrap(seven)
    assert list(picked(seven).values()) == ["seven"]
    assert picked(wrap(json.loads(json.dumps(seven).replace('"seven"', '["eight"]')))) == {}
    assert picked(wrap(seven)) == {}


def test_many_members_of_one_name_leave_room_for_the_others() -> None:
    junk = {f"x{n}": {"id": "y"} for n in range(1000)}
    found = picked(junk | PAYMENT)
    assert {"resolution_id", "amount.value", "account_id"} < set(found)
    assert sum(path.endswith(".id") for path in found) == 4


def test_an_id_that_is_masked_has_a_mark_and_nothing_else_has() -> None:
    picker = Picker((), Redaction(["resolution_id", "id", "key_value"]).value, str.upper)
    document = {"resolution_id": "r-123456", "key_value": "3001234567", "account_id": "a-1"}
    told, marks = picker.payment(Document(json.dumps(document).encode()))
    assert "r-123456" not in told
    assert json.loads(marks) == {"resolution_id": "R-123456"}
    answered = json.loads(picker.answer(b'{"id": "p-123456", "status": "SETTLED"}') or "")
    assert answered["id_mark"] == "P-123456"
    assert "p-123456" not in answered["id"]


@pytest.mark.parametrize(
    ("document", "told"),
    [
        pytest.param(
            {"id": "p", "status": "PENDING", "amount": {}, "trace_id": "t"},
            {"id": "p", "status": "PENDING", "trace_id": "t"},
            id="a payment",
        ),
        pytest.param(
            {"message": "no", "http_code": 400, "trace_id": "t"}, {"trace_id": "t"}, id="an error"
        ),
        pytest.param(
            {"breb_resolved_key": {"id": "r"}, "payment": {"id": "p", "status": "PENDING"}},
            {"id": "p", "status": "PENDING"},
            id="the first generation",
        ),
    ],
)
def test_of_an_answer_its_id_status_and_trace_are_kept(
    document: object, told: dict[str, str]
) -> None:
    picker = Picker((), REDACTION.value, str.upper)
    assert json.loads(picker.answer(json.dumps(document).encode()) or "") == told


def test_an_answer_without_any_of_them_leaves_nothing() -> None:
    assert Picker((), REDACTION.value, str.upper).answer(b'{"tokens": []}') is None


def test_a_mark_is_of_its_ledger_and_of_the_whole_value() -> None:
    assert marked(b"a", "r-1") == marked(b"a", "r-1")
    assert len({marked(b"a", "r-1"), marked(b"b", "r-1"), marked(b"a", "r-2")}) == 3
    assert marked(b"", "r-1") == ""


_NUMBERS = st.sampled_from(("0", "-0", "1.50", "1e2", "1E400", "12345678901234567890", "NaN"))
_TEXTS = st.sampled_from(('"a"', '"\\ud800"', '"\\ud83d\\ude00"', '"\xe9"', "true", "null", "[]"))
_MEMBER = st.sampled_from(("id", "status", "amount.value", "other", "payment", "trace_id"))
_DOCUMENTS = st.recursive(
    _NUMBERS | _TEXTS,
    lambda values: st.lists(st.tuples(_MEMBER, values), max_size=4).map(
        lambda members: "{" + ", ".join(f'"{name}": {value}' for name, value in members) + "}"
    ),
)


@given(_DOCUMENTS)
def test_a_body_is_told_as_it_was_written_however_it_is_read(text: str) -> None:
    """The quick reading of JSON may serve where it agrees with the one that keeps all digits."""
    document = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    picker = Picker((), lambda _, value: value, str.upper)
    told = told_of(picker, text.encode())
    answered = json.loads(picker.answer(text.encode()) or "{}")
    assert set(told.values()) <= set(_scalars(document))
    if isinstance(document, dict):
        for name in ("id", "status"):
            if isinstance(value := document.get(name), str | bool):
                assert answered[name] == str(value)
        if isinstance(value := document.get("id"), str | bool):
            assert told["id"] == str(value)


def _scalars(document: object) -> Iterator[str]:
    if isinstance(document, dict):
        for member in document.values():
            yield from _scalars(member)
    yield str(document)


def test_a_body_that_is_deep_or_holds_half_a_character_is_read_too() -> None:
    deep = "[" * 300 + "]" * 300
    assert picked(f'{{"other": {deep}, "id": "p-1"}}'.encode()) == {"id": "p-1"}
    assert picked(b'{"id": "p-\\ud800"}') == {"id": "p-\ud800"}


def test_a_known_shape_is_no_other_shape() -> None:
    """The same names with values of other kinds, at other places, in larger bodies."""
    picker = Picker((), REDACTION.value, str.upper)
    plain = {"payment": {"id": "p-1", "amount": {"value": "1"}}}
    for _ in range(2):
        assert told_of(picker, json.dumps(plain).encode()) == {
            "payment.id": "p-1",
            "payment.amount.value": "1",
        }
    for document, told in (
        ({"payment": {"id": {"id": "p-2"}, "amount": None}}, {"payment.id.id": "p-2"}),
        ({"payment": {"id": ["p-3"], "amount": "2"}}, {"payment.id": "p-3"}),
        (
            {"other": {"id": "p-4", "amount": {"value": 10.50}}},
            {"other.id": "p-4", "other.amount.value": "10.5"},
        ),
        ([plain["payment"]], {"id": "p-1", "amount.value": "1"}),
        (plain | {"note": "x" * 5000}, {"payment.id": "p-1", "payment.amount.value": "1"}),
    ):
        assert told_of(picker, json.dumps(document).encode()) == told
