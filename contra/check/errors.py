"""Everything that can be wrong with names and types."""

from __future__ import annotations

from typing import ClassVar

from contra.diagnostics import Diagnostic, Label, Severity
from contra.source import Span

# ------------------------------------------------------------------------------------------------ names


class UnknownSwitch(Diagnostic):
    """A regex names a switch that the topology does not have."""

    code: ClassVar[str] = "CTR0301"
    title: ClassVar[str] = "the topology has no switch '{name}'"

    name: str
    near: str = ""
    near_span: Span | None = None
    advice: str = ""
    some: str = ""

    def label_text(self) -> str:
        """The near name, where there is one."""
        return f"did you mean '{self.near}'?" if self.near else "unknown switch"

    def note_texts(self) -> tuple[str, ...]:
        """The names that there are, where nothing is near."""
        return (f"its switches are {self.some}",) if self.some else ()

    def help_texts(self) -> tuple[str, ...]:
        """What to write, where it is known."""
        return (self.advice,) if self.advice else ()

    def secondary(self) -> tuple[Label, ...]:
        """Where the near switch is declared."""
        return (Label(self.near_span, f"'{self.near}' is declared here"),) if self.near_span else ()


class UnknownAttribute(Diagnostic):
    """`path.x` of no known x."""

    code: ClassVar[str] = "CTR0302"
    title: ClassVar[str] = "paths have no attribute '{name}'"
    notes: ClassVar[tuple[str, ...]] = ("known attributes: {known}",)
    helps: ClassVar[tuple[str, ...]] = ("further link attributes are declared in the topology file",)

    name: str
    near: str = ""
    known: str

    def label_text(self) -> str:
        """The near name, where there is one."""
        return f"did you mean path.{self.near}?" if self.near else "unknown attribute"


class UnknownName(Diagnostic):
    """A name in arithmetic that no `let` binds."""

    code: ClassVar[str] = "CTR0303"
    title: ClassVar[str] = "'{name}' is not a number: no 'let' around this defines it"
    label: ClassVar[str] = "{hint}"

    name: str
    hint: str


class UnusedLet(Diagnostic):
    """A `let` that nobody uses."""

    code: ClassVar[str] = "CTR0304"
    severity: ClassVar[Severity] = Severity.WARNING
    title: ClassVar[str] = "'{name}' is defined and never used"
    label: ClassVar[str] = "never used"

    name: str


class LetHidesSwitch(Diagnostic):
    """A `let` with the name of a switch."""

    code: ClassVar[str] = "CTR0305"
    severity: ClassVar[Severity] = Severity.WARNING
    title: ClassVar[str] = "'{name}' is also the name of a switch, which cannot be named inside this 'let'"
    label: ClassVar[str] = "hides the switch"
    helps: ClassVar[tuple[str, ...]] = ("give the 'let' another name",)

    name: str
    switch_span: Span | None = None

    def secondary(self) -> tuple[Label, ...]:
        """Where the switch is declared."""
        return (Label(self.switch_span, "the switch is declared here"),) if self.switch_span else ()


# ------------------------------------------------------------------------------------------------ tuples


class ArityMismatch(Diagnostic):
    """Branches whose ranks cannot be compared with each other."""

    code: ClassVar[str] = "CTR0306"
    title: ClassVar[str] = "all ranks of a policy need the same number of components"
    label: ClassVar[str] = "this is {found}"
    helps: ClassVar[tuple[str, ...]] = (
        "ranks of different branches are compared with each other: fill up the shorter one, with 0 for instance",
    )

    found: str
    first: Span
    expected: str

    def secondary(self) -> tuple[Label, ...]:
        """The branch that came first."""
        return (Label(self.first, f"and this is {self.expected}"),)


class TupleOperand(Diagnostic):
    """A tuple where one number is needed."""

    code: ClassVar[str] = "CTR0307"
    title: ClassVar[str] = "expected a single number {place}, found {found}"
    label: ClassVar[str] = "{found}"
    helps: ClassVar[tuple[str, ...]] = ("tuples can only be ranks, and components of tuples",)

    place: str
    found: str


# ------------------------------------------------------------------------------------------------ numbers


class InfiniteOperand(Diagnostic):
    """`inf` under a sign, a product, or a comparison."""

    code: ClassVar[str] = "CTR0308"
    title: ClassVar[str] = "'inf' cannot be {verb}"
    label: ClassVar[str] = "{hint}"
    helps: ClassVar[tuple[str, ...]] = ("inf is the rank of a path that must never be used; it is no number",)

    verb: str
    hint: str = "this is or may be inf"


class NumberTooLarge(Diagnostic):
    """Constant arithmetic whose result outgrows every use."""

    code: ClassVar[str] = "CTR0309"
    title: ClassVar[str] = "the constants here make a number of more than {digits:,} digits"
    label: ClassVar[str] = "too large"

    digits: int


class UnitClash(Diagnostic):
    """A comparison of things that have nothing to do with each other."""

    code: ClassVar[str] = "CTR0310"
    title: ClassVar[str] = "{left} cannot be compared with {right}"
    label: ClassVar[str] = "{left} and {right}"
    helps: ClassVar[tuple[str, ...]] = (
        "path.lat is compared with a time (5ms), path.util with a fraction (80%), path.len with a plain number",
    )

    left: str
    right: str


class PlainTime(Diagnostic):
    """A latency and a number without a unit."""

    code: ClassVar[str] = "CTR0311"
    severity: ClassVar[Severity] = Severity.WARNING
    title: ClassVar[str] = "a latency meets a number without a unit"
    label: ClassVar[str] = "taken as microseconds"
    helps: ClassVar[tuple[str, ...]] = ("write the unit: 5us, 5ms",)


class ThresholdAboveOne(Diagnostic):
    """`path.util < 80`."""

    code: ClassVar[str] = "CTR0312"
    severity: ClassVar[Severity] = Severity.WARNING
    title: ClassVar[str] = "utilisation is a fraction of the capacity, at most about 1, and this is {value}"
    label: ClassVar[str] = "{hint}"

    value: str
    hint: str


class ConstantComparison(Diagnostic):
    """A comparison whose outcome is the same for all paths."""

    code: ClassVar[str] = "CTR0313"
    severity: ClassVar[Severity] = Severity.WARNING
    title: ClassVar[str] = "this comparison does not depend on the path"
    label: ClassVar[str] = "always the same"


# --------------------------------------------------------------------------------------------------- size


class TooLarge(Diagnostic):
    """`let`s, or tuples of conditionals, that multiply out to something enormous."""

    code: ClassVar[str] = "CTR0314"
    title: ClassVar[str] = "written out, this policy has more than {limit:,} {what}"
    label: ClassVar[str] = "too many up to here"
    helps: ClassVar[tuple[str, ...]] = ("a 'let' stands for its whole value at every use",)

    limit: int
    what: str
