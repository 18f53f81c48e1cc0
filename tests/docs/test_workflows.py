"""What the forge runs: pinned, with no more rights than it needs, by scripts that are here."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
USES = re.compile(r"^\s*(?:- )?uses: (.*)$", re.MULTILINE)
PINNED = re.compile(r"([\w.-]+/[\w.-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)")
# What may be given to a job, and which jobs say why beside it.
RIGHTS = {"actions", "attestations", "contents", "id-token", "packages"}


def workflow(name: str) -> dict[str, Any]:
    (file,) = (each for each in WORKFLOWS if each.stem == name)
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in WORKFLOWS:
        for name, job in workflow(file.stem)["jobs"].items():
            yield f"{file.stem}/{name}", job


def commands() -> Iterator[str]:
    for _, job in jobs():
        yield from (step["run"] for step in job["steps"] if "run" in step)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_each_action_is_one_commit_and_says_its_version(file: Path) -> None:
    used = USES.findall(file.read_text(encoding="utf-8"))
    assert used
    assert [each for each in used if not PINNED.fullmatch(each)] == []


def test_an_action_is_the_same_commit_everywhere() -> None:
    pins: dict[str, set[tuple[str, str]]] = {}
    for file in WORKFLOWS:
        for name, commit, version in PINNED.findall(file.read_text(encoding="utf-8")):
            pins.setdefault(name, set()).add((commit, version))
    assert {name: found for name, found in pins.items() if len(found) > 1} == {}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_has_no_rights_but_those_of_its_jobs(file: Path) -> None:
    assert workflow(file.stem)["permissions"] == {}


def test_only_the_release_may_write_anything() -> None:
    writing = {}
    for name, job in jobs():
        assert set(job["permissions"]) <= RIGHTS, name
        writing[name] = {right for right, how in job["permissions"].items() if how == "write"}
    assert {name for name, rights in writing.items() if rights} == {
        *("release/image", "release/images", "release/charts", "release/page", "release/index"),
    }
    assert [name for name, rights in writing.items() if "contents" in rights] == ["release/page"]


def test_only_what_was_checked_and_is_new_is_released() -> None:
    """Before anything is built: this commit's checks were green, and no page has its tag."""
    steps = [step.get("run", "") for step in workflow("release")["jobs"]["wheel"]["steps"]]
    (checked,) = [run for run in steps if "--workflow check" in run]
    assert '--commit "$GITHUB_SHA" --status success' in checked
    assert '! gh release view "$GITHUB_REF_NAME"' in steps
    assert steps.index(checked) < steps.index("make release")
    assert workflow("check")["name"] == "check"


def test_nothing_is_published_before_somebody_has_let_the_release_through() -> None:
    """An environment can ask its owner; one job is in it, and all others wait for that."""
    release = workflow("release")["jobs"]
    waiting = {name for name, job in release.items() if job.get("environment") == "release"}
    assert waiting == {"wheel"}
    for name, job in release.items():  # in their order: each comes after those that it needs
        needs = job.get("needs", [])
        if waiting.intersection([needs] if isinstance(needs, str) else needs):
            waiting.add(name)
    assert waiting == set(release)


def test_nothing_is_signed_before_the_steps_that_only_a_release_runs() -> None:
    (named,) = re.findall(r"^NAMED=\((.+)\)$", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    release = workflow("release")["jobs"]
    (tests,) = [
        name
        for name, job in release.items()
        if any(step.get("run", "").startswith(".ci/run ") for step in job["steps"])
    ]
    assert release[tests]["steps"][-1]["run"] == f".ci/run system {named}"
    signing = {name for name, job in release.items() if job["permissions"].get("id-token")}
    assert {"images", "page"} <= signing
    waiting = {tests}
    for name, job in release.items():
        if waiting.intersection(job.get("needs", [])) or job.get("needs") in waiting:
            waiting.add(name)
    assert signing <= waiting


def test_no_checkout_leaves_its_token_behind() -> None:
    for name, job in jobs():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name


def test_each_job_ends_by_itself() -> None:
    assert [name for name, job in jobs() if "timeout-minutes" not in job] == []


def test_each_script_and_module_that_is_run_is_here() -> None:
    named = " ".join(commands())
    scripts = re.findall(r"(?<![\w/.])(?:\.ci|docker)/[\w./-]+", named)
    modules = re.findall(r"-m (tools\.\w+)", named)
    assert {".ci/run", ".ci/audit", "docker/image/push.sh", "docker/helm/push.sh"} <= set(scripts)
    assert [each for each in scripts if not (ROOT / each).is_file()] == []
    assert "tools.storefronts" in modules
    for each in modules:
        assert (ROOT / f"{each.replace('.', '/')}.py").is_file(), each


def test_a_release_is_made_of_a_tag_alone() -> None:
    # YAML reads the key "on" as true.
    assert list(workflow("release")[True]) == ["push"]
    assert list(workflow("release")[True]["push"]) == ["tags"]


def test_what_a_plain_machine_can_do_for_a_release_is_done_with_each_change() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for each in (
        "make release",
        "docker/helm/package.sh",
        "tools.storefronts",
        "make -s .venv/.dev packages",
    ):
        assert each in ci
