"""What a command says is in the language of its terminal."""

import pytest

from proxy.terminal.language import worded
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
