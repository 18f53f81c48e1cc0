"""What a command says is in the language of its terminal."""

import pytest

from proxy.terminal.language import in_locale, worded
from proxy.words import phrase


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        pytest.param("C.UTF-8", "nobody else has a token: nothing to revoke", id="none"),
        pytest.param("es_CO.UTF-8", "nadie más tiene un token: nada que revocar", id="Colombia"),
    ],
)
def test_a_phrase_is_said_by_the_locale(
    monkeypatch: pytest.MonkeyPatch, locale: str, said: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", locale)
    assert worded(phrase("tokens.nothing-to-revoke")) == said


def test_words_of_others_stay_as_they_are() -> None:
    assert worded("certificate has expired") == "certificate has expired"


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        pytest.param({"en": "yes", "es": "sí"}, "sí", id="each"),
        pytest.param("certificate has expired", "certificate has expired", id="of others"),
        pytest.param(None, "", id="an older proxy"),
        pytest.param({"es": ["no", "text"]}, "", id="a stranger"),
    ],
)
def test_a_text_in_each_language_is_chosen_by_the_locale(
    monkeypatch: pytest.MonkeyPatch, said: object, chosen: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "es_CO.UTF-8")
    assert in_locale(said) == chosen
