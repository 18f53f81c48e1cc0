"""The heads of answers that come again and again."""

from proxy.http1.answer_fields import AnswerFields, ResponseHead
from proxy.http1.fields import HOP_BY_HOP
from proxy.http1.repeated_heads import HeadForm, RepeatedHeads, may_be_open

# In the place of a field line: the status line, which does not go on, and cannot be open, since
# it has no name.
_STATUS = (b"", b"")


class RepeatedAnswers(RepeatedHeads[ResponseHead]):
    """Finds what a head means by its bytes, from the status line on."""

    def _form(
        self, lines: list[bytes], judged: ResponseHead, places: list[int]
    ) -> "_AnswerForm | None":
        fields = [_STATUS, *judged.fields.lines]
        if len(fields) != len(lines):
            return None
        names = {fields[at][0].lower() for at in places}
        return (
            _AnswerForm(lines, judged, places) if may_be_open(judged.fields.known, names) else None
        )

    def _told(self, judged: ResponseHead) -> tuple[object, ...]:
        fields = judged.fields
        told = judged.status, judged.reason, judged.framing
        return *told, fields.known, fields.wire, fields.lines


class _AnswerForm(HeadForm[ResponseHead]):
    def __init__(self, lines: list[bytes], judged: ResponseHead, places: list[int]) -> None:
        fields = [_STATUS, *judged.fields.lines]
        written = [
            None if not name or name.lower() in HOP_BY_HOP else line
            for (name, _), line in zip(fields, lines, strict=True)
        ]
        super().__init__(fields, written, judged.fields.known, judged.framing, places)
        self._status, self._reason = judged.status, judged.reason

    def judged(self, head: bytes, lines: list[bytes]) -> ResponseHead | None:
        filled = self.filled(lines)
        if filled is None:
            return None
        _, known, wire, framing = filled
        fields = AnswerFields.of(head + b"\r\n\r\n", known, wire)
        return ResponseHead(self._status, self._reason, fields, framing)
