"""What is read from Prefer."""

import pytest

from proxy.exchange.preference import is_lenient, seconds_to_wait


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ([b"wait=20"], 20),
        ([b'respond-async, Wait = "5" ; x=1'], 5),
        ([b"respond-async", b"wait=3, wait=9"], 3),
        ([b"wait=0"], 0),
        ([b"wait=600"], 60),
        ([b"wait"], 7),
        ([b"wait=-1, wait=1.5, wait=x, await=3"], 7),
        ([b"wait=99999999999999999999"], 7),
        ([b"return=minimal"], 7),
        ([], 7),
    ],
)
def test_the_first_wait_that_can_be_read_counts(values: list[bytes], seconds: int) -> None:
    assert seconds_to_wait(values, 7) == seconds


@pytest.mark.parametrize(
    ("values", "lenient"),
    [
        ([], False),
        ([b"handling=lenient"], True),
        ([b'wait=5, Handling = "lenient"; a=b'], True),
        ([b"wait=5", b"handling=lenient"], True),
        ([b"handling=strict"], False),
        ([b"handling=lenient2"], False),
    ],
)
def test_a_caller_may_prefer_lenient_handling(values: list[bytes], lenient: bool) -> None:
    assert is_lenient(values) is lenient
