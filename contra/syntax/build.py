"""Smart constructors: chains stay flat, whoever builds them.

The tree's rule is that no sum stands directly in a sum, no `or` in an `or` and so on (see `ast`). A list of one is the
element itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from contra.source import Span
from contra.syntax import ast

_N = TypeVar("_N")


def _spliced(nodes: Iterable[_N], kind: type, field: str) -> tuple[_N, ...]:
    flat: list[_N] = []
    for node in nodes:
        if isinstance(node, kind):
            flat.extend(getattr(node, field))
        else:
            flat.append(node)
    return tuple(flat)


def sum_of(terms: Iterable[ast.Term], span: Span) -> ast.Expr:
    """`a + b - c`. A positive sum among the terms is spliced in; a subtracted one keeps its parentheses."""
    flat: list[ast.Term] = []
    for term in terms:
        if isinstance(term.value, ast.Sum) and not term.negative:
            flat.extend(term.value.terms)
        else:
            flat.append(term)
    if len(flat) == 1 and not flat[0].negative:
        return flat[0].value
    return ast.Sum(terms=tuple(flat), span=span)


def product_of(factors: Iterable[ast.Expr], span: Span) -> ast.Expr:
    """`a * b`."""
    flat = _spliced(factors, ast.Product, "factors")
    return flat[0] if len(flat) == 1 else ast.Product(factors=flat, span=span)


def all_of(operands: Iterable[ast.Condition], span: Span) -> ast.Condition:
    """`a and b`."""
    flat = _spliced(operands, ast.And, "operands")
    return flat[0] if len(flat) == 1 else ast.And(operands=flat, span=span)


def any_of(operands: Iterable[ast.Condition], span: Span) -> ast.Condition:
    """`a or b`."""
    flat = _spliced(operands, ast.Or, "operands")
    return flat[0] if len(flat) == 1 else ast.Or(operands=flat, span=span)


def sequence_of(parts: Iterable[ast.Regex], span: Span) -> ast.Regex:
    """`R R`."""
    flat = _spliced(parts, ast.Sequence, "parts")
    return flat[0] if len(flat) == 1 else ast.Sequence(parts=flat, span=span)


def alternation_of(options: Iterable[ast.Regex], span: Span) -> ast.Regex:
    """`R + R`."""
    flat = _spliced(options, ast.Alternation, "options")
    return flat[0] if len(flat) == 1 else ast.Alternation(options=flat, span=span)


def if_of(branches: Iterable[ast.Branch], otherwise: ast.Expr, span: Span) -> ast.If:
    """`if b then e else e`; an `if` in the last place joins the chain."""
    chain = tuple(branches)
    if isinstance(otherwise, ast.If):
        return ast.If(branches=chain + otherwise.branches, otherwise=otherwise.otherwise, span=span)
    return ast.If(branches=chain, otherwise=otherwise, span=span)
