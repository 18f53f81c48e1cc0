"""The address of a database: what is taken, what is shown, and that it never holds a password."""

import pytest

from proxy.errors import BadValue
from proxy.postgres.address import DatabaseAddress


@pytest.mark.parametrize(
    ("text", "hosts", "name"),
    [
        pytest.param("postgresql://breb@db.test/shop", ("db.test",), "shop", id="plain"),
        pytest.param("postgres://breb@db.test:6432/shop", ("db.test",), "shop", id="port"),
        pytest.param("postgresql://breb@a,b:5433/shop", ("a", "b"), "shop", id="several"),
        pytest.param("postgresql://breb@[::1]:5432/shop", ("::1",), "shop", id="v6"),
        pytest.param("postgresql:///shop?host=/run/pg", ("/run/pg",), "shop", id="socket"),
        pytest.param("postgresql://%2Frun%2Fpg/shop", ("/run/pg",), "shop", id="socket, quoted"),
    ],
)
def test_it_reads_what_psql_reads(text: str, hosts: tuple[str, ...], name: str) -> None:
    found = DatabaseAddress.parse(text)
    assert (found.hosts, found.name) == (hosts, name)
    assert DatabaseAddress.parse(str(found)) == found


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        pytest.param("postgresql://db.test/x", "verify-full", id="another machine"),
        pytest.param("postgresql://localhost,db.test/x", "verify-full", id="one of two"),
        pytest.param("postgresql://127.0.0.1/x", "prefer", id="loopback"),
        pytest.param("postgresql:///x?host=/run/pg", "prefer", id="socket"),
        pytest.param("postgresql://db.test/x?sslmode=require", "require", id="as is said"),
    ],
)
def test_another_machine_has_to_prove_who_it_is(text: str, mode: str) -> None:
    assert DatabaseAddress.parse(text).tls == mode


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("mysql://hush-word@db.test/x", id="another database"),
        pytest.param("postgresql://breb:hush-word@db.test/x", id="password"),
        pytest.param("postgresql://breb@db.test/x?password=hush-word", id="password, at the end"),
        pytest.param("postgresql://breb@db.test/x?hush-word=1", id="parameter"),
        pytest.param("postgresql://breb@db.test/x?hush-word", id="no parameter"),
        pytest.param("postgresql://breb@db.test/x?sslmode=hush-word", id="mode"),
        pytest.param("postgresql://breb@db.test:hush-word/x", id="port"),
        pytest.param("postgresql://breb@db.test:99999/hush-word", id="port, too large"),
        pytest.param("postgresql://breb@[hush-word]/x", id="brackets"),
    ],
)
def test_a_wrong_one_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(BadValue) as caught:
        DatabaseAddress.parse(text)
    assert "hush-word" not in str(caught.value)
