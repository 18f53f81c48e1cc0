"""Settings: their sources, their problems, and that they never print a secret."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trustme

from proxy.addresses import ListenAddress
from proxy.errors import SettingsError
from proxy.settings import model
from proxy.settings.sources import Sources, locate

MEANT = {"allow_production": "true"}
GIVEN = {"client_id": "id-1", "client_secret": "hush-hush"}


def load(**flags: Any) -> model.Settings:
    return read({**GIVEN, **flags})


def read(flags: dict[str, Any], folder: Path | None = None) -> model.Settings:
    return model.load(model.find(flags, Sources(folder=folder)))


def problems(**flags: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(**flags)
    return list(map(str, caught.value.problems))


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("BREB_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_the_defaults_are_the_sandbox_on_loopback() -> None:
    found = load()
    assert str(found.base_url) == "https://bre-b-sandbox.api.visionamos.passportfintech.com"
    assert str(found.token_endpoint_url) == f"{found.base_url}/v1/iam/oauth/tokens"
    assert (str(found.listen), str(found.admin_listen)) == ("127.0.0.1:8080", "127.0.0.1:8081")
    assert not found.console


def test_secrets_do_not_print() -> None:
    found = load(caller_key="payroll:k1-very-secret-indeed")
    for text in (repr(found), str(found), repr(found.model_dump())):
        assert "hush" not in text
        assert "k1-very" not in text


def test_flags_win_over_environment_over_env_file_over_secret_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in ("client_id", "client_secret", "accept_language", "log_level", "log_format"):
        (secrets / f"breb_{name}").write_text(
            {"log_level": "error", "log_format": "json"}.get(name, "file")
        )
    (tmp_path / ".env").write_text(
        "BREB_ACCEPT_LANGUAGE=dotenv\nBREB_LOG_LEVEL=warning\nBREB_READ_TIMEOUT=7\n"
    )
    monkeypatch.setenv("BREB_LOG_LEVEL", "debug")
    monkeypatch.setenv("BREB_READ_TIMEOUT", "8")
    found = read({"read_timeout": "9"}, secrets)
    assert found.client_id.get_secret_value() == "file"
    assert found.log_format == "json"
    assert found.accept_language == "dotenv"
    assert found.log_level == "debug"
    assert found.read_timeout == 9


@pytest.mark.parametrize("name", ["breb_client_secret", "BREB_CLIENT_SECRET"])
def test_secret_files_may_be_named_in_either_case(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("from-a-file\n")
    found = read({"client_id": "x"}, tmp_path)
    assert found.client_secret.get_secret_value() == "from-a-file"


def test_all_problems_are_told_at_once_and_name_the_setting() -> None:
    lines = problems(
        base_url="http://example.com", listen="nowhere", read_timeout="-1", log_level="loud"
    )
    assert [line.split(":")[0] for line in lines] == [
        "BREB_LISTEN",
        "BREB_READ_TIMEOUT",
        "BREB_LOG_LEVEL",
        "BREB_BASE_URL",
    ]
    assert problems(base_url="http://example.com", listen="0.0.0.0:8080") == [
        (
            "BREB_BASE_URL: must be https, because the token or the credentials are sent there;"
            " to allow http, set BREB_ALLOW_INSECURE_UPSTREAM=true"
        ),
        (
            "BREB_LISTEN: 0.0.0.0:8080 can be reached from other machines, and they could use"
            " your token; set BREB_CALLER_KEY, or listen on 127.0.0.1, or set"
            " BREB_ALLOW_OPEN_LISTENER=true"
        ),
    ]


def test_nothing_is_said_of_how_a_wrong_value_disagrees_with_others() -> None:
    """What it would be compared with is a stand-in."""
    lines = problems(
        caller_key=",", listen="0.0.0.0:8080", allow_insecure_upstream="?", token_url="http://x"
    )
    assert [line.split(":")[0] for line in lines] == [
        "BREB_ALLOW_INSECURE_UPSTREAM",
        "BREB_CALLER_KEY",
    ]
    lines = problems(listen="nowhere", base_url="http://localhost:8080")
    assert [line.split(":")[0] for line in lines] == ["BREB_LISTEN"]


def test_an_origin_is_kept_as_browsers_write_it() -> None:
    given = "http://a:80,https://b:443,http://c:443,https://[::1]:443,http://d:8080"
    kept = ("http://a", "https://b", "http://c:443", "https://[::1]", "http://d:8080")
    assert load(allowed_origins=given).allowed_origins == kept


@pytest.mark.parametrize(
    "host", ["a", "a.b-c_d", "a.", "A:8080", "[::1]", "[::1]:8080", "10.0.0.1"]
)
def test_hosts_are_names_or_addresses(host: str) -> None:
    assert load(allowed_hosts=host).allowed_hosts == (host,)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        pytest.param({"client_secret": " "}, "BREB_CLIENT_SECRET: is empty", id="blank secret"),
        pytest.param({"client_id": "a\nb"}, "BREB_CLIENT_ID: ", id="control byte in the id"),
        pytest.param({"base_url": "ftp://x"}, "BREB_BASE_URL: must be a URL", id="scheme"),
        pytest.param(
            {"base_url": "https://u:p@x"}, "BREB_BASE_URL: must not have a user", id="user"
        ),
        pytest.param({"base_url": "https://x/?q"}, "BREB_BASE_URL: must not have", id="query"),
        pytest.param(
            {"base_url": "https://x:99999"},
            "BREB_BASE_URL: port 99999 is too high: at most",
            id="port",
        ),
        pytest.param({"base_url": "https://x y"}, "BREB_BASE_URL: has a host", id="blank"),
        pytest.param({"token_url": "http://x/t"}, "BREB_TOKEN_URL: must be https", id="token url"),
        pytest.param(
            {"listen": "127.0.0.1:99999"},
            "BREB_LISTEN: port 99999 is too high: at most",
            id="listen",
        ),
        pytest.param(
            {"listen": "unix:relative"},
            "BREB_LISTEN: must be unix:",
            id="socket path",
            marks=pytest.mark.needs("posix"),
        ),
        pytest.param({"tls_cert": "/nowhere"}, "BREB_TLS_CERT: no such file", id="no file"),
        pytest.param({"allow": "payments"}, "BREB_ALLOW: 'payments' is not a rule", id="rule"),
        pytest.param(
            {"allowed_origins": "*"}, "BREB_ALLOWED_ORIGINS: '*' is not an origin", id="star"
        ),
        *(
            pytest.param(
                {"allowed_hosts": host}, f"BREB_ALLOWED_HOSTS: {host!r} is not a host", id=host
            )
            for host in ("*", "*.example.com", "http://a", "a b", "a/", "a:http", "-", "u@a", "::1")
        ),
        *(
            pytest.param({name: " , "}, f"BREB_{name.upper()}: has no value", id=f"no {name}")
            for name in ("caller_key", "allow", "deny", "allowed_hosts", "allowed_origins")
        ),
        pytest.param(
            {"caller_key": "one\ntwo"},
            "BREB_CALLER_KEY: contains control characters",
            id="keys in lines",
        ),
        pytest.param(
            {"admin_listen": "127.0.0.1:8080"}, "BREB_ADMIN_LISTEN: must differ", id="same"
        ),
        pytest.param(
            {"base_url": "http://localhost:8080"},
            "BREB_BASE_URL: 127.0.0.1:8080 is this proxy's own listener",
            id="loop",
        ),
        pytest.param(
            {"token_url": "http://[::1]:8081/t", "admin_listen": "[::]:8081"},
            "BREB_TOKEN_URL: [::]:8081 is this proxy's own listener",
            id="loop to the admin listener",
        ),
        pytest.param(
            {"base_url": "https://api.paas.co.passportfintech.com"},
            "BREB_BASE_URL: api.paas.co.passportfintech.com counts as Passport's production",
            id="production",
        ),
        pytest.param(
            {"base_url": "https://bre-b.api.visionamos.passportfintech.com"},
            "BREB_BASE_URL: bre-b.api.visionamos.passportfintech.com counts as Passport's"
            " production, where real money moves; to use it, set BREB_ALLOW_PRODUCTION=true; the"
            " sandbox is https://bre-b-sandbox.api.visionamos.passportfintech.com",
            id="the sandbox without its name",
        ),
        pytest.param(
            {
                "base_url": "https://Pay.example.co/breb",
                "production_hosts": "x.test, PAY.example.co.",
            },
            "BREB_BASE_URL: pay.example.co counts as Passport's production",
            id="an own host before production",
        ),
        pytest.param(
            {"production_hosts": "https://pay.example.co"},
            "BREB_PRODUCTION_HOSTS: 'https://pay.example.co' is not a host name",
            id="an own host as a URL",
        ),
        pytest.param(
            {"token_url": "https://api.paas.co.passportfintech.com/v1/iam/oauth/tokens"},
            "BREB_TOKEN_URL: api.paas.co.passportfintech.com counts as Passport's production",
            id="production's tokens",
        ),
        pytest.param(
            {"base_url": "https://bre-b-sandbox.api.visionamos.passportfintech.com"} | MEANT,
            "BREB_ALLOW_PRODUCTION: is true, but BREB_BASE_URL (bre-b-sandbox.api.visionamos."
            "passportfintech.com) is a sandbox, where payments seem to succeed",
            id="production in the sandbox",
        ),
        pytest.param(
            {"base_url": "http://127.0.0.1:9090"} | MEANT,
            "BREB_ALLOW_PRODUCTION: is true, but BREB_BASE_URL (127.0.0.1) is on this machine",
            id="production on this machine",
        ),
        pytest.param(
            {"base_url": "https://api.paas.co.passportfintech.con"} | MEANT,
            "BREB_ALLOW_PRODUCTION: is true, but BREB_BASE_URL (api.paas.co.passportfintech.con)"
            " is not known as Passport's production; if it is a host of your own that leads"
            " there, add it to BREB_PRODUCTION_HOSTS",
            id="production with a slip",
        ),
        pytest.param(
            {"egress_proxy": "socks5://proxy.test:1080"},
            "BREB_EGRESS_PROXY: must be http://host:port or https://host:port",
            id="egress over SOCKS",
        ),
        pytest.param(
            {"egress_proxy": "http://proxy.test:80800"},
            "BREB_EGRESS_PROXY: port 80800 is too high: at most 65535",
            id="egress port",
        ),
        pytest.param(
            {"egress_proxy": "http://proxy.test:3128", "egress_credentials": "hush"},
            "BREB_EGRESS_CREDENTIALS: must be USER:PASSWORD",
            id="egress without password",
        ),
        pytest.param(
            {"egress_credentials": "user:hush"},
            "BREB_EGRESS_CREDENTIALS: set BREB_EGRESS_PROXY too",
            id="egress credentials alone",
        ),
        pytest.param(
            {"egress_proxy": "http://user:hush@proxy.test", "egress_credentials": "user:hush"},
            "BREB_EGRESS_PROXY: user and password are in it and in BREB_EGRESS_CREDENTIALS",
            id="egress credentials twice",
        ),
        pytest.param(
            {"egress_proxy": "http://127.0.0.1:8080"},
            "BREB_EGRESS_PROXY: 127.0.0.1:8080 is this proxy's own listener",
            id="egress loop",
        ),
        pytest.param(
            {"egress_proxy": "proxy.test:3128"},
            "BREB_EGRESS_PROXY: must be http://host:port",
            id="egress without scheme",
        ),
        pytest.param(
            {"egress_proxy": "http://proxy.test:3128/path"},
            "BREB_EGRESS_PROXY: must be http://host:port",
            id="egress with a path",
        ),
        pytest.param(
            {"listen": "unix:/run/x", "admin_listen": "unix:/run/x"},
            "BREB_ADMIN_LISTEN: must differ",
            id="same socket",
            marks=pytest.mark.needs("posix"),
        ),
        pytest.param({"accept_language": "é"}, "BREB_ACCEPT_LANGUAGE: must be a", id="language"),
        pytest.param({"caller_key": " , "}, "BREB_CALLER_KEY: has no value", id="no key"),
        pytest.param(
            {"caller_key": "a\nb"}, "BREB_CALLER_KEY: contains control", id="key in two lines"
        ),
        pytest.param(
            {"allowed_hosts": "*"}, "BREB_ALLOWED_HOSTS: '*' is not a host", id="any host"
        ),
        pytest.param(
            {"allowed_hosts": "a.test,http://b.test"},
            "BREB_ALLOWED_HOSTS: 'http://b.test' is not a host",
            id="a URL for a host",
        ),
        pytest.param(
            {"allowed_hosts": "unix:/x"}, "BREB_ALLOWED_HOSTS: 'unix:/x' is", id="a path for a host"
        ),
        pytest.param({"redact": "*"}, "BREB_REDACT: '*' is not a name", id="a wildcard"),
        pytest.param({"redact": "email,--"}, "BREB_REDACT: '--' is not a name", id="dashes"),
        pytest.param({"redact": "=nit,=-"}, "BREB_REDACT: '=-' is not a name", id="only a sign"),
        pytest.param(
            {"ledger_fields": "=nit"}, "BREB_LEDGER_FIELDS: write nit: here each name is", id="sign"
        ),
        pytest.param({"ca_bundle": "."}, "BREB_CA_BUNDLE: . is a directory", id="a directory"),
        pytest.param({"read_timeout": "nan"}, "BREB_READ_TIMEOUT: ", id="nan"),
        pytest.param({"read_timeout": "inf"}, "BREB_READ_TIMEOUT: ", id="infinite"),
    ],
)
def test_a_wrong_value_is_named(flags: dict[str, Any], said: str) -> None:
    (line,) = problems(**flags)
    assert line.startswith(said)


def test_files_of_certificates_are_tried_at_start(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    assert problems(ca_bundle=empty)[0].startswith("BREB_CA_BUNDLE: no certificates in ")
    assert problems(client_cert=empty) == [
        f"BREB_CLIENT_CERT: there is no PEM certificate in {empty}"
    ]
    assert problems(client_cert_key=empty) == ["BREB_CLIENT_CERT_KEY: set BREB_CLIENT_CERT too"]
    assert problems(tls_cert=empty) == ["BREB_TLS_CERT and BREB_TLS_KEY: set both, or neither"]
    leaf = trustme.CA().issue_cert("localhost")
    leaf.cert_chain_pems[0].write_to_path(cert := tmp_path / "cert.pem")
    missing = f"there is no PEM key in {empty}"
    assert problems(tls_cert=cert, tls_key=empty) == [f"BREB_TLS_KEY: {missing}"]
    assert problems(client_cert=cert, client_cert_key=empty) == [f"BREB_CLIENT_CERT_KEY: {missing}"]
    assert problems(client_cert=cert) == [
        (
            f"BREB_CLIENT_CERT: there is no PEM key in {cert}; if it is in another file, set"
            " BREB_CLIENT_CERT_KEY"
        )
    ]


@pytest.mark.parametrize("host", ["a.test", "a.test:8080", "[::1]", "[fd00::1]:80", "a_b.test."])
def test_hosts_are_let_in_with_or_without_port(host: str) -> None:
    assert load(allowed_hosts=host).allowed_hosts == (host,)


def test_letter_case_of_a_word_does_not_matter() -> None:
    found = load(log_level="WARNING", log_format=" Json")
    assert (found.log_level, found.log_format) == ("warning", "json")


def test_a_byte_order_mark_is_no_part_of_a_secret(tmp_path: Path) -> None:
    (tmp_path / "breb_client_secret").write_text("\ufefffrom-windows\r\n", encoding="utf-8")
    found = read({"client_id": "x"}, tmp_path)
    assert found.client_secret.get_secret_value() == "from-windows"


def test_production_is_let_in_when_it_is_meant() -> None:
    found = load(base_url="https://api.paas.co.passportfintech.com", allow_production=True)
    assert found.base_url.environment == "production"


def test_keys_have_names_so_that_callers_are_told_apart() -> None:
    """The last one may come from a file, with a mark before it and a line break after it."""
    keys = load(caller_key=f"payroll:{'p' * 16}, shop:{'s' * 16},{'d' * 16}\n").caller_key
    assert [(each.caller, each.key.get_secret_value()) for each in keys] == [
        ("payroll", "p" * 16),
        ("shop", "s" * 16),
        ("default", "d" * 16),
    ]


@pytest.mark.parametrize(
    ("key", "says"),
    [
        pytest.param("k", "the key of default has fewer than 16 characters", id="short"),
        pytest.param("sesame-sesame-1", "make a new one: openssl rand -hex 32", id="fifteen"),
        pytest.param("payroll:sesame", "the key of payroll has fewer than 16", id="short, named"),
        pytest.param(
            "1sesame:sesame-sesame-16", "write NAME:KEY, such as payroll:KEY", id="no name"
        ),
        pytest.param(":sesame-sesame-16", "write NAME:KEY, such as payroll:KEY", id="empty name"),
        pytest.param("a:sesame-sesame-16,b:sesame-sesame-16", "is used twice", id="shared"),
    ],
)
def test_keys_that_protect_nothing_are_refused_and_not_repeated(key: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(caller_key=key)
    (problem,) = map(str, caught.value.problems)
    assert problem.startswith("BREB_CALLER_KEY: ")
    assert says in problem
    assert "sesame" not in problem


def test_rules_are_for_callers_that_have_a_key() -> None:
    with pytest.raises(SettingsError) as caught:
        load(caller_key=f"payroll:{'p' * 16}", deny="payrol: POST /v1/*,payroll: GET /v1/*")
    (problem,) = map(str, caught.value.problems)
    assert problem == (
        "BREB_DENY: the rule payrol: POST /v1/* is for a caller that is not in BREB_CALLER_KEY"
    )


@pytest.mark.parametrize(
    ("listen", "key"),
    [
        ("127.0.0.1:1", ""),
        ("localhost:1", ""),
        ("[::1]:1", ""),
        pytest.param("unix:/run/p.sock", "", marks=pytest.mark.needs("posix")),
        ("0.0.0.0:1", "k" * 16),
    ],
)
def test_private_listeners_need_no_key(listen: str, key: str) -> None:
    assert load(listen=listen, caller_key=key).listen == ListenAddress.parse(listen)


def test_empty_values_count_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREB_TOKEN_URL", "")
    monkeypatch.setenv("BREB_CALLER_KEY", "")
    monkeypatch.setenv("BREB_READ_TIMEOUT", "")
    found = load()
    assert found.token_url is None
    assert found.caller_key == ()
    assert found.read_timeout == 60


def test_a_missing_secrets_directory_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="BREB_SECRETS_DIR: no such directory"):
        locate(None, str(tmp_path / "nowhere"))


def test_an_unreadable_env_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"BREB_CLIENT_ID=\xff\xfe\n")
    with pytest.raises(SettingsError, match="cannot be read"):
        read({})


def test_a_malformed_start_is_lines_without_traceback_and_exit_code_two(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "proxy", "serve", "--listen", "x"],
        cwd=tmp_path,
        env={**os.environ, "BREB_READ_TIMEOUT": "soon", "BREB_CLIENT_SECRET": "hush-hush"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == [
        "BREB_CLIENT_ID",
        "BREB_LISTEN",
        "BREB_READ_TIMEOUT",
        "to see which settings are found, and where",
    ]
    assert "hush" not in done.stderr


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"console": "ja"}, "BREB_CONSOLE: must be true or false"),
        ({"read_timeout": "60s"}, "BREB_READ_TIMEOUT: must be a number of seconds, such as 60"),
        ({"read_timeout": "inf"}, "BREB_READ_TIMEOUT: must be a number of seconds, such as 60"),
        (
            {"drain_delay": "-1"},
            "BREB_DRAIN_DELAY: must be a number of seconds, such as 60, and at least 0",
        ),
        (
            {"token_timeout": "0"},
            "BREB_TOKEN_TIMEOUT: must be a number of seconds, such as 10, and more than 0",
        ),
        ({"max_body": "1 MB"}, "BREB_MAX_BODY: must be a number of bytes, such as 1048576"),
        (
            {"max_callers": "1.5"},
            "BREB_MAX_CALLERS: must be a whole number, such as 4096",
        ),
        (
            {"max_callers": "70000"},
            "BREB_MAX_CALLERS: must be a whole number, such as 4096, and at most 65535",
        ),
        (
            {"replay_limit": "99999999"},
            "BREB_REPLAY_LIMIT: must be a number of bytes, such as 65536, and at most 16777216",
        ),
        ({"log_level": "loud"}, "BREB_LOG_LEVEL: must be debug, info, warning or error"),
    ],
)
def test_what_is_wrong_is_said_in_words_of_the_setting(given: dict[str, str], words: str) -> None:
    assert problems(**given) == [words]


@pytest.mark.parametrize("text", ["http://user:p%40ss@proxy.test:3128", "https://user:p@ss@h"])
def test_user_and_password_of_the_egress_proxy_are_taken_out_of_its_url(text: str) -> None:
    found = load(egress_proxy=text)
    assert "p@ss" not in repr(found)
    assert "user:" not in repr(found)
    assert str(found.egress_proxy) in ("http://proxy.test:3128", "https://h")
    assert found.egress_credentials is not None
    assert found.egress_credentials.get_secret_value() == "user:p@ss"


def test_an_empty_secret_file_is_no_login_for_the_egress_proxy(tmp_path: Path) -> None:
    (tmp_path / "breb_egress_credentials").write_text("\n")
    found = read(GIVEN, tmp_path)
    assert found.egress_credentials is None


def test_what_is_no_url_has_no_user_and_is_not_repeated() -> None:
    (line,) = problems(egress_proxy="http://[user:hush@")
    assert line == "BREB_EGRESS_PROXY: must be http://host:port or https://host:port"


def test_production_is_let_in_where_it_is_meant() -> None:
    url = "https://api.paas.co.passportfintech.com"
    assert load(base_url=url, **MEANT).base_url.environment == "production"


def test_the_database_password_comes_from_a_secret_and_prints_nowhere(tmp_path: Path) -> None:
    found = problems(database="postgresql://breb:hush@db.test/x", database_password="hush")
    assert any("BREB_DATABASE: must not contain the password" in each for each in found)
    assert not any("hush" in each for each in found)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"database_password": "hush"}, id="password"),
        pytest.param({"database_ca": __file__}, id="authorities"),
    ],
)
def test_what_is_for_a_database_needs_one(given: dict[str, Any]) -> None:
    assert any("BREB_DATABASE" in each for each in problems(**given))


def test_a_ledger_may_be_in_a_database_which_the_token_is_shared_over_too() -> None:
    made = load(ledger="postgresql://breb@db.test/x", database_password="hush")
    assert str(made.ledger) == "postgresql://breb@db.test:5432/x"
    assert made.database_address == made.ledger
    (found,) = problems(
        ledger="postgresql://breb@db.test/x", database="postgresql://o.test/x", token_shared=True
    )
    assert "one database for both" in found
