"""An endpoint: a row of the API's table, with the function that answers it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from simulator.models.lists import PageQuery
from simulator.records import Outcome, Token
from simulator.world import World

BodyT = TypeVar("BodyT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read and checked."""

    world: World
    path: dict[str, str]
    token: Token | None = None
    query: BaseModel | None = None
    content: BaseModel | None = None
    outcome: Outcome | None = None

    def body(self, kind: type[BodyT]) -> BodyT:
        """Give the request's body, known to be of a kind."""
        if not isinstance(self.content, kind):
            raise TypeError(f"the operation declares no body {kind.__name__}")
        return self.content

    def asked(self, kind: type[BodyT]) -> BodyT:
        """Give the request's query, known to be of a kind."""
        if not isinstance(self.query, kind):
            raise TypeError(f"the operation declares no query {kind.__name__}")
        return self.query


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: a status and a JSON object, or no body at all."""

    status: int = 200
    content: BaseModel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method on one path.

    ``refusals`` are the error statuses beside those that any request may meet; ``forces`` says
    that a request may name its payment's outcome.
    """

    name: str
    method: str
    path: str
    summary: str
    answer: Callable[[Call], Reply]
    body: type[BaseModel] | None = None
    body_optional: bool = False
    query: type[PageQuery] | None = None
    returns: type[BaseModel] | None = None
    status: int = 200
    refusals: tuple[int, ...] = ()
    scope: str | None = None
    needs_token: bool = True
    forces: bool = False
    tag: str = ""
