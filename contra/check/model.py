"""What the check stage produces: the policy with names resolved, `let` expanded, types known.

Expressions are scalar; the one tuple stands on top, in each leaf of the conditionals, flattened. All ranks of a
policy have the same arity. Shared sub-expressions (from `let`) are shared objects.

Values: `len` counts links, `util` is a fraction of capacity, `lat` and every time literal are in microseconds,
declared attributes are in their own unit. `inf` is absorbing in sums, maxima and tuples: a rank with an infinite
component is infinite, which means drop.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import TypeAlias

from contra.automata.regex import Regex
from contra.source import SourceFile, Span
from contra.syntax.ast import Relation


class Combine(Enum):
    """How an attribute of links becomes one of a path."""

    SUM = "sum"
    MAX = "max"
    MIN = "min"


@dataclass(frozen=True, slots=True)
class AttributeInfo:
    """An attribute that policies may use. `name` is what follows `path.`; `unit` is for people."""

    name: str
    combine: Combine
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreNode:
    """Anything in the checked tree; spans point into the policy file."""

    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Const(CoreNode):
    """A number, in the base unit (see the module text)."""

    value: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Inf(CoreNode):
    """The worst rank, of any arity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(CoreNode):
    """The path's value of one attribute, by name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Add(CoreNode):
    """Sum of all operands."""

    operands: tuple[Core, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mul(CoreNode):
    """Product of all operands; a negation is `Mul(Const(-1), x)`."""

    operands: tuple[Core, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Min(CoreNode):
    """Least operand."""

    operands: tuple[Core, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Max(CoreNode):
    """Greatest operand."""

    operands: tuple[Core, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector(CoreNode):
    """A tuple of two or more scalar expressions, compared lexicographically; never inside another."""

    components: tuple[Core, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreBranch:
    """One guarded alternative."""

    guard: Guard
    value: Core


@dataclass(frozen=True, slots=True, kw_only=True)
class Cond(CoreNode):
    """The value of the first branch whose guard holds, else `otherwise`."""

    branches: tuple[CoreBranch, ...]
    otherwise: Core


Core: TypeAlias = Const | Inf | Metric | Add | Mul | Min | Max | Vector | Cond


@dataclass(frozen=True, slots=True, kw_only=True)
class InRegex(CoreNode):
    """The whole path, source to destination, matches `CheckedPolicy.regexes[index]`."""

    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(CoreNode):
    """A comparison of two scalars."""

    relation: Relation
    left: Core
    right: Core


@dataclass(frozen=True, slots=True, kw_only=True)
class NotGuard(CoreNode):
    """Negation."""

    operand: Guard


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf(CoreNode):
    """Conjunction."""

    operands: tuple[Guard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf(CoreNode):
    """Disjunction."""

    operands: tuple[Guard, ...]


Guard: TypeAlias = InRegex | Compare | NotGuard | AllOf | AnyOf


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRegex:
    """One distinct regex of the policy, anchored, source to destination, over switch *names* of the topology."""

    index: int
    regex: Regex
    text: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPolicy:
    """The policy of all traffic, ready for analysis."""

    source: SourceFile
    rank: Core
    arity: int
    regexes: tuple[PolicyRegex, ...]
    attributes: tuple[AttributeInfo, ...]
    """The attributes used, conditions included: `len`, `lat`, `util` first, then declared ones by name."""
