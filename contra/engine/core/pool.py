"""Packets: taking rows from the pool, copying, giving back."""

from __future__ import annotations

from contra.engine.core.layout import (
    N_COPIED,
    N_FREE,
    N_FREE_COUNT,
    N_ROW,
    N_WORDS,
    NONE,
    P_HEAD,
    P_NEXT,
    P_TRAIL,
    PACKET,
    TRAIL,
    State,
)
from contra.engine.jit import core


@core
def take(s: State) -> int:
    """An unused packet, all fields 0 but the link to the next."""
    packet = s.net[N_FREE]
    at = packet * PACKET
    s.net[N_FREE] = s.packets[at + P_NEXT]
    s.net[N_FREE_COUNT] -= 1
    for field in range(PACKET):
        s.packets[at + field] = 0
    s.packets[at + P_NEXT] = NONE
    return packet


@core
def give(s: State, packet: int) -> None:
    """Put a packet back."""
    s.packets[packet * PACKET + P_NEXT] = s.net[N_FREE]
    s.net[N_FREE] = packet
    s.net[N_FREE_COUNT] += 1


@core
def copy_wire(s: State, packet: int) -> int:
    """A copy with all but the PHV."""
    other = take(s)
    source, target = packet * PACKET, other * PACKET
    for field in range(PACKET):
        s.packets[target + field] = s.packets[source + field]
    s.packets[target + P_NEXT] = NONE
    row = s.net[N_ROW]
    from_head, to_head = packet * row, other * row
    for index in range(s.packets[source + P_HEAD]):
        s.head[to_head + index] = s.head[from_head + index]
    from_trail, to_trail = packet * TRAIL, other * TRAIL
    for index in range(min(s.packets[source + P_TRAIL], TRAIL)):
        s.trail[to_trail + index] = s.trail[from_trail + index]
    s.net[N_COPIED] += 1
    return other


@core
def copy_words(s: State, packet: int, other: int, words: int) -> None:
    """Copy the PHV."""
    source, target = packet * s.net[N_WORDS], other * s.net[N_WORDS]
    for index in range(words):
        s.phv[target + index] = s.phv[source + index]
