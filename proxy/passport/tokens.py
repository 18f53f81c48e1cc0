"""The path of the token endpoint, and the scopes that a token needs to ask about tokens."""

TOKEN_PATH = "/v1/iam/oauth/tokens"  # noqa: S105  a path, no secret
GET_TOKEN_SCOPE = "iam.oauth.tokens.get"  # noqa: S105  a name, no secret
LIST_TOKENS_SCOPE = "iam.oauth.tokens.list.get"
REVOKE_TOKEN_SCOPE = "iam.oauth.tokens.delete"  # noqa: S105  a name, no secret
