"""Draws what ``breb-proxy check`` really shows, as docs/images/check*.svg: run as a module.

Once against the simulator behind TLS, once with a typing error and a certificate not trusted.
"""

import datetime
import html
import re
import ssl
import tempfile
from pathlib import Path

import trustme

from tests.support.command import on_terminal
from tests.support.leaks import SECRET
from tests.support.simulator import simulator

IMAGES = Path(__file__).parent.parent / "docs" / "images"
_SHADE = re.compile(r"\x1b\[([0-9;]*)m")
_STYLES = {
    "1": "font-weight:bold",
    "2": "opacity:.6",
    "31": "fill:#ff7b72",
    "32": "fill:#56d364",
    "33": "fill:#e3b341",
    "36": "fill:#76e3ea",
}
_COLUMN, _LINE, _EDGE, _BAR = 8.4, 20, 24, 44
_ENV = """\
BREB_BASE_URL={url}
BREB_CLIENT_ID=test-client
BREB_CLIENT_SECRET={secret}
"""


def show(lines: str, *, name: str) -> None:
    """Run ``check`` against a simulator behind TLS, with ``lines`` in .env; draw its screen."""
    authority = trustme.CA(organization_name="Example Authority")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    quarter = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=90, minutes=1)
    authority.issue_cert("localhost", not_after=quarter).configure_cert(tls)
    with simulator(tls) as url, tempfile.TemporaryDirectory() as folder:
        authority.cert_pem.write_to_path(str(Path(folder, "authority.pem")))
        Path(folder, ".env").write_text(_ENV.format(url=url, secret=SECRET) + lines)
        ended = on_terminal("check", cwd=Path(folder))
    IMAGES.mkdir(parents=True, exist_ok=True)
    (IMAGES / name).write_text(svg("$ breb-proxy check\n" + ended.out.rstrip()))


def settled(output: str) -> list[str]:
    """Return the lines as they stand in the end: what was shown in passing is erased."""
    return [line.split("\x1b[K")[-1].strip("\r") for line in output.split("\n")]


def svg(output: str) -> str:
    """Draw terminal output; each piece has its own place, whatever the font."""
    lines = settled(output)
    columns = max(len(_SHADE.sub("", line)) for line in lines)
    width, height = columns * _COLUMN + 2 * _EDGE, len(lines) * _LINE + _BAR + _EDGE
    dots = "".join(
        f'<circle cx="{_EDGE + 20 * n}" cy="20" r="6" fill="{fill}"/>'
        for n, fill in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    text = "\n".join(piece for number, line in enumerate(lines) for piece in _pieces(line, number))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img">\n'
        f"<title>breb-proxy check</title>\n"
        f'<rect width="100%" height="100%" rx="10" fill="#0d1117"/>\n{dots}\n'
        '<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace"'
        f' font-size="14" fill="#e6edf3" xml:space="preserve">\n{text}\n</g>\n</svg>\n'
    )


def _pieces(line: str, number: int) -> list[str]:
    pieces, column, style = [], 0, ""
    # Split with a group: text and codes by turns.
    for index, part in enumerate(_SHADE.split(line)):
        if index % 2:
            style = ";".join(_STYLES[code] for code in part.split(";") if code in _STYLES)
            continue
        for run in re.finditer(r"\S+(?: \S+)*", part):
            x, y = _EDGE + (column + run.start()) * _COLUMN, _BAR + (number + 1) * _LINE
            pieces.append(
                f'<text x="{x:.1f}" y="{y}" textLength="{len(run[0]) * _COLUMN:.1f}"'
                f' style="{style}">{html.escape(run[0])}</text>'.replace(' style=""', "")
            )
        column += len(part)
    return pieces


if __name__ == "__main__":
    show("BREB_CA_BUNDLE=authority.pem\n", name="check.svg")
    show("BREB_CA_BUNDEL=authority.pem\n", name="check-failed.svg")
