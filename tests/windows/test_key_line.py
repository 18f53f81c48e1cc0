"""The line of docs/ledger.md for VB6, VBA and classic ASP, in a script that knows only POST."""

import subprocess
from pathlib import Path

from tests.support import Program, RawUpstream
from tests.support.key_lines import key_lines
from tests.support.patience import PATIENCE

SCRIPT = """paymentKey = "invoice-17"
Set http = CreateObject("WinHttp.WinHttpRequest.5.1")
http.Open "POST", "URL", False
LINE
http.SetRequestHeader "Content-Type", "application/json"
http.Send "{}"
WScript.Echo http.Status & " " & http.GetAllResponseHeaders
"""


def test_a_script_that_repeats_with_its_key_pays_once(tmp_path: Path) -> None:
    with RawUpstream() as upstream, Program(upstream.url, ledger=tmp_path / "ledger.db") as proxy:
        url = f"http://127.0.0.1:{proxy.port}/v1/payments/breb"
        script = tmp_path / "pay.vbs"
        script.write_text(SCRIPT.replace("LINE", key_lines()["VB6"]).replace("URL", url))
        first, again = (
            subprocess.run(
                ["cscript", "//nologo", str(script)],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=True,
            ).stdout
            for _ in range(2)
        )
        assert first.startswith("200 ")
        assert "Idempotent-Replayed" not in first
        assert "Idempotent-Replayed: true" in again
        assert [call.body for call in upstream.requests] == [b"{}"]
