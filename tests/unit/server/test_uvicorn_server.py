"""uvicorn's server is there without its command line, and that when it is called."""

import subprocess
import sys

SCRIPT = """
import sys
from proxy.server.uvicorn_server import Config, Server
assert "click" not in sys.modules
import uvicorn
assert (uvicorn.Config, uvicorn.Server) == (Config, Server)
try:
    {call}
except SystemExit as ended:
    print("ended", ended.code, "click" in sys.modules)
import uvicorn.main
assert uvicorn.main.Server is Server
"""


def ended(call: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(call=call)], capture_output=True, text=True, check=True
    )
    return run.stdout


def test_its_command_line_is_imported_when_it_is_called() -> None:
    assert ended('uvicorn.main(["--version"])').splitlines()[-1] == "ended 0 True"


def test_who_lets_it_run_an_app_gets_the_real_one() -> None:
    """It ends with 3 where there is no such app."""
    assert ended('uvicorn.run("no_such_module:app", log_level="critical")') == "ended 3 True\n"


def test_a_package_that_is_there_already_stays_as_it_is() -> None:
    command = (
        "import sys, uvicorn; one = sys.modules['uvicorn.main'];"
        "import proxy.server.uvicorn_server;"
        "assert sys.modules['uvicorn.main'] is one"
    )
    subprocess.run([sys.executable, "-c", command], check=True)
