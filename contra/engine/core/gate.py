"""The way out of the core: the programs' functions and the switches' memory. Compiled, `native` replaces these."""

from __future__ import annotations

from contra.engine.core.layout import HOLD_OFFSET, HOLD_WIDTH, N_ROW, N_WORDS, S_INGRESS, State


def call(s: State, switch: int, stage: int, packet: int) -> None:
    """Run a function of the switch's program on a packet; stage is S_INGRESS, S_EGRESS, S_PARSE or S_RESET."""
    words, row = s.net[N_WORDS], s.net[N_ROW]
    bound = s.foreign.switches[switch]
    bound.stages[stage - S_INGRESS](
        bound.state, s.foreign.phv[packet * words : (packet + 1) * words], s.head[packet * row : (packet + 1) * row]
    )


def store(s: State, switch: int, hold: int, value: int) -> None:
    """Write a cell of the switch's state, little-endian."""
    offset, width = s.holds[hold + HOLD_OFFSET], s.holds[hold + HOLD_WIDTH]
    memory = s.foreign.switches[switch].state.memory
    memory[offset : offset + width] = (value & ((1 << 8 * width) - 1)).to_bytes(width, "little")
