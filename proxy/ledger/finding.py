"""The finding of a look-up, as a code: never more than the API stated.

A thing of the API is the row's only if it is named whole and nothing speaks against it. A look-up
never finds that something was *not* made: absence is reported as absence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from proxy.ledger.comparison import Candidate
from proxy.passport.operation import Operation
from proxy.words import Phrase, phrase

FOUND, NOT_FOUND, NOT_ANSWERED = "found", "not-found", "not-answered"

DECISIVE = {"settled": True, "rejected": False, "made": True, "repeat": True}
"""The findings that are sure of the row itself: whether each says that it was carried out.

``repeat``: the payment of its resolution was made, and is another row's already. A sum of payments
must not count it twice.

"The thing is in the wanted state" is not among them: another request may have done it.
"""

FOR_A_PERSON = (
    *("no-way", "several", "contradicted", "gone", "in-state", "no-thing", "state"),
    "nothing-so-far",  # the list only grows: it will be read back less far
)
"""The findings that another question would not change."""

ABSENT = ("alike", "others", "nothing", "nothing-back-to", "nothing-so-far")
"""The API has nothing that is surely the row's: these findings prove nothing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and its result.

    ``status`` is None if nothing came; ``read`` says that it is as documented; ``absent`` that the
    API itself knows of no such thing; ``rule`` that our own rules did not let the question pass;
    ``back_to`` how far a list was read (RFC 3339), and ``whole`` that it reaches back to before the
    request. ``ours``: the answer is this proxy's own; ``retry_after`` are the seconds for which the
    API, or we, do not want to be asked.
    """

    target: str
    status: int | None
    found: int = 0
    pages: int = 1
    read: bool = True
    absent: bool = False
    rule: bool = False
    back_to: str = ""
    whole: bool = True
    ours: bool = False
    retry_after: float | None = None

    @property
    def answered(self) -> bool:
        """Whether the API answered the question."""
        return self.absent or (self.status == 200 and self.read)


@dataclass(frozen=True, slots=True)
class LookUpResult:
    """``kind`` is found, not-found or not-answered; ``suggests`` is a verdict, or empty."""

    kind: str
    words: Phrase
    suggests: str = ""

    @property
    def code(self) -> str:
        """One word for the finding."""
        return self.words.code.removeprefix("look-up.")


def finding(
    asked: Sequence[Asked], candidates: Sequence[Candidate], of: Operation | None
) -> LookUpResult:
    """Conclude. ``of`` is the operation that the row's request is, if it is one of the API's."""
    if not asked:
        return LookUpResult(NOT_ANSWERED, phrase("look-up.no-way"))
    if of is not None and of.changes_one and asked[0].answered:
        return _of_change(of, asked[0], candidates)
    named = [each for each in candidates if each.named]
    if sure := [each for each in named if each.sure]:
        return _of_sure(sure, of)
    if odd := [each for each in named if each.row is None]:
        differs = ", ".join(odd[0].differs)
        return LookUpResult(NOT_FOUND, phrase("look-up.contradicted", differs=differs))
    failed = next((each for each in asked if not each.answered), None)
    return _of_absence(asked, candidates) if failed is None else _unanswered(failed)


def _of_sure(sure: Sequence[Candidate], of: Operation | None) -> LookUpResult:
    if len({each.id for each in sure}) > 1:
        return LookUpResult(NOT_FOUND, phrase("look-up.several", count=len(sure)))
    thing, state = sure[0].known.get("id", "-"), sure[0].known.get("status", "")
    if of is None or not of.final:
        return LookUpResult(FOUND, phrase("look-up.made", id=thing), "made")
    if sure[0].twin is not None and state == "SETTLED":
        told = phrase("look-up.repeat", id=thing, state=state, row=f"#{sure[0].twin}")
        return LookUpResult(FOUND, told, "repeat")
    if state == "SETTLED":
        return LookUpResult(FOUND, phrase("look-up.settled", id=thing, state=state), "settled")
    if state == "REJECTED":
        return LookUpResult(FOUND, phrase("look-up.rejected", id=thing, state=state), "rejected")
    if state:
        return LookUpResult(FOUND, phrase("look-up.not-final", id=thing, state=state))
    return LookUpResult(FOUND, phrase("look-up.made", id=thing), "made")


def _of_change(change: Operation, asked: Asked, candidates: Sequence[Candidate]) -> LookUpResult:
    if asked.absent and change.deletes:
        return LookUpResult(FOUND, phrase("look-up.gone"), "made")
    if asked.absent:
        return LookUpResult(NOT_FOUND, phrase("look-up.no-thing"))
    state = candidates[0].known.get("status", "-") if candidates else "-"
    if change.deletes:
        return LookUpResult(NOT_FOUND, phrase("look-up.still-there", state=state))
    if not change.states:
        return LookUpResult(NOT_FOUND, phrase("look-up.state", state=state))
    if state in change.states:
        return LookUpResult(FOUND, phrase("look-up.in-state", state=state), "made")
    return LookUpResult(NOT_FOUND, phrase("look-up.other-state", state=state))


def _of_absence(asked: Sequence[Asked], candidates: Sequence[Candidate]) -> LookUpResult:
    """Tell of what is not there, or only looks alike, and how far was read."""
    if alike := [each for each in candidates if each.row is None]:
        return LookUpResult(NOT_FOUND, phrase("look-up.alike", count=len(alike)))
    if candidates:
        rows = ", ".join(f"#{each.row}" for each in candidates)
        return LookUpResult(NOT_FOUND, phrase("look-up.others", rows=rows))
    seen = sum(each.found for each in asked)
    back_to = next((each.back_to for each in asked if each.back_to), "")
    if not all(each.whole for each in asked):
        told = phrase("look-up.nothing-so-far", count=seen, back_to=back_to or "-")
    elif back_to:
        told = phrase("look-up.nothing-back-to", count=seen, back_to=back_to)
    else:
        told = phrase("look-up.nothing", count=seen)
    return LookUpResult(NOT_FOUND, told)


def _unanswered(failed: Asked) -> LookUpResult:
    if failed.rule:
        path = failed.target.partition("?")[0]
        return LookUpResult(NOT_ANSWERED, phrase("look-up.own-rule", target=path))
    status = "-" if failed.status is None else str(failed.status)
    return LookUpResult(
        NOT_ANSWERED, phrase("look-up.not-answered", status=status, target=failed.target)
    )
