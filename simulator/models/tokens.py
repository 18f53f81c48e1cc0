"""Access tokens as the API shows them."""

from typing import ClassVar, Literal

from simulator.models.lists import PageQuery, PaginationInfo
from simulator.models.shapes import Shape, Uuid


class CreateToken(Shape):
    """The client credentials grant, as JSON."""

    client_id: str
    client_secret: str
    grant_type: Literal["client_credentials"]


class IssuedToken(Shape):
    """The one answer that carries the bearer token itself."""

    access_token: str
    token_id: Uuid
    token_type: str
    expires_in: int
    created_at: str
    account_id: Uuid
    scopes: list[str]
    roles: list[str]


class TokenInfo(Shape):
    """A token without its bearer value."""

    token_id: Uuid
    expires_in: int
    created_at: str
    account_id: Uuid
    scopes: list[str]
    roles: list[str]


class RevokeToken(Shape):
    """The id of the path once more, as the documentation wants it."""

    token_id: Uuid


class TokenQuery(PageQuery):
    """Filters of the token list."""

    # tokens here belong to no user and are all of one grant: the endpoint sees to these two
    sources: ClassVar[dict[str, str]] = {"role": "roles", "user_id": "", "grant_flow": ""}

    account_id: str | None = None
    user_id: str | None = None
    role: str | None = None
    grant_flow: (
        Literal[
            "GRANT_FLOW_CLIENT_CREDENTIALS",
            "GRANT_FLOW_PASSWORD",
            "GRANT_FLOW_ENTITY_SETUP",
            "GRANT_FLOW_LOGIN",
        ]
        | None
    ) = None


class TokenList(Shape):
    """A page of tokens."""

    pagination_info: PaginationInfo
    tokens: list[TokenInfo]
