"""Which language somebody reads: RFC 9110 section 12.5.4, and the locale."""

import os

import pytest

from proxy.words.languages import of_locale, preferred
from tests.support.growth import MOST, growth


@pytest.mark.parametrize(
    ("values", "language"),
    [
        pytest.param([], "en", id="none"),
        pytest.param([b""], "en", id="empty"),
        pytest.param([b"es"], "es", id="Spanish"),
        pytest.param([b"ES"], "es", id="in capitals"),
        pytest.param([b"es-CO"], "es", id="of Colombia"),
        pytest.param([b"es-419,es;q=0.9,en;q=0.8"], "es", id="as a browser sends it"),
        pytest.param([b"en-US,en;q=0.9,es;q=0.8"], "en", id="English before Spanish"),
        pytest.param([b"es;q=0.5, en"], "en", id="by weight, not by order"),
        pytest.param([b"en;q=0.2,es;q=0.3"], "es", id="small weights"),
        pytest.param([b"en, es"], "en", id="equal, English first"),
        pytest.param([b"es, en"], "es", id="equal, Spanish first"),
        pytest.param([b"fr, es;q=0.1"], "es", id="beside one that is not there"),
        pytest.param([b"fr"], "en", id="one that is not there"),
        pytest.param([b"*"], "en", id="any"),
        pytest.param([b"es, *"], "es", id="Spanish or any"),
        pytest.param([b"*, en;q=0"], "es", id="any but English"),
        pytest.param([b"*, en;q=0.1"], "es", id="any rather than English"),
        pytest.param([b"es;q=0"], "en", id="not Spanish"),
        pytest.param([b"es;q=0, en;q=0"], "en", id="neither"),
        pytest.param([b"fr", b"es"], "es", id="in two lines"),
        pytest.param([b"es \t; q=1.000 , en;Q=0.5"], "es", id="with blanks"),
        pytest.param([b"es;q=2"], "en", id="a weight that is none"),
        pytest.param([b"es;q=0.1234"], "en", id="too many digits"),
        pytest.param([b"est, estonian"], "en", id="begins alike"),
        pytest.param([b"espanolisimo"], "en", id="longer than a subtag"),
        pytest.param([b"\xff\x00, es"], "es", id="beside bytes that are no text"),
        pytest.param([b"x," * 40 + b"es"], "en", id="behind more ranges than are looked at"),
        pytest.param([b"x" * 2000 + b",es"], "en", id="behind more bytes than are looked at"),
        pytest.param([b"en;q=0.5," + b"x" * 1010 + b",es-CO"], "en", id="cut within a range"),
    ],
)
def test_the_language_with_the_higher_weight_is_preferred(
    values: list[bytes], language: str
) -> None:
    assert preferred(values) == language


@pytest.mark.parametrize(
    "part", [b"es-a", b"-", b"es;q=0.", b" ", b",", b"es \t;"], ids=lambda part: part.decode()
)
def test_foreign_bytes_take_no_more_time_than_they_are_long(part: bytes) -> None:
    assert growth(preferred, lambda size: [part * size], 10_000) < MOST


def test_many_lines_take_no_more_time_than_there_are() -> None:
    assert growth(preferred, lambda size: [b"es;q=0.1"] * size, 2_000) < MOST


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        pytest.param({}, "en", id="none"),
        pytest.param({"LANG": "es_CO.UTF-8"}, "es", id="LANG"),
        pytest.param({"LANG": "es_CO.UTF-8", "LC_ALL": "C"}, "en", id="LC_ALL comes first"),
        pytest.param({"LANG": "en_US.UTF-8", "LC_MESSAGES": "es"}, "es", id="LC_MESSAGES second"),
        pytest.param({"LANG": "es", "LC_ALL": ""}, "es", id="empty is not set"),
        pytest.param({"LANG": "en_US.UTF-8", "LANGUAGE": "es:en"}, "es", id="LANGUAGE"),
        pytest.param({"LANG": "C.UTF-8", "LANGUAGE": "es"}, "en", id="not where there is none"),
        pytest.param({"LANG": "est_EE"}, "en", id="begins alike"),
    ],
)
def test_the_locale_tells_the_language(variables: dict[str, str], language: str) -> None:
    assert of_locale(variables) == language


def test_the_environment_is_a_locale() -> None:
    assert of_locale(os.environ) in ("en", "es")
