"""Random numbers: Marsaglia's xorshift128 (Journal of Statistical Software 8(14), 2003), 32 bits at a time."""

from __future__ import annotations

from contra.engine.jit import core

MASK = 0xFFFFFFFF


@core
def draw(table: memoryview, at: int) -> int:
    """The next number below 2**32 of the generator whose four words stand at `at`."""
    t = table[at]
    t ^= (t << 11) & MASK
    t ^= t >> 8
    w = table[at + 3]
    table[at], table[at + 1], table[at + 2] = table[at + 1], table[at + 2], w
    w = w ^ (w >> 19) ^ t
    table[at + 3] = w
    return w
