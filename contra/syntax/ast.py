"""The policy as written: names unresolved, every node with its span.

Spans take no part in comparison, so that two texts with the same meaning have equal trees (the round-trip test of
the formatter stands on that). Chains are n-ary, never nested, so that a long policy is not a deep one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import TypeAlias

from contra.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything in the tree."""

    span: Span = field(compare=False, repr=False)


# ---------------------------------------------------------------------------------------------- regexes


@dataclass(frozen=True, slots=True, kw_only=True)
class AnySwitch(Node):
    """`.`: one switch, whichever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchName(Node):
    """A switch, or a `let` name that stands for a regex; resolved by the check stage."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence(Node):
    """`R R`, at least two parts."""

    parts: tuple[Regex, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternation(Node):
    """`R + R`, at least two options."""

    options: tuple[Regex, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition(Node):
    """`R *`."""

    body: Regex


Regex: TypeAlias = AnySwitch | SwitchName | Sequence | Alternation | Repetition


# ------------------------------------------------------------------------------------------ expressions


class Unit(Enum):
    """What a number was written in. The value of the enum is the spelling."""

    NONE = ""
    PERCENT = "%"
    NANOSECONDS = "ns"
    MICROSECONDS = "us"
    MILLISECONDS = "ms"
    SECONDS = "s"

    @property
    def is_time(self) -> bool:
        """Whether the number is a time."""
        return self not in (Unit.NONE, Unit.PERCENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Node):
    """A literal as written: `80%` is value 80 with unit PERCENT."""

    value: Fraction
    unit: Unit = Unit.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Infinity(Node):
    """`inf` or `∞`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute(Node):
    """`path.NAME`, the name as canonical spelling (`length` is kept as `len`, `latency` as `lat`)."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable(Node):
    """A use of a `let` name in arithmetic."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One summand and its sign."""

    negative: bool
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum(Node):
    """`a + b - c`; a single negative term is the unary minus."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(Node):
    """`a * b`, at least two factors."""

    factors: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extremum(Node):
    """`min(a, b)` or `max(a, b)`, at least one operand; `function` is "min" or "max"."""

    function: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One `if guard then value` of a chain."""

    guard: Condition
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class If(Node):
    """`if b1 then e1 else if b2 then e2 ... else e`; never an `If` in `otherwise`."""

    branches: tuple[Branch, ...]
    otherwise: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuple(Node):
    """`(a, b, ...)`, at least two components."""

    components: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Let(Node):
    """`let name = value in body`; the value is an expression or a regex (which names a set of paths)."""

    name: str
    name_span: Span = field(compare=False, repr=False)
    value: Expr | Regex
    body: Expr


Expr: TypeAlias = Number | Infinity | Attribute | Variable | Sum | Product | Extremum | If | Tuple | Let


# ------------------------------------------------------------------------------------------- conditions


class Relation(Enum):
    """The six comparisons."""

    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    EQ = "=="
    NE = "!="


@dataclass(frozen=True, slots=True, kw_only=True)
class Match(Node):
    """A regex used as a condition: true where it matches the whole path."""

    regex: Regex


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Node):
    """`left < right` and the like."""

    relation: Relation
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Node):
    """`not b`."""

    operand: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class And(Node):
    """`a and b and ...`."""

    operands: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or(Node):
    """`a or b or ...`."""

    operands: tuple[Condition, ...]


Condition: TypeAlias = Match | Comparison | Not | And | Or


# ------------------------------------------------------------------------------------------ the policy


class Dialect(Enum):
    """Which grammar the text was written in."""

    CTR = "ctr"
    HULA = "hula"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficRule(Node):
    """One objective and its traffic. `predicate` is None for the default; header predicates come later."""

    predicate: None = None
    objective: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Node):
    """All traffic rules, the default last. Today exactly one, the default."""

    rules: tuple[TrafficRule, ...]
    dialect: Dialect = field(default=Dialect.CTR, compare=False)

    @property
    def objective(self) -> Expr:
        """The objective of the default rule."""
        return self.rules[-1].objective
