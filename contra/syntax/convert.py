"""Lark's tree -> `ast.Policy`.

The grammar does not tell arithmetic from regexes; the place does. A rank, an operand and a side of a comparison
are numbers; a guard is a condition, in which whatever is no comparison is a regex; only the value of a `let` has to
be looked at. Recursion is bounded: every level of Lark's tree counts, and `MAX_DEPTH` ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from contra.diagnostics import Reporter
from contra.source import SourceFile, Span
from contra.syntax import ast, build, errors, hula_errors
from contra.syntax.base import Base, TooDeepError
from contra.syntax.classify import (
    ATTRIBUTE_NAMES,
    Kind,
    Scope,
    capital_path,
    found_in_words,
    is_arithmetic_chain,
    is_token,
    kind_of,
    kind_of_value,
)
from contra.syntax.numbers import MAX_DIGITS, parse_number
from contra.syntax.regexes import RegexConverter
from contra.syntax.tokens import shorten

if TYPE_CHECKING:
    from lark import Token, Tree

    Item: TypeAlias = Tree[Token] | Token

_SPELLINGS = {"length": "len", "latency": "lat"}
_UNIT_WORDS = ("ns", "us", "ms", "s", "µs")


def convert(tree: Tree[Token], dialect: ast.Dialect, source: SourceFile, reporter: Reporter) -> ast.Policy:
    """The policy that the tree of a whole file stands for. What is wrong is reported, and stands as the number 0."""
    converter = _Converter(dialect, source, reporter)
    whole = source.span(0, len(source.text))
    try:
        objective = converter.expr(tree.children[0], {}, 1)
    except TooDeepError:
        objective = converter.hole(whole)
    rule = ast.TrafficRule(objective=objective, span=objective.span)
    return ast.Policy(rules=(rule,), dialect=dialect, span=whole)


class _Converter(Base):
    """One conversion."""

    def __init__(self, dialect: ast.Dialect, source: SourceFile, reporter: Reporter) -> None:
        super().__init__(dialect, source, reporter)
        self.regexes = RegexConverter(dialect, source, reporter)

    # ------------------------------------------------------------------------------------------ numbers

    def expr(self, item: Item, scope: Scope, depth: int) -> ast.Expr:
        """A number, or a tuple of them."""
        span = self.span(item)
        if isinstance(item, str):
            return self.atom(item, scope, span)
        depth = self.enter(item, depth)
        match item.data:
            case "sum":
                return self.sum(item.children, scope, depth, span)
            case "product":
                return self.product(item, scope, depth, span)
            case "paren":
                return self.paren(item.children, scope, depth, span)
            case "conditional":
                return self.conditional(item.children, scope, depth, span)
            case "let":
                return self.let(item.children, scope, depth, span)
            case "extremum":
                operands = tuple(self.expr(child, scope, depth) for child in item.children[1:])
                return ast.Extremum(function=str(item.children[0]), operands=operands, span=span)
        return self.fail(errors.NotANumber(found=found_in_words(item), span=span))

    def atom(self, token: Token, scope: Scope, span: Span) -> ast.Expr:
        """A number without parts."""
        match token.type:
            case "NUMBER":
                return self.number(token, span)
            case "INFINITY":
                return ast.Infinity(span=span)
            case "ATTRIBUTE":
                name = token.rpartition(".")[2].strip()
                return ast.Attribute(name=_SPELLINGS.get(name, name), span=span)
            case "NAME":
                return self.name(token, scope, span)
            case "STAR":
                return self.loose_star(span)
        return self.fail(errors.NotANumber(found=found_in_words(token), span=span))

    def number(self, token: Token, span: Span) -> ast.Expr:
        """A literal."""
        parsed = parse_number(token)
        if parsed is None:
            return self.fail(errors.NumberTooLong(limit=MAX_DIGITS, span=span))
        return ast.Number(value=parsed[0], unit=parsed[1], span=span)

    def name(self, token: Token, scope: Scope, span: Span) -> ast.Expr:
        """A variable. Whether an unknown name is a switch is for the check stage to say."""
        name = str(token)
        kind = scope.get(name)
        if kind is Kind.REGEX:
            return self.fail(errors.NotANumber(found="the name of a regex", example=shorten(name), span=span))
        if kind is None and name in ATTRIBUTE_NAMES:
            return self.fail(errors.BareAttribute(name=name, span=span))
        if kind is None and self.dialect is ast.Dialect.HULA:
            return self.fail(hula_errors.BareRegex(name=shorten(name), span=span))
        if kind is None and any(scope.get(part) is Kind.NUMBER for part in name.split("-")):
            return self.fail(errors.DashInName(name=shorten(name), span=span))
        return ast.Variable(name=name, span=span)

    def sum(self, children: Sequence[Item], scope: Scope, depth: int, span: Span) -> ast.Expr:
        """`a + b - c`."""
        terms: list[ast.Term] = []
        negative = False
        for child in children:
            if is_token(child, "PLUS", "MINUS"):
                negative = is_token(child, "MINUS")
            else:
                terms.append(ast.Term(negative=negative, value=self.expr(child, scope, depth)))
        return build.sum_of(terms, span)

    def product(self, item: Tree[Token], scope: Scope, depth: int, span: Span) -> ast.Expr:
        """`a * b`, unless it is a regex out of place."""
        children = item.children
        if is_arithmetic_chain(children):
            return build.product_of([self.expr(child, scope, depth) for child in children[::2]], span)
        if (name := capital_path(children)) is not None:
            return self.fail(errors.CapitalPath(name=name, span=span))
        if kind_of(item, scope) is Kind.REGEX:
            return self.fail(errors.NotANumber(found="a regex", span=span))
        hole: ast.Expr = self.hole(span)
        wants_operand = True
        for child in children:
            is_star = is_token(child, "STAR")
            if is_star and wants_operand:
                hole = self.loose_star(self.span(child))
            elif not is_star and not wants_operand:
                hole = self.fail(errors.MissingOperator(hint=_operator_hint(child), span=self.span(child)))
            wants_operand = is_star
        return self.loose_star(self.span(children[-1])) if wants_operand else hole

    def loose_star(self, span: Span) -> ast.Number:
        """A star in arithmetic without its two numbers."""
        hint = "a product needs a number on each side, a negative one in parentheses"
        return self.fail(errors.LooseStar(hint=hint, span=span))

    def paren(self, children: Sequence[Item], scope: Scope, depth: int, span: Span) -> ast.Expr:
        """Parentheses, or a tuple."""
        components = tuple(self.expr(child, scope, depth) for child in children)
        return components[0] if len(components) == 1 else ast.Tuple(components=components, span=span)

    def conditional(self, children: Sequence[Item], scope: Scope, depth: int, span: Span) -> ast.Expr:
        """A whole chain of `if`s."""
        branches: list[ast.Branch] = []
        for child in children[:-1]:
            assert not isinstance(child, str)
            guard, value = child.children
            branches.append(ast.Branch(guard=self.condition(guard, scope, depth), value=self.expr(value, scope, depth)))
        return build.if_of(branches, self.expr(children[-1], scope, depth), span)

    def let(self, children: Sequence[Item], scope: Scope, depth: int, span: Span) -> ast.Expr:
        """`let name = value in body`."""
        name, item, rest = children
        assert isinstance(name, str)
        kind = kind_of_value(item, scope)
        value: ast.Expr | ast.Regex
        if kind is Kind.REGEX:
            value = self.regexes.regex(item, scope, depth)
        elif kind is Kind.NUMBER:
            value = self.expr(item, scope, depth)
        else:
            value = self.fail(errors.ConditionInLet(span=self.span(item)))
        body = self.expr(rest, scope | {str(name): Kind.NUMBER if kind is Kind.CONDITION else kind}, depth)
        return ast.Let(name=str(name), name_span=self.span(name), value=value, body=body, span=span)

    # --------------------------------------------------------------------------------------- conditions

    def condition(self, item: Item, scope: Scope, depth: int) -> ast.Condition:
        """A guard or a part of one."""
        span = self.span(item)
        if isinstance(item, str):
            return self.match(item, scope, depth, span)
        depth = self.enter(item, depth)
        match item.data:
            case "disjunction":
                return build.any_of([self.condition(child, scope, depth) for child in item.children], span)
            case "conjunction":
                return build.all_of([self.condition(child, scope, depth) for child in item.children], span)
            case "not":
                return ast.Not(operand=self.condition(item.children[0], scope, depth), span=span)
            case "comparison":
                return self.comparison(item.children, scope, depth, span)
            case "matches":
                return ast.Match(regex=self.regexes.regex(item.children[0], scope, depth), span=span)
            case "paren" if len(item.children) == 1:
                return self.condition(item.children[0], scope, depth)
        return self.match(item, scope, depth, span)

    def comparison(self, children: Sequence[Item], scope: Scope, depth: int, span: Span) -> ast.Condition:
        """`a < b`."""
        left, sign, right = children
        if self.dialect is ast.Dialect.HULA and not isinstance(left, str) and left.data == "not":
            hole = self.fail(hula_errors.NotBindsTighter(span=self.span(left)))
            return ast.Comparison(relation=ast.Relation.EQ, left=hole, right=hole, span=span)
        return ast.Comparison(
            relation=ast.Relation(str(sign)),
            left=self.expr(left, scope, depth),
            right=self.expr(right, scope, depth),
            span=span,
        )

    def match(self, item: Item, scope: Scope, depth: int, span: Span) -> ast.Condition:
        """Whatever is no comparison must be a regex, and in the .hula dialect an error."""
        hula = self.dialect is ast.Dialect.HULA
        if hula and is_token(item, "NAME"):
            hole: ast.Regex = self.regexes.fail(hula_errors.BareRegex(name=shorten(str(item)), span=span))
        elif hula or kind_of(item, scope) is not Kind.REGEX:
            hole = self.not_a_condition(item, scope, depth, span)
        else:
            hole = self.regexes.regex(item, scope, depth)
        return ast.Match(regex=hole, span=span)

    def not_a_condition(self, item: Item, scope: Scope, depth: int, span: Span) -> ast.Regex:
        """A number where the choice needs a yes or no; a regex with a number in it says so itself."""
        if self.dialect is ast.Dialect.CTR and not isinstance(item, str) and self.regexes.looks_like_one(item, scope):
            return self.regexes.regex(item, scope, depth)
        forms = "a comparison such as  path.util < 80%  or a regex such as  A .* B"
        if self.dialect is ast.Dialect.HULA:
            forms = "a comparison such as  path.util < 1000  or  matches(A;.*;B)"
        found = found_in_words(item, ast.Dialect.HULA) if not is_token(item, "NAME") else "a number"
        return self.regexes.fail(errors.NotACondition(found=found, forms=forms, span=span))


def _operator_hint(item: Item) -> str:
    if is_token(item, "NAME") and str(item) in _UNIT_WORDS:
        return f"a unit follows its number without a blank: 5{item}"
    return "write '*' to multiply"
