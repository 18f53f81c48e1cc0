"""The benchmark's arithmetic, and that what it prints says what was measured."""

import json
import os
import re
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import (
    bar,
    chart,
    field_lines,
    figures,
    load,
    measure,
    payment,
    peers,
    procfs,
    report,
    results,
    run,
    table,
)
from benchmarks import scenarios as loads
from benchmarks.model import GIB, KIB, MIB, Contender, Place, Run, Scenario
from benchmarks.peers import ours
from benchmarks.results import Results
from benchmarks.upstream import body, small_body


def a_run(contender: str, turn: int = 0, scenario: str = "get32", **values: float) -> Run:
    usual = {"requests": 1000, "seconds": 1.0, "cpu_seconds": 0.05, "p50_us": 500, "p99_us": 900}
    return Run(contender, scenario, turn, **(usual | values))  # type: ignore[arg-type]


def some_results(*runs: Run) -> Results:
    names = dict.fromkeys(each.contender for each in runs)
    return Results(
        made="2026-01-02T03:04:05+00:00",
        machine={"processor": "a", "cores": "2", "memory": "8 GiB", "kernel": "6.1"}
        | {"load before": "0.10"},
        contenders={n: {"label": n.title(), "version": "1.2", "setup": "as is"} for n in names},
        rounds=1 + max((each.round for each in runs), default=0),
        runs=list(runs),
    )


def contender(name: str, **values: object) -> Contender:
    found = next(each for each in peers.ALL if each.name == "envoy")
    about = {"name": name, "label": name, "setup": "", "command": found.command} | values
    return Contender(installed=lambda: True, version=lambda: "1", **about)  # type: ignore[arg-type]


REPORTED = (
    "Running 1s test\n\nRESULT "
    '{"requests": 7, "seconds": 1.5, "p50_us": 12.5, "p99_us": 99.0, '
    '"p999_us": 140.0, "max_us": 150.5, "errors": '
    '{"status": 2, "length": 0, "connect": 0, "read": 1, "write": 0, "timeout": 0}}\n'
)


def test_what_the_load_generator_saw_is_entered_into_the_run() -> None:
    entered = Run("ours", "get1", 0)
    load.enter(REPORTED, entered)
    assert (entered.requests, entered.seconds) == (7, 1.5)
    assert (entered.p50_us, entered.p99_us) == (12.5, 99.0)
    assert (entered.p999_us, entered.max_us) == (140.0, 150.5)


def test_only_errors_that_happened_are_kept() -> None:
    entered = Run("ours", "get1", 0)
    load.enter(REPORTED, entered)
    assert entered.errors == {"status": 2, "read": 1}


def test_a_load_generator_that_reports_nothing_is_not_taken_for_zero_errors() -> None:
    with pytest.raises(load.NonsenseError, match="unable to connect"):
        load.enter("unable to connect to 127.0.0.1:1 Connection refused", Run("ours", "get1", 0))


def test_the_median_is_taken_over_the_rounds() -> None:
    runs = [a_run("ours", turn, cpu_seconds=cpu) for turn, cpu in enumerate((0.03, 0.09, 0.04))]
    assert some_results(*runs).median("ours", "get32", figures.cpu_us) == pytest.approx(40)


def test_a_ratio_compares_within_each_round() -> None:
    """A round in which everything took three times as long changes no ratio."""
    slow, quick = 0.15, 0.05
    found = some_results(
        *(a_run("envoy", turn, cpu_seconds=c) for turn, c in enumerate((quick, slow, quick))),
        *(a_run("ours", turn, cpu_seconds=c / 2) for turn, c in enumerate((quick, slow, quick))),
    )
    assert found.ratio("ours", "envoy", "get32", figures.cpu_us) == pytest.approx(0.5)


def test_a_ratio_leaves_out_rounds_in_which_one_was_absent() -> None:
    found = some_results(
        a_run("envoy", 0, cpu_seconds=0.05),
        a_run("envoy", 1, cpu_seconds=9.0),
        a_run("httpx", 0, cpu_seconds=0.5),
    )
    assert found.ratio("httpx", "envoy", "get32", figures.cpu_us) == pytest.approx(10)


def test_without_a_common_round_there_is_no_ratio() -> None:
    found = some_results(a_run("envoy", 0), a_run("httpx", 1))
    assert found.ratio("httpx", "envoy", "get32", figures.cpu_us) is None


def test_a_run_that_answered_nothing_counts_for_no_figure() -> None:
    found = some_results(a_run("ours", requests=0, cpu_seconds=1.0))
    assert found.median("ours", "get32", figures.cpu_us) is None


def test_added_latency_is_what_exceeds_the_direct_way_in_the_same_round() -> None:
    found = some_results(
        a_run("direct", 0, "get1", p50_us=50),
        a_run("direct", 1, "get1", p50_us=80),
        a_run("ours", 0, "get1", p50_us=150),
        a_run("ours", 1, "get1", p50_us=180),
        a_run("ours", 2, "get1", p50_us=9000),
    )
    value = figures.added_p50(found)
    assert found.by_round("ours", "get1", value) == {0: 100, 1: 100}


def test_large_bodies_are_counted_by_the_mebibyte() -> None:
    scenario = next(each for each in loads.ALL if each.name == "up1g")
    value = figures.cpu_ms_per_mib(scenario)
    assert value(a_run("ours", scenario="up1g", requests=1, cpu_seconds=1.024)) == 1.0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(None, "–", id="absent"),
        pytest.param(0.333, "0.33", id="below one"),
        pytest.param(12.34, "12.3", id="tens"),
        pytest.param(12345.6, "12,346", id="thousands"),
    ],
)
def test_figures_have_the_digits_they_deserve(value: float | None, text: str) -> None:
    assert figures.number(value) == text


def test_the_table_shows_the_reference_in_figures_and_the_rest_as_ratios() -> None:
    found = some_results(a_run("envoy"), a_run("ours", cpu_seconds=0.04), a_run("nginx"))
    head, first, *_ = table.rows(found)
    assert head == ["", "unit", "envoy", "ours", "×ours", "×nginx"]
    assert first == ["CPU per request, GET, 32 connections", "µs", "50.0", "40.0", "0.80", "1.00"]


def test_figures_with_errors_are_marked_and_the_errors_listed() -> None:
    broken = a_run("ours")
    broken.errors = {"status": 3}
    found = some_results(a_run("envoy"), broken)
    assert table.rows(found)[1][-1] == "1.00!"
    assert list(table.wrong(found)) == ["ours, get32: status 3"]
    assert "status 3" in table.render(found, colour=False)
    assert "status 3" in report.page(found)


def test_colour_is_used_only_when_asked_for() -> None:
    found = some_results(a_run("envoy"), a_run("ours"))
    assert "\x1b" not in table.render(found, colour=False)
    assert "\x1b" in table.render(found, colour=True)


def test_columns_line_up() -> None:
    found = some_results(a_run("envoy"), a_run("ours"), a_run("nginx", cpu_seconds=1.0))
    lines = table.grid(table.rows(found), colour=False).splitlines()
    assert len({len(line) for line in lines}) == 1


@pytest.mark.parametrize(
    ("cpu", "met"), [pytest.param(0.05, True, id="equal"), pytest.param(0.06, False, id="more")]
)
def test_the_bar_is_judged_by_the_ratio_to_envoy(cpu: float, met: bool) -> None:
    found = some_results(a_run("envoy"), a_run("ours", cpu_seconds=cpu))
    verdict = next(each for each in bar.verdicts(found) if "nothing compiled" in each.demand)
    assert verdict.met is met
    demand = re.escape(verdict.demand)
    word = "met" if met else "missed"
    assert re.search(rf"{word} +{demand}:", table.render(found, colour=False))
    assert re.search(rf"\| {demand} \|.*{word}", report.page(found))


def test_what_was_not_measured_is_not_judged() -> None:
    assert bar.verdicts(some_results(a_run("envoy"), a_run("nginx"))) == []


def test_cost_that_grows_with_connections_misses_the_bar() -> None:
    found = some_results(
        a_run("ours", scenario="get1"), a_run("ours", scenario="get512", cpu_seconds=0.5)
    )
    (verdict,) = (each for each in bar.verdicts(found) if "512 connections, of" in each.demand)
    assert verdict.measured == pytest.approx(10)
    assert not verdict.met


def test_results_survive_their_file(tmp_path: Path) -> None:
    found = some_results(a_run("envoy"), a_run("ours", 1))
    path = results.save(found, tmp_path)
    assert results.load(path) == found
    assert results.latest(tmp_path) == path


def test_the_newest_file_is_reported(tmp_path: Path) -> None:
    old, new = some_results(a_run("ours")), some_results(a_run("ours"))
    new.made = "2026-01-03T00:00:00+00:00"
    newest = results.save(new, tmp_path)
    results.save(old, tmp_path)
    assert results.latest(tmp_path) == newest
    assert results.latest(tmp_path / "nowhere") is None


def test_part_of_a_run_never_becomes_the_page(tmp_path: Path) -> None:
    found = some_results(a_run("ours"))
    for found.kind in ("quick", "part"):
        results.save(found, tmp_path)
    assert results.latest(tmp_path) is None


def test_the_page_holds_figures_ratios_versions_and_method() -> None:
    text = report.page(some_results(a_run("envoy"), a_run("ours", cpu_seconds=0.04)))
    assert "| CPU per request, GET, 32 connections | µs | 50.0 | 40.0 | 0.80 |" in text
    assert "| Ours | 1.2 | as is |" in text
    assert "## How it is measured" in text


def test_every_row_of_a_markdown_table_has_all_columns() -> None:
    rows = report.markdown([["a", "b"], ["x|y", "1"]])
    assert rows == ["| a | b |", "| --- | ---: |", "| x\\|y | 1 |"]


def test_the_chart_is_well_formed_and_marks_the_values_in_order() -> None:
    found = some_results(a_run("envoy"), a_run("ours", cpu_seconds=0.04), a_run("a<b"))
    picture = ElementTree.fromstring(chart.render(found, "get32", "CPU & time"))  # noqa: S314
    dots = [float(each.attrib["cx"]) for each in picture.iter() if each.tag.endswith("circle")]
    assert dots == sorted(dots)
    assert len(dots) == 3
    own = [each for each in picture.iter() if each.attrib.get("class") == "own"]
    assert ["".join(each.itertext()) for each in own] == ["Ours40.0 µs"]


def test_a_tenfold_value_is_a_decade_to_the_right() -> None:
    step = chart.position(100, 1, 3) - chart.position(10, 1, 3)
    assert chart.position(1000, 1, 3) - chart.position(100, 1, 3) == pytest.approx(step)


def test_everyone_meets_each_load_once_a_round_in_a_turning_order() -> None:
    plan = run.Plan(rounds=2, slow_rounds=1, budget=1)
    a, b = contender("a"), contender("b")
    order = [(t, c.name) for t, c, _ in run.steps(plan, [a, b], [Scenario("x", "")])]
    assert order == [(0, "a"), (0, "b"), (1, "b"), (1, "a")]


def test_slow_contenders_take_part_in_fewer_rounds() -> None:
    plan = run.Plan(rounds=3, slow_rounds=1, budget=1)
    everyone = [contender("a"), contender("slow", slow=True)]
    taken = [c.name for _, c, _ in run.steps(plan, everyone, [Scenario("x", "")])]
    assert taken.count("a") == 3
    assert taken.count("slow") == 1


def test_a_benchmark_from_which_someone_is_absent_is_not_complete() -> None:
    found = some_results(a_run("envoy"), a_run("ours"))
    assert run.complete(found)
    found.contenders["caddy"] = found.contenders["envoy"]
    assert not run.complete(found)


def test_a_benchmark_in_which_someone_fell_silent_is_not_complete() -> None:
    assert not run.complete(some_results(a_run("envoy"), a_run("ours", requests=0)))


def test_only_what_can_be_compared_is_run() -> None:
    tls = Scenario("tls", "", tls=True)
    assert not loads.takes_part(contender("hello", forwards=False), tls)
    assert not loads.takes_part(contender("direct", command=None), tls)
    assert loads.takes_part(contender("proxy"), tls)


def test_the_console_differs_in_nothing_but_the_console(tmp_path: Path) -> None:
    place = Place(tmp_path, 1, 2, 3, tls=True, authority=tmp_path, disk=tmp_path)
    plain, console = ours.OURS.command, ours.CONSOLE.command
    assert plain is not None
    assert console is not None
    assert console(place).argv == (*plain(place).argv, "--console")
    assert console(place).env == plain(place).env


def test_what_a_ledger_does_beside_its_rows_is_compared_with_it(tmp_path: Path) -> None:
    place = Place(tmp_path, 1, 2, 3, tls=False, authority=tmp_path, disk=tmp_path)
    ledger, unasked = ours.LEDGER.command, ours.UNASKED.command
    assert ledger is not None
    assert unasked is not None
    assert unasked(place).argv == ledger(place).argv
    assert unasked(place).env == {**ledger(place).env, "BREB_LEDGER_ASK": "false"}
    for each in (ours.KEYED, ours.UNASKED):
        taken = [scenario.name for scenario in loads.ALL if loads.takes_part(each, scenario)]
        assert taken == ["post32", "post1", "post8"]


def test_each_request_with_a_key_has_a_mark_for_it() -> None:
    keyed = field_lines.request_head(Scenario("x", "", upload=5), 81, keyed=ours.KEYED.keyed)
    assert "\r\nIdempotency-Key: @KEY@\r\n" in keyed
    assert "@KEY@" not in field_lines.request_head(Scenario("x", "", upload=5), 81)


@pytest.mark.parametrize("chosen", ["ALL", "QUICK"])
def test_scenarios_have_names_of_their_own(chosen: str) -> None:
    names = [getattr(each, "name", each) for each in getattr(loads, chosen)]
    assert len(set(names)) == len(names)
    assert set(names) <= {each.name for each in loads.ALL}


def test_contenders_have_names_of_their_own() -> None:
    assert len({each.name for each in peers.ALL}) == len(peers.ALL)


def test_bodies_have_the_size_that_is_checked() -> None:
    assert len(small_body()) == loads.ALL[0].answer
    assert len(body(10 * KIB)) == 10 * KIB
    assert body(2 * KIB)[:KIB] != body(2 * KIB)[KIB:]


def test_megabytes_count_both_directions() -> None:
    assert Scenario("x", "", upload=MIB, answer=200).megabytes == 1
    assert Scenario("x", "", answer=GIB).megabytes == 1024


def test_an_upload_that_did_not_arrive_whole_is_an_error() -> None:
    scenario = Scenario("up", "", upload=1000, answer=16)
    assert load.all_received(scenario, b'{"received":1100}')
    assert not load.all_received(scenario, b'{"received":900}')


def test_cpu_time_of_a_process_is_seen() -> None:
    before = procfs.cpu_seconds(os.getpid())
    while procfs.cpu_seconds(os.getpid()) - before < 0.01:
        assert time.process_time() < before + 60
    assert procfs.resident_kb(os.getpid()) > 1024
    assert procfs.peak_kb(os.getpid()) >= procfs.resident_kb(os.getpid()) // 2


def test_nothing_names_a_host_outside_this_machine() -> None:
    """Loads go to the loopback device alone."""
    folder = Path(peers.__file__).parents[1]
    sources = [p for kind in ("*.py", "*.lua", "*.cjs") for p in folder.glob(kind)]
    sources += (folder / "peers").glob("*.py")
    found = {host for p in sources for host in re.findall(r"https?://([\w.]+)", p.read_text())}
    assert found <= {"127.0.0.1", "up", "www.w3.org"}


@pytest.mark.parametrize("lines", ["bare", "common", "heavy"])
def test_a_request_carries_the_lines_of_its_scenario(lines: str) -> None:
    scenario = Scenario("x", "", path="/sink/4", upload=5, lines=lines)
    first, *rest = field_lines.request_head(scenario, 81).split("\r\n")
    names = [line.partition(":")[0] for line in rest]
    assert first == f"POST {'' if lines == 'common' else '/' + lines}/sink/4 HTTP/1.1"
    assert names[:1] == ["Host"]
    assert names[-2:] == ["", ""]
    assert len(names) - 2 == {"bare": 3, "common": 9, "heavy": 19}[lines]
    assert {names.count("Content-Length"), names.count("Content-Type")} == {1}


def test_only_the_run_without_a_proxy_brings_an_authorization() -> None:
    assert "Authorization" not in field_lines.request_head(Scenario("x", ""), 81)
    head = field_lines.request_head(Scenario("x", ""), 81, "Bearer 7")
    assert head.endswith("\r\nAuthorization: Bearer 7\r\n\r\n")


def test_what_field_lines_cost_is_a_table_of_its_own() -> None:
    found = some_results(
        *(a_run(name, scenario=load) for name in ("envoy", "ours") for load in ("get32", "bare32"))
    )
    text = report.page(found)
    assert "## What field lines cost" in text
    assert "| CPU per request, GET, bare | µs | 50.0 | 50.0 | 1.00 |" in text
    assert "GET, bare" in table.render(found, colour=False)
    assert "GET, bare" not in str(table.rows(found))


def test_what_was_measured_before_stands_beside_what_is_now() -> None:
    found = some_results(a_run("envoy"), a_run("ours", cpu_seconds=0.03))
    (line,) = (x for x in report.page(found).splitlines() if x.endswith("× | 0.60 × |"))
    assert line.startswith("| CPU per request, GET, 32 connections | ")
    assert "## Before and after" not in report.page(some_results(a_run("nginx")))


def test_a_ledger_is_judged_by_what_the_same_request_costs_without() -> None:
    found = some_results(
        a_run("ours", scenario="post8", cpu_seconds=0.05),
        a_run("ledger", scenario="post8", cpu_seconds=0.11),
        a_run("ours", scenario="post1", p50_us=100),
        a_run("ledger", scenario="post1", p50_us=600, sync_us=300, written=8 * KIB * 1000),
    )
    judged = {each.demand: (each.measured, each.met) for each in bar.verdicts(found)}
    share = judged["CPU per request with a ledger, POST 2 KiB, 8 connections"]
    assert share == (pytest.approx(2.2), False)
    over = judged["p50 that a ledger adds to a bare sync, 1 connection"]
    assert over == (pytest.approx(0.2), False)
    assert judged["Written per payment, 1 connection"] == (pytest.approx(8), True)


def test_what_is_posted_is_a_payment_of_the_size_that_is_meant() -> None:
    assert len(payment.body(2 * KIB)) == 2 * KIB
    assert json.loads(payment.body(2 * KIB))["amount"]["currency"] == "COP"
    assert payment.body(MIB) == b"x" * MIB


def test_a_bare_sync_takes_its_time(tmp_path: Path) -> None:
    assert measure.bare_sync(tmp_path / "file") > 0


def test_what_a_process_had_written_is_read(tmp_path: Path) -> None:
    before = procfs.written(os.getpid())
    (tmp_path / "file").write_bytes(b"x" * MIB)
    assert procfs.written(os.getpid()) >= before
