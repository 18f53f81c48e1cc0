"""One request as it went to the upstream, as facts."""


class Attempt:
    """One try of an exchange. Times are seconds of ``time.perf_counter``.

    ``began`` is when its connection was at hand, ``reached`` when TCP stood (None on a kept-alive
    connection), ``answered`` when the head of the answer came; ``status`` is that answer's.
    ``token_id`` names the token that was sent.
    """

    __slots__ = ("answered", "began", "reached", "sent", "status", "token_id")

    def __init__(self, token_id: str | None, began: float, reached: float | None) -> None:
        self.token_id = token_id
        self.began = began
        self.reached = reached
        self.sent = True  # false once it is known that nothing of it was written
        self.answered: float | None = None
        self.status: int | None = None

    @property
    def lost(self) -> bool:
        """Whether it went out and no answer came, so that nobody knows what it did."""
        return self.sent and self.status is None

    @property
    def harmless(self) -> bool:
        """Whether it is known to have done nothing: not sent, or answered 401.

        RFC 9110 section 15.5.2: a 401 says that the request was not carried out.
        """
        return not self.sent or self.status == 401
