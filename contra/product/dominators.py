"""Dominator trees: Lengauer and Tarjan's semidominators, parents by the semi-NCA method (Georgiadis, 2005).

Node v dominates w if every walk from a root to w passes v.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def immediate_dominators(successors: Sequence[Sequence[int]], roots: Iterable[int]) -> list[int]:
    """Per node its immediate dominator; -1 where there is none (walks from different roots meet, or a root), and
    -2 for nodes that no root reaches."""
    order, parent = _depth_first(successors, roots)
    number = [-1] * (len(successors) + 1)  # the last one is the virtual root
    for index, node in enumerate(order):
        number[node] = index
    before: list[list[int]] = [[] for _ in order]
    for node in order[1:]:
        index = number[node]
        for target in successors[node]:
            before[number[target]].append(index)
    for root in roots:
        before[number[root]].append(0)
    idom = _semi_nca(before, parent)
    result = [-2] * len(successors)
    virtual = len(successors)
    for index, node in enumerate(order[1:], 1):
        above = order[idom[index]]
        result[node] = -1 if above == virtual else above
    return result


def _depth_first(successors: Sequence[Sequence[int]], roots: Iterable[int]) -> tuple[list[int], list[int]]:
    """Nodes in preorder, the virtual root first, and per preorder number that of the tree parent."""
    virtual = len(successors)
    seen = [False] * virtual
    order, parent = [virtual], [0]
    for root in roots:
        if seen[root]:
            continue
        stack = [(root, 0)]
        while stack:
            node, above = stack.pop()
            if seen[node]:
                continue
            seen[node] = True
            here = len(order)
            order.append(node)
            parent.append(above)
            stack.extend([(target, here) for target in successors[node] if not seen[target]])
    return order, parent


def _semi_nca(before: list[list[int]], parent: list[int]) -> list[int]:
    """Immediate dominator per preorder number."""
    count = len(parent)
    semi, label = list(range(count)), list(range(count))
    ancestor = list(parent)
    for node in range(count - 1, 0, -1):
        best = node
        for source in before[node]:
            if source > node:
                source = semi[_lowest(source, node, ancestor, label, semi)]
            if source < best:
                best = source
        semi[node] = best
    idom = list(parent)
    for node in range(1, count):
        above = idom[node]
        while above > semi[node]:
            above = idom[above]
        idom[node] = above
    return idom


def _lowest(node: int, last: int, ancestor: list[int], label: list[int], semi: list[int]) -> int:
    """The node of smallest semidominator on the tree path from `node` up to, not including, what is `last` or above;
    compresses the path. Nodes numbered above `last` are linked."""
    path = []
    while ancestor[node] > last:
        path.append(node)
        node = ancestor[node]
    for below in reversed(path):
        above = ancestor[below]
        if semi[label[above]] < semi[label[below]]:
            label[below] = label[above]
        ancestor[below] = ancestor[above]
        node = below
    return label[node]
