"""Walking the checked tree without recursion: policies may be as deep as their writers like."""

from __future__ import annotations

from contra.check.model import (
    Add,
    AllOf,
    AnyOf,
    Compare,
    Cond,
    CoreNode,
    InRegex,
    Max,
    Min,
    Mul,
    NotGuard,
    Vector,
)


def parts(node: CoreNode) -> list[CoreNode]:
    """Direct sub-expressions, guards included, in the order of the source."""
    match node:
        case Add() | Mul() | Min() | Max() | AllOf() | AnyOf():
            return list(node.operands)
        case Vector():
            return list(node.components)
        case Cond():
            both: list[CoreNode] = [part for b in node.branches for part in (b.guard, b.value)]
            return [*both, node.otherwise]
        case Compare():
            return [node.left, node.right]
        case NotGuard():
            return [node.operand]
    return []


def dependencies(root: CoreNode) -> list[CoreNode]:
    """Every node once, parts before wholes."""
    order: list[CoreNode] = []
    done: set[int] = set()
    stack: list[tuple[CoreNode, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if id(node) in done:
            continue
        if ready:
            done.add(id(node))
            order.append(node)
        else:
            stack.append((node, True))
            stack.extend((part, False) for part in parts(node))
    return order


def regex_places(rank: CoreNode) -> dict[int, int]:
    """Place of each regex (by index) by first occurrence, guards before values."""
    places: dict[int, int] = {}
    seen: set[int] = set()
    stack = [rank]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, InRegex):
            places.setdefault(node.index, len(places))
        stack.extend(reversed(parts(node)))
    return places
