"""``breb-proxy completion``: the tab key, pressed in the shells themselves."""

import contextlib
import os
import pty
import re
import select
import subprocess
from pathlib import Path

import pytest

from proxy.cli import completion
from tests.support.command import command
from tests.support.needs import need
from tests.support.patience import PATIENCE

START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
BEFORE = {"bash": "", "zsh": "bindkey -e; autoload -Uz compinit; compinit -u -d $DUMP; "}
CASES = [
    ("breb-proxy led", "breb-proxy ledger "),
    ("breb-proxy ledger loo", "breb-proxy ledger look-up "),
    ("breb-proxy ledger settle --not-f", "breb-proxy ledger settle --not-found "),
    ("breb-proxy help outc", "breb-proxy help outcome-unknown "),
    ("breb-proxy completion po", "breb-proxy completion powershell "),
    ("breb-proxy tokens rev", "breb-proxy tokens revoke "),
    ("breb-proxy serve --server-t", "breb-proxy serve --server-timing"),
    ("breb-proxy serve --log-format=te", "breb-proxy serve --log-format=text "),
    ("breb-proxy serve --log-format te", "breb-proxy serve --log-format text "),
    ("breb-proxy serve --console=fa", "breb-proxy serve --console=false "),
    ("breb-proxy serve --help=a", "breb-proxy serve --help=all"),
    ("breb-proxy demo --sandbox-confirm=alw", "breb-proxy demo --sandbox-confirm=always "),
    ("breb-proxy serve --tls-cert=./only-o", "breb-proxy serve --tls-cert=./only-one.pem"),
    ("breb-proxy ledger backup ./only-o", "breb-proxy ledger backup ./only-one.pem"),
    ("breb-proxy status --server-t", "breb-proxy status --server-t"),
]


def pressed(shell: str, typed: str, folder: Path) -> str:
    """Type into a shell, press the tab key; return the line that then stands there.

    The line is made an argument of echo, as a person could do it: to its beginning, to its end.
    """
    script = Path(completion.__file__).parent / completion.FILES[shell]
    (folder / "only-one.pem").touch()
    ours, theirs = pty.openpty()
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", "LANG": "C.UTF-8"}
    env["DUMP"] = str(folder.parent / "zcompdump")  # what zsh has of itself: read once for all
    process = subprocess.Popen(
        START[shell], cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, f"{BEFORE[shell]}source '{script}'; echo rea''dy\n".encode())
    seen = until(ours, r"\nready\r?\n")
    os.write(ours, f'{typed}\t\x01echo "<\x05>"\r'.encode())
    seen = until(ours, r"\n<[^\n]*>\r?\n")
    os.write(ours, b"exit\r")
    with contextlib.suppress(OSError):  # EIO: it has ended
        while os.read(ours, 65536):
            pass
    os.close(ours)
    assert process.wait(PATIENCE) is not None
    return re.findall(r"\n<([^\n]*)>\r?\n", seen)[-1]


def until(terminal: int, pattern: str) -> str:
    seen = ""
    while not re.search(pattern, seen):
        assert select.select([terminal], [], [], PATIENCE)[0], f"the shell fell silent:\n{seen}"
        seen += os.read(terminal, 65536).decode(errors="replace")
    return seen


@pytest.mark.parametrize("shell", START)
@pytest.mark.parametrize(("typed", "line"), CASES)
def test_the_tab_key_completes(shell: str, typed: str, line: str, tmp_path: Path) -> None:
    need(shell)
    assert pressed(shell, typed, tmp_path).rstrip() == line.rstrip()


@pytest.mark.parametrize(("typed", "line"), CASES)
def test_fish_offers_the_same(typed: str, line: str, tmp_path: Path) -> None:
    script = Path(completion.__file__).parent / completion.FILES["fish"]
    (tmp_path / "only-one.pem").touch()
    said = subprocess.run(
        [need("fish"), "--no-config", "-c", f"source '{script}'; complete -C '{typed}'"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    offered = [each.partition("\t")[0] for each in said.splitlines()]
    offered = [each for each in offered if not each.endswith("=")]  # an option, once more
    assert offered == ([] if typed == line else [line.split()[-1]])


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_the_command_prints_the_script(shell: str, tmp_path: Path) -> None:
    ended = command("completion", shell, cwd=tmp_path)
    assert (ended.code, ended.out) == (0, completion.script(shell))


def test_another_shell_is_told_which_there_are(tmp_path: Path) -> None:
    ended = command("completion", "tcsh", cwd=tmp_path)
    assert ended.code == 2
    for shell in completion.SHELLS:
        assert shell in ended.err
