"""What a proxy that serves has imported: that is what its start takes, and much of its memory."""

import re
import shlex
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.support import Program, RawUpstream, ask

# Each with its reason. What is new here makes every start slower, and every pod larger.
NEEDED = {
    "aiohappyeyeballs": "opens connections to the upstream",
    "annotated_types": "of pydantic",
    "dotenv": "of pydantic-settings; reads .env",
    "httptools": "parses requests and answers",
    "pydantic": "judges the settings",
    "pydantic_core": "of pydantic",
    "pydantic_settings": "reads the settings",
    "typing_extensions": "of pydantic",
    "typing_inspection": "of pydantic",
    "uvicorn": "runs the listeners",
    "uvloop": "the event loop",
}
TOOLS = {"coverage"}  # is there where it measures these tests
REST = (
    *("proxy.console", "proxy.journal", "proxy.ledger", "simulator", "proxy.doctor"),
    *(
        "proxy.admin.routes",
        "proxy.admin.local_only",
        "proxy.admin.documents",
        "proxy.server.pages",
        "proxy.server.books",
        "proxy.server.tracing",
        "proxy.settings.tracing",
        "proxy.tracing",
    ),
    *("http.client", "urllib.request", "sqlite3", "unittest", "xml", "multiprocessing"),
    *(
        "importlib.metadata",
        "zipfile",
        "configparser",
        "logging.config",
        "pickle",
        "bz2",
        "lzma",
        "importlib.resources",
    ),
    *("pydantic_settings.sources.providers.cli", "pydantic_settings.sources.providers.aws"),
    *("proxy.words.of_check", "proxy.words.of_callers", "proxy.words.of_ledger_commands"),
)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the modules that are there after a first answer, and a probe."""
    log = tmp_path_factory.mktemp("start") / "imports"
    with (
        RawUpstream() as upstream,
        Program(
            upstream.url,
            redirect=f"2>{shlex.quote(str(log))}",
            beside={"PYTHONPROFILEIMPORTTIME": "1"},
        ) as proxy,
    ):
        assert ask(proxy.port, "/v1/accounts").status == 200
        return modules(log)


def modules(log: Path) -> set[str]:
    """Return what Python says that it imported, from our package on: site and tools come before."""
    names = re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", log.read_text(), re.MULTILINE)
    return set(names[names.index("proxy") :])


def test_a_serving_process_has_imported_no_more_packages_than_it_needs(imported: set[str]) -> None:
    packages = {name.partition(".")[0] for name in imported}
    installed = packages & packages_distributions().keys()
    assert installed - TOOLS - {"proxy"} == NEEDED.keys()


def test_the_catalogue_waits_for_the_first_word() -> None:
    """The first says how long the token is valid; see `REST`."""
    code = "import sys, proxy.cli.serve; print('proxy.words.catalogue' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("name", REST)
def test_what_no_request_needs_is_not_imported(imported: set[str], name: str) -> None:
    assert not [each for each in imported if each == name or each.startswith(f"{name}.")]
