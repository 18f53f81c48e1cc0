"""What a console window shows, read back from the window."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.patience import PATIENCE

IN_A_WINDOW = """
import ctypes, json, sys
from ctypes import wintypes
from pathlib import Path
from proxy.telemetry.sink import Sink
from proxy.terminal.screen import coloured, is_terminal
from proxy.windows import console

kernel = ctypes.WinDLL("kernel32")
kernel.GetStdHandle.restype = ctypes.c_void_p

def shown(line):
    text, size = ctypes.create_unicode_buffer(80), wintypes.DWORD()
    kernel.ReadConsoleOutputCharacterW(
        ctypes.c_void_p(kernel.GetStdHandle(-11)), text, 80, wintypes.DWORD(line << 16),
        ctypes.byref(size),
    )
    return text[: size.value].rstrip()

told = {"terminal": is_terminal(sys.stdout), "before": console._mode(1)}
told |= {"coloured": coloured(sys.stdout, {}), "mode": console._mode(1)}
WRITE
told["lines"] = [shown(0), shown(1)]
Path(sys.argv[1]).write_text(json.dumps(told))
"""


def in_a_window(write: str, file: Path) -> dict[str, Any]:
    script = file.with_suffix(".py")
    script.write_text(IN_A_WINDOW.replace("WRITE", write), encoding="utf-8")
    window = subprocess.CREATE_NEW_CONSOLE
    process = subprocess.Popen([sys.executable, str(script), str(file)], creationflags=window)
    assert process.wait(PATIENCE) == 0
    told: dict[str, Any] = json.loads(file.read_text())
    return told


def test_log_lines_and_what_commands_print_keep_their_letters(tmp_path: Path) -> None:
    """Its code page is 437 or 850 at the start, in which the bytes of UTF-8 are others."""
    write = """
Sink(1).put("señor ¡pagó! ✓\\n".encode())
print("impresión ✓", flush=True)
"""
    told = in_a_window(write, tmp_path / "told.json")
    assert told["lines"] == ["señor ¡pagó! ✓", "impresión ✓"]


def test_a_window_is_told_to_obey_colours(tmp_path: Path) -> None:
    """It does not by itself; what stands in it then is the window's matter, and Wine's is plain."""
    told = in_a_window("", tmp_path / "told.json")
    escapes = 0x4
    assert told["terminal"]
    assert not told["before"] & escapes
    assert told["coloured"]
    assert told["mode"] & escapes
