"""A request's body as JSON, read once for all who look for something in it."""

from functools import cached_property
from typing import Any

from pydantic_core import from_json

from proxy.ledger.exact import exact


class Document:
    """``read`` is what a body holds, None if that is no JSON; its numbers may have lost digits."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.read: Any
        try:
            self.read = from_json(body, cache_strings="keys")  # values must not stay in memory
        except ValueError:
            self.read = self.exact  # perhaps it is only deep, or has a lone surrogate

    @cached_property
    def exact(self) -> Any:  # noqa: ANN401  JSON
        """The same, with each number as the text that it was written as."""
        return exact(self.body)
