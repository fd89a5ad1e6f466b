"""Checked policies by hand, for tests that do not want a parser."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from contra.automata.regex import AnySymbol, Concat, Regex, Star, Symbols
from contra.check.model import (
    Add,
    AllOf,
    AnyOf,
    AttributeInfo,
    CheckedPolicy,
    Combine,
    Compare,
    Cond,
    Const,
    Core,
    CoreBranch,
    CoreNode,
    Guard,
    Inf,
    InRegex,
    Max,
    Metric,
    Min,
    Mul,
    NotGuard,
    PolicyRegex,
    Vector,
)
from contra.source import SourceFile, Span
from contra.syntax.ast import Relation

SOURCE = SourceFile("policy.ctr", "minimize(path.util)\n" * 50)
BUILT_IN = (
    AttributeInfo("len", Combine.SUM),
    AttributeInfo("lat", Combine.SUM, "us"),
    AttributeInfo("util", Combine.MAX),
)
Number = int | str | Fraction
_next = [0]


def here() -> Span:
    """A span of its own for every node, so that diagnostics can be told apart."""
    _next[0] = (_next[0] + 1) % 900
    return SOURCE.span(_next[0], _next[0] + 1)


def const(value: Number) -> Const:
    return Const(span=here(), value=Fraction(value))


def _core(value: Core | Number) -> Core:
    return const(value) if isinstance(value, int | str | Fraction) else value


def metric(name: str) -> Metric:
    return Metric(span=here(), name=name)


def len_() -> Metric:
    return metric("len")


def lat() -> Metric:
    return metric("lat")


def util() -> Metric:
    return metric("util")


def inf() -> Inf:
    return Inf(span=here())


def add(*operands: Core | Number) -> Add:
    return Add(span=here(), operands=tuple(map(_core, operands)))


def mul(*operands: Core | Number) -> Mul:
    return Mul(span=here(), operands=tuple(map(_core, operands)))


def neg(operand: Core) -> Mul:
    return mul(-1, operand)


def max_(*operands: Core | Number) -> Max:
    return Max(span=here(), operands=tuple(map(_core, operands)))


def min_(*operands: Core | Number) -> Min:
    return Min(span=here(), operands=tuple(map(_core, operands)))


def vec(*components: Core | Number) -> Vector:
    return Vector(span=here(), components=tuple(map(_core, components)))


def if_(guard: Guard, value: Core | Number, otherwise: Core | Number) -> Cond:
    branch = CoreBranch(guard=guard, value=_core(value))
    return Cond(span=here(), branches=(branch,), otherwise=_core(otherwise))


def chain(branches: Sequence[tuple[Guard, Core | Number]], otherwise: Core | Number) -> Cond:
    rows = tuple(CoreBranch(guard=guard, value=_core(value)) for guard, value in branches)
    return Cond(span=here(), branches=rows, otherwise=_core(otherwise))


def on(index: int) -> InRegex:
    return InRegex(span=here(), index=index)


def cmp(left: Core | Number, relation: str, right: Core | Number) -> Compare:
    return Compare(span=here(), relation=Relation(relation), left=_core(left), right=_core(right))


def not_(operand: Guard) -> NotGuard:
    return NotGuard(span=here(), operand=operand)


def all_(*operands: Guard) -> AllOf:
    return AllOf(span=here(), operands=operands)


def any_(*operands: Guard) -> AnyOf:
    return AnyOf(span=here(), operands=operands)


def _walk(node: CoreNode, seen: dict[int, CoreNode]) -> None:
    pending = [node]
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen[id(node)] = node
        for name in ("operands", "components"):
            pending += getattr(node, name, ())
        for name in ("left", "right", "operand", "otherwise"):
            if hasattr(node, name):
                pending.append(getattr(node, name))
        for branch in getattr(node, "branches", ()):
            pending += (branch.guard, branch.value)


def policy(rank: Core, *, declared: Sequence[AttributeInfo] = ()) -> CheckedPolicy:
    """The checked policy of a rank, its regexes made up: regex i is `. * R<i> . *`."""
    seen: dict[int, CoreNode] = {}
    _walk(rank, seen)
    names = {node.name for node in seen.values() if isinstance(node, Metric)}
    count = max((node.index + 1 for node in seen.values() if isinstance(node, InRegex)), default=0)
    arity = next((len(n.components) for n in seen.values() if isinstance(n, Vector)), 1)
    return CheckedPolicy(
        source=SOURCE,
        rank=rank,
        arity=arity,
        regexes=tuple(_regex(index) for index in range(count)),
        attributes=tuple(info for info in (*BUILT_IN, *declared) if info.name in names),
    )


def _regex(index: int) -> PolicyRegex:
    anything: Regex = Star(AnySymbol())
    body = Concat((anything, Symbols(frozenset({f"R{index}"})), anything))
    return PolicyRegex(index=index, regex=body, text=f".* R{index} .*", span=here())
