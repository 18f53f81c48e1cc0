"""The known facts about an operation of the API: a row of the table."""

from typing import NamedTuple


class Operation(NamedTuple):
    """A method on a path, and the facts about it.

    ``path`` has a name in braces for each value in it. ``action`` is the code of its effect,
    which `proxy.words` words as ``deed.ACTION``; empty if it only shows something.
    ``only_reads`` is for a POST that changes nothing.

    ``members`` are those of its body that name what it makes, moves or changes: the ledger keeps
    them, and a look-up compares them. ``money`` is the member that holds the amount.

    ``shown_by`` shows the one thing that it makes or changes, ``listed_by`` lists what it makes:
    where to look it up; ``final`` are the states of that thing that it does not leave. ``states``
    are those that it brings the thing into; ``deletes`` says that afterwards there is none.

    Of a list, ``holds`` is the member that has it, ``filters`` are the members of a request by
    which it can be searched, and ``query`` what a look-up always asks with.
    """

    method: str
    path: str
    action: str = ""
    only_reads: bool = False
    members: tuple[str, ...] = ()
    money: str = ""
    shown_by: "Operation | None" = None
    listed_by: "Operation | None" = None
    final: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    deletes: bool = False
    holds: str = ""
    filters: tuple[str, ...] = ()
    query: tuple[tuple[str, str], ...] = ()

    @property
    def changes_one(self) -> bool:
        """Whether the operation changes or deletes the one thing that its path names."""
        return self.method in ("PATCH", "DELETE") and self.shown_by is not None
