"""What a start does not pay for: the scrape's machinery."""

import subprocess
import sys


def test_what_words_a_scrape_is_imported_with_the_first_one() -> None:
    code = (
        "import sys, proxy.server.build; print('prometheus_client' in sys.modules);"
        "from proxy.telemetry.metrics import Metrics;"
        "print(b'breb_proxy_info' in Metrics().exposition())"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "True"]
