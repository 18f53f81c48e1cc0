"""The catalogue has what the program says, all of it, in both languages, and nothing else."""

import argparse
import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from types import CodeType
from typing import Any, NamedTuple

import pytest

from proxy import errors, words
from proxy.invocation import COMMAND
from proxy.passport.operations import OPERATIONS
from proxy.words import Phrase, both, phrase
from proxy.words.catalogue import TABLES, table
from proxy.words.durations import Span
from proxy.words.of_usage import OF_ARGPARSE
from proxy.words.simulators import SIMULATORS
from simulator import said
from simulator.steps import DOUBT, FIRST
from tests.support.catalogue import CATALOGUE

PROXY = Path(words.__file__).parents[1]
# They say what is wrong with settings, and what an examination finds.
OTHERS = {
    *("BadValue", "Finding", "Problem", "Topic", "doubtful", "failed", "fine", "suspect"),
    # why no proxy, or no keychain, answers
    *("Unreached", "NotProven", "AnothersProxy", "not_ours", "_Foreign"),
    *("KeychainUnavailable", "NoKeychain"),
}


class Use(NamedTuple):
    """A call of ``phrase``: where, which, with what."""

    place: str
    code: str
    values: frozenset[str]


@functools.cache
def calls() -> tuple[tuple[str, ast.Call], ...]:
    return tuple(
        (f"{path.relative_to(PROXY)}:{node.lineno}", node)
        for path in sorted(PROXY.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    )


def uses() -> Iterator[Use]:
    for place, call in calls():
        if isinstance(call.func, ast.Name) and call.func.id == "phrase":
            code = ast.literal_eval(call.args[0])
            yield Use(place, code, frozenset(str(each.arg) for each in call.keywords))


def deeds() -> set[str]:
    """The API's table has the codes of what its operations do."""
    return {f"deed.{each.action}" for each in OPERATIONS if each.action}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_phrase_has_both_languages_and_the_same_values(code: str) -> None:
    english, spanish = CATALOGUE[code]
    assert english
    assert spanish
    assert places(english) == places(spanish)


def test_what_is_said_is_in_the_catalogue_with_its_values() -> None:
    for use in uses():
        assert use.code in CATALOGUE, use
        assert places(CATALOGUE[use.code].en) - {"command"} == use.values, use


def test_what_is_in_the_catalogue_is_said() -> None:
    assert CATALOGUE.keys() - {use.code for use in uses()} - deeds() == set()


def test_no_phrase_is_there_twice_and_no_table_is_left_out() -> None:
    assert sum(len(table(name)) for name in TABLES) == len(CATALOGUE)
    files = {each.stem.removeprefix("of_") for each in (PROXY / "words").glob("of_*.py")}
    assert files == set(TABLES)


def test_a_phrase_of_the_first_table_needs_no_other() -> None:
    code = (
        "import sys; from proxy.words import phrase; print(phrase('same-token'));"
        "print(sum(name.startswith('proxy.words.of_') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1] == "1"


def test_what_no_table_has_cannot_be_said() -> None:
    with pytest.raises(KeyError, match="nobody-says-this"):
        str(Phrase("nobody-says-this"))


def test_argparse_s_sentences_are_those_that_this_argparse_has() -> None:
    """Its code is asked: Windows' Python may come without the source."""
    loader: Any = argparse.__loader__
    assert {english for english, _ in OF_ARGPARSE} <= set(texts(loader.get_code("argparse")))


def texts(code: CodeType) -> Iterator[str]:
    for each in code.co_consts:
        if isinstance(each, str):
            yield each
        elif isinstance(each, CodeType):
            yield from texts(each)


def test_argparse_s_sentences_have_the_same_values_in_both_languages() -> None:
    values = re.compile(r"%(?:\(\w+\))?[sr]")
    for english, spanish in OF_ARGPARSE:
        assert sorted(values.findall(english)) == sorted(values.findall(spanish))


def test_the_simulator_s_sentences_are_those_that_the_simulator_has() -> None:
    had = {
        node.value
        for path in Path(said.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
    }
    assert {english for english, _ in SIMULATORS} <= had


def test_the_simulator_s_sentences_have_the_same_values_in_both_languages() -> None:
    for english, spanish in SIMULATORS:
        assert places(english) == places(spanish)


def test_what_the_tour_gives_a_shell_is_ascii_in_both_languages() -> None:
    """Who pastes it into a shell may not have UTF-8 there."""
    spanish = dict(SIMULATORS)
    assert all(spanish[step.title].isascii() for step in (*FIRST, *DOUBT))
    assert all(text.isascii() for text in CATALOGUE["tour.nobody"])


def test_no_error_is_given_a_sentence() -> None:
    """A code with values can be said in any language; a sentence cannot."""
    names = {*_names(errors.ProxyError), *OTHERS}
    sentences = [
        place
        for place, call in calls()
        if isinstance(call.func, ast.Name)
        and call.func.id in names
        and any(_sentence(part) for each in call.args for part in getattr(each, "elts", [each]))
    ]
    assert sentences == []


# The answers to --help are English: how argparse is told of them.
OF_HELP = {"add_argument", "add_argument_group", "Parser", "_Command"}
HELP = {"usage", "_ABOUT", "_CODES", "_COMMANDS", "_VERDICTS", "main"}
OF_BOTH = r"\b(bytes|pid|UTC|GET|SHA)\b"  # words of either language


@pytest.mark.parametrize(
    "module",
    [
        *(
            f"ledger/{name}"
            for name in ("commands", "listing", "look_up", "made", "rows", "verify")
        ),
        *(
            "operate",
            "status_view",
            "tokens",
            "token_ways",
            "login",
            "service",
            "windows_service",
            "windows_serving",
            "windows_setup",
        ),
    ],
)
def test_no_words_for_people_are_outside_the_catalogue(module: str) -> None:
    tree = ast.parse((PROXY / "cli" / f"{module}.py").read_text(encoding="utf-8"))
    assert [*_written(tree)] == []


def test_words_outside_the_catalogue_are_found() -> None:
    tree = ast.parse(
        'def f(x):\n    """A docstring."""\n    yield f"{x}, from {x} on"\n    g("no such row")\n'
        'p.add_argument("x", help="this is English")\n_CODES = "0 is success"\ny = f"{x} bytes"'
    )
    assert [*_written(tree)] == [", from ", " on", "no such row"]


def _written(node: ast.AST) -> Iterator[str]:
    """Yield sentences, and words in what is put together."""
    if _of_help(node):
        return
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Constant):
            yield from _written(child)
        elif _wordy(node, str(child.value)):
            yield str(child.value)


def _wordy(parent: ast.AST, text: str) -> bool:
    if isinstance(parent, ast.JoinedStr):
        return bool(re.search(r"(^| )[a-z]{2,}( |,|:|$)", re.sub(OF_BOTH, "", text)))
    return not isinstance(parent, ast.Expr) and bool(re.search(r"\w\w \w", text))


def _of_help(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in OF_HELP
        case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)]):
            return name in HELP
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.FunctionDef(name=name):
            return name in HELP
    return False


def _names(kind: type[errors.ProxyError]) -> Iterator[str]:
    yield kind.__name__
    for each in kind.__subclasses__():
        yield from _names(each)


def _sentence(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return isinstance(value.value, str) and " " in value.value
    return isinstance(value, ast.JoinedStr)


def test_the_spanish_speak_to_usted() -> None:
    """No tú, no vos, no vosotros: of the verbs that tell somebody to do something."""
    familiar = r"\b(envía|usa|verifica|revisa|ejecuta|define|agrega|cambia|tu|tus|vuestro)\b"
    of_third_persons = {"copy.powershell"}
    for code, entry in CATALOGUE.items():
        if code.startswith("step.") and code not in of_third_persons:
            assert not re.match(familiar, entry.es), entry.es


def test_a_value_is_said_as_its_language_has_it() -> None:
    assert both(phrase("nothing-read", seconds=0.5)) == {
        "en": "no byte of the response for 0.5 s",
        "es": "no llegó ni un byte de la respuesta en 0,5 s",
    }
    assert both(phrase("valid-for", span=Span(3 * 86_400))) == {
        "en": "valid for 3 days 0 h",
        "es": "vigente por 3 días 0 h",
    }
    assert phrase("valid-for", span=Span(1.5)).said("es") == "vigente por 1,5 s"


def test_a_phrase_may_hold_another() -> None:
    egress = phrase("egress-proxy", authority="proxy.corp:3128")
    assert both(phrase("connection-refused", peer=egress)) == {
        "en": "the egress proxy proxy.corp:3128 refused the connection",
        "es": "el proxy de salida proxy.corp:3128 rechazó la conexión",
    }


def test_the_command_is_that_of_this_installation() -> None:
    assert phrase("step.keeps-trying").said("es").endswith(f"ejecute: {COMMAND} check")


def test_an_advice_can_be_about_another_setting() -> None:
    step = errors.NameNotResolved.next_step
    assert "BREB_TOKEN_URL" in str(step.about("BREB_TOKEN_URL"))
    assert "BREB_BASE_URL" in str(step)
    assert errors.PoolFull.next_step.about("BREB_TOKEN_URL") == errors.PoolFull.next_step


def test_what_a_caller_sent_is_not_repeated_at_any_length() -> None:
    said = str(phrase("not-a-method", method="X" * 70_000))
    assert len(said) < 600
    assert said.endswith("... is not an HTTP method")


def test_words_of_others_are_passed_on_as_they_are() -> None:
    assert both("certificate has expired") == "certificate has expired"
