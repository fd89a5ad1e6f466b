"""Everything that can be wrong with the text of a P4 program (codes CTR09xx)."""

from __future__ import annotations

from typing import ClassVar

from contra.diagnostics import Diagnostic, Label, Severity
from contra.source import Span
from contra.suggest import did_you_mean

# ------------------------------------------------------------------------------------------------ words


class BadCharacter(Diagnostic):
    """A character that P4 has no use for."""

    code: ClassVar[str] = "CTR0901"
    title: ClassVar[str] = "{found} is no part of a P4 program"
    label: ClassVar[str] = "not P4"

    found: str


class Unclosed(Diagnostic):
    """A comment or string without an end."""

    code: ClassVar[str] = "CTR0902"
    title: ClassVar[str] = "this {what} is never closed"
    label: ClassVar[str] = "opened here"
    helps: ClassVar[tuple[str, ...]] = ("close it with {closing}",)

    what: str
    closing: str


class BadNumber(Diagnostic):
    """Digits that are no P4 number."""

    code: ClassVar[str] = "CTR0903"
    title: ClassVar[str] = "'{found}' is no number: {reason}"
    helps: ClassVar[tuple[str, ...]] = ("numbers look like 10, 0xff, 0b1010, 0o17, 8w255 or 4s7",)

    found: str
    reason: str


class TooLarge(Diagnostic):
    """More of something than any program has."""

    code: ClassVar[str] = "CTR0904"
    title: ClassVar[str] = "the program is too large: more than {limit:,} {what}"

    limit: int
    what: str


class TooDeep(Diagnostic):
    """Nesting that no program needs."""

    code: ClassVar[str] = "CTR0905"
    title: ClassVar[str] = "more than {limit} levels of nesting"
    label: ClassVar[str] = "the innermost level that is read"
    helps: ClassVar[tuple[str, ...]] = ("split it with a variable, an action or a control of its own",)

    limit: int


class Directive(Diagnostic):
    """A preprocessor directive beyond the few that are read."""

    code: ClassVar[str] = "CTR0906"
    title: ClassVar[str] = "the preprocessor directive '{directive}' is not supported{reason}"
    label: ClassVar[str] = "not supported"
    helps: ClassVar[tuple[str, ...]] = (
        "supported are #include <core.p4>, #include <v1model.p4> and #define NAME VALUE; "
        "preprocess the rest first: cpp -P",
    )

    directive: str
    reason: str = ""


class NoModel(Diagnostic):
    """The architecture is not included."""

    code: ClassVar[str] = "CTR0907"
    title: ClassVar[str] = "the program does not include v1model"
    helps: ClassVar[tuple[str, ...]] = ("begin with:  #include <v1model.p4>",)


# ------------------------------------------------------------------------------------------------ grammar


class Unexpected(Diagnostic):
    """A word that cannot stand here."""

    code: ClassVar[str] = "CTR0910"
    title: ClassVar[str] = "found {found}, expected {expected}"
    label: ClassVar[str] = "not expected here"

    found: str
    expected: str
    hint: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """What was probably meant, if that can be guessed."""
        return (self.hint,) if self.hint else ()


class Unsupported(Diagnostic):
    """Valid P4 that is not executed here."""

    code: ClassVar[str] = "CTR0911"
    title: ClassVar[str] = "{construct} not supported"
    label: ClassVar[str] = "not supported"

    construct: str
    """With its verb: `extern declarations are`."""
    instead: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """What to write instead."""
        return (self.instead,) if self.instead else ()


class UnknownAnnotation(Diagnostic):
    """An annotation that might change what the program does."""

    code: ClassVar[str] = "CTR0912"
    title: ClassVar[str] = "the annotation '@{name}' is unknown, and might change what the program does"
    label: ClassVar[str] = "not known"
    helps: ClassVar[tuple[str, ...]] = ("remove it; known are: {known}",)

    name: str
    known: str


class BadAnnotation(Diagnostic):
    """A known annotation with a wrong body."""

    code: ClassVar[str] = "CTR0913"
    title: ClassVar[str] = "@{name} takes {expected}"
    label: ClassVar[str] = "found {found}"

    name: str
    expected: str
    found: str


# ------------------------------------------------------------------------------------------------ names


class UnknownName(Diagnostic):
    """A name that nothing has."""

    code: ClassVar[str] = "CTR0920"
    title: ClassVar[str] = "there is no {kind} '{name}'{where}"
    label: ClassVar[str] = "not declared"

    kind: str
    name: str
    where: str = ""
    candidates: tuple[str, ...] = ()

    def help_texts(self) -> tuple[str, ...]:
        """The nearest name, else all of them where they are few."""
        near = did_you_mean(self.name, self.candidates)
        if near:
            return (near,)
        return (f"there are: {', '.join(self.candidates)}",) if 0 < len(self.candidates) <= 8 else ()


class Duplicate(Diagnostic):
    """Two things of one name."""

    code: ClassVar[str] = "CTR0921"
    title: ClassVar[str] = "'{name}' is declared twice"
    label: ClassVar[str] = "the second declaration"

    name: str
    first: Span | None = None

    def secondary(self) -> tuple[Label, ...]:
        """The first declaration."""
        return (Label(self.first, "the first one"),) if self.first is not None and self.first.text else ()

    def note_texts(self) -> tuple[str, ...]:
        """Where the first one is, if it is not in the program."""
        return () if self.first is None or self.first.text else ("core.p4 and v1model.p4 declare it",)


class WrongKind(Diagnostic):
    """A name of the wrong sort of thing."""

    code: ClassVar[str] = "CTR0922"
    title: ClassVar[str] = "'{name}' is {found}, expected {expected}"
    label: ClassVar[str] = "expected {expected}"

    name: str
    found: str
    expected: str


class NotHere(Diagnostic):
    """Something in a place where P4 does not have it."""

    code: ClassVar[str] = "CTR0923"
    title: ClassVar[str] = "{what} cannot stand {place}"
    label: ClassVar[str] = "not here"
    hint: str = ""

    what: str
    place: str

    def help_texts(self) -> tuple[str, ...]:
        """What to do instead."""
        return (self.hint,) if self.hint else ()


# ------------------------------------------------------------------------------------------------ types


class Mismatch(Diagnostic):
    """A value of another type than its place wants."""

    code: ClassVar[str] = "CTR0930"
    title: ClassVar[str] = "{what} is of type {found}, expected {expected}"
    label: ClassVar[str] = "this is {found}"

    what: str
    found: str
    expected: str
    hint: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """The cast that would do, if one would."""
        return (self.hint,) if self.hint else ()


class BadOperands(Diagnostic):
    """An operator between types that it does not join."""

    code: ClassVar[str] = "CTR0931"
    title: ClassVar[str] = "'{operator}' cannot join {left} and {right}"
    label: ClassVar[str] = "{left} {operator} {right}"

    operator: str
    left: str
    right: str
    hint: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """What the operator wants."""
        return (self.hint,) if self.hint else ()


class BadOperand(Diagnostic):
    """An operator before a type that it does not take."""

    code: ClassVar[str] = "CTR0932"
    title: ClassVar[str] = "'{operator}' cannot be applied to {found}"
    label: ClassVar[str] = "this is {found}"
    helps: ClassVar[tuple[str, ...]] = ("it takes {expected}",)

    operator: str
    found: str
    expected: str


class NotConstant(Diagnostic):
    """A value that must be known when the program is compiled."""

    code: ClassVar[str] = "CTR0933"
    title: ClassVar[str] = "{what} must be a constant"
    label: ClassVar[str] = "known only when packets arrive"

    what: str


class Truncated(Diagnostic):
    """A constant that loses bits; p4c says the same and goes on."""

    code: ClassVar[str] = "CTR0934"
    severity: ClassVar[Severity] = Severity.WARNING
    title: ClassVar[str] = "{value} does not fit in {type}: it becomes {result}"
    label: ClassVar[str] = "becomes {result}"

    value: str
    type: str
    result: str


class OutOfRange(Diagnostic):
    """A constant outside of what its place takes."""

    code: ClassVar[str] = "CTR0935"
    title: ClassVar[str] = "{what} is {value}, expected {expected}"
    label: ClassVar[str] = "expected {expected}"

    what: str
    value: str
    expected: str


class BadCast(Diagnostic):
    """A cast that P4 does not have."""

    code: ClassVar[str] = "CTR0936"
    title: ClassVar[str] = "{found} cannot be cast to {wanted}"
    label: ClassVar[str] = "this is {found}"
    hint: str = ""

    found: str
    wanted: str

    def help_texts(self) -> tuple[str, ...]:
        """The way around."""
        return (self.hint,) if self.hint else ()


class NotAnLvalue(Diagnostic):
    """Something that cannot be assigned to."""

    code: ClassVar[str] = "CTR0937"
    title: ClassVar[str] = "{what} cannot be changed"
    label: ClassVar[str] = "{reason}"

    what: str
    reason: str


class ArgumentCount(Diagnostic):
    """Too many or too few arguments."""

    code: ClassVar[str] = "CTR0938"
    title: ClassVar[str] = "'{name}' takes {expected}, found {found}"
    label: ClassVar[str] = "expected {expected}"

    name: str
    expected: str
    found: int


class NoValue(Diagnostic):
    """Something without a value where a value is wanted, or the other way round."""

    code: ClassVar[str] = "CTR0939"
    title: ClassVar[str] = "{what} is no {wanted}"
    label: ClassVar[str] = "expected a {wanted}"
    hint: str = ""

    what: str
    wanted: str

    def help_texts(self) -> tuple[str, ...]:
        """What was probably meant."""
        return (self.hint,) if self.hint else ()


# ------------------------------------------------------------------------------------------------ the program's parts


class BadTable(Diagnostic):
    """A table that cannot be."""

    code: ClassVar[str] = "CTR0940"
    title: ClassVar[str] = "table '{table}': {problem}"
    label: ClassVar[str] = "{hint}"

    table: str
    problem: str
    hint: str = ""


class BadProgram(Diagnostic):
    """Parts of the program that do not go together."""

    code: ClassVar[str] = "CTR0941"
    title: ClassVar[str] = "{problem}"
    label: ClassVar[str] = "{hint}"

    problem: str
    hint: str = ""


class NoMain(Diagnostic):
    """No `V1Switch(...) main;`."""

    code: ClassVar[str] = "CTR0942"
    title: ClassVar[str] = "the program has no 'main'"
    helps: ClassVar[tuple[str, ...]] = (
        "end it with:  V1Switch(Parser(), Verify(), Ingress(), Egress(), Compute(), Deparser()) main;",
    )


class Unused(Diagnostic):
    """A switch case that can never be met."""

    code: ClassVar[str] = "CTR0943"
    title: ClassVar[str] = "this case can never be met: {reason}"
    label: ClassVar[str] = "never met"

    reason: str


class Shifted(Diagnostic):
    """A shift that moves all bits out."""

    code: ClassVar[str] = "CTR0944"
    severity: ClassVar[Severity] = Severity.WARNING
    title: ClassVar[str] = "all {width} bits are shifted out by {amount}"
    label: ClassVar[str] = "nothing of the value is left"

    width: int
    amount: int
