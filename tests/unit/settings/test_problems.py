"""A problem of settings knows which it is about: nobody has to read that out of its line."""

from proxy.settings.problems import Problem


def test_a_problem_is_a_line() -> None:
    assert str(Problem(("listen",), "is taken")) == "BREB_LISTEN: is taken"
    both = Problem(("tls_cert", "tls_key"), "set both, or neither")
    assert str(both) == "BREB_TLS_CERT and BREB_TLS_KEY: set both, or neither"


def test_a_problem_concerns_what_it_depends_on_too() -> None:
    problem = Problem(("listen",), "x", ("caller_key",))
    assert problem.concerns(["listen"])
    assert problem.concerns(["caller_key"])
    assert not problem.concerns(["caller_keys", "tls_cert"])
