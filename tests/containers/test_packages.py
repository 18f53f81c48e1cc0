"""The packages on clean machines: installed, upgraded, removed, purged; and where no glibc is."""

import shutil
import subprocess
import sys
import tarfile
from collections.abc import Generator
from pathlib import Path

import pytest
import trustme

from tests.containers.machine import Machine, packages

STARTED = "breb-proxy "


@pytest.fixture(scope="module")
def machine() -> Generator[Machine]:
    with Machine() as made:
        yield made


def test_a_deb_lives_its_whole_life(machine: Machine) -> None:
    """One test, since each step is the next one's ground."""
    before, now = packages("deb")
    machine.install(before)
    assert machine.run("breb-proxy --version").startswith(STARTED)
    assert machine.show("ActiveState") == "inactive", "credentials come first"
    assert machine.try_("command -v python3") == "", "it brings its own"
    for place, said in (
        ("/none.db", "does not exist"),
        ("postgresql://a@127.0.0.1:1/b", "database"),
    ):
        assert said in machine.run(f"BREB_LEDGER={place} breb-proxy ledger 2>&1 || true")

    changed = "BREB_CLIENT_ID=mine\nBREB_CLIENT_SECRET=too\nBREB_TOKEN_URL=http://127.0.0.1:1\n"
    machine.run("cat > /etc/breb-proxy/settings.env", given=changed)
    machine.run("systemctl enable -q breb-proxy 2>&1; systemctl start breb-proxy")
    first = machine.show("MainPID")
    machine.install(now)
    assert machine.run("cat /etc/breb-proxy/settings.env") == changed.strip()
    machine.until(lambda: machine.show("ActiveState") == "active")
    assert machine.show("MainPID") not in (first, "0"), "the new version runs"

    machine.run("echo secret > /etc/breb-proxy/credentials/BREB_CLIENT_SECRET")
    machine.run("dpkg -r breb-proxy")
    assert machine.show("ActiveState") == "inactive"
    assert machine.try_("ls /usr/lib/breb-proxy /usr/bin/breb-proxy") == ""
    assert machine.run("cat /etc/breb-proxy/settings.env") == changed.strip(), "may come back"
    assert machine.try_("find /etc/systemd -name 'breb-proxy*'") == "", "it is not enabled"

    machine.run("dpkg -P breb-proxy")
    assert machine.try_("find / -xdev -name '*breb*' -not -path '/root/*'") == ""


def test_a_purge_keeps_a_ledger(machine: Machine) -> None:
    machine.install(packages("deb")[-1])
    machine.run(
        "mkdir -p /var/lib/private/breb-proxy; echo paid > /var/lib/private/breb-proxy/ledger"
    )
    said = machine.run("dpkg -P breb-proxy 2>&1")
    assert "kept /var/lib/private/breb-proxy" in said
    assert machine.run("cat /var/lib/private/breb-proxy/ledger") == "paid"


def test_a_deb_carries_manual_licences_and_settings_that_root_alone_reads() -> None:
    listing = subprocess.run(
        ["dpkg-deb", "-c", packages("deb")[-1]], check=True, capture_output=True, text=True
    ).stdout
    rows = {line.split()[5]: line.split()[:2] for line in listing.splitlines()}
    assert rows["./etc/breb-proxy/settings.env"] == ["-rw-r-----", "root/root"]
    assert rows["./etc/breb-proxy/credentials/"][0] == "drwx------"
    for name in ("copyright", "service.md", "licenses/libssl3t64", "licenses/python"):
        assert f"./usr/share/doc/breb-proxy/{name}" in rows
    for page in ("breb-proxy", "breb-proxy-serve"):
        assert f"./usr/share/man/man1/{page}.1.gz" in rows
    assert "./usr/share/bash-completion/completions/breb-proxy" in rows
    assert "./usr/share/zsh/vendor-completions/_breb-proxy" in rows


def run_in(root: Path, *command: str) -> str:
    """Run a command with ``root`` as the whole file system."""
    return subprocess.run(
        ["chroot", root, *command], check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A root with a shell that needs no library, and nothing else: no glibc, no Python."""
    (tmp_path / "bin").mkdir()
    shell = tmp_path / "bin" / "busybox"
    shutil.copy(str(shutil.which("busybox")), shell)
    shell.chmod(0o755)
    subprocess.run(["chroot", tmp_path, "/bin/busybox", "--install", "-s", "/bin"], check=True)
    (tmp_path / "usr" / "bin").mkdir(parents=True)
    return tmp_path


def rpm(root: Path, *arguments: str) -> str:
    command = ["rpm", "--root", root, "--nosignature", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_an_rpm_is_installed_upgraded_and_removed_on_an_empty_root(empty: Path) -> None:
    before, now = packages("rpm")
    rpm(empty, "--initdb")
    rpm(empty, "-i", "--nodeps", str(before))
    assert run_in(empty, "/usr/bin/breb-proxy", "--version").startswith(STARTED)
    settings = empty / "etc" / "breb-proxy" / "settings.env"
    settings.write_text("BREB_CLIENT_ID=mine\n")
    rpm(empty, "-U", "--nodeps", str(now))
    assert settings.read_text() == "BREB_CLIENT_ID=mine\n"
    assert settings.stat().st_mode & 0o777 == 0o640
    assert rpm(empty, "-q", "breb-proxy").startswith("breb-proxy-1.0.0")
    rpm(empty, "-e", "breb-proxy")
    assert not (empty / "usr" / "lib" / "breb-proxy").exists()
    assert not (empty / "usr" / "bin" / "breb-proxy").is_symlink()


def test_the_archive_runs_from_any_folder_of_a_machine_without_glibc(empty: Path) -> None:
    (archive,) = packages("tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(empty / "a folder", filter="tar")
    (folder,) = (empty / "a folder").iterdir()
    program = f"/a folder/{folder.name}/bin/breb-proxy"
    assert run_in(empty, program, "--version").startswith(STARTED)
    (empty / "bin" / "bp").symlink_to(program)
    assert run_in(empty, "/bin/bp", "--version").startswith(STARTED), "through a link"
    assert (folder / "systemd" / "breb-proxy.service").exists()


SERVER = """
import http.server, ssl, sys
server = http.server.HTTPServer(("127.0.0.1", 9443), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


def test_it_trusts_the_authorities_of_the_machine_and_not_its_builders(
    machine: Machine, tmp_path: Path
) -> None:
    authority = trustme.CA()
    pem = tmp_path / "server.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(pem)
    machine.install(packages("deb")[-1])
    serve = (
        "systemd-run -q --unit {} --setenv BREB_BASE_URL=https://localhost:9443"
        " --setenv BREB_CLIENT_ID=a --setenv BREB_CLIENT_SECRET=b --setenv BREB_LISTEN=127.0.0.1:0"
        " --setenv BREB_ADMIN_LISTEN=127.0.0.1:0 --setenv BREB_ENV_FILE=/dev/null breb-proxy serve"
    )
    command = [*machine.inside(), sys.executable, "-c", SERVER, pem]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            machine.run(serve.format("stranger"))
            machine.until(lambda: "certificate" in machine.journal("stranger"))
            machine.run(
                "cat >> /etc/ssl/certs/ca-certificates.crt",
                given=authority.cert_pem.bytes().decode(),
            )
            machine.run(serve.format("known"))
            machine.until(lambda: "501" in machine.journal("known"))
        finally:
            server.terminate()
