"""What is kept of a body."""

import gzip
import zlib

import pytest

from proxy.http1.fields import Lines
from proxy.journal.body import LIMIT, Content, content
from proxy.journal.redaction import Redaction
from proxy.mask import MASK

REDACTION = Redaction(["email"])


def kept(data: bytes, *fields: tuple[bytes, bytes], size: int | None = None) -> Content:
    lines: Lines = list(fields)
    return content(data, len(data) if size is None else size, lines, REDACTION, ["secretsecret"])


def coded(coding: bytes) -> tuple[bytes, bytes]:
    return (b"Content-Encoding", coding)


def test_text_is_kept_as_text_and_other_bytes_as_bytes() -> None:
    assert kept("café".encode()).data == "café"
    assert kept(b"\x89PNG\r\n\x1a\n\x00").data == b"\x89PNG\r\n\x1a\n\x00"
    assert kept(b"").data == ""


def test_a_part_says_that_it_is_one() -> None:
    part = kept(b"caf" + b"\xc3", size=5)
    assert (part.data, part.cut, part.size) == ("caf", True, 5)


@pytest.mark.parametrize(
    ("name", "encode"),
    [
        pytest.param(b"gzip", gzip.compress, id="gzip"),
        pytest.param(b"X-GZIP", gzip.compress, id="its old name"),
        pytest.param(b"deflate", zlib.compress, id="deflate"),
        pytest.param(b"deflate", lambda data: zlib.compress(data)[2:-4], id="raw deflate"),
    ],
)
def test_coded_bodies_are_decoded_and_masked(name: bytes, encode: object) -> None:
    data = encode(b'{"email":"ana@example.com"}')  # type: ignore[operator]
    found = kept(data, coded(name))
    assert (found.data, found.coding, found.masked) == (
        '{"email":"••••om"}',
        name.decode().lower(),
        1,
    )
    assert found.size == len(data)


def test_a_bomb_is_decoded_up_to_the_limit() -> None:
    found = kept(gzip.compress(bytes(50 * LIMIT)), coded(b"gzip"))
    assert (len(found.data), found.cut) == (LIMIT, True)


def test_the_first_part_of_a_coded_body_is_decoded() -> None:
    data = gzip.compress(bytes(range(256)) * 40)
    found = kept(data[:-20], coded(b"gzip"), size=len(data))
    assert found.cut
    assert found.data


@pytest.mark.parametrize(
    ("coding", "words"),
    [
        pytest.param(b"br", "not kept: the coding br is not supported", id="unknown"),
        pytest.param(b"gzip, gzip", "not kept: the coding gzip, gzip is not supported", id="twice"),
        pytest.param(b"gzip", "not kept: it is not valid gzip", id="a lie"),
        pytest.param(b"deflate", "not kept: it is not valid deflate", id="another lie"),
    ],
)
def test_what_cannot_be_read_is_not_kept(coding: bytes, words: str) -> None:
    found = kept(b"\xffsecretsecret", coded(coding))
    assert (found.data, str(found.words)) == (b"", words)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        pytest.param(
            '{"email":"añ@x.co"}'.encode("latin-1"), b"text/x; charset=iso-8859-1", id="named"
        ),
        pytest.param('{"email":"añ@x.co"}'.encode("utf-16"), b"application/json", id="UTF-16"),
        pytest.param('{"email":"añ@x.co"}'.encode("utf-16-be"), b"application/json", id="no mark"),
        pytest.param('{"email":"añ@x.co"}'.encode("utf-8-sig"), b"application/json", id="mark"),
        pytest.param('{"email":"añ@x.co"}'.encode("latin-1"), b"application/json", id="unsaid"),
        pytest.param(b'{"email":"a@x.co"}', b"text/x; charset=bz2", id="a codec that is none"),
    ],
)
def test_other_charsets_hide_nothing(data: bytes, media_type: bytes) -> None:
    found = kept(data, (b"Content-Type", media_type))
    assert found.masked == 1
    assert "••••co" in str(found.data)


def test_bytes_that_are_no_text_hide_no_secret() -> None:
    found = kept(b"\x00\x01 secretsecret \x02")
    assert found.data == "\x00\x01 •••• \x02"


def test_a_zero_byte_alone_makes_no_utf16() -> None:
    """Read so, the rest would be shown as other signs, and masked by no name."""
    found = kept(b'\x00{"email":"ana@example.com"}')
    assert (found.data, found.masked) == ('\x00{"email":"••••om"}', 1)


def test_a_second_member_is_not_shown_and_said_so() -> None:
    found = kept(gzip.compress(b"first") + gzip.compress(b"second"), coded(b"gzip"))
    assert (found.data, found.cut) == ("first", True)


def test_a_secret_in_the_media_type_is_masked() -> None:
    assert kept(b"x", (b"Content-Type", b"a/b; client_secret=abc")).media_type == (
        f"a/b; client_secret={MASK}"
    )


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "us-ascii", "utf-16"])
def test_a_mask_is_one_in_every_charset(charset: str) -> None:
    data = '{"email":"ana@x.co"}'.encode(charset)
    assert MASK.encode() in kept(data, (b"Content-Type", b"x; charset=%b" % charset.encode())).raw


def test_the_bytes_can_be_had_again() -> None:
    data = "añ".encode("utf-16")
    assert kept(data).raw == data
    assert kept(b"\x00\xff").raw == b"\x00\xff"
    assert kept(b"x").weight > 65
