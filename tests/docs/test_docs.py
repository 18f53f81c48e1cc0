"""The documentation states what is so: settings, metrics, log fields, tests and links."""

import ast
import functools
import itertools
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from proxy import __version__
from proxy.admin.audit import ACTIONS
from proxy.cli.help import TOPICS
from proxy.settings.model import Settings
from proxy.terminal.markdown import sections
from proxy.token.unauthorized import REPLAYS
from tests.support import Program, RawUpstream, ask, exchange
from tools import address, configuration

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    ROOT / "docker" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
DEPLOYED = {".yaml", ".env", ".service", ".socket", ".sh", ".md", ".txt"}
METRIC = re.compile(r"breb_proxy_[a-z0-9_]+")


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def test_the_configuration_page_is_the_one_the_settings_make() -> None:
    """Run python -m tools.configuration after a change of the settings."""
    assert configuration.PAGE.read_text() == configuration.page()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_setting_that_is_named_exists(page: Path) -> None:
    known = {f"BREB_{name.upper()}" for name in Settings.model_fields}
    known |= {"BREB_SECRETS_DIR", "BREB_ENV_FILE"}
    named = set(re.findall(r"\bBREB_[A-Z_]*[A-Z]\b", page.read_text()))
    assert named <= known


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_into_the_repository_leads_somewhere(page: Path) -> None:
    """Also to the heading that it names, as the pages are shown by most forges."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            file = page.parent / path if path else page
            assert file.exists(), target
            if anchor:
                assert anchor in anchors(file), target


def files(pattern: str) -> Iterator[Path]:
    """Yield the files of both packages."""
    for package in ("proxy", "simulator"):
        yield from (ROOT / package).rglob(pattern)


@functools.cache
def messages() -> tuple[str, ...]:
    """Return the program's texts but for docstrings, and what else a reader without a clone reads.

    Of what is filled in, the name of the command alone matters.
    """
    return tuple(_messages())


def _messages() -> Iterator[str]:
    for path in files("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                node.value.value = ""  # a docstring
            elif isinstance(node, ast.JoinedStr):
                yield "".join(map(_part, node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value.replace("{command}", "breb-proxy")
    yield from (each.read_text() for each in files("*.js"))
    for each in (ROOT / "docker").rglob("*"):
        if each.suffix in DEPLOYED and each.name != "nfpm.yaml":  # read where the clone is
            yield each.read_text()


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    return "breb-proxy" if ast.unparse(part) == "{COMMAND}" else "…"


def test_every_topic_that_a_message_names_is_explained() -> None:
    named = {
        topic
        for text in (*messages(), *(page.read_text() for page in PAGES))
        for topic in re.findall(r"breb-proxy help ([a-z0-9-]+)", text)
    }
    assert len(named) > 6
    assert named <= TOPICS.keys() | {"topics"}


def test_no_message_names_a_page_that_only_a_clone_has() -> None:
    names = re.compile(r"docs/(?:es/)?[a-z-]+\.md")
    for text in messages():
        lines = [line for line in text.splitlines() if "](" not in line and names.search(line)]
        assert lines == []


def test_both_languages_have_the_parts_of_a_page_in_the_same_order() -> None:
    """Help finds a part of the Spanish page by its place."""
    for page, _ in TOPICS.values():
        translated = ROOT / "docs" / "es" / f"{page}.md"
        if translated.exists():
            english = sections((ROOT / "docs" / f"{page}.md").read_text())
            assert len(sections(translated.read_text())) == len(english), page


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def test_metrics_in_pages_and_alerts_are_those_that_are_served() -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        exchange(proxy.port, b"nonsense\r\n\r\n")
        ask(proxy.port, "/")
        proxy.exchanges(2)
        served = {
            sample.name
            for family in text_string_to_metric_families(proxy.admin("/metrics")[1])
            for sample in family.samples
        }
    operations = (ROOT / "docs" / "operations.md").read_text()
    rules_file = ROOT / "docker/helm/breb-proxy/files/rules.yaml"
    documented = set(METRIC.findall(operations))
    # Families without a sample yet are not served; their names stand in the code.
    sources = "".join(path.read_text() for path in (ROOT / "proxy").rglob("*.py"))
    for name in documented | set(METRIC.findall(rules_file.read_text())):
        base = name.removesuffix("_total")
        assert name in served or f'"{base}"' in sources, name
    families = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in served}
    assert families <= set(re.findall(r"\w+", operations))


def test_alert_rules_are_whole() -> None:
    rules = yaml.safe_load((ROOT / "docker/helm/breb-proxy/files/rules.yaml").read_text())
    for rule in rules["groups"][0]["rules"]:
        assert {"alert", "expr", "labels", "annotations"} <= set(rule)
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert {"summary", "action", "runbook"} == set(rule["annotations"])
        assert rule["annotations"]["runbook"].startswith("breb-proxy help ")


def test_log_fields_are_those_that_are_documented() -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        ask(proxy.port, "/", fields=[("traceparent", "00-aa-bb-01")])
        ask(proxy.port, "/", "TRACE")
        lines = proxy.exchanges(2)
    section = (ROOT / "docs" / "operations.md").read_text().split("## Log lines")[1].split("## ")[0]
    documented = set(re.findall(r"`([a-z_]+)`", section))
    assert {key for line in lines for key in line} <= documented


def test_actions_in_the_audit_trail_are_those_that_are_documented() -> None:
    part = (ROOT / "docs/operations.md").read_text().partition("### The audit trail")[2]
    table = part.partition("| field |")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == {
        *ACTIONS.values(),
        "edit",
    }


def test_every_threat_names_a_test_that_exists() -> None:
    page = (ROOT / "docs" / "security.md").read_text().split("## Who has looked")[0]
    head = ("|---|", "| threat |", "| | boundary |")
    rows = [row for row in re.findall(r"^\|.*\|$", page, re.MULTILINE) if not row.startswith(head)]
    assert len(rows) > 35
    for row in rows:
        proof = row.rstrip("| ").rpartition("|")[2]
        named = re.findall(r"`([\w/]+\.py|[\w/]+/)(?:::(\w+))?`?", proof)
        assert named, row
        for file, test in named:
            path = ROOT / "tests" / file
            assert path.exists(), path
            assert not test or f"def {test}(" in path.read_text(), test


@pytest.mark.parametrize("name", ["standards", "personal-data", "secret-managers"])
def test_every_test_that_is_called_a_proof_exists(name: str) -> None:
    page = (ROOT / "docs" / f"{name}.md").read_text()
    named = re.findall(r"`(?:tests/)?([\w/]+\.py)(?:::(\w+))?`", page)
    assert len(named) > 1
    for file, test in named:
        path = ROOT / "tests" / file
        assert path.exists(), path
        assert not test or f"def {test}(" in path.read_text(), test


def test_recipes_for_secret_managers_can_be_read_and_name_both_files() -> None:
    page = (ROOT / "docs" / "secret-managers.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        assert yaml.safe_load(block)["metadata"]
        assert all(name in block for name in ("BREB_CLIENT_ID", "BREB_CLIENT_SECRET"))


def test_each_point_of_a_standard_is_proved_or_called_not_covered() -> None:
    page = (ROOT / "docs" / "standards.md").read_text()
    heads = ("|---|", "| risk |", "| chapter |", "| point |", "| tried |")
    rows = [row for row in re.findall(r"^\|.*\|$", page, re.MULTILINE) if not row.startswith(heads)]
    assert len(rows) > 35
    assert [row for row in rows if ".py" not in row and "not covered" not in row] == []
    assert re.findall(r"^\| (API\d+|V\d+)", page, re.MULTILINE) == [
        *(f"API{number}" for number in range(1, 11)),
        *(f"V{number}" for number in range(1, 18)),
    ]


def test_findings_are_judged_for_the_versions_that_are_locked() -> None:
    document = json.loads((ROOT / "docs" / "openvex.json").read_text())
    locked = dict(
        re.findall(r"^([\w-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    )
    for statement in document["statements"]:
        assert statement["status"] == "not_affected"
        assert statement["justification"]
        for product in statement["products"]:
            assert product["@id"] == f"pkg:generic/breb-proxy@{__version__}"
            for part in product["subcomponents"]:
                name, version = part["@id"].removeprefix("pkg:pypi/").split("@")
                assert locked[name] == version


def test_security_txt_has_what_rfc_9116_wants_and_the_projects_address() -> None:
    text = (ROOT / "docs" / "security.txt").read_text()
    fields = dict(re.findall(r"^([A-Z][\w-]+): (.*)$", text, re.MULTILINE))
    assert fields["Contact"] == f"{address.read().repository}/security/advisories/new"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", fields["Expires"])


def test_the_layers_that_are_drawn_are_those_that_are_held() -> None:
    """Each module has a row of its own kind, in the order of import-linter's layers."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = [layer.split(" | ") for layer in contract["contracts"][0]["layers"]]
    height = {name: number for number, layer in enumerate(layers) for name in layer}
    page = (ROOT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| (`.+?) \|", page, re.MULTILINE)
    drawn = [re.findall(r"`(\w+)/?`", row) for row in rows]
    assert sorted(name for row in drawn for name in row) == sorted(height)
    for above, below in itertools.pairwise(drawn):
        assert max(height[name] for name in above) <= min(height[name] for name in below)


def test_every_page_says_the_same_of_how_often_a_request_is_sent_again() -> None:
    """After a 401: once, and up to `REPLAYS` times where somebody else ends our tokens."""
    english, spanish = {3: ("three times", "tres")}[REPLAYS]
    up_to = re.compile(rf"(?:up to\s+{english}|hasta\s+{spanish})\b", re.IGNORECASE)
    words = ROOT / "proxy" / "console" / "page"
    pages = [ROOT / "README.md", ROOT / "README.es.md", words / "en.js", words / "es.js"]
    pages += [ROOT / "docs" / f"{name}.md" for name in ("decisions", "glossary", "keeper", "fleet")]
    assert [named(page) for page in pages if not up_to.search(page.read_text())] == []
    never = re.compile(r"(?:again|replayed|replay) at most once|(?:again|request) once more")
    assert [named(page) for page in PAGES if never.search(page.read_text())] == []


def test_every_word_of_the_glossary_comes_from_where_it_says() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text()
    rows = re.findall(r"^\| ([a-z, -]+) \|.*\| (`.+`) \|$", page, re.MULTILINE)
    assert len(rows) > 40
    for words, places in rows:
        found = [ROOT / "proxy" / place for place in re.findall(r"`(.+?)`", places)]
        text = "".join(
            file.read_text()
            for path in found
            for file in (path.rglob("*.py") if path.is_dir() else [path])
        )
        for word in words.split(", "):
            assert re.search(re.sub("[ -]", "[ _-]?", word), text, re.IGNORECASE), word


@pytest.mark.needs("checkout")
def test_nothing_names_a_registry_or_a_machine() -> None:
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    hosts = re.compile("py" + r"pi\.org|python" + r"hosted|registry\.np" + r"mjs|deb\.deb" + r"ian")
    for name in names.stdout.splitlines():
        path = ROOT / name
        if path.suffix not in (".png", ".woff2") and path.is_file():
            assert not hosts.search(path.read_text(errors="replace")), name
