"""Connected components, without recursion."""

from __future__ import annotations

from collections.abc import Iterable


def components(nodes: int, edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The components of a graph over 0..nodes-1: largest first, each in ascending order; ties by first
    node.
    """
    parent = list(range(nodes))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    for a, b in edges:
        ra, rb = root(a), root(b)
        if ra != rb:
            parent[max(ra, rb)] = min(ra, rb)
    groups: dict[int, list[int]] = {}
    for node in range(nodes):
        groups.setdefault(root(node), []).append(node)
    return sorted(groups.values(), key=lambda group: (-len(group), group[0]))
