"""How often the program opens its files of settings: counted in the process itself."""

import os
from pathlib import Path

import pytest

from tests.support import Program, RawUpstream
from tests.support.command import command
from tests.support.sweeps import further

ROOT = Path(__file__).parents[2]
# Python runs this before the program, in each of its processes.
HOOK = """
import os, sys
log = os.open(os.environ["OPENED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
def note(event, arguments):
    if event == "open" and str(arguments[0]).endswith((".env", "breb_client_secret")):
        os.write(log, f"{arguments[0]}\\n".encode())
sys.addaudithook(note)
"""


class Opened:
    """The program's environment for counting, and the count."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "opened"
        hooks = folder / "hooks"
        hooks.mkdir()
        (hooks / "sitecustomize.py").write_text(HOOK)
        path = os.pathsep.join(map(str, (hooks, ROOT)))
        self.environment = {"PYTHONPATH": path, "OPENED": str(self._log)}

    def count(self, name: str) -> int:
        """Return how often files of this name were opened."""
        return sum(line.endswith(name) for line in self._log.read_text().splitlines())


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return Opened(tmp_path)


@pytest.mark.parametrize("name", ["serve", "run"])
def test_a_start_reads_each_file_once_and_each_fetch_once_more(
    name: str, opened: Opened, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("BREB_CLIENT_ID=x\nBREB_ACCESS_LOG=false\n# nothing else\n")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "breb_client_secret").write_text("hush-hush")
    with (
        RawUpstream() as upstream,
        Program(
            upstream.url,
            name,
            cwd=tmp_path,
            beside=opened.environment,
            client_id=None,
            client_secret=None,
            secrets_dir="secrets",
        ) as proxy,
    ):
        assert (opened.count(".env"), opened.count("breb_client_secret")) == (2, 2)
        assert proxy.admin("/refresh", "POST")[0] == 200
        assert (opened.count(".env"), opened.count("breb_client_secret")) == (3, 3)


@pytest.mark.parametrize(
    "arguments", [["check"], *further(["status"], ["tokens"], ["ledger", "list"], ["logout"])]
)
def test_a_command_reads_the_file_once(
    arguments: tuple[str, ...], opened: Opened, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("BREB_ADMIN_LISTEN=127.0.0.1:1\n")
    command(*arguments, cwd=tmp_path, **opened.environment)
    assert opened.count(".env") == 1
