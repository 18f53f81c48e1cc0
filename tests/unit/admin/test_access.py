"""What opens the admin listener: links work once, and not for ever."""

from proxy.admin.access import COMMAND, LIFETIME, Access, Session


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_link_works_once() -> None:
    access = Access()
    link = access.link()
    assert access.use(link)
    assert not access.use(link)


def test_a_link_is_worth_nothing_after_its_time() -> None:
    watch = Watch()
    access = Access(watch)
    early, late = access.link(), access.link()
    watch.now = LIFETIME - 1
    assert access.use(early)
    watch.now = LIFETIME
    assert not access.use(late)


def test_nothing_but_a_link_is_a_link() -> None:
    access = Access()
    link = access.link()
    for other in ("", link[:-1], link + "x", access.secret):
        assert not access.use(other)
    assert access.use(link)


def test_links_that_nobody_uses_do_not_pile_up() -> None:
    access = Access()
    links = [access.link() for _ in range(1000)]
    assert not access.use(links[0])
    assert access.use(links[-1])
    assert sum(access.use(each) is not None for each in links) == 15


def begun(access: Access, name: str = "") -> Session:
    session = access.use(access.link(name))
    assert session is not None
    return session


def test_each_link_begins_a_session_of_its_own_with_the_name_of_who_asked() -> None:
    access = Access()
    first, second = begun(access, "ana"), begun(access, "luis")
    assert (first.number, first.name, second.number, second.name) == (1, "ana", 2, "luis")
    assert access.holder(first.secret) == first
    assert access.holder(second.secret) == second
    assert access.holder(access.secret) is COMMAND
    assert access.holder(access.link()) is None
    assert access.holder("") is None


def test_the_oldest_session_ends_when_there_are_too_many() -> None:
    access = Access()
    first, *_, last = [begun(access) for _ in range(65)]
    assert access.holder(first.secret) is None
    assert access.holder(last.secret) == last


def test_no_two_secrets_are_the_same() -> None:
    found = [each for _ in range(50) for a in [Access()] for each in (a.secret, a.link())]
    assert len(set(found)) == len(found)
    assert all(len(each) == 43 for each in found)
