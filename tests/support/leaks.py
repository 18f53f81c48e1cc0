"""What must never be written anywhere: searched for in all that the program prints or answers."""

SECRET = "s3cret-sentinel-of-the-tests"
CALLER_KEY = "caller-key-sentinel-of-the-tests"

# Access tokens that the tests' token endpoints handed out, and secrets of some tests alone.
issued: set[str] = set()


def found(text: str) -> list[str]:
    """Return which of the secrets stand in ``text``."""
    return [secret for secret in (SECRET, CALLER_KEY, *issued) if secret in text]
