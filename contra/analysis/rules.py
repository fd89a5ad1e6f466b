"""A rule's diagram -> branches tried in order, best first, each behind one threshold.

A rule's diagram divides the metric space into boxes. A branch can be taken off if it covers everything on
the good side of one threshold: below the lowest limit of a metric that grows along a path, above the
highest of one that shrinks. What is left is the rest of the rule. A diagram that cannot be taken apart
like this tests two metrics at once, and asks for an optimum under a constraint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from contra.analysis.diagram import LEAF, THRESHOLD, Diagram, Variable
from contra.analysis.model import Threshold
from contra.analysis.scalar import Space
from contra.check.model import Combine


@dataclass(frozen=True, slots=True)
class Piece:
    """A branch: its leaf in the diagram and what guards it; `holds` False means where the threshold fails."""

    leaf: int
    guard: Threshold | None
    holds: bool = True


def pieces(diagram: Diagram, node: int, space: Space) -> list[Piece] | None:
    """The branches, best first, the last one without guard; None where two metrics are tested at once."""
    found: list[Piece] = []
    while diagram.kind(node) != LEAF:
        piece, node = _take_first(diagram, node, space)
        if piece is None:
            return None
        found.append(piece)
    return [*found, Piece(node, None)]


def _take_first(diagram: Diagram, node: int, space: Space) -> tuple[Piece | None, int]:
    top = diagram.variable(node)
    growing = top[0] == THRESHOLD and space.combine(top[4]) is not Combine.MIN
    if growing and diagram.kind(diagram.yes(node)) == LEAF:
        return Piece(diagram.yes(node), _threshold(top)), diagram.no(node)
    for variable in _good_ends(diagram, node, space):
        position, growing = variable[1], space.combine(variable[4]) is not Combine.MIN
        side = diagram.restrict(node, position, lambda _limit, _kind, g=growing: g)  # type: ignore[misc]
        if diagram.kind(side) != LEAF:
            continue
        known = variable[2:4]

        def other(limit: Fraction, kind: int, known: Variable = known, growing: bool = growing) -> bool | None:
            return (not growing) if (limit, kind) == known else None

        rest = diagram.restrict(node, position, other)
        return Piece(side, _threshold(variable), holds=growing), rest
    return None, node


def _good_ends(diagram: Diagram, node: int, space: Space) -> list[Variable]:
    """Per tested metric the threshold next to its best values."""
    best: dict[int, Variable] = {}
    for variable in sorted({diagram.variable(n) for n in diagram.reachable(node)}):
        if variable[0] == THRESHOLD:
            if space.combine(variable[4]) is Combine.MIN:
                best[variable[1]] = variable
            else:
                best.setdefault(variable[1], variable)
    return list(best.values())


def _threshold(variable: Variable) -> Threshold:
    return Threshold(metric=variable[4], limit=variable[2], strict=variable[3] == 0)


def chain(found: Sequence[Piece]) -> list[tuple[Threshold | None, int]] | None:
    """The pieces as (guard, leaf) tried in order, every guard a threshold that must hold; None where that
    fails.

    A piece that wants its threshold to fail goes to the end; what was to follow it must then be told apart
    by the same metric, because a rule has one threshold a branch.
    """
    result: list[tuple[Threshold | None, int]] = [(None, found[-1].leaf)]
    for piece in reversed(found[:-1]):
        assert piece.guard is not None
        if piece.holds:
            result.insert(0, (piece.guard, piece.leaf))
            continue
        if any(guard is not None and guard.metric != piece.guard.metric for guard, _ in result):
            return None
        result = [*result[:-1], (piece.guard, result[-1][1]), (None, piece.leaf)]
    return result
