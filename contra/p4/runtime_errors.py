"""What can be wrong with the entries of a switch, seen from the program that they are for (CTR0950 to CTR0969).

Names that come from the file are passed through `contra.diagnostics.shown` at the raise site.
"""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Label, Severity
from contra.source import Span


class UnknownTable(Diagnostic):
    """An entry for a table that is not there."""

    code = "CTR0950"
    title = "the program has no table '{name}'"
    label = "{near}"
    name: str
    near: str = ""
    known: str
    declared: Span | None = None

    def help_texts(self) -> tuple[str, ...]:
        """The tables that there are."""
        return (f"tables that take entries: {self.known}" if self.known else "no table of this program takes entries",)

    def secondary(self) -> tuple[Label, ...]:
        """The near table."""
        return (Label(self.declared, "declared here"),) if self.declared else ()


class UnknownAction(Diagnostic):
    """An action that the table does not have, or not for this use."""

    code = "CTR0951"
    title = "{reason}"
    label = "{near}"
    reason: str
    near: str = ""
    known: str
    table: Span

    def help_texts(self) -> tuple[str, ...]:
        """The actions that would do."""
        return (f"actions that can stand here: {self.known}",)

    def secondary(self) -> tuple[Label, ...]:
        """The table."""
        return (Label(self.table, "the table"),)


class UnknownName(Diagnostic):
    """A key of a table or a parameter of an action that is not there."""

    code = "CTR0952"
    title = "{owner} has no {what} '{name}'"
    label = "{near}"
    owner: str
    what: str
    name: str
    near: str = ""
    known: str
    declared: Span

    def help_texts(self) -> tuple[str, ...]:
        """Those that there are."""
        return (f"it has {self.known}" if self.known else f"it has no {self.what} at all: write {{}}",)

    def secondary(self) -> tuple[Label, ...]:
        """The table or action."""
        return (Label(self.declared, "declared here"),)


class MissingName(Diagnostic):
    """A key or parameter without a value."""

    code = "CTR0953"
    title = "the entry says nothing about {what} '{name}' of {owner}"
    label = "'{name}' is missing here"
    helps = ('add "{name}": {example}',)
    owner: str
    what: str
    name: str
    example: str
    declared: Span

    def secondary(self) -> tuple[Label, ...]:
        """The table or action."""
        return (Label(self.declared, "declared here"),)


class BadValue(Diagnostic):
    """A value of the wrong kind, or one that does not fit."""

    code = "CTR0954"
    title = "{what} must be {expected}, found {found}"
    label = "{reason}"
    what: str
    expected: str
    found: str
    reason: str = ""
    hint: str = ""

    def label_text(self) -> str:
        """The reason, else what it is."""
        return self.reason or f"this is {self.found}"

    def help_texts(self) -> tuple[str, ...]:
        """The hint of the raise site, if any."""
        return (self.hint,) if self.hint else ()


class MissingField(Diagnostic):
    """A JSON key that has to be there."""

    code = "CTR0955"
    title = '{where} has no "{field}"'
    label = '"{field}" is missing here'
    helps = ("add {example}",)
    where: str
    field: str
    example: str


class UnknownField(Diagnostic):
    """A JSON key that nobody reads: the p4lang loader does not complain, so this is a warning."""

    code = "CTR0956"
    severity = Severity.WARNING
    title = 'nobody reads "{field}" in {where}'
    label = "{near}"
    where: str
    field: str
    near: str = ""
    known: str

    def help_texts(self) -> tuple[str, ...]:
        """What is read."""
        return (f"known: {self.known}",)


class FixedTable(Diagnostic):
    """Entries for a table that the program itself fills, or another default action where that is constant."""

    code = "CTR0957"
    title = "the program does not let anybody change {what} of table '{table}'"
    label = "this cannot be loaded"
    helps = ("remove the entry",)
    what: str
    table: str
    reason: str
    declared: Span

    def secondary(self) -> tuple[Label, ...]:
        """The table."""
        return (Label(self.declared, self.reason),)


class DuplicateEntry(Diagnostic):
    """The same entry, group or session twice."""

    code = "CTR0958"
    title = "{what} is there twice"
    label = "again here"
    helps = ("remove one of the two",)
    what: str
    first: Span

    def secondary(self) -> tuple[Label, ...]:
        """The first one."""
        return (Label(self.first, "first here"),)


class TableFull(Diagnostic):
    """More entries than the table has room for."""

    code = "CTR0959"
    title = "{count:,} entries for table '{table}', which has room for {size:,}"
    label = "the first that does not fit"
    count: int
    size: int
    table: str
    declared: Span

    def secondary(self) -> tuple[Label, ...]:
        """The table."""
        return (Label(self.declared, "declared with this size"),)


class BadPriority(Diagnostic):
    """A priority where there is none, or none where entries may overlap."""

    code = "CTR0960"
    title = "{reason}"
    helps = ("{hint}",)
    reason: str
    hint: str
    declared: Span

    def secondary(self) -> tuple[Label, ...]:
        """The table."""
        return (Label(self.declared, "the table"),)


class OtherTarget(Diagnostic):
    """A file for another kind of switch."""

    code = "CTR0961"
    title = "these entries are for '{target}', expected 'bmv2'"
    target: str
