"""Which hosts are sandboxes: in doubt a host counts as production."""

import pytest

from proxy.passport.hosts import SANDBOX_HOSTS, environment


@pytest.mark.parametrize(
    ("host", "known"),
    [
        *[(host, "sandbox") for host in sorted(SANDBOX_HOSTS)],
        ("API.PAAS.SANDBOX.CO.PASSPORTFINTECH.COM.", "sandbox"),
        ("api.paas.co.passportfintech.com", "production"),
        ("passportfintech.com", "production"),
        ("notpassportfintech.com", None),
        ("127.0.0.1", None),
    ],
)
def test_the_environment_of_a_host(host: str, known: str | None) -> None:
    assert environment(host) == known
