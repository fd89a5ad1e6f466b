"""Random policy trees, as `contra.syntax` makes them: chains flat, `let` names bound before they are used.

`policies()` is type-correct (one arity, numbers where numbers belong, inf never negated); `wild_policies()` is any tree
that has a text, tuples in sums included.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import strategies as st

from contra.source import SourceFile
from contra.syntax import ast, build

SPAN = SourceFile("generated", "").span(0, 0)
SWITCHES = ("A", "B", "F1", "s-1", "n 1.2", "util", "matches", "then")
_LETS = ("x", "y-1", "mb")
_NUMBER, _REGEX = "number", "regex"
_COMPARABLE = {"util": [ast.Unit.NONE, ast.Unit.PERCENT], "lat": [unit for unit in ast.Unit if unit.is_time]}
_Scope = dict[str, str]
Draw = st.DrawFn


def numbers(units: Sequence[ast.Unit] = tuple(ast.Unit)) -> st.SearchStrategy[ast.Number]:
    """Literals of the units, with up to six decimals."""
    return st.builds(
        lambda digits, places, unit: ast.Number(value=Fraction(digits, 10**places), unit=unit, span=SPAN),
        st.integers(0, 10**9),
        st.integers(0, 6),
        st.sampled_from(units),
    )


@st.composite
def regexes(draw: Draw, depth: int = 3, names: Sequence[str] = SWITCHES, scope: _Scope | None = None) -> ast.Regex:
    """Regexes over switch names and over the regex names in scope."""
    scope = scope or {}
    usable = [n for n in names if scope.get(n) != _NUMBER] + [n for n, kind in scope.items() if kind == _REGEX]
    kinds = ["any", "name", "name"] + (["sequence", "alternation", "star"] if depth else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "name" and usable:
        return ast.SwitchName(name=draw(st.sampled_from(usable)), span=SPAN)
    if kind == "star":
        return ast.Repetition(body=draw(regexes(depth - 1, names, scope)), span=SPAN)
    if kind in ("sequence", "alternation"):
        parts = draw(st.lists(regexes(depth - 1, names, scope), min_size=2, max_size=3))
        return (build.sequence_of if kind == "sequence" else build.alternation_of)(parts, SPAN)
    return ast.AnySwitch(span=SPAN)


class _Generator:
    """What is the same in all draws of one policy."""

    def __init__(
        self, names: Sequence[str], attributes: Sequence[str], wild: bool, units: Sequence[ast.Unit] = tuple(ast.Unit)
    ) -> None:
        self.names = names
        self.attributes = attributes
        self.wild = wild
        self.units = units

    def comparable(self, attribute: str) -> _Generator:
        """The same for numbers that may be compared with this attribute."""
        units = _COMPARABLE.get(attribute, [ast.Unit.NONE])
        return _Generator(self.names, [attribute], self.wild, units)

    def scalar(self, draw: Draw, depth: int, scope: _Scope, inf: bool = False) -> ast.Expr:
        """One number; with `inf` it may be infinite."""
        kinds = ["number", "attribute", "attribute", "variable"]
        if depth:
            kinds += ["sum", "product", "extremum", "if", "let"]
        if inf or self.wild:
            kinds.append("inf")
        if self.wild and depth:
            kinds.append("tuple")
        kind = draw(st.sampled_from(kinds))
        if kind in ("number", "attribute", "variable", "inf"):
            return self.atom(draw, kind, scope)
        if kind == "if":
            return self.choice(draw, depth, scope, lambda d: self.scalar(draw, d, scope, inf))
        if kind == "let":
            return self.let(draw, depth, scope, lambda d, s: self.scalar(draw, d, s, inf))
        return self.operation(draw, kind, depth, scope, inf)

    def atom(self, draw: Draw, kind: str, scope: _Scope) -> ast.Expr:
        variables = [name for name, sort in scope.items() if sort == _NUMBER]
        if kind == "inf":
            return ast.Infinity(span=SPAN)
        if kind == "variable" and variables:
            return ast.Variable(name=draw(st.sampled_from(variables)), span=SPAN)
        if kind == "attribute":
            return ast.Attribute(name=draw(st.sampled_from(self.attributes)), span=SPAN)
        return draw(numbers(self.units))

    def operation(self, draw: Draw, kind: str, depth: int, scope: _Scope, inf: bool) -> ast.Expr:
        count = draw(st.integers(1 if kind in ("sum", "extremum") else 2, 3))
        if kind == "sum":
            signs = draw(st.lists(st.booleans(), min_size=count, max_size=count))
            terms = [
                ast.Term(negative=sign, value=self.scalar(draw, depth - 1, scope, inf and not sign)) for sign in signs
            ]
            return build.sum_of(terms, SPAN)
        operands = tuple(self.scalar(draw, depth - 1, scope, inf and kind == "extremum") for _ in range(count))
        if kind == "extremum":
            return ast.Extremum(function=draw(st.sampled_from(["min", "max"])), operands=operands, span=SPAN)
        if kind == "tuple":
            return ast.Tuple(components=operands, span=SPAN)
        return build.product_of(operands, SPAN)

    def choice(self, draw, depth, scope, value):
        branches = [
            ast.Branch(guard=self.condition(draw, depth - 1, scope), value=value(depth - 1))
            for _ in range(draw(st.integers(1, 2)))
        ]
        return build.if_of(branches, value(depth - 1), SPAN)

    def let(self, draw, depth, scope, body):
        name = draw(st.sampled_from(_LETS))
        kind = draw(st.sampled_from([_NUMBER, _REGEX]))
        is_number = kind == _NUMBER
        value = self.scalar(draw, depth - 1, scope) if is_number else draw(regexes(depth - 1, self.names, scope))
        inner = body(depth - 1, scope | {name: kind})
        return ast.Let(name=name, name_span=SPAN, value=value, body=inner, span=SPAN)

    def condition(self, draw: Draw, depth: int, scope: _Scope) -> ast.Condition:
        kinds = ["match", "comparison"] + (["not", "and", "or"] if depth > 0 else [])
        kind = draw(st.sampled_from(kinds))
        deeper = max(depth - 1, 0)
        if kind == "match":
            return ast.Match(regex=draw(regexes(deeper, self.names, scope)), span=SPAN)
        if kind == "comparison":
            sides = self if self.wild else self.comparable(draw(st.sampled_from(self.attributes)))
            known = {name: sort for name, sort in scope.items() if self.wild or sort == _REGEX}
            left, right = (sides.scalar(draw, deeper, known) for _ in range(2))
            return ast.Comparison(relation=draw(st.sampled_from(ast.Relation)), left=left, right=right, span=SPAN)
        if kind == "not":
            return ast.Not(operand=self.condition(draw, deeper, scope), span=SPAN)
        operands = [self.condition(draw, deeper, scope) for _ in range(draw(st.integers(2, 3)))]
        return (build.all_of if kind == "and" else build.any_of)(operands, SPAN)

    def rank(self, draw: Draw, depth: int, scope: _Scope, arity: int) -> ast.Expr:
        """Something of the arity, or inf."""
        kind = draw(st.sampled_from(["plain", "plain", "inf"] + (["if", "let"] if depth else [])))
        if kind == "inf":
            return ast.Infinity(span=SPAN)
        if kind == "if":
            return self.choice(draw, depth, scope, lambda d: self.rank(draw, d, scope, arity))
        if kind == "let":
            return self.let(draw, depth, scope, lambda d, s: self.rank(draw, d, s, arity))
        if arity == 1:
            return self.scalar(draw, depth, scope, inf=True)
        first = draw(st.integers(1, arity - 1))
        widths = [first, arity - first] if draw(st.booleans()) else [1] * arity
        parts = tuple(self.rank(draw, max(depth - 1, 0), scope, width) for width in widths)
        return ast.Tuple(components=parts, span=SPAN)


def policy_of(objective: ast.Expr) -> ast.Policy:
    """The policy with this rank."""
    return ast.Policy(rules=(ast.TrafficRule(objective=objective, span=SPAN),), span=SPAN)


@st.composite
def policies(
    draw: Draw, names: Sequence[str] = SWITCHES, attributes: Sequence[str] = ("len", "lat", "util"), depth: int = 3
) -> ast.Policy:
    """Type-correct policies over switches `names`."""
    generator = _Generator(names, attributes, wild=False)
    return policy_of(generator.rank(draw, depth, {}, draw(st.integers(1, 3))))


@st.composite
def wild_policies(draw: Draw, names: Sequence[str] = SWITCHES, depth: int = 4) -> ast.Policy:
    """Any tree that has a text."""
    generator = _Generator(names, ("len", "lat", "util", "cost"), wild=True)
    return policy_of(generator.scalar(draw, depth, {}))
