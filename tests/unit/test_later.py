"""A stand-in is there while a library is imported, and is the real module when it is called."""

import subprocess
import sys

FUNCTIONS = """
import sys
from proxy.later import standing_in
with standing_in("colorsys"):
    from colorsys import rgb_to_hsv
assert "colorsys" not in sys.modules
assert rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0), "the real one"
import colorsys
assert colorsys.ONE_THIRD
"""
OF_A_PACKAGE = """
import sys, xml
from proxy.later import standing_in
with standing_in("xml.sax"):
    import xml.sax
assert "xml.sax" not in sys.modules
assert xml.sax.make_parser().__class__.__name__ == "ExpatParser", "the package has it, too"
import xml.sax
assert isinstance(xml.sax.SAXException, type)
"""
THERE_ALREADY = """
import sys, colorsys
from proxy.later import standing_in
with standing_in("colorsys"):
    import colorsys as found
assert sys.modules["colorsys"] is found is colorsys
assert found.ONE_THIRD
"""
WHAT_PYTHON_ASKS = """
from proxy.later import standing_in
with standing_in("colorsys"):
    import colorsys
assert not hasattr(colorsys, "__path__"), "it is no package"
"""


CLASSES = """
from proxy.later import standing_in
with standing_in("fractions"):
    from fractions import Fraction
assert not isinstance(1, Fraction)
assert (Fraction | None).__args__[0] is Fraction
half = Fraction(1, 2)
from fractions import Fraction
assert type(half) is Fraction
"""


def run(script: str) -> None:
    """In a process of its own: what is imported stays."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_function_is_imported_when_it_is_called() -> None:
    run(FUNCTIONS)


def test_a_package_has_the_stand_in_until_the_module_comes() -> None:
    run(OF_A_PACKAGE)


def test_a_class_has_no_instances_and_makes_real_ones() -> None:
    run(CLASSES)


def test_what_is_there_stays() -> None:
    run(THERE_ALREADY)


def test_a_stand_in_is_no_package() -> None:
    run(WHAT_PYTHON_ASKS)
