"""The pages of the API's lists."""

from proxy.passport.lists import following, page_info


def test_a_page_after_the_first_is_of_the_moment_of_the_first() -> None:
    assert following(3, {"first_request_timestamp": "2026-11-25T10:00:00.250Z"}) == {
        "page_params.page_number": "3",
        "page_params.first_request_timestamp.seconds": "1795600800",
        "page_params.first_request_timestamp.nanos": "250000000",
    }


def test_a_moment_that_is_none_is_not_sent_back() -> None:
    assert following(2, {"first_request_timestamp": {}}) == {"page_params.page_number": "2"}


def test_a_page_counts_what_was_begun() -> None:
    info = page_info("2026-11-25T10:00:00.250Z", 2, 20, 41)
    assert (info["current_page"], info["total_pages"], info["total_elements"]) == (2, 3, 41)
