"""Tests lie as the house does: each unit test has its module; each module its test, or a reason."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PROXY = TESTS.parent / "proxy"

# A second file of a module's tests, or the tests of a whole folder.
ASPECTS = {
    "console/copying": "console/copying",
    "http1/other_methods": "http1/request_parser",
    "token/keeper_life": "token/keeper",
}

# What lives by sockets, processes and time is proved on the running program; types, constants and
# words by those who use them. The longest prefix counts.
PROVED_ELSEWHERE = {
    "admin": "program/test_admin_listener.py",
    "asgi": "program/test_main_job.py",
    "cli": "program/test_command_line.py",
    "cli/demo": "program/test_demo.py",
    "cli/greeting": "program/test_demo.py",
    "cli/help": "program/test_help.py",
    "cli/ledger": "program/test_ledger_command.py",
    "cli/login": "program/test_login.py",
    "cli/operate": "program/test_admin_commands.py",
    "cli/status_view": "program/test_admin_commands.py",
    "console": "program/test_console.py",
    "console/changes": "unit/console/test_views.py",
    "console/copying": "unit/console/test_copying.py",
    "console/quoting": "unit/console/test_copying.py",
    "console/sendable": "unit/console/test_views.py",
    "credentials": "program/test_login.py",
    "doctor/database_check": "program/test_database_check.py",
    "doctor": "program/test_doctor.py",
    "errors": "unit/exchange/test_problem.py",
    "exchange": "program/test_guard.py",
    "exchange/outgoing": "program/test_faults.py",
    "http1/content_codings": "unit/journal/test_body.py",
    "http1/request": "unit/http1/test_request_parser.py",
    "journal": "unit/journal/test_journal.py",
    "journal/masking": "unit/journal/test_redaction.py",
    "ledger": "unit/ledger/sqlite/test_store.py",
    "listener": "program/test_listener.py",
    "mask": "unit/journal/test_redaction.py",
    "passport/operation": "unit/passport/test_operations.py",
    "passport/tokens": "unit/passport/test_operations.py",
    "peer": "program/test_taken_port.py",
    "postgres": "unit/postgres/test_connection.py",
    "sandbox": "simulator/test_command.py",
    "server": "program/test_lifecycle.py",
    "server/errand": "program/test_interrupted.py",
    "settings": "unit/settings/test_model.py",
    "telemetry": "unit/telemetry/test_access_log.py",
    "terminal": "program/test_command_line.py",
    "terminal/markdown": "program/test_help.py",
    "token": "unit/token/test_keeper.py",
    "tracing/span": "unit/tracing/test_protobuf.py",
    "upstream/ending": "unit/upstream/test_connection.py",
    "windows": "windows/test_loop.py",
    "windows/acl": "windows/test_acl.py",
    "windows/binding": "windows/test_rules.py",
    "windows/console": "windows/test_console.py",
    "windows/event_log": "windows/test_logs.py",
    "windows/instance": "windows/test_service.py",
    "windows/internet_settings": "windows/test_rules.py",
    "windows/log_file": "windows/test_logs.py",
    "windows/scm": "windows/test_service.py",
    "windows/service": "windows/test_service.py",
    "windows/watchdog": "windows/test_logs.py",
    "windows/winsock": "windows/test_rules.py",
    "windows/accepting": "windows/test_accepting.py",
    "windows/writing": "windows/test_writing.py",
    "cli/windows": "windows/test_service.py",
    "words": "unit/words/test_catalogue.py",
    "token/response": "unit/token/test_source.py",
}

MODULES = {
    path.relative_to(PROXY).with_suffix("").as_posix()
    for path in PROXY.rglob("*.py")
    if not path.name.startswith("__")
}
NAMED = {
    (path.parent.relative_to(TESTS / "unit") / path.stem.removeprefix("test_")).as_posix()
    for path in (TESTS / "unit").rglob("test_*.py")
}


def proof(module: str) -> str:
    """Return the longest prefix of a module that stands in the list, empty if none does."""
    found = [row for row in PROVED_ELSEWHERE if f"{module}/".startswith((f"{row}/", f"{row}_"))]
    return max(found, key=len, default="")


def test_each_unit_test_is_named_after_its_module() -> None:
    assert {ASPECTS.get(name, name) for name in NAMED} <= MODULES | set(ASPECTS.values())


def test_each_module_has_its_test_or_a_place_where_it_is_proved() -> None:
    assert [module for module in sorted(MODULES - NAMED) if not proof(module)] == []


def test_the_list_of_exceptions_is_as_short_as_can_be() -> None:
    used = {proof(module) for module in MODULES - NAMED}
    assert sorted(set(PROVED_ELSEWHERE) - used) == []
    for file in PROVED_ELSEWHERE.values():
        assert (TESTS / file).is_file(), file


def test_a_task_has_a_group_or_one_of_four_owners() -> None:
    """A linter sees asyncio.create_task alone: a loop has the same under another name."""
    owners = set()
    for path in PROXY.rglob("*.py"):
        for line in path.read_text().splitlines():
            if "create_task(" in line and "tasks.create_task(" not in line:
                owners.add(path.relative_to(PROXY).as_posix())
    assert owners == {
        "exchange/outgoing.py",
        "listener/connection.py",
        "listener/handshake.py",
        "server/crowd.py",
    }


def test_nothing_but_windows_imports_what_is_for_windows() -> None:
    """Other systems neither have its functions nor pay for them."""
    outside = [
        path
        for path in PROXY.rglob("*.py")
        if path.parent != PROXY / "windows" and not path.name.startswith("windows_")
    ]
    found = [each for path in outside for each in imports_of_windows(ast.parse(path.read_text()))]
    assert len(found) > 3
    assert [name for name, guarded in found if not guarded] == []


def imports_of_windows(node: ast.AST, guarded: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield the imports of what is for Windows, and whether each stands where only that comes."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [each.name for each in node.names]
        names += (
            [f"{node.module}.{each}" for each in names] if isinstance(node, ast.ImportFrom) else []
        )
        yield from (
            (each, guarded)
            for each in names
            if each.startswith("proxy.windows") or ".windows_" in each
        )
    inside = isinstance(node, ast.If) and ast.unparse(node.test).startswith(
        "sys.platform == 'win32'"
    )
    for child in ast.iter_child_nodes(node):
        in_body = inside and child in getattr(node, "body", [])
        yield from imports_of_windows(child, guarded or in_body)


@pytest.mark.parametrize("package", ["proxy", "simulator"])
def test_no_two_classes_share_a_name(package: str) -> None:
    """A private one is another's namesake as well: who reads both rooms takes one for the other."""
    names = Counter(
        node.name.lstrip("_")
        for path in (TESTS.parent / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, times in names.items() if times > 1] == []


# What others made, before it is judged: ASGI's scopes, certificates as Python tells them, and JSON.
FOREIGN = {
    "doctor/certificate.py",
    "ledger/payment.py",
    "listener/connections.py",
    "listener/scope.py",
    "server/listener.py",
    "token/inventory.py",
    "token/response.py",
    "upstream/tls.py",
}


def test_what_goes_from_room_to_room_has_a_type() -> None:
    """A dict of anything makes its reader guess what is in it."""
    untyped = {
        path.relative_to(PROXY).as_posix()
        for path in PROXY.rglob("*.py")
        if "dict[str, Any]" in path.read_text(encoding="utf-8")
    }
    assert untyped == FOREIGN


# It counts nothing.
UNITLESS = {"ledger/sqlite/tables.py: VERSION"}
NUMBER = r"^(_?[A-Z][A-Z0-9_]*)(?:: Final)? = (?!0[ox])[0-9][0-9_.]*(?: (?:\*|<<|/|-) [0-9_.]+)*"


def test_a_number_says_what_it_counts() -> None:
    """In a comment beside it or above it or its neighbours, or in a docstring below it."""
    bare = set()
    for path in PROXY.rglob("*.py"):
        above = ""
        lines = [*path.read_text(encoding="utf-8").splitlines(), ""]
        for line, below in pairwise(lines):
            number = re.match(NUMBER, line)
            if number is None:
                above = line
            elif not ("#" in line or above.startswith("#") or below.startswith('"""')):
                bare.add(f"{path.relative_to(PROXY).as_posix()}: {number[1]}")
    assert bare == UNITLESS
