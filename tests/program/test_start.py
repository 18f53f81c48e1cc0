"""What a proxy that serves has imported: that is what its start takes, and much of its memory."""

import re
from pathlib import Path

import pytest

from tests.support import Program, RawUpstream, ask

REST = (
    *("proxy.console", "proxy.journal", "proxy.ledger", "proxy.sandbox", "proxy.doctor"),
    *("proxy.admin.routes", "proxy.admin.local_only", "proxy.server.pages", "proxy.server.books"),
    *("starlette", "prometheus_client", "keyring", "sqlite3", "unittest"),
)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the modules that are there after a first answer, and a probe."""
    log = tmp_path_factory.mktemp("start") / "imports"
    with (
        RawUpstream() as upstream,
        Program(
            upstream.url, redirect=f"2>{log}", beside={"PYTHONPROFILEIMPORTTIME": "1"}
        ) as proxy,
    ):
        assert ask(proxy.port, "/v1/accounts").status == 200
        return modules(log)


def modules(log: Path) -> set[str]:
    """Return what Python says that it imported, from our package on: site and tools come before."""
    names = re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", log.read_text(), re.MULTILINE)
    return set(names[names.index("proxy") :])


@pytest.mark.parametrize("name", REST)
def test_what_no_request_needs_is_not_imported(imported: set[str], name: str) -> None:
    assert not [each for each in imported if each == name or each.startswith(f"{name}.")]
