"""Coarsest stable partition, by signatures.

Two states stay together while their labels and signatures agree. When a block splits, its largest piece keeps the
number, and only predecessors of renumbered states are looked at again: a state is renumbered at most log2(n) times.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

Signature = Callable[[int, Sequence[int]], Hashable]


def coarsest(labels: Sequence[int], predecessors: Sequence[Sequence[int]], signature: Signature) -> list[int]:
    """Block number per state, blocks numbered from 0 without gaps (in no particular order).

    `signature(state, block)` describes where the state goes, in terms of the blocks of its successors only; it must
    tell two states apart exactly if for some symbol they go to different blocks.
    """
    numbers: dict[int, int] = {}
    block = [numbers.setdefault(label, len(numbers)) for label in labels]
    clean: list[set[int]] = [set() for _ in numbers]
    dirty: list[set[int]] = [set() for _ in numbers]
    for state, number in enumerate(block):
        dirty[number].add(state)
    todo = set(range(len(numbers)))
    while todo:
        number = todo.pop()
        pieces = _pieces(clean[number], dirty[number], block, signature)
        clean[number], dirty[number] = pieces.pop(), set()
        moved: list[int] = []
        for piece in pieces:
            for state in piece:
                block[state] = len(clean)
            clean.append(piece)
            dirty.append(set())
            moved.extend(piece)
        _mark(moved, predecessors, block, clean, dirty, todo)
    return block


def _pieces(clean: set[int], dirty: set[int], block: Sequence[int], signature: Signature) -> list[set[int]]:
    """The block's states grouped by signature, the largest group last. All clean states share one signature."""
    groups: dict[Hashable, set[int]] = {}
    if clean:
        groups[signature(next(iter(clean)), block)] = clean
    for state in dirty:
        groups.setdefault(signature(state, block), set()).add(state)
    return sorted(groups.values(), key=len)


def _mark(
    moved: list[int],
    predecessors: Sequence[Sequence[int]],
    block: Sequence[int],
    clean: list[set[int]],
    dirty: list[set[int]],
    todo: set[int],
) -> None:
    """Make every predecessor of a renumbered state dirty."""
    for state in moved:
        for before in predecessors[state]:
            number = block[before]
            clean[number].discard(before)
            dirty[number].add(before)
            todo.add(number)
