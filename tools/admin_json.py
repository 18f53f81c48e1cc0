"""Writes the table of docs/admin-json.md from the code: ``python -m tools.admin_json``.

What the page keeps: see `tools.kept_table`.
"""

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

from proxy.admin.documents import RefreshDocument, RevokedToken, StatusDocument, TokenList
from proxy.words.phrase import Both
from tools.kept_table import KeptTable

PAGE = Path(__file__).resolve().parents[1] / "docs" / "admin-json.md"
TABLE = KeptTable("member", "type")
DOCUMENTS = {
    "/status": StatusDocument,
    "/refresh": RefreshDocument,
    "/tokens": TokenList,
    "/tokens/revoke ID": RevokedToken,
}
NAMES = {float: "number", int: "whole number", str: "text", bool: "true or false"}


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def page(before: str) -> str:
    """Return the page with the table that the code makes of it."""
    return TABLE.page(before, facts())


def facts() -> dict[str, str]:
    """Return the type of each member, by its endpoint and path."""
    told = {f"{at} {path}": kind for at, each in DOCUMENTS.items() for path, kind in _of(each)}
    # What is in the answer to /status as well is told there.
    return {key: kind for key, kind in told.items() if not _again(key, told)}


def _again(key: str, told: dict[str, str]) -> bool:
    at, _, path = key.partition(" ")
    return at == "/refresh" and f"/status token.{path}" in told


def _of(document: Any, above: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401  a TypedDict
    for name, kind in get_type_hints(document).items():
        inner, suffix = _inside(kind)
        if is_typeddict(inner):
            yield from _of(inner, f"{above}{name}{suffix}.")
        else:
            yield f"{above}{name}", _worded(kind)


def _inside(kind: Any) -> tuple[Any, str]:  # noqa: ANN401  an annotation
    """Return what a member consists of, and how a path says that there are several."""
    if get_origin(kind) is list:
        return get_args(kind)[0], "[]"
    several = [each for each in get_args(kind) if is_typeddict(each)]
    return (several[0], "") if several else (kind, "")


def _worded(kind: Any) -> str:  # noqa: ANN401  an annotation
    if kind == Both:
        return "text in each language, or text"
    if get_origin(kind) in (Union, types.UnionType):
        parts = [each for each in get_args(kind) if each is not type(None)]
        whole = Union[tuple(parts)]  # noqa: UP007  made while running
        return f"{_worded(whole)}, or null"
    if get_origin(kind) is list:
        return f"list of {_worded(get_args(kind)[0])}"
    if get_origin(kind) is dict:
        return f"{_worded(get_args(kind)[1])} by name"
    return NAMES[kind]


if __name__ == "__main__":
    main()
