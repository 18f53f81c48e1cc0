"""``completion``: the script that completes commands and options in a shell.

The scripts lie beside this module. tools/completion makes them of the commands' own parsers.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from proxy.terminal.arguments import OK, Parser

FILES = {
    "bash": "breb-proxy.bash",
    "zsh": "_breb-proxy",
    "fish": "breb-proxy.fish",
    "powershell": "breb-proxy.ps1",
}
SHELLS = tuple(FILES)
_ABOUT = """\
Print the script that completes commands and options in your shell. The packages install it. To use
it in this terminal:

  bash        source <(breb-proxy completion bash)
  zsh         source <(breb-proxy completion zsh)
  fish        breb-proxy completion fish | source
  PowerShell  breb-proxy completion powershell | Out-String | Invoke-Expression

To have it in each terminal, write that line into ~/.bashrc, ~/.zshrc, ~/.config/fish/config.fish or
the file that $PROFILE names. zsh must have loaded its completion before:

  autoload -Uz compinit && compinit
"""


def main(arguments: Sequence[str]) -> int:
    """Print a script; return the exit code."""
    parser = Parser("completion", _ABOUT, "0 success, 2 wrong usage")
    parser.usage = f"breb-proxy completion {'|'.join(SHELLS)} [options]"
    parser.add_argument("shell", choices=SHELLS, help="the shell that reads the script")
    sys.stdout.write(script(parser.read(arguments).shell))
    return OK


def script(shell: str) -> str:
    """Return the script for a shell."""
    return (Path(__file__).parent / FILES[shell]).read_text(encoding="utf-8")
