"""The way out of the core: the programs' functions, the switches' memory, blocks of memory.

Compiled, `native` replaces these.
"""

from __future__ import annotations

from contra.engine.core.layout import (
    DESK,
    HOLD_OFFSET,
    HOLD_WIDTH,
    N_ROW,
    N_WORDS,
    P_PHV,
    PACKET,
    S_INGRESS,
    State,
)


def call(s: State, switch: int, stage: int, packet: int) -> None:
    """Run a function of the switch's program on a packet; stage is S_INGRESS, S_EGRESS, S_PARSE or S_RESET."""
    v, row = s.packets[packet * PACKET + P_PHV], s.net[N_ROW]
    bound = s.foreign.switches[switch]
    phv, head = s.foreign.phv[v : v + s.net[N_WORDS] - DESK], s.head[packet * row : (packet + 1) * row]
    bound.stages[stage - S_INGRESS](bound.state, phv, head)


def store(s: State, switch: int, hold: int, value: int) -> None:
    """Write a cell of the switch's state, little-endian."""
    offset, width = s.holds[hold + HOLD_OFFSET], s.holds[hold + HOLD_WIDTH]
    memory = s.foreign.switches[switch].state.memory
    memory[offset : offset + width] = (value & ((1 << 8 * width) - 1)).to_bytes(width, "little")


def copy(array: memoryview, target: int, source: int, count: int) -> None:
    """Copy elements of an array to another place in it, which does not overlap."""
    array[target : target + count] = array[source : source + count]


def prefetch(array: memoryview, at: int) -> None:
    """Have the processor load the cache line of an element, which will be wanted soon. It may be any index."""
