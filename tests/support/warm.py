"""Runs scripts one after the other in an interpreter that has started, with its libraries in it.

Each script has a process (Python) or an isolate (JavaScript) of its own, with its own environment,
folder and streams, as if it had been started by itself; that would take ten times as long.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.patience import PATIENCE

_PYTHON = """
import http.client, json, os, runpy, sys
import requests

def run(folder, name, env):
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    made = os.O_CREAT | os.O_TRUNC | os.O_WRONLY
    for number, file, how in (0, os.devnull, os.O_RDONLY), (1, "out", made), (2, "err", made):
        os.dup2(os.open(file, how, 0o600), number)
    sys.argv = [name]
    runpy.run_path(name, run_name="__main__")

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            run(*json.loads(line))
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
_NODE = """
import { createInterface } from "node:readline";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Worker } from "node:worker_threads";

for await (const line of createInterface({ input: process.stdin })) {
  const [folder, name, env] = JSON.parse(line);
  process.chdir(folder);
  const streams = { stdin: true, stdout: true, stderr: true };
  const worker = new Worker(resolve(name), { env, execArgv: [], ...streams });
  worker.stdin.end();
  const said = { stdout: [], stderr: [] };
  for (const each of ["stdout", "stderr"]) worker[each].on("data", (data) => said[each].push(data));
  worker.on("error", (error) => said.stderr.push(Buffer.from(String(error.stack ?? error))));
  const code = await new Promise((ended) => worker.on("exit", ended));
  writeFileSync("out", Buffer.concat(said.stdout));
  writeFileSync("err", Buffer.concat(said.stderr));
  console.log(code);
}
"""


class Warm:
    """An interpreter that waits for scripts; a context manager."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=PATIENCE)

    def run(self, folder: Path, name: str, env: Mapping[str, str]) -> tuple[int, bytes, bytes]:
        """Run a script that lies in ``folder``; return its exit code and what it printed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps([str(folder), name, dict(env)])}\n")
        self._process.stdin.flush()
        code = self._process.stdout.readline()
        out, err = (folder / "out").read_bytes(), (folder / "err").read_bytes()
        return int(code), out, err


def python() -> Warm:
    """Return one for Python."""
    return Warm([sys.executable, "-c", _PYTHON])


def node(program: str) -> Warm:
    """Return one for JavaScript; ``program`` is Node."""
    return Warm([program, "--input-type=module", "--eval", _NODE])
