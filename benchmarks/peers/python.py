"""Three programs behind the same uvicorn: a floor without an upstream, and two on httpx."""

from collections.abc import Callable
from pathlib import Path

from benchmarks import tools
from benchmarks.model import SMALL, TOKEN, Contender, Place
from benchmarks.process import Command

APPS = Path(__file__).parents[1] / "apps"


def _uvicorn(python: str, app: str, *flags: str) -> Callable[[Place], Command]:
    def command(place: Place) -> Command:
        argv = (python, "-m", "uvicorn", "--app-dir", str(APPS), f"{app}:app")
        serve = ("--host", "127.0.0.1", "--port", str(place.port), "--backlog", "4096")
        engine = ("--http", "httptools", "--loop", "uvloop", "--ws", "none", "--no-proxy-headers")
        env = {"TARGET": place.origin, "TOKEN": TOKEN, "SMALL": str(SMALL)}
        if place.tls:
            env["SSL_CERT_FILE"] = str(place.authority)
        return Command((*argv, *serve, *engine, *flags), env)

    return command


def _version(package: str) -> str:
    return tools.package_version("program", package)


# What they need, this program needs too.
_PYTHON = tools.cached("program", "python")

HELLO = Contender(
    name="uvicorn",
    label="uvicorn, no upstream",
    setup="answers 200 B by itself: no upstream, no log; the floor under any program on uvicorn",
    installed=_PYTHON.exists,
    version=lambda: _version("uvicorn"),
    command=_uvicorn(str(_PYTHON), "hello", "--no-access-log"),
    forwards=False,
)
NAIVE = Contender(
    name="httpx",
    label="httpx.AsyncClient",
    setup="Starlette and httpx.AsyncClient, streamed both ways, fixed token, uvicorn's access log",
    installed=_PYTHON.exists,
    version=lambda: f"{_version('httpx')} on Starlette {_version('starlette')}",
    command=_uvicorn(str(_PYTHON), "naive"),
    slow=True,
)
LIBRARY = Contender(
    name="fastapi",
    label="fastapi-proxy-lib",
    setup="its reverse proxy app, fixed token, uvicorn's access log",
    installed=lambda: tools.cached("fastapi", "uvicorn").exists(),
    version=lambda: tools.package_version("fastapi", "fastapi-proxy-lib"),
    command=_uvicorn(str(tools.cached("fastapi", "python")), "library"),
    slow=True,
)
