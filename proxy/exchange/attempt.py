"""One request as it went to the upstream, as facts."""


class Attempt:
    """One try of an exchange. Times are seconds of ``time.perf_counter``.

    ``began``: its connection was ready; ``reached``: TCP connected (None on a kept-alive one);
    ``answered``: the head of the answer came, whose status is ``status``. ``token_id`` names the
    token that was sent.
    """

    __slots__ = ("answered", "began", "reached", "sent", "status", "token_id")

    def __init__(self, token_id: str | None, began: float, reached: float | None) -> None:
        self.token_id = token_id
        self.began = began
        self.reached = reached
        self.sent = True  # false if it is known that no byte of it was written
        self.answered: float | None = None
        self.status: int | None = None

    @property
    def lost(self) -> bool:
        """Whether the request went out and no answer came, so that its effect is unknown."""
        return self.sent and self.status is None

    @property
    def harmless(self) -> bool:
        """Whether the attempt certainly had no effect: not sent, or answered 401.

        RFC 9110 section 15.5.2: a 401 means that the request was not carried out.
        """
        return not self.sent or self.status == 401
