"""A chart value that is text stays text: it adds no line and no member to an object."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.containers.manifests import ROOT, HelmRefused, helm

CHART = ROOT / "docker" / "helm" / "breb-proxy"
VALUES = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
ALL_ON = {
    "ledger": {"enabled": True},
    "serviceAccount": {"create": True},
    "metrics": {name: {"enabled": True} for name in ("podMonitor", "serviceMonitor", "rules")},
}
HOSTILE = {
    "a line": "x\nhostPID: true",
    "an indented line": "x\n      hostPID: true",
    "a member": "x, hostPID: true, y: z",
    "an end": "x }, hostPID: true, y: { z: z",
    "a quotation mark": 'x", hostPID: true, y: "z',
}


def leaves(values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Walk to every value that has no members."""
    if isinstance(values, dict) and values:
        for name, value in values.items():
            yield from leaves(value, (*path, name))
    else:
        yield path


def nested(path: tuple[str, ...], value: str | None) -> dict[str, Any]:
    name, *rest = path
    return {name: nested(tuple(rest), value) if rest else value}


def members(document: Any) -> Iterator[str]:
    """Walk through the names of all members of an object."""
    if isinstance(document, dict):
        yield from document
        document = list(document.values())
    if isinstance(document, list):
        for each in document:
            yield from members(each)


def render(folder: Path, *values: dict[str, Any]) -> list[str]:
    """Return the names of all members of what is rendered; none if the chart refuses."""
    files = [folder / f"{number}.yaml" for number in range(len(values))]
    for file, value in zip(files, values, strict=True):
        file.write_text(yaml.safe_dump(value), encoding="utf-8")
    try:
        documents = helm(CHART, *(f"--values={file}" for file in files))
    except HelmRefused as refused:
        # A template that no longer is YAML was refused by luck: another text would pass.
        if "YAML parse error" in str(refused) or "error converting YAML" in str(refused):
            raise
        return []
    return list(members(documents))


@pytest.mark.parametrize("path", list(leaves(VALUES)), ids=".".join)
def test_no_value_adds_a_member(path: tuple[str, ...], tmp_path: Path) -> None:
    for how, hostile in HOSTILE.items():
        assert "hostPID" not in render(tmp_path, ALL_ON, nested(path, hostile)), how


def every(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Walk to every value, and to those in it."""
    for name, value in values.items():
        yield (*path, name)
        if isinstance(value, dict):
            yield from every(value, (*path, name))


@pytest.mark.parametrize("path", list(every(VALUES)), ids=".".join)
def test_a_value_without_anything_behind_it_is_empty_or_refused_by_its_name(
    path: tuple[str, ...], tmp_path: Path
) -> None:
    """Who makes a comment of all that stands below a name leaves it so; to Helm that is null."""
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(nested(path, None)), encoding="utf-8")
    refused = ""
    try:
        helm(CHART, "--values", str(tmp_path / "values.yaml"))
    except HelmRefused as error:
        refused = str(error)
    assert not refused or f"'{path[-1]}'" in refused or "execution error" in refused


def test_what_is_looked_for_is_found(tmp_path: Path) -> None:
    """A value that may be an object adds what it says."""
    assert "hostPID" in render(tmp_path, {"nodeSelector": {"hostPID": "true"}})
