"""The copies that the recorder takes."""

from proxy.exchange.record import Exchange
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import Request
from proxy.journal.body import LIMIT
from proxy.journal.known import Known
from proxy.journal.recorder import BoundedCopy, Capture, CopyBudget, Recorder


def an_exchange() -> Exchange:
    return Exchange("a-1", "POST", b"/v1/x")


def forget(exchange: Exchange, capture: Capture | None) -> None:
    del exchange, capture


def test_a_copy_keeps_the_first_part_and_counts_the_whole() -> None:
    copy = BoundedCopy(CopyBudget())
    copy.take(b"x" * (LIMIT - 1))
    copy.take(b"yz")
    copy.take(b"more")
    assert (len(copy.data), copy.size) == (LIMIT, LIMIT + 5)
    assert copy.data.endswith(b"xy")


def test_copies_under_way_share_one_budget_and_give_it_back() -> None:
    budget = CopyBudget(10)
    first, second = BoundedCopy(budget), BoundedCopy(budget)
    first.take(b"12345678")
    second.take(b"abcd")
    second.take(b"efgh")
    assert (bytes(second.data), second.size, budget.left) == (b"ab", 8, 0)
    first.release()
    assert budget.left == 8
    second.take(b"never with a gap")
    assert bytes(second.data) == b"ab"


def test_a_capture_joins_its_exchange_and_copies_what_passes() -> None:
    recorder, exchange = Recorder(forget), an_exchange()
    capture = begun(recorder, exchange)
    assert recorder.older_than(-1) == [(exchange, capture)]
    capture.answering([(b"A", b"b")])
    capture.passing(b"xy")
    capture.passing(b"z")
    assert bytes(capture.answer.data) == b"xyz"
    assert capture.answer_lines == [(b"A", b"b")]


def test_a_capture_hears_the_body_and_when_it_was_whole() -> None:
    capture = begun(Recorder(forget), an_exchange())
    capture.received(b"ab", last=False)
    assert capture.request_whole is None
    capture.received(b"c", last=True)
    assert bytes(capture.request.data) == b"abc"
    assert capture.request_whole is not None


def test_what_is_over_is_no_longer_under_way_and_gives_its_budget_back() -> None:
    budget = CopyBudget(10)
    recorder, exchange = Recorder(forget, budget), an_exchange()
    begun(recorder, exchange).received(b"1234", last=True)
    recorder.end(exchange)
    assert (recorder.under_way, budget.left) == ({}, 10)


def test_the_secrets_of_a_head_that_was_cut_weigh_and_are_let_go_with_the_bodies() -> None:
    """Until it is masked they wait with it: of 200 refused requests it could be 20 MB."""
    cookies = [(b"Cookie", b"a=" + b"%d" % n * 8_000) for n in range(9)]
    capture = Capture(Request("GET", b"/", "1.1", Section(cookies, REQUEST), 0), CopyBudget())
    capture.cut(b"/")
    assert capture.weight > 9 * 8_000
    assert len(capture.secrets().values) == 9
    capture.lighten()
    assert capture.weight < 9 * 800
    assert capture.secrets() == Known(beyond=True)


def begun(recorder: Recorder, exchange: Exchange) -> Capture:
    """Begin an exchange; return what observes it."""
    recorder.begin(exchange, Request("POST", b"/v1/x", "1.1", Section([], REQUEST), 3))
    capture = exchange.observer
    assert isinstance(capture, Capture)
    return capture
