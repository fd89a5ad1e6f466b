"""`ast.Policy` -> canonical .ctr text: parentheses only where they are needed, at most 100 columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from contra.syntax import ast
from contra.syntax.classify import ATTRIBUTE_NAMES
from contra.syntax.layout import HARD, LINE, SOFT, Concat, Doc, Fill, Group, Nest, concat, join, render
from contra.syntax.numbers import format_number

WIDTH = 100
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*")
_RESERVED = frozenset(
    [
        "minimize",
        "let",
        "in",
        "if",
        "then",
        "else",
        "or",
        "and",
        "not",
        "min",
        "max",
        "inf",
        "path",
        "matches",
    ]
)
_SUM, _PRODUCT, _ATOM = 1, 2, 3
"""How tightly a place binds: what binds more loosely goes in parentheses there; 0 takes anything."""


def format(policy: ast.Policy) -> str:
    """Canonical text; `parse` gives back an equal tree. Ends with a line end."""
    return format_with_comments(policy, {})


def format_with_comments(policy: ast.Policy, comments: Mapping[int, Sequence[str]]) -> str:
    """Canonical text with comment lines above clauses.

    `comments` maps a clause to its comments, a clause being known by where its guard, its last rank or its name begins.
    """
    objective = _Printer(comments).objective(policy.objective)
    return render(Group(concat("minimize(", Nest(concat(SOFT, objective)), SOFT, ")")), WIDTH) + "\n"


def format_regex(regex: ast.Regex) -> str:
    """A regex on one line."""
    return render(_regex(regex, 0), 1 << 60)


class _Printer:
    """Turns a tree into a document."""

    def __init__(self, comments: Mapping[int, Sequence[str]]) -> None:
        self.comments = comments

    def above(self, offset: int) -> list[Doc]:
        """The comment lines of a clause."""
        return [part for line in self.comments.get(offset, ()) for part in (line, HARD)]

    def objective(self, expr: ast.Expr) -> Doc:
        if isinstance(expr, ast.If | ast.Let):
            return self.expr(expr, 0)
        return Concat([*self.above(expr.span.start), self.expr(expr, 0)])

    # -------------------------------------------------------------------------------------- expressions

    def expr(self, expr: ast.Expr, place: int) -> Doc:
        match expr:
            case ast.Number():
                return format_number(expr.value, expr.unit)
            case ast.Infinity():
                return "inf"
            case ast.Attribute():
                return f"path.{expr.name}"
            case ast.Variable():
                return expr.name
            case ast.Sum():
                return _parenthesised(self.sum(expr), place > _SUM)
            case ast.Product():
                return _parenthesised(self.product(expr), place > _PRODUCT)
            case ast.Extremum():
                return self.call(expr.function, expr.operands)
            case ast.Tuple():
                return self.call("", expr.components)
            case ast.If():
                return _parenthesised(self.conditional(expr), place > 0)
            case ast.Let():
                return _parenthesised(self.let(expr), place > 0)

    def sum(self, expr: ast.Sum) -> Doc:
        items: list[Doc] = []
        for term in expr.terms:
            value = self.expr(term.value, _PRODUCT)
            if items:
                items.append(concat("- " if term.negative else "+ ", value))
            else:
                items.append(concat("-", value) if term.negative else value)
        return Nest(Fill(items))

    def product(self, expr: ast.Product) -> Doc:
        factors = [self.expr(factor, _ATOM) for factor in expr.factors]
        return Nest(Fill([factors[0], *(concat("* ", factor) for factor in factors[1:])]))

    def call(self, function: str, operands: Iterable[ast.Expr]) -> Doc:
        items = join((",", LINE), (self.expr(operand, 0) for operand in operands))
        return Group(concat(f"{function}(", Nest(concat(SOFT, items)), SOFT, ")"))

    def conditional(self, expr: ast.If) -> Doc:
        clauses: list[Doc] = []
        for branch in expr.branches:
            guard = self.condition(branch.guard, 0)
            value = Group(Nest(concat(LINE, self.expr(branch.value, 0))))
            opening = "else if " if clauses else "if "
            clauses.append(Concat([*self.above(branch.guard.span.start), opening, Nest(guard), " then", value]))
        last = Group(Nest(concat(LINE, self.expr(expr.otherwise, 0))))
        clauses.append(Concat([*self.above(expr.otherwise.span.start), "else", last]))
        return Group(join((LINE,), clauses))

    def let(self, expr: ast.Let) -> Doc:
        value = _regex(expr.value, 0) if isinstance(expr.value, ast.Regex) else self.expr(expr.value, 0)
        opening = Concat([*self.above(expr.name_span.start), f"let {expr.name} =", Group(Nest(concat(LINE, value)))])
        return concat(opening, " in", HARD, self.expr(expr.body, 0))

    # --------------------------------------------------------------------------------------- conditions

    def condition(self, condition: ast.Condition, place: int) -> Doc:
        match condition:
            case ast.Match():
                return _regex(condition.regex, 0)
            case ast.Comparison():
                left, right = self.expr(condition.left, _SUM), self.expr(condition.right, _SUM)
                return Fill([left, concat(condition.relation.value, " ", right)])
            case ast.Not():
                return concat("not ", self.condition(condition.operand, 2))
            case ast.And():
                return _parenthesised(self.chain("and", condition.operands, 2), place > 1)
            case ast.Or():
                return _parenthesised(self.chain("or", condition.operands, 1), place > 0)

    def chain(self, word: str, operands: Sequence[ast.Condition], place: int) -> Doc:
        parts = [self.condition(operand, place) for operand in operands]
        return Fill([parts[0], *(concat(f"{word} ", part) for part in parts[1:])])


def _regex(regex: ast.Regex, place: int) -> Doc:
    match regex:
        case ast.AnySwitch():
            return "."
        case ast.SwitchName():
            return quoted(regex.name)
        case ast.Repetition():
            return _parenthesised(concat(_regex(regex.body, 3), "*"), place > 2)
        case ast.Sequence():
            return _parenthesised(Fill([_regex(part, 2) for part in regex.parts]), place > 1)
        case ast.Alternation():
            options = [_regex(option, 1) for option in regex.options]
            items = [options[0], *(concat("+ ", option) for option in options[1:])]
            return _parenthesised(Fill(items), place > 0)


def quoted(name: str) -> str:
    """A switch name as a policy writes it: in quotes unless it is a plain word."""
    if _BARE.fullmatch(name) and name not in _RESERVED and name not in ATTRIBUTE_NAMES:
        return name
    return f'"{name}"'


def _parenthesised(doc: Doc, needed: bool) -> Doc:
    return Group(concat("(", Nest(doc), ")")) if needed else doc
