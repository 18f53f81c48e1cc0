"""What all tests share: signals as at a terminal, and in CI the same examples each time."""

import os
import signal
import tempfile

from hypothesis import settings

# A shell ignores SIGINT for what it starts in the background, and so would all that we start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Where it is noted which credentials the keychain of whoever runs the tests holds: not looked at.
os.environ["XDG_CONFIG_HOME"] = f"{tempfile.gettempdir()}/breb-proxy-tests"

# A change is not judged by what chance finds in the code beside it: other runs are for that.
settings.register_profile("ci", derandomize=True)
if "CI" in os.environ:
    settings.load_profile("ci")
