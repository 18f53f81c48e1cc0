"""The OTEL_* variables: what they mean, and what is said of wrong ones."""

from pathlib import Path

import pytest

from proxy.addresses import ListenAddress
from proxy.settings.sources import Sources
from proxy.settings.tracing import VARIABLES, Sampler, Tracing, tracing

BASE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"}

OWN = (ListenAddress.parse("127.0.0.1:8080"), ListenAddress.parse("unix:/run/x"))


def read(tmp_path: Path, **variables: str) -> Tracing:
    given = {f"OTEL_{name}": value for name, value in variables.items()}
    return tracing(Sources(tmp_path / ".env", None, {**BASE, **given}), OWN)


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        pytest.param({}, "http://collector:4318/v1/traces", id="path-added"),
        pytest.param(
            {"EXPORTER_OTLP_TRACES_ENDPOINT": "https://here/as-it-is"},
            "https://here/as-it-is",
            id="own-wins",
        ),
        pytest.param({"SDK_DISABLED": "True"}, None, id="disabled"),
        pytest.param({"TRACES_EXPORTER": "none"}, None, id="no-exporter"),
        pytest.param({"TRACES_SAMPLER": "always_off"}, None, id="nothing-sampled"),
        pytest.param({"EXPORTER_OTLP_ENDPOINT": ""}, None, id="no-endpoint"),
        pytest.param(
            {"EXPORTER_OTLP_ENDPOINT": "", "TRACES_EXPORTER": "otlp"},
            "http://localhost:4318/v1/traces",
            id="standard-endpoint",
        ),
    ],
)
def test_traces_go_where_the_variables_say(
    tmp_path: Path, variables: dict[str, str], url: str | None
) -> None:
    options, warnings = read(tmp_path, **variables)
    assert warnings == []
    assert (None if options is None else str(options.endpoint)) == url


def test_without_a_value_each_variable_has_the_default_that_is_documented(tmp_path: Path) -> None:
    options, _ = read(tmp_path)
    assert options is not None
    defaults = {each.name: each.default for each in VARIABLES}
    assert options.timeout * 1000 == int(defaults["OTEL_EXPORTER_OTLP_TIMEOUT"])
    assert options.delay * 1000 == int(defaults["OTEL_BSP_SCHEDULE_DELAY"])
    assert options.queue == int(defaults["OTEL_BSP_MAX_QUEUE_SIZE"])
    assert str(options.sampler) == defaults["OTEL_TRACES_SAMPLER"]
    assert options.resource == (("service.name", defaults["OTEL_SERVICE_NAME"]),)
    assert not options.compressed


@pytest.mark.parametrize(
    ("name", "argument", "sampler"),
    [
        ("always_on", "", Sampler("always_on", 1.0, asks_parent=False)),
        ("traceidratio", "0.25", Sampler("traceidratio", 0.25, asks_parent=False)),
        ("parentbased_traceidratio", "0", Sampler("parentbased_traceidratio", 0.0)),
        ("parentbased_traceidratio", "", Sampler("parentbased_traceidratio", 1.0)),
        ("parentbased_always_off", "", Sampler("parentbased_always_off", 0.0)),
        ("ParentBased_Always_On", "", Sampler()),
    ],
)
def test_samplers(tmp_path: Path, name: str, argument: str, sampler: Sampler) -> None:
    options, warnings = read(tmp_path, TRACES_SAMPLER=name, TRACES_SAMPLER_ARG=argument)
    assert warnings == []
    assert options is not None
    assert options.sampler == sampler


def test_headers_and_attributes_are_percent_encoded_pairs(tmp_path: Path) -> None:
    options, warnings = read(
        tmp_path,
        EXPORTER_OTLP_HEADERS="api-key=a%2Cb, x = y=z ",
        RESOURCE_ATTRIBUTES="service.name=other,team=caf%C3%A9",
        SERVICE_NAME="wins",
    )
    assert warnings == []
    assert options is not None
    assert options.headers == [(b"api-key", b"a,b"), (b"x", b"y=z")]
    assert dict(options.resource) == {"service.name": "wins", "team": "café"}
    assert "a,b" not in repr(options)


@pytest.mark.parametrize(
    ("name", "value", "instead"),
    [
        ("TRACES_SAMPLER", "sometimes", "parentbased_always_on"),
        ("EXPORTER_OTLP_TIMEOUT", "-1", "10000"),
        ("EXPORTER_OTLP_TRACES_TIMEOUT", "9999999999", "10000"),
        ("BSP_SCHEDULE_DELAY", "1.5", "5000"),
        ("EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"),
        ("EXPORTER_OTLP_COMPRESSION", "zstd", "none"),
        ("EXPORTER_OTLP_CERTIFICATE", "/no/such/file", "unset"),
        ("EXPORTER_OTLP_CLIENT_CERTIFICATE", "/no/such/file", "unset"),
        ("EXPORTER_OTLP_HEADERS", "hush", "unset"),
        ("EXPORTER_OTLP_HEADERS", "a=b%0D%0AX: y", "the others"),
        ("EXPORTER_OTLP_HEADERS", "a%20b=c", "the others"),
        ("EXPORTER_OTLP_HEADERS", "Content-Length=7", "the others"),
        ("EXPORTER_OTLP_ENDPOINT", "collector:4318", "no traces"),
        ("EXPORTER_OTLP_ENDPOINT", "http://user:hush@collector", "no traces"),
        ("EXPORTER_OTLP_ENDPOINT", "http://localhost:8080", "no traces"),
        ("TRACES_EXPORTER", "otlp,zipkin", "the list without zipkin"),
    ],
)
def test_a_wrong_value_is_ignored_and_named(
    tmp_path: Path, name: str, value: str, instead: str
) -> None:
    options, (warning,) = read(tmp_path, **{name: value})
    assert str(warning).startswith(f"OTEL_{name} is ignored: ")
    assert str(warning).endswith(f"used instead: {instead}")
    assert "hush" not in str(warning)
    assert options is None or options.headers == []


@pytest.mark.parametrize("ratio", ["1.1", "-0.5", "nan", "all"])
def test_a_ratio_is_from_0_to_1(tmp_path: Path, ratio: str) -> None:
    options, (warning,) = read(tmp_path, TRACES_SAMPLER="traceidratio", TRACES_SAMPLER_ARG=ratio)
    assert str(warning).startswith("OTEL_TRACES_SAMPLER_ARG is ignored: ")
    assert options is not None
    assert options.sampler.ratio == 1.0


def test_they_stand_where_settings_stand(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OTEL_EXPORTER_OTLP_ENDPOINT=http://from-file\n")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "OTEL_EXPORTER_OTLP_HEADERS").write_text("key=hush\n")
    sources = Sources(tmp_path / ".env", tmp_path / "secrets", {})
    assert sources.any_of("OTEL_")
    assert not sources.any_of("OTHER_")
    options, _ = tracing(sources, OWN)
    assert options is not None
    assert (options.endpoint.host, options.headers) == ("from-file", [(b"key", b"hush")])
