"""The audit of the lock files: it fails on what is found, and says when it could not look."""

import json
import shlex
from pathlib import Path

import pytest

from tests.support.stubs import stub
from tools import audit

CLEAN = {"name": "a", "version": "1", "vulns": []}
FOUND = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}
SKIPPED = {"name": "c", "skip_reason": "not on PyPI"}
NOBODY = "requests.exceptions.ConnectionError: Failed to resolve 'osv.example'"


def pip_audit(folder: Path, out: str = "", err: str = "", code: int = 0) -> str:
    """A program in place of pip-audit, which says the same of every lock."""
    does = f"printf %s {shlex.quote(out)}\nprintf %s {shlex.quote(err)} >&2\nexit {code}"
    return str(stub(folder / "pip-audit", does))


def said(*packages: object) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_nothing_known_is_a_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main([pip_audit(tmp_path, said(CLEAN))]) == 0
    assert capsys.readouterr().out.endswith("lock files: nothing known\n")


@pytest.mark.parametrize(
    ("packages", "told"),
    [
        pytest.param([CLEAN, FOUND], "b 2: PYSEC-1, mended in 2.1", id="known"),
        pytest.param([SKIPPED], "c was not looked at: not on PyPI", id="skipped"),
    ],
)
def test_what_is_found_is_a_failure(
    packages: list[object], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main([pip_audit(tmp_path, said(*packages), code=1)]) == 1
    assert f"requirements.lock: {told}\n" in capsys.readouterr().out


def test_a_crash_is_no_success(tmp_path: Path) -> None:
    assert audit.main([pip_audit(tmp_path, err="Traceback: boom", code=1)]) == 1
    assert audit.main([pip_audit(tmp_path)]) == 1


def test_a_service_out_of_reach_is_told_and_fails_where_it_must_not_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = pip_audit(tmp_path, err=NOBODY, code=1)
    assert audit.main([program]) == 0
    assert capsys.readouterr().err.startswith("NOT AUDITED")
    assert audit.main([program, "--must"]) == 1
