"""The set-up of a clone: what it links, and what it says where it cannot go on."""

import ast
import json
import re
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.tools import ENVIRONMENTS
from tools import locks, setup

SCRIPT = setup.ROOT / "tools" / "setup.py"
CLOSED = "127.0.0.1:9"  # discard, where nobody listens


def started(arguments: str, before: str) -> str:
    """Run the script in a Python that is made to look different; return what it says."""
    code = f"import runpy, sys; {before}; sys.argv[1:] = {arguments.split()}"
    code += f"; runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    return done.stderr


def test_an_old_python_can_read_it() -> None:
    """Else it ends in a SyntaxError, instead of the sentence that says what is needed."""
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_old_python_is_told_which_one_is_needed() -> None:
    said = started("run", "sys.version_info = (3, 9, 2)")
    assert said.startswith(f"not set up: {sys.executable} is Python ")
    assert "3.11 or newer is needed" in said
    assert "make PYTHON=/" in said


def test_a_python_without_its_module_venv_is_told_the_package(tmp_path: Path) -> None:
    folder = tmp_path / "environment"
    said = started(f"--into {folder} run", "sys.modules['ensurepip'] = None")
    assert f"apt install python3.{sys.version_info[1]}-venv" in said
    assert not folder.exists()


def test_a_python_built_without_a_library_is_told_so(tmp_path: Path) -> None:
    folder = tmp_path / "environment"
    said = started(f"--into {folder} run", "sys.modules['_ssl'] = sys.modules['_ctypes'] = None")
    assert "built without ssl and ctypes: take another Python" in said
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "environment"
    assert "[Errno 20]" in started(f"--into {folder} run", "pass")  # the tool's own last words
    said = "Error: [Errno 13] Permission denied: '/opt/clone/.venv'"
    assert "cannot be written by you" in setup.meaning(said, folder.parent, "pip")


class Refusing(socketserver.StreamRequestHandler):
    """A company's proxy, before the login."""

    def handle(self) -> None:
        self.rfile.readline()
        self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def company() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def failure(monkeypatch: pytest.MonkeyPatch, folder: Path, **env: str) -> str:
    """Install what no registry has; return the sentence."""
    lock = folder / "some.lock"
    lock.write_text(f"breb-proxy-that-nobody-has==1 --hash=sha256:{'0' * 64}\n")
    nothing = {"PIP_CONFIG_FILE": "/dev/null", "PIP_RETRIES": "1", "NO_PROXY": "", "no_proxy": ""}
    for name in ("PIP_FIND_LINKS", "https_proxy", "http_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (nothing | env).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(setup.Failed) as failed:
        setup.install(Path(sys.prefix), str(lock))
    return str(failed.value)


def test_a_registry_that_nobody_reaches_is_said_with_the_setting_of_a_mirror(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = failure(monkeypatch, tmp_path, PIP_INDEX_URL=f"http://{CLOSED}/simple")
    assert said.startswith("no package registry can be reached")
    for way in ("PIP_INDEX_URL=https://MIRROR/simple", "pip config set global.index-url", ".deb"):
        assert way in said
    assert "pip tries again" in capsys.readouterr().err  # not silence, for half a minute


def test_that_pip_tries_again_is_said_once_whatever_it_said_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a cache in somebody else's home, for example."""
    code = "print('WARNING: no cache'); print('WARNING: Retrying'); exit('WARNING: Retrying')"
    with pytest.raises(setup.Failed, match="no package registry can be reached"):
        setup._run([sys.executable, "-c", code], tmp_path, "some.lock")
    assert capsys.readouterr().err.count("pip tries again") == 1


def test_a_proxy_that_asks_for_a_login_is_named_without_the_one_it_got(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, company: str
) -> None:
    proxy = f"http://somebody:hushhush@{company}"
    index = "https://mirror.invalid/simple"
    said = failure(monkeypatch, tmp_path, PIP_INDEX_URL=index, HTTPS_PROXY=proxy)
    assert said.startswith(f"the proxy {company} asks for a login")
    assert "HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT" in said
    assert "hushhush" not in said


def test_it_is_named_before_an_index_over_http_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, company: str
) -> None:
    """There the refusal comes as the index's answer, which pip keeps to itself."""
    index = {"PIP_INDEX_URL": "http://mirror.invalid/simple", "PIP_TRUSTED_HOST": "mirror.invalid"}
    said = failure(monkeypatch, tmp_path, HTTP_PROXY=f"http://{company}", **index)
    assert said.startswith(f"the proxy {company} asks for a login")
    assert "HTTP_PROXY=http://USER:PASSWORD@HOST:PORT" in said


def test_a_proxy_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    index = "https://mirror.invalid/simple"
    said = failure(monkeypatch, tmp_path, PIP_INDEX_URL=index, HTTPS_PROXY=f"http://{CLOSED}")
    assert said.startswith(f"the proxy {CLOSED} does not take pip to a package registry")


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        ("ERROR: [Errno 28] No space left on device", "the disk is full ("),
        ("OSError: [Errno 122] Disk quota exceeded", "the disk is full ("),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE", "a package registry sent some"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate", "the certificate of the package registry"),
        ("ERROR: No matching distribution found for uvloop==9", "the package registry that pip as"),
        ("WARNING: it is not a trusted or secure host and is ignored", "pip asks no registry over"),
        (
            "python: No module named ensurepip.__main__; 'ensurepip' is a",
            "the module ensurepip of ",
        ),
        ("something that nobody has seen yet", "some.lock cannot be installed, and why stands"),
    ],
)
def test_what_went_wrong_is_one_sentence(said: str, begins: str, tmp_path: Path) -> None:
    sentence = setup.meaning(said, tmp_path / ".venv", "some.lock")
    assert sentence.startswith(begins)
    assert "\n" not in sentence


@pytest.mark.needs("programs in temporary files")
def test_the_program_is_linked_where_a_path_has_blanks(tmp_path: Path) -> None:
    """Neither a shebang nor a .pth file takes every path as it is."""
    folder = tmp_path / "an ünvironment of 'mine'"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    setup.link(folder)
    code = "import proxy; print(proxy.__file__)"
    python = [folder / "bin" / "python", "-c", code]
    said = subprocess.run(python, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(said.stdout.strip()) == setup.ROOT / "proxy" / "__init__.py"
    script = (folder / "bin" / "breb-proxy").read_text(encoding="utf-8")
    tried = script.replace("sys.exit(main())", "print(main.__name__, sys.argv[1:])")
    (folder / "bin" / "breb-proxy").write_text(
        tried.replace("from proxy.__main__ import main", "def main(): pass"), encoding="utf-8"
    )
    called = [folder / "bin" / "breb-proxy", "a b", "--version"]
    said = subprocess.run(called, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert said.stdout == "main ['a b', '--version']\n"


@pytest.mark.needs("checkout")
def test_every_lock_is_made_by_one_command_and_names_hashes_and_nobody() -> None:
    made = {*locks.TOGETHER, *locks.APART, *locks.WINDOWS, *map(locks.peers, ENVIRONMENTS)}
    kept = subprocess.run(
        ["git", "ls-files", "*.lock"], cwd=setup.ROOT, capture_output=True, text=True, check=True
    )
    assert set(kept.stdout.split()) == made
    used = {lock for each in setup.SETS.values() for lock in each} | {setup.KEYCHAIN}
    assert used == set(locks.TOGETHER)
    for lock in made:
        text = (setup.ROOT / lock).read_text(encoding="utf-8")
        assert "python -m tools.locks" in text.split("\n")[1]
        assert "://" not in text
        for each in re.split(r"\n(?=[a-z0-9])", text)[1:]:
            assert "--hash=sha256:" in each, each


def calls(name: str) -> Iterator[str]:
    """Yield what installs by pip in a file of ours: commands of a shell, functions of Python."""
    text = (setup.ROOT / name).read_text(encoding="utf-8")
    if name.endswith(".py"):
        parts = [ast.unparse(each) for each in ast.walk(ast.parse(text)) if isinstance(each, DEFS)]
    else:
        parts = re.split(r"\n|&&|\|\|", text.replace("\\\n", " "))
    words = r"\bpip\b.*\b(install|download)\b(?! -y)"
    yield from (each for each in parts if re.search(words, each, re.DOTALL))


DEFS = (ast.FunctionDef, ast.AsyncFunctionDef)


@pytest.mark.needs("checkout")
def test_whatever_is_installed_is_locked_by_hash() -> None:
    """In what users run, in CI, in the image and in the benchmark alike."""
    places = ["Makefile", "Dockerfile", "docker", ".ci", "tools", "benchmarks"]
    listed = subprocess.run(
        ["git", "ls-files", *places], cwd=setup.ROOT, capture_output=True, text=True, check=True
    )
    scripts = [name for name in listed.stdout.splitlines() if is_script(name)]
    found = {(name, each) for name in scripts for each in calls(name)}
    assert {"Dockerfile", ".ci/tools", ".ci/pythons.py", "tools/trial.py"} <= dict(found).keys()
    own = re.compile(r"--no-deps /wheels/\*\.whl")
    open_ = {
        each for each in found if "--require-hashes" not in each[1] and not own.search(each[1])
    }
    assert open_ == set()
    assert "--require-hashes" in setup.PIP


def is_script(name: str) -> bool:
    plain = "." not in Path(name).name
    return plain or name.endswith((".py", ".sh"))


@pytest.mark.parametrize("folder", ["locks/node", "benchmarks/peers/node"])
def test_packages_for_node_are_locked_by_hash_and_name_no_registry(folder: str) -> None:
    wanted = json.loads((setup.ROOT / folder / "package.json").read_text())["dependencies"]
    locked = json.loads((setup.ROOT / folder / "package-lock.json").read_text())["packages"]
    assert locked.pop("")["dependencies"] == wanted
    assert all(re.fullmatch(r"[0-9.]+", version) for version in wanted.values())
    files = {name: each for name, each in locked.items() if not each.get("inBundle")}
    assert [name for name, each in files.items() if "integrity" not in each] == []
    assert [name for name, each in locked.items() if "resolved" in each] == []
    assert {f"node_modules/{name}" for name in wanted} <= set(locked)


def test_no_package_for_node_is_installed_but_as_it_is_locked() -> None:
    """``npm install`` takes what is newest, and runs what it fetched."""
    places = ("tests/support/*.py", "benchmarks/*.py", ".ci/*")
    files = [file for place in places for file in setup.ROOT.glob(place)]
    texts = [file.read_text() for file in files if file.is_file()]
    assert not [text for text in texts if re.search(r'npm"?\]?,? "?install', text)]
    assert sum("--ignore-scripts" in text for text in texts) == 2
