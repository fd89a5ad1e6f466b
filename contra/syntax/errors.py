"""Everything that can be wrong with the text of a policy."""

from __future__ import annotations

from typing import ClassVar

from contra.diagnostics import Diagnostic, Label
from contra.source import Span

# ------------------------------------------------------------------------------------------------ files


class UnreadableFile(Diagnostic):
    """The file cannot be opened; `reason` comes from the operating system."""

    code: ClassVar[str] = "CTR0101"
    title: ClassVar[str] = "cannot read the policy '{path}': {reason}"
    helps: ClassVar[tuple[str, ...]] = ("expected the file of a policy, usually NAME.ctr",)

    path: str
    reason: str


class NotText(Diagnostic):
    """Bytes that are no UTF-8 text."""

    code: ClassVar[str] = "CTR0102"
    title: ClassVar[str] = "'{path}' is not a text file: {found} at byte {offset}"

    path: str
    found: str
    offset: int
    """1-based."""
    encoding: str = ""
    """What it seems to be written in, if that is known."""

    def help_texts(self) -> tuple[str, ...]:
        """How to convert it, else a guess."""
        if self.encoding:
            return (f"a policy is UTF-8 text: iconv -f {self.encoding} -t UTF-8 {self.path} > new.ctr",)
        return ("a policy is UTF-8 text; is this the right file?",)


class FileTooLarge(Diagnostic):
    """More text than any policy has."""

    code: ClassVar[str] = "CTR0103"
    title: ClassVar[str] = "'{path}' has {size:,} bytes; a policy has at most {limit:,}"
    helps: ClassVar[tuple[str, ...]] = ("name sets of switches with 'let' instead of repeating them",)

    path: str
    size: int
    limit: int


class NoPolicy(Diagnostic):
    """A file of another kind, most likely the topology: the arguments are swapped."""

    code: ClassVar[str] = "CTR0150"
    title: ClassVar[str] = "'{path}' is no policy: it looks like {kind}"
    label: ClassVar[str] = "no policy begins so"
    helps: ClassVar[tuple[str, ...]] = ("the policy comes first, then the topology:  contrac POLICY TOPOLOGY",)

    path: str
    kind: str


class EmptyPolicy(Diagnostic):
    """Nothing but blanks and comments."""

    code: ClassVar[str] = "CTR0104"
    title: ClassVar[str] = "the policy is empty: expected {expected}"
    helps: ClassVar[tuple[str, ...]] = ("the shortest-path policy is:  {example}",)

    expected: str
    example: str


# --------------------------------------------------------------------------------------------- characters


class BadCharacter(Diagnostic):
    """Characters that begin no word of the language."""

    code: ClassVar[str] = "CTR0105"
    title: ClassVar[str] = "unexpected {found}"

    found: str
    hint: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """The hint, if there is one."""
        return (self.hint,) if self.hint else ()


class BadNumber(Diagnostic):
    """Digits with something behind them that is no unit."""

    code: ClassVar[str] = "CTR0106"
    title: ClassVar[str] = "'{found}' is neither a number nor a name"
    label: ClassVar[str] = "{hint}"

    found: str
    hint: str


class NumberTooLong(Diagnostic):
    """More digits, or a larger exponent, than exact arithmetic should be asked for."""

    code: ClassVar[str] = "CTR0107"
    title: ClassVar[str] = "this number is too long or too large"
    label: ClassVar[str] = "numbers have at most {limit} digits"

    limit: int


class UnclosedQuote(Diagnostic):
    """A quoted name that the line does not close."""

    code: ClassVar[str] = "CTR0108"
    title: ClassVar[str] = "this quoted name is not closed on its line"
    label: ClassVar[str] = "expected '\"' before the end of the line"


class EmptyName(Diagnostic):
    """`\"\"`."""

    code: ClassVar[str] = "CTR0109"
    title: ClassVar[str] = 'an empty name: no switch is called ""'
    helps: ClassVar[tuple[str, ...]] = ("'.' stands for any switch",)


class UnclosedComment(Diagnostic):
    """`/*` without its `*/`; they nest."""

    code: ClassVar[str] = "CTR0110"
    title: ClassVar[str] = "this comment is never closed"
    label: ClassVar[str] = "expected a '*/' for each '/*': they nest"


class ForeignComment(Diagnostic):
    """A comment of the other dialect."""

    code: ClassVar[str] = "CTR0138"
    title: ClassVar[str] = "comments are written differently in this dialect"
    label: ClassVar[str] = "comments are {wanted}"

    wanted: str


class TooManyWords(Diagnostic):
    """A policy that is too long to be one."""

    code: ClassVar[str] = "CTR0111"
    title: ClassVar[str] = "the policy has more than {limit:,} words and signs"
    label: ClassVar[str] = "reading stopped here"
    helps: ClassVar[tuple[str, ...]] = ("name sets of switches with 'let' instead of repeating them",)

    limit: int


# ----------------------------------------------------------------------------------------------- structure


class Unexpected(Diagnostic):
    """A word or sign in the wrong place, or the end of the text too early."""

    code: ClassVar[str] = "CTR0112"
    title: ClassVar[str] = "expected {expected}, found {found}"
    label: ClassVar[str] = "expected {expected} here"

    found: str
    expected: str
    hint: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """The hint, if there is one."""
        return (self.hint,) if self.hint else ()


class MissingMinimize(Diagnostic):
    """A .ctr file that starts with something else."""

    code: ClassVar[str] = "CTR0113"
    title: ClassVar[str] = "a policy begins with 'minimize(', found {found}"
    helps: ClassVar[tuple[str, ...]] = ("{hint}",)

    hint: str
    found: str


class MissingElse(Diagnostic):
    """`if b then e` and no more."""

    code: ClassVar[str] = "CTR0114"
    title: ClassVar[str] = "this 'if' has no 'else': found {found} instead"
    label: ClassVar[str] = "expected 'else' here"
    helps: ClassVar[tuple[str, ...]] = ("{hint}",)

    found: str
    opener: Span
    hint: str

    def secondary(self) -> tuple[Label, ...]:
        """Where it was opened."""
        return (Label(self.opener, "the 'if' is here"),)


class MissingThen(Diagnostic):
    """`if b` and no `then`."""

    code: ClassVar[str] = "CTR0115"
    title: ClassVar[str] = "this 'if' has no 'then': found {found} instead"
    label: ClassVar[str] = "expected 'then', or more of the condition"

    found: str
    opener: Span
    hint: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """The hint, if there is one."""
        return (self.hint,) if self.hint else ()

    def secondary(self) -> tuple[Label, ...]:
        """Where it was opened."""
        return (Label(self.opener, "the 'if' is here"),)


class Unclosed(Diagnostic):
    """A parenthesis that is still open where something else stands."""

    code: ClassVar[str] = "CTR0116"
    title: ClassVar[str] = "expected {expected}, found {found}"
    label: ClassVar[str] = "expected {expected} here"

    found: str
    expected: str
    opener: Span
    hint: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """The hint, if there is one."""
        return (self.hint,) if self.hint else ()

    def secondary(self) -> tuple[Label, ...]:
        """Where it was opened."""
        return (Label(self.opener, "this parenthesis is still open"),)


class MissingIn(Diagnostic):
    """`let x = e` and no `in`."""

    code: ClassVar[str] = "CTR0137"
    title: ClassVar[str] = "this 'let' has no 'in': found {found} instead"
    label: ClassVar[str] = "expected 'in', or more of the value"
    helps: ClassVar[tuple[str, ...]] = ("write  let name = value in rank",)

    found: str
    opener: Span

    def secondary(self) -> tuple[Label, ...]:
        """Where it was opened."""
        return (Label(self.opener, "the 'let' is here"),)


class ExtraText(Diagnostic):
    """Something behind the end of the policy."""

    code: ClassVar[str] = "CTR0117"
    title: ClassVar[str] = "expected the end of the policy, found {found}"
    label: ClassVar[str] = "the policy is complete before this"
    helps: ClassVar[tuple[str, ...]] = ("{hint}",)

    found: str
    hint: str


class SingleEquals(Diagnostic):
    """`=` for a comparison."""

    code: ClassVar[str] = "CTR0118"
    title: ClassVar[str] = "'=' is not a comparison"
    label: ClassVar[str] = "write '=='"
    helps: ClassVar[tuple[str, ...]] = ("'=' belongs to  let name = value in ...",)


class ChainedComparison(Diagnostic):
    """`a < b < c`."""

    code: ClassVar[str] = "CTR0119"
    title: ClassVar[str] = "comparisons do not chain"
    label: ClassVar[str] = "a second comparison"
    helps: ClassVar[tuple[str, ...]] = ("write  a < b and b < c",)


class UnparenthesisedOperand(Diagnostic):
    """`10 + if ...`."""

    code: ClassVar[str] = "CTR0120"
    title: ClassVar[str] = "'{word}' cannot be an operand as it stands"
    label: ClassVar[str] = "put the whole '{word}' in parentheses"

    word: str


class ReservedName(Diagnostic):
    """A keyword where a name is wanted, or `path` alone."""

    code: ClassVar[str] = "CTR0121"
    title: ClassVar[str] = "'{word}' is a word of the language, not a name"
    label: ClassVar[str] = "{hint}"

    word: str
    hint: str


class TooDeep(Diagnostic):
    """Nesting that no person writes."""

    code: ClassVar[str] = "CTR0122"
    title: ClassVar[str] = "the policy is nested more than {limit} levels deep"
    label: ClassVar[str] = "too deep here"
    helps: ClassVar[tuple[str, ...]] = ("name parts with 'let', or write a chain of 'else if'",)

    limit: int


# ------------------------------------------------------------------------------------------------- meaning


class BareAttribute(Diagnostic):
    """`util` for `path.util`."""

    code: ClassVar[str] = "CTR0123"
    title: ClassVar[str] = "'{name}' alone is not a number"
    label: ClassVar[str] = "write path.{name}"

    name: str


class CapitalPath(Diagnostic):
    """`Path.util`, which reads as a regex of three parts."""

    code: ClassVar[str] = "CTR0139"
    title: ClassVar[str] = "'path' is written in small letters"
    label: ClassVar[str] = "write path.{name}"

    name: str


class DashInName(Diagnostic):
    """`x-1` where x is a variable: the dash belongs to the name."""

    code: ClassVar[str] = "CTR0124"
    title: ClassVar[str] = "'{name}' is read as one name, because a name may hold dashes"
    label: ClassVar[str] = "to subtract, write blanks around '-'"

    name: str


class NotANumber(Diagnostic):
    """A regex or a condition where a number is needed."""

    code: ClassVar[str] = "CTR0125"
    title: ClassVar[str] = "expected a number, found {found}"
    label: ClassVar[str] = "{found}"
    helps: ClassVar[tuple[str, ...]] = ("conditions choose between numbers:  if {example} then 0 else 1",)

    found: str
    example: str = "A .* B"


class NotACondition(Diagnostic):
    """A number where a regex or a comparison is needed."""

    code: ClassVar[str] = "CTR0126"
    title: ClassVar[str] = "expected a condition, found {found}"
    label: ClassVar[str] = "{found}"
    helps: ClassVar[tuple[str, ...]] = ("a condition is {forms}",)

    found: str
    forms: str = "a comparison such as  path.util < 80%  or a regex such as  A .* B"


class NotARegex(Diagnostic):
    """Something in a regex that is not of regexes."""

    code: ClassVar[str] = "CTR0127"
    title: ClassVar[str] = "{found} cannot stand in a regex"
    label: ClassVar[str] = "a regex is made of switch names, '.', '*', '+' and parentheses"

    found: str
    hint: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """The hint, if there is one."""
        return (self.hint,) if self.hint else ()


class MissingOperator(Diagnostic):
    """Two numbers side by side."""

    code: ClassVar[str] = "CTR0128"
    title: ClassVar[str] = "two numbers side by side: expected an operator between them"
    label: ClassVar[str] = "{hint}"

    hint: str = "write '*' to multiply"


class LooseStar(Diagnostic):
    """A star without what it needs."""

    code: ClassVar[str] = "CTR0129"
    title: ClassVar[str] = "'*' has nothing to work on"
    label: ClassVar[str] = "{hint}"

    hint: str


class ConditionInLet(Diagnostic):
    """`let c = a < b in`."""

    code: ClassVar[str] = "CTR0130"
    title: ClassVar[str] = "'let' cannot name a condition"
    label: ClassVar[str] = "a condition"
    helps: ClassVar[tuple[str, ...]] = (
        "'let' names a number or a regex; write the condition where it is used, or name the rank it chooses",
    )


class ForeignMatches(Diagnostic):
    """`matches(...)` in a .ctr file."""

    code: ClassVar[str] = "CTR0131"
    title: ClassVar[str] = "'matches' belongs to the .hula dialect"
    label: ClassVar[str] = "write the regex alone, without 'matches'"
    helps: ClassVar[tuple[str, ...]] = ("or give the file the ending .hula",)
