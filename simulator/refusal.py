"""The refusal of a request."""

_TYPES = {
    400: "invalid_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    429: "too_many_requests",
}


class Refusal(Exception):
    """A request that gets an error answer.

    ``code`` is a word for programs, ``member`` the part of body or query that is at fault.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str = "",
        member: str = "",
        fields: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type = _TYPES.get(status, "error")
        self.code = code or self.type.upper()
        self.member = member
        self.fields = fields or {}
