"""Listeners and origins as values: what is read, what is refused, and what reaches what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.addresses import ListenAddress, Url, loopback


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]",
     "::ffff:127.0.0.1", "[0:0:0:0:0:0:0:1]"],
)  # fmt: skip
def test_this_machine_alone_has_these_names(host: str) -> None:
    assert loopback(host)


@pytest.mark.parametrize(
    "host",
    ["localhost.evil.com", "notlocalhost", "0.0.0.0", "::", "10.0.0.1", "127.1", "1.0.0.127",
     "::ffff:10.0.0.1", "", "[fe80::1]"],
)  # fmt: skip
def test_these_are_not_this_machine_alone(host: str) -> None:
    assert not loopback(host)


@pytest.mark.parametrize(
    ("text", "address", "private"),
    [
        ("127.0.0.1:8080", ListenAddress("127.0.0.1", 8080), True),
        (" localhost:0 ", ListenAddress("localhost", 0), True),
        ("[::1]:80", ListenAddress("::1", 80), True),
        ("[::]:80", ListenAddress("::", 80), False),
        ("0.0.0.0:65535", ListenAddress("0.0.0.0", 65_535), False),
        pytest.param(
            "unix:/run/proxy.sock",
            ListenAddress("", 0, "/run/proxy.sock"),
            True,
            marks=pytest.mark.needs("posix"),
        ),
    ],
)
def test_a_listener_is_read_and_written(text: str, address: ListenAddress, private: bool) -> None:
    assert ListenAddress.parse(text) == address
    assert ListenAddress.parse(address) is address
    assert str(address) == text.strip()
    assert address.private is private


@pytest.mark.parametrize(
    "text",
    ["", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
     "127.0.0.1:８０", "::1:8080", "[::1]", "[::1:80", "a b:80", "http://x:80", "-x:80",
     *(pytest.param(text, marks=pytest.mark.needs("posix"))
       for text in ("unix:relative", "unix:", "unix:/" + "x" * 100))],
)  # fmt: skip
def test_what_is_no_listener_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must|port 65536 is too high: at most 65535"):
        ListenAddress.parse(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://127.0.0.1:8085", "without a scheme"),
        ("https://127.0.0.1", "without a scheme"),
        ("::1:8085", "an IPv6 address in brackets"),
        (":8080", "must have a host before the port"),
    ],
)
def test_what_is_wrong_with_a_listener_is_named(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ListenAddress.parse(text)


@pytest.mark.parametrize(
    ("text", "origin", "authority"),
    [
        ("https://bre-b.example", Url("https", "bre-b.example", 443), "bre-b.example"),
        ("HTTPS://Bre-B.Example/", Url("https", "bre-b.example", 443), "bre-b.example"),
        ("http://127.0.0.1:8090", Url("http", "127.0.0.1", 8090), "127.0.0.1:8090"),
        ("https://h:8443/a/b/", Url("https", "h", 8443, "/a/b"), "h:8443"),
        ("http://h:443", Url("http", "h", 443), "h:443"),
        ("http://h:80/%2F", Url("http", "h", 80, "/%2F"), "h"),
        ("https://[::1]:443/p", Url("https", "::1", 443, "/p"), "[::1]"),
        ("https://h.example./", Url("https", "h.example.", 443), "h.example."),
    ],
)
def test_an_origin_is_read(text: str, origin: Url, authority: str) -> None:
    assert Url.parse(text) == origin
    assert Url.parse(origin) is origin
    assert origin.authority == authority
    assert Url.parse(str(origin)) == origin


@pytest.mark.parametrize(
    "text",
    ["", "h", "ftp://h", "//h", "https://", "https:///p", "https://u@h", "https://u:p@h",
     "https://h?q", "https://h#f", "https://h:0", "https://h:65536", "https://h:x",
     "https://a b", "https://h/a b", "https://h/\\", "https://[::1", "https://[::x]", "https://hé"],
)  # fmt: skip
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must|has a|port 65536 is too high: at most 65535"):
        Url.parse(text)


@pytest.mark.parametrize("secret", ["https://user:s3cret@h", "https://h?token=s3cret"])
def test_a_refusal_does_not_repeat_what_was_given(secret: str) -> None:
    with pytest.raises(ValueError, match=r"must not have a (user|query)") as caught:
        Url.parse(secret)
    assert "s3cret" not in str(caught.value)


@given(
    st.sampled_from(["http", "https"]),
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z]{2,4})?", fullmatch=True),
    st.integers(1, 65_535),
    st.from_regex(r"(/[a-zA-Z0-9._~%!$&'()*+,;=:@-]{1,8}){0,3}", fullmatch=True),
)
def test_any_origin_is_read_as_it_is_written(scheme: str, host: str, port: int, path: str) -> None:
    origin = Url(scheme, host, port, path)
    assert Url.parse(str(origin)) == origin


def test_the_same_origin_has_other_paths() -> None:
    assert Url.parse("https://h:1/a").at("/b") == Url("https", "h", 1, "/b")


@pytest.mark.parametrize(
    ("url", "environment"),
    [
        ("https://bre-b-sandbox.api.visionamos.passportfintech.com", "sandbox"),
        ("https://api.paas.co.passportfintech.com/x", "production"),
        ("https://API.PAAS.CO.passportfintech.com./x", "production"),
        ("https://bre-b.api.visionamos.passportfintech.com", "production"),
        ("https://passportfintech.com", "production"),
        ("https://bre-b-sandbox.passportfintech.com", "production"),
        ("https://notpassportfintech.com", "unknown"),
        ("http://localhost:1", "local"),
        ("https://api.example", "unknown"),
        ("https://api.paas.co.passportfintech.com.evil.example", "unknown"),
    ],
)
def test_the_environment_is_judged_by_the_whole_host(url: str, environment: str) -> None:
    assert Url.parse(url).environment == environment


@pytest.mark.parametrize(
    ("url", "listener", "reaches"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1:8080", True),
        ("http://localhost:8080", "127.0.0.1:8080", True),
        ("http://localhost:8080", "[::1]:8080", True),
        ("http://127.0.0.1:8080", "0.0.0.0:8080", True),
        ("http://[::1]:8080", "[::]:8080", True),
        ("http://0.0.0.0:8080", "127.0.0.1:8080", True),
        ("http://[::]:8080", "0.0.0.0:8080", True),
        ("http://[::ffff:127.0.0.1]:8080", "127.0.0.1:8080", True),
        ("http://Host.example.:8080", "host.example:8080", True),
        ("http://10.0.0.1:8080", "10.0.0.1:8080", True),
        ("http://127.0.0.1:8081", "127.0.0.1:8080", False),
        ("http://10.0.0.1:8080", "127.0.0.1:8080", False),
        ("http://10.0.0.1:8080", "0.0.0.0:8080", False),
        ("http://127.0.0.1:8080", "10.0.0.1:8080", False),
        pytest.param(
            "http://127.0.0.1:8080", "unix:/run/x", False, marks=pytest.mark.needs("posix")
        ),
        ("http://127.0.0.1:8080", "127.0.0.1:0", False),
    ],
)
def test_an_upstream_that_is_our_own_listener_is_found(
    url: str, listener: str, reaches: bool
) -> None:
    assert Url.parse(url).reaches(ListenAddress.parse(listener)) is reaches


@pytest.mark.parametrize(
    ("listen", "reached"),
    [
        ("0.0.0.0:8081", "127.0.0.1:8081"),
        ("[::]:8081", "[::1]:8081"),
        ("localhost:1", "localhost:1"),
        pytest.param("unix:/run/admin", "unix:/run/admin", marks=pytest.mark.needs("posix")),
    ],
)
def test_a_listener_on_every_address_is_found_on_loopback(listen: str, reached: str) -> None:
    assert str(ListenAddress.parse(listen).connectable) == reached


def test_a_query_is_kept_where_it_is_asked_for_and_never_shown() -> None:
    url = Url.parse_with_query("https://h/token?tenant=a&code=s3cret")
    assert Url.parse_with_query(url) is url
    assert url.below() == "/token?tenant=a&code=s3cret"
    assert url.below("/id", "page=2") == "/token/id?tenant=a&code=s3cret&page=2"
    assert Url.parse("https://h/token").below("/id") == "/token/id"
    assert Url.parse_with_query("https://h?a=b").below() == "/?a=b"
    assert str(url) == "https://h/token?…"
    assert "s3cret" not in repr(url)
    assert url.origin == Url.parse("https://h")


@pytest.mark.parametrize("text", ["https://h/t#b", "https://h/t?a#b"])
def test_a_fragment_is_named_where_a_query_may_be(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must not have a fragment \(#\)$"):
        Url.parse_with_query(text)


@pytest.mark.parametrize("text", ["https://h/t?a b", "https://h/t?a#b", "https://h/t#b", "h?a"])
def test_what_is_no_url_with_a_query_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must|has a"):
        Url.parse_with_query(text)
