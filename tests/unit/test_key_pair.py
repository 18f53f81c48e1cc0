"""A certificate and its key: each fault of the two is told in words, and nobody is asked."""

import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from proxy import key_pair

LEAF, OTHER = (trustme.CA().issue_cert("localhost") for _ in range(2))
CERTIFICATE = LEAF.cert_chain_pems[0].bytes()
KEY = LEAF.private_key_pem.bytes()


def encrypted(key: bytes) -> bytes:
    return serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    )


def load(folder: Path, certificate: bytes | None, key: bytes | None) -> None:
    files = folder / "cert.pem", folder / "key.pem"
    for file, content in zip(files, (certificate, key), strict=True):
        if content is not None:
            file.write_bytes(content)
    key_pair.load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), files[0], files[1])


def test_a_pair_is_loaded_from_two_files_or_one(tmp_path: Path) -> None:
    load(tmp_path, CERTIFICATE, KEY)
    (tmp_path / "both.pem").write_bytes(KEY + CERTIFICATE)
    key_pair.load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), tmp_path / "both.pem")


@pytest.mark.parametrize(
    ("certificate", "key", "of_key", "words"),
    [
        pytest.param(CERTIFICATE, encrypted(KEY), True, r"key\.pem is encrypted", id="encrypted"),
        pytest.param(
            CERTIFICATE, OTHER.private_key_pem.bytes(), True, "does not belong", id="another's key"
        ),
        pytest.param(KEY, CERTIFICATE, False, r"no PEM certificate in .*cert\.pem", id="swapped"),
        pytest.param(CERTIFICATE, b"nonsense", True, r"no PEM key in .*key\.pem", id="no key"),
        pytest.param(None, KEY, False, r"cannot read .*cert\.pem \(No such", id="no file"),
        pytest.param(
            CERTIFICATE, None, True, r"cannot read .*key\.pem \(No such", id="no key file"
        ),
        pytest.param(
            CERTIFICATE.replace(b"M", b"!"), KEY, False, r"cannot use .*cert\.pem", id="damaged"
        ),
    ],
)
def test_a_fault_is_told_and_whose_it_is(
    tmp_path: Path, certificate: bytes | None, key: bytes | None, *, of_key: bool, words: str
) -> None:
    with pytest.raises(key_pair.PairUnusable, match=words) as caught:
        load(tmp_path, certificate, key)
    assert caught.value.of_key is of_key
