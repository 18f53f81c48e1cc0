"""The scripts of ``breb-proxy completion`` are made of the commands as they are."""

from proxy.cli import completion
from proxy.cli import main as cli
from tools.completion.__main__ import made
from tools.completion.shared import Completed


def test_the_scripts_are_those_that_the_commands_make() -> None:
    """Run make format after a change of an option."""
    for file, text in made().items():
        assert file.read_text(encoding="utf-8") == text, file


def test_every_command_and_each_of_its_options_is_completed() -> None:
    known = Completed()
    assert [each.name for each in known.top] == [*dict.fromkeys(each.name for each in known.top)]
    assert {each.name for each in known.top} == {*cli._COMMANDS, "help"}
    for shell in completion.SHELLS:
        text = completion.script(shell)
        for each in known.commands:
            for option in each.options:
                name = option.names[-1]
                bare = name.removeprefix("--") if shell == "fish" else name
                assert bare in text, (shell, each.name, name)


def test_an_option_takes_the_same_in_every_command() -> None:
    assert Completed().taking()["--log-format"].choices == ("auto", "text", "json")
