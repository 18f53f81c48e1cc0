"""The command line as a newcomer meets it: help, errors in one line, nothing secret taken."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from proxy import __version__
from proxy.cli import main as cli
from proxy.errors import SettingsError
from proxy.settings.model import find, flags
from proxy.settings.sources import locate
from proxy.terminal import setting_flags
from tests.support import CALLER_KEY, SECRET, Program, RawUpstream, ask, free_port
from tests.support.command import alone, called, command, environment
from tests.support.patience import PATIENCE
from tests.support.sweeps import further

COMMANDS = [
    *("run", "serve", "demo", "tour", "sandbox", "check"),
    *("wait", "status", "console", "refresh", "quit"),
    *("ledger", "login", "logout", "completion", "service"),
    "tokens",
]
THIRD_PARTY = ("pydantic", "pydantic_settings", "httpx", "starlette", "uvicorn", "uvloop")


def test_without_a_command_help_is_shown_and_it_fails(tmp_path: Path) -> None:
    ended = command(cwd=tmp_path)
    assert ended.code == 2
    assert ended.out == ""
    assert "usage: breb-proxy COMMAND" in ended.err


@pytest.mark.parametrize("flag", ["--help", "-h", "help"])
def test_help_names_every_command(tmp_path: Path, flag: str) -> None:
    ended = command(flag, cwd=tmp_path)
    assert ended.code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in ended.out


def test_every_command_that_is_named_exists() -> None:
    assert sorted(COMMANDS) == sorted(cli._COMMANDS)


def test_the_version_is_told(tmp_path: Path) -> None:
    ended = command("--version", cwd=tmp_path)
    assert (ended.code, ended.out) == (0, f"breb-proxy {__version__}\n")


@pytest.mark.needs("posix")
def test_a_service_of_windows_is_said_to_be_for_windows(tmp_path: Path) -> None:
    ended = command("service", "install", "--name", "sandbox", cwd=tmp_path)
    assert ended.code == 2
    assert ended.err.startswith("breb-proxy: service is for Windows; here systemd does it: ")
    assert ended.err.count("\n") == 1


def test_a_name_that_cannot_be_a_service_is_refused(tmp_path: Path) -> None:
    ended = command("service", "install", "--name", "a b", cwd=tmp_path)
    assert ended.code == 2
    assert "--name: must be up to 41 letters, digits and -" in ended.err


def test_a_mistyped_command_gets_a_hint(tmp_path: Path) -> None:
    ended = command("chekc", cwd=tmp_path)
    assert ended.code == 2
    assert ended.err.startswith("breb-proxy: no such command: chekc; did you mean check?\n")


@pytest.mark.parametrize(("word", "meant"), [("-help", "--help"), ("version", "--version")])
def test_an_option_without_its_dashes_gets_a_hint(tmp_path: Path, word: str, meant: str) -> None:
    assert f"did you mean {meant}?" in command(word, cwd=tmp_path).err


def test_help_about_help_is_help(tmp_path: Path) -> None:
    assert command("help", "--help", cwd=tmp_path).out == command("help", cwd=tmp_path).out


@pytest.mark.needs("posix")
def test_a_current_folder_that_was_removed_is_no_traceback(tmp_path: Path) -> None:
    gone = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    ended = subprocess.run(
        ["/bin/sh", "-c", gone, "sh", sys.executable, "-m", "proxy", "check"],
        cwd=tmp_path,
        env=environment({"PYTHONPATH": str(Path(__file__).parents[2])}),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 1
    assert "looked in the current folder, which has been removed" in ended.stdout
    assert ended.stderr == ""


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "sandbox"])
def test_each_commands_help_documents_its_exit_codes(tmp_path: Path, name: str) -> None:
    ended = command(name, "--help", cwd=tmp_path)
    assert ended.code == 0
    assert re.search(rf"^usage: breb-proxy {name} .*\[options\]$", ended.out, re.MULTILINE)
    assert "exit codes: 0" in ended.out


def test_the_demos_help_promises_no_source_that_it_does_not_read(tmp_path: Path) -> None:
    text = command("demo", "--help", cwd=tmp_path).out
    assert "the environment and .env are not read" in text
    assert "BREB_" not in text
    assert "--base-url" not in text


def test_the_sandboxs_own_help_is_shown(tmp_path: Path) -> None:
    """Its client secret is worth nothing: there it may be a flag."""
    ended = command("sandbox", "--client-secret", "any", "--help", cwd=tmp_path)
    assert ended.code == 0
    assert "simulator" in ended.out


def test_demo_help_shows_the_demos_own_defaults(tmp_path: Path) -> None:
    text = " ".join(command("demo", "--help", cwd=tmp_path).out.split())
    assert "in memory, with bodies. [true]" in text


def test_help_fits_the_terminal_and_breaks_no_word(tmp_path: Path) -> None:
    for columns in (80, 100):
        text = command("serve", "--help", cwd=tmp_path, COLUMNS=columns).out
        longer = [line.split() for line in text.splitlines() if len(line) > columns]
        assert all(len(words) == 1 for words in longer), longer
        assert "[https://bre-b-sandbox.api.visionamos.passportfintech.com]" in text


def test_serve_help_shows_each_setting_with_its_default(tmp_path: Path) -> None:
    text = " ".join(command("serve", "--help", "all", cwd=tmp_path).out.split())
    for name, meaning, default, *_ in flags():
        shown = text[text.index(f"--{name.replace('_', '-')} ") :]
        assert meaning.split()[0] in shown
        assert f"[{default[:20]}" in shown
    assert "--client-secret" not in text


@pytest.mark.parametrize("name", ["serve", "check"])
def test_help_shows_what_matters_to_most_and_says_how_to_see_the_rest(
    tmp_path: Path, name: str
) -> None:
    text = command(name, "--help", cwd=tmp_path).out
    shown = set(re.findall(r"^  --([a-z-]+)", text, re.MULTILINE)) & {
        flag.name.replace("_", "-") for flag in flags()
    }
    assert shown == {flag.name.replace("_", "-") for flag in flags() if flag.common}
    assert len(shown) == 10
    assert f"{len(flags()) - 10} more settings, seldom needed: --help all" in text


def test_help_takes_no_other_word(tmp_path: Path) -> None:
    ended = command("serve", "--help", "listen", cwd=tmp_path)
    assert ended.code == 2
    assert "--help takes nothing, or the word all" in ended.err


@pytest.mark.parametrize("flag", ["--client-secret", "--client-id", "--caller-key"])
@pytest.mark.parametrize("form", ["two words", "one word"])
def test_secrets_are_refused_as_flags_and_not_repeated(
    tmp_path: Path, flag: str, form: str
) -> None:
    words = [flag, SECRET] if form == "two words" else [f"{flag}={SECRET}"]
    ended = command("serve", *words, cwd=tmp_path)
    assert ended.code == 2
    assert ended.err.startswith(f"breb-proxy: {flag}: secrets are not allowed on the command line")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(
            ["--clientsecret", SECRET], "no such option: --clientsecret; did you", id="mistyped"
        ),
        pytest.param(
            ["--port", "8099"], "no such option: --port; did you mean --listen?", id="other name"
        ),
        pytest.param([f"--secret={SECRET}"], "no such option: --secret", id="with a value"),
        pytest.param([SECRET], "only options are allowed", id="a bare word"),
        pytest.param(["--listen"], "argument --listen: expected one argument", id="no value"),
    ],
)
def test_wrong_usage_is_one_error_that_repeats_no_value(
    tmp_path: Path, words: list[str], says: str
) -> None:
    ended = command("serve", *words, cwd=tmp_path)
    assert ended.code == 2
    assert ended.err.startswith(f"breb-proxy: {says}")
    assert ended.err.endswith(f"breb-proxy: try: {called(tmp_path)} serve --help\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(
            "srve --ip", "no existe el comando srve; ¿quiso decir serve?", id="no such command"
        ),
        pytest.param("serve --port=1", "no existe la opción --port; ¿quiso decir", id="option"),
        pytest.param("serve --listen", "argumento --listen: falta su valor", id="no value"),
        pytest.param("ledger show", "faltan estos argumentos: ROW", id="no row"),
        pytest.param("tour --shell=x", "argumento --shell: no se admite 'x' (elija", id="choice"),
        pytest.param("wait --timeout=x", "argumento --timeout: debe ser un núm", id="our type"),
        pytest.param("help nothing", "no existe el tema nothing", id="topic"),
    ],
)
def test_wrong_usage_is_told_in_the_language_of_the_terminal(
    tmp_path: Path, words: str, says: str
) -> None:
    ended = command(*words.split(), cwd=tmp_path, LC_ALL="es_CO.UTF-8")
    assert ended.code == 2
    first, last = ended.err.splitlines()
    assert first.startswith(f"breb-proxy: {says}")
    assert last.startswith(f"breb-proxy: pruebe: {called(tmp_path)} ")


@pytest.mark.parametrize("words", ["ledger list --ledger=x.db", "demo"])
def test_a_python_built_without_a_library_is_told_in_one_sentence(
    words: str, tmp_path: Path
) -> None:
    code = (
        "import sys; sys.modules['_sqlite3'] = None;"
        "from proxy.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    free = "--listen=127.0.0.1:0 --admin-listen=127.0.0.1:0" if words == "demo" else ""
    done = alone(code, *words.split(), *free.split(), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith(
        f"breb-proxy: {sys.executable} was built without its module sqlite3, which this program"
        " needs: install it with another Python, such as the distribution's own\n"
    )
    assert "Traceback" not in done.stderr


def test_the_simulator_speaks_the_language_of_the_terminal(tmp_path: Path) -> None:
    ended = command("sandbox", "--read-timeut=1", cwd=tmp_path, LC_ALL="es_CO.UTF-8")
    first, second, last = ended.err.splitlines()
    assert first == "uso: breb-proxy sandbox [opciones]"
    assert second.startswith("no existe la opción --read-timeut")
    assert last == "pruebe: breb-proxy sandbox --help"
    ended = command("demo", "--sandbox-settle-delay=x", cwd=tmp_path, LC_ALL="es_CO.UTF-8")
    assert ended.err == "breb-proxy: --sandbox-settle-delay: debe ser un número\n"


def test_every_problem_of_the_settings_is_told_at_once(tmp_path: Path) -> None:
    ended = command(
        "serve",
        "--listen=nowhere",
        "--read-timeout=-1",
        cwd=tmp_path,
        BREB_BASE_URL="ftp://x",
    )
    assert ended.code == 2
    for name in ("CLIENT_ID", "CLIENT_SECRET", "LISTEN", "READ_TIMEOUT", "BASE_URL"):
        assert f"breb-proxy: BREB_{name}: " in ended.err


def test_a_secrets_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    for name in ("serve", "run", "check"):
        ended = command(name, "--secrets-dir", str(tmp_path / "none"), cwd=tmp_path)
        assert ended.code == 2
        assert ended.err.startswith("breb-proxy: BREB_SECRETS_DIR: no such directory")


def test_a_file_of_settings_that_is_named_must_be_there(tmp_path: Path) -> None:
    """It may hold the rules, and the upstream: without it, others would be in force."""
    for name in ("serve", "run", "check"):
        ended = command(
            name,
            "--env-file=typo.env",
            cwd=tmp_path,
            BREB_CLIENT_ID="x",
            BREB_CLIENT_SECRET=SECRET,
        )
        assert ended.code == 2
        assert ended.err == "breb-proxy: BREB_ENV_FILE: no such file: typo.env\n"
    named = {"BREB_ENV_FILE": "typo.env"}
    assert command("check", cwd=tmp_path, **named).err.startswith("breb-proxy: BREB_ENV_FILE:")


@pytest.mark.parametrize(
    "line", ['BREB_DENY="POST /v1/*', "BREB_DENY: POST /v1/*", "export breb_deny POST /v1/*"]
)
def test_a_line_of_ours_that_would_be_left_out_is_told(tmp_path: Path, line: str) -> None:
    """A rule with a slip must not be a rule that is not there; the text may be a secret."""
    (tmp_path / ".env").write_text(f"OTHER: tool\nBREB_LISTEN=127.0.0.1:1\n{line}\n")
    for name in ("serve", "run", "check"):
        ended = command(name, cwd=tmp_path, BREB_CLIENT_ID="x", BREB_CLIENT_SECRET=SECRET)
        assert ended.code == 2
        assert ended.err == (
            "breb-proxy: .env: line 3 cannot be read; write NAME=value, and close all quotes\n"
        )


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"BREB_CLIENT_ID=\xff\xfe\n")
    for name in ("serve", "run", "check"):
        ended = command(name, cwd=tmp_path)
        assert ended.code == 2
        assert ".env" in ended.err
        assert "cannot be read" in ended.err


def test_a_taken_port_is_one_line_and_exit_code_three(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = command(
            "serve",
            f"--listen=127.0.0.1:{port}",
            cwd=tmp_path,
            BREB_CLIENT_ID="x",
            BREB_CLIENT_SECRET=SECRET,
            BREB_LOG_LEVEL="error",
        )
    assert ended.code == 3
    assert ended.err.startswith(f"breb-proxy: cannot listen on 127.0.0.1:{port}")
    assert ended.err.count("\n") == 1


def test_a_taken_port_names_the_setting_that_chooses_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ended = command(
            "serve",
            "--listen=127.0.0.1:0",
            f"--admin-listen=127.0.0.1:{other.getsockname()[1]}",
            cwd=tmp_path,
            BREB_CLIENT_ID="x",
            BREB_CLIENT_SECRET=SECRET,
        )
    assert ended.code == 3
    assert "choose another port (BREB_ADMIN_LISTEN)" in ended.err


def test_an_address_of_another_machine_is_said_to_be_one(tmp_path: Path) -> None:
    pair = {"BREB_CLIENT_ID": "x", "BREB_CLIENT_SECRET": SECRET, "BREB_CALLER_KEY": CALLER_KEY}
    ended = command("serve", "--listen=192.0.2.1:0", cwd=tmp_path, **pair)
    assert ended.code == 3
    assert "no such address on this machine; use 127.0.0.1" in ended.err


def test_flags_win_over_the_environment(tmp_path: Path) -> None:
    port = free_port()
    with (
        RawUpstream() as upstream,
        Program(upstream.url, "serve", f"--listen=127.0.0.1:{port}", "--server-timing") as proxy,
    ):
        assert proxy.status()["listen"] == f"127.0.0.1:{port}"


def test_a_boolean_flag_stands_alone_or_has_a_value() -> None:
    parser = setting_flags.parser("serve", "", "", apart=frozenset())
    given = setting_flags.chosen(parser.read(["--console", "--access-log", "false"]))
    assert given == {"console": "true", "access_log": "false"}


def test_an_empty_flag_counts_as_unset() -> None:
    parser = setting_flags.parser("serve", "", "", apart=frozenset())
    assert setting_flags.chosen(parser.read(["--read-timeout=", "--token-url", ""])) == {}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param(".env", "BREB_DENY=é\n".encode("latin-1"), "save it as UTF-8", id="Latin-1"),
        pytest.param(".env", "BREB_DENY=x\n".encode("utf-16"), "save it as UTF-8", id="UTF-16"),
        pytest.param(
            ".env", "BREB_DENY=x\n".encode("utf-16-le"), "save it as UTF-8", id="UTF-16, no mark"
        ),
        pytest.param(".env", None, "is not a regular file", id="a directory"),
        pytest.param(".env", b"BREB_DENY\n", "close all quotes", id="a name alone"),
        pytest.param(
            "secrets/breb_client_id", b"\xff\xfe", "save it as UTF-8", id="binary secret file"
        ),
        pytest.param(
            "secrets/BREB_DENY", None, "is not a regular file", id="directory for a secret"
        ),
    ],
)
def test_a_source_that_cannot_be_read_is_named(
    name: str, content: bytes | None, said: str, tmp_path: Path
) -> None:
    """It may hold rules, which must not be missing without a word."""
    file = tmp_path / name
    (tmp_path / "secrets").mkdir()
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    ended = command(
        "serve",
        f"--env-file={tmp_path / '.env'}" if name == ".env" else f"--env-file={os.devnull}",
        "--secrets-dir=secrets",
        cwd=tmp_path,
        BREB_CLIENT_ID="x",
        BREB_CLIENT_SECRET=SECRET,
    )
    place = file if name == ".env" else Path(name)
    assert ended.code == 2
    assert ended.err.startswith(f"breb-proxy: {place}: ")
    assert ended.err.endswith(f"{said}\n")
    assert ended.err.count("\n") == 1


def test_a_source_that_may_not_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where it is root who runs the tests, permissions do not hold."""

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / ".env").write_text("BREB_DENY=x")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "read_text", denied)
    monkeypatch.setattr(Path, "iterdir", denied)
    with pytest.raises(SettingsError) as caught:
        find({}, locate(None, str(tmp_path)))
    assert list(map(str, caught.value.problems)) == [
        ".env: cannot be read (Permission denied)",
        f"{tmp_path}: cannot be read (Permission denied)",
    ]


@pytest.mark.needs("posix")
@pytest.mark.parametrize("name", ["run", "serve", "check", "status"])
def test_a_link_to_no_file_is_not_taken_for_no_file(tmp_path: Path, name: str) -> None:
    """Of a secret that is not mounted: a demo in its place would say yes to every payment."""
    (tmp_path / ".env").symlink_to("away")
    ended = command(name, cwd=tmp_path)
    assert ended.code == 2
    assert ended.err == "breb-proxy: .env: is a link to a file that does not exist\n"


def test_a_reader_of_spanish_is_told_in_spanish_what_is_wrong(tmp_path: Path) -> None:
    given = {"BREB_CLIENT_ID": "x", "BREB_READ_TIMEOUT": 0, "BREB_LISTEN": "9"}
    ended = command("serve", cwd=tmp_path, LC_ALL="es_CO.UTF-8", **given)
    assert ended.code == 2
    secret, listen, timeout, hint = ended.err.splitlines()
    assert secret.startswith("breb-proxy: BREB_CLIENT_SECRET: no está definido; defínalo en las")
    assert listen == (
        "breb-proxy: BREB_LISTEN: debe ser host:puerto, como 127.0.0.1:8080, o unix:/ruta"
    )
    assert timeout == (
        "breb-proxy: BREB_READ_TIMEOUT: debe ser un número de segundos, como 60, y mayor que 0"
    )
    assert hint.startswith("breb-proxy: para ver qué ajustes se encuentran, y dónde: ")


NO_NAME = "n" * 300  # the system refuses to look for it, as for what is in a closed folder
WINDOWS = sys.platform == "win32"  # it says of such a name that nothing has it


@pytest.mark.parametrize("name", ["serve", "check", "status", "ledger", "tokens", "login"])
@pytest.mark.parametrize("place", ["env-file", "secrets-dir"])
def test_what_cannot_be_looked_for_is_named(tmp_path: Path, name: str, place: str) -> None:
    ended = command(name, f"--{place}={NO_NAME}", cwd=tmp_path)
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert (": no such " if WINDOWS else "cannot be read (File name too long)") in ended.err


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("CA_BUNDLE", f"BREB_CA_BUNDLE: {'no such file' if WINDOWS else 'cannot read'}"),
        ("LEDGER", "BREB_LEDGER: "),
    ],
)
def test_a_path_that_cannot_be_looked_for_is_an_error_of_its_setting(
    tmp_path: Path, setting: str, says: str
) -> None:
    given = {
        "BREB_CLIENT_ID": "x",
        "BREB_CLIENT_SECRET": SECRET,
        "BREB_LISTEN": "127.0.0.1:0",
        "BREB_ADMIN_LISTEN": "127.0.0.1:0",
        f"BREB_{setting}": f"{tmp_path}/{NO_NAME}",
    }
    ended = command("serve", cwd=tmp_path, **given)
    assert ended.code == 2
    assert ended.err.startswith(f"breb-proxy: {says}")
    assert ended.err.count("\n") == 1


def test_names_that_no_setting_has_are_warned_of(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BREB_READ_TIMEOT=5\n")
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "breb_caller_kye").write_text("x")
    with (
        RawUpstream() as upstream,
        Program(
            upstream.url, "serve", f"--secrets-dir={secrets}", cwd=tmp_path, LISTN="x"
        ) as proxy,
    ):
        output = proxy.output
    assert "BREB_LISTN: no such setting; did you mean BREB_LISTEN? (environment)" in output
    assert "BREB_READ_TIMEOT: no such setting; did you mean BREB_READ_TIMEOUT? (.env)" in output
    assert "BREB_CALLER_KYE: no such setting; did you mean BREB_CALLER_KEY?" in output


def test_slips_of_the_env_file_are_warned_of_once_and_in_our_words(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# ours\nthis is not a setting\nBREB_REDACT=a${NOPE}\n")
    with RawUpstream() as upstream, Program(upstream.url, cwd=tmp_path) as proxy:
        output = proxy.output
    assert output.count(".env: line 2 cannot be read; write NAME=value") == 1
    assert output.count("BREB_REDACT: its value in .env contains ${...}") == 1
    assert "dotenv" not in output


def test_a_base_url_that_ends_in_a_path_of_the_api_is_warned_of() -> None:
    for path in ("/v1", "/v1/keys"):
        with RawUpstream() as upstream, Program(f"{upstream.url}{path}") as proxy:
            assert f"begin with /v1 already; write BREB_BASE_URL={upstream.url}" in proxy.output
    with RawUpstream() as upstream, Program(f"{upstream.url}/prefix") as proxy:
        assert "write BREB_BASE_URL" not in proxy.output


def test_run_with_credentials_serves() -> None:
    with RawUpstream() as upstream, Program(upstream.url, "run") as proxy:
        assert proxy.status()["upstream"] == upstream.url


@pytest.mark.parametrize("name", ["serve", "run"])
def test_a_near_name_is_told_by_the_refusal_itself(tmp_path: Path, name: str) -> None:
    (tmp_path / ".env").write_text("CLIENT_SECRET=x\n")
    ended = command(name, cwd=tmp_path, BREB_CLIENTID="x")
    assert ended.code == 2
    first, second, third, *last = ended.err.splitlines()
    assert first == (
        "breb-proxy: BREB_CLIENT_ID: is not set, but the environment has BREB_CLIENTID:"
        " rename it to BREB_CLIENT_ID"
    )
    assert second == (
        "breb-proxy: BREB_CLIENT_SECRET: is not set, but .env has CLIENT_SECRET:"
        " rename it to BREB_CLIENT_SECRET"
    )
    assert (
        third == f"breb-proxy: to see which settings are found, and where: {called(tmp_path)} check"
    )
    demo = "the demo does not start, because the environment has settings; to start it anyway"
    assert last == ([f"breb-proxy: {demo}: {called(tmp_path)} demo"] if name == "run" else [])


def test_a_copy_of_the_example_that_was_not_filled_in_is_no_wish_for_a_demo(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "config.example.env"
    (tmp_path / ".env").write_text(example.read_text())
    ended = command("run", cwd=tmp_path)
    assert ended.code == 2
    assert "BREB_CLIENT_ID: is empty in .env" in ended.err
    assert (
        "the demo does not start, because .env has settings; to start it anyway:"
        f" {called(tmp_path)} demo" in ended.err
    )


def test_an_upstream_that_is_named_but_empty_is_warned_of(tmp_path: Path) -> None:
    """Payments go to the sandbox then, and seem to succeed."""
    program = Program("", ready=False, token_url="http://127.0.0.1:1/t")
    with program as proxy:
        assert "BREB_BASE_URL is set but empty (environment): requests go to" in proxy.output


def test_run_with_half_of_the_credentials_says_which_is_missing(tmp_path: Path) -> None:
    ended = command("run", cwd=tmp_path, BREB_CLIENT_ID="x")
    assert ended.code == 2
    assert ended.err.startswith("breb-proxy: BREB_CLIENT_SECRET: is not set")


def test_run_finds_credentials_in_a_secrets_directory(tmp_path: Path) -> None:
    (tmp_path / "breb_client_id").write_text("test-client\n")
    (tmp_path / "breb_client_secret").write_text(f"{SECRET}\n")
    with (
        RawUpstream() as upstream,
        Program(
            upstream.url,
            "run",
            client_id=None,
            client_secret=None,
            secrets_dir=tmp_path,
        ) as proxy,
    ):
        proxy.status()
        (call,) = upstream.tokens_asked
    assert json.loads(call.body)["client_id"] == "test-client"


@pytest.mark.parametrize(
    ("words", "others"),
    [
        pytest.param(["status", "--admin-listen", "127.0.0.1:1"], THIRD_PARTY, id="probe"),
        pytest.param(["--version"], ("proxy.errors", "proxy.words"), id="version"),
    ],
)
def test_what_is_asked_often_loads_little(words: list[str], others: tuple[str, ...]) -> None:
    """A probe loads the standard library alone, and the version not even our words."""
    code = (
        "import sys; from proxy.cli.main import main;"
        f"main({words!r}); print([name for name in {others!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env=environment({}),
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def into(descriptor: int, tmp_path: Path, arguments: list[str]) -> tuple[int, str]:
    """Run a command with its output going to ``descriptor``; buffered, as it is for users.

    What it would leave open at its end is an error.
    """
    env = environment({"PYTHONWARNINGS": "error"})
    env.pop("PYTHONUNBUFFERED", None)
    done = subprocess.run(
        [sys.executable, "-m", "proxy", *arguments],
        cwd=tmp_path,
        env=env,
        stdout=descriptor,
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
    )
    os.close(descriptor)
    return done.returncode, done.stderr


QUIET = [
    pytest.param(words.split(), id=words)
    for words in ("check", "--help", "serve --help", "sandbox --help", "--version")
]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["demo"], id="demo", marks=pytest.mark.needs(files=5000)),  # else it warns
        *further(*QUIET),
    ],
)
def test_a_reader_that_leaves_is_no_traceback(tmp_path: Path, arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    assert into(writing, tmp_path, arguments) == (1, "")


@pytest.mark.needs("posix")
@pytest.mark.parametrize(
    "arguments",
    [QUIET[0], *further(*QUIET[1:])],
)
def test_what_cannot_be_written_is_no_success(tmp_path: Path, arguments: list[str]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    assert into(full, tmp_path, arguments) == (
        1,
        "breb-proxy: cannot write to standard output: No space left on device\n",
    )


@pytest.mark.needs("posix")
def test_errors_that_cannot_be_written_are_a_failure_and_no_more(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "proxy", "serve"],
            cwd=tmp_path,
            env=environment({}),
            stdin=subprocess.DEVNULL,
            stderr=full,
            timeout=PATIENCE,
            check=False,
        )
    assert ended.returncode == 1


@pytest.mark.needs("posix")
@pytest.mark.parametrize(
    "redirect", ["<&- >&- 2>&-", *further("<&-", ">&-", "2>&-", ">/dev/full 2>&1")]
)
def test_it_needs_no_standard_streams(redirect: str) -> None:
    """No socket gets the number that log lines go to, and what could not be logged is no error."""
    with RawUpstream() as upstream, Program(upstream.url, redirect=redirect) as proxy:
        assert ask(proxy.port, "/x").status == 200
        assert proxy.stop() == 0


def test_other_errors_of_a_group_are_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(arguments: list[str]) -> int:
        raise ExceptionGroup("two at once", [OSError(), ValueError(str(arguments))])

    monkeypatch.setitem(cli._COMMANDS, "status", fail)
    with pytest.raises(ExceptionGroup):
        cli.main(["status"])


def test_it_may_be_called_from_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = io.StringIO()
    monkeypatch.setattr("sys.stdout", paper)
    assert cli.main(["--version"]) == 0
    assert paper.getvalue().startswith("breb-proxy ")


def test_it_may_be_called_from_a_thread_of_a_program() -> None:
    with ThreadPoolExecutor() as threads:
        ended = threads.submit(cli.main, ["status", "--admin-listen", f"127.0.0.1:{free_port()}"])
        assert ended.result(PATIENCE) == 4


@pytest.mark.needs("posix")
def test_an_interrupted_command_ends_quietly(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "proxy", "wait", "--admin-listen", f"127.0.0.1:{port}"],
            cwd=tmp_path,
            env=environment({}),
            stderr=subprocess.PIPE,
            text=True,
        )
        silent.accept()[0].close()
        with silent.accept()[0] as asked:
            assert asked.recv(1)  # it has asked again and waits for an answer
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=PATIENCE)[1] == ""
        assert process.returncode == 130


INTERRUPTED_IN_BETWEEN = """
import http.client, os, signal, sys
from proxy.cli.main import main

class HalfMade(http.client.HTTPResponse):
    def __init__(self, *parts, **others):
        os.kill(os.getpid(), signal.SIGINT)
        super().__init__(*parts, **others)

http.client.HTTPConnection.response_class = HalfMade
sys.exit(main(["wait", "--admin-listen", sys.argv[1]]))
"""


@pytest.mark.needs("posix")
def test_a_command_ends_quietly_wherever_it_is_interrupted(tmp_path: Path) -> None:
    """A half made response that is thrown away is a traceback on Python 3.13."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ended = subprocess.run(
            [sys.executable, "-c", INTERRUPTED_IN_BETWEEN, f"127.0.0.1:{silent.getsockname()[1]}"],
            cwd=tmp_path,
            env=environment({}),
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (130, "")


@pytest.mark.parametrize(
    ("name", "flag", "whose"),
    [("serve", "--settle-delay", "sandbox"), ("sandbox", "--base-url", "serve")],
)
def test_an_option_of_another_command_is_said_to_be_its(
    name: str, flag: str, whose: str, tmp_path: Path
) -> None:
    ended = command(name, flag, "3", cwd=tmp_path)
    assert ended.code == 2
    assert re.search(rf"{flag} is an option of .* {whose}", ended.err)
