"""What the analysis can refuse."""

from __future__ import annotations

from typing import Any, ClassVar

from contra.analysis.witness import Witness
from contra.diagnostics import Diagnostic


class Refusal(Diagnostic):
    """Base of the refusals. `outcome` names the regexes in question, or is empty; `advice` says what to
    write instead.
    """

    reason: str
    outcome: str = ""
    advice: tuple[str, ...] = ()

    def note_texts(self) -> tuple[str, ...]:
        """The reason and for which paths."""
        return (*((self.outcome,) if self.outcome else ()), self.reason)

    def help_texts(self) -> tuple[str, ...]:
        """What to write instead."""
        return self.advice


class Unsound(Refusal):
    """A policy that probes cannot find the optimum of, with evidence."""

    witness: Witness

    def note_texts(self) -> tuple[str, ...]:
        """The reason, then the evidence line by line."""
        return (*super().note_texts(), *self.witness.words())

    def data(self) -> dict[str, Any]:
        """The witness."""
        return {"witness": self.witness.data()}


class NotMonotone(Unsound):
    """Extending a path improves its rank."""

    code = "CTR0401"
    title = "the policy is not monotone: a longer path can have a better rank"
    label = "this rank can improve as the path grows"


class NotIsotone(Unsound):
    """The better of two paths can become the worse one when both are extended."""

    code = "CTR0402"
    title = "the policy is not isotone: a link can reverse the order of two paths"
    label = "paths ranked like this change places"


class ConstrainedOptimum(Unsound):
    """No probe class keeps the best path."""

    code = "CTR0403"
    title = "the policy asks for an optimum under a condition, which probes cannot find"
    label = "the best path by this rank can get lost"


class UnsupportedRank(Refusal):
    """Neither proved sound nor shown to be unsound."""

    code = "CTR0404"
    title = "the policy cannot be shown to be routable"
    label = "this kind of rank is not supported"


class TooManyRules(Diagnostic):
    """Regex conditions multiply."""

    code = "CTR0405"
    title = "the regexes of the policy combine into more than {limit} different rank rules"
    label = "{found} of {regexes} regexes"
    helps = (
        "paths of equal rank share a rule: use fewer different ranks",
        "conditions side by side, as in (if A then 1 else 0) + (if B then 2 else 0), multiply; "
        "`if A then ... else if B then ...` adds up",
    )
    limit: ClassVar[int] = 4096

    regexes: int
    found: str

    def title_text(self) -> str:
        """With the limit; a policy can also be too large by itself."""
        if not self.regexes:
            return "the policy is too large to analyse"
        return self.title.format(limit=f"{self.limit:,}")

    def label_text(self) -> str:
        """How many come together here."""
        return super().label_text() if self.regexes else "too many operations"

    def help_texts(self) -> tuple[str, ...]:
        """Only where regexes are to blame."""
        return self.helps if self.regexes else ("write repeated terms once, with a factor:  3 * path.len",)


class TooComplexExpression(Diagnostic):
    """An expression whose normal form grows without bound."""

    code = "CTR0406"
    title = "this expression is too complicated to analyse: {reason}"
    label = "too complicated"
    helps = ("write it with fewer nested operations",)

    reason: str


class UnsupportedInfinity(Diagnostic):
    """`inf` times something that is not a positive number."""

    code = "CTR0407"
    title = "inf can only be multiplied by a positive number, not by {factor}"
    label = "this product has no value"
    helps = ("inf means drop: use it as a whole rank",)

    factor: str
