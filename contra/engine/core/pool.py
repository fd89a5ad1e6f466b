"""Packets and their rows of `phv`: taking them from the pools, copying, giving back.

A packet has a row of `phv` only in a switch, from ingress to the end of egress. Few rows are in use at a time, and the
one that was given back last is taken first, so that they stay in the processor's cache.
"""

from __future__ import annotations

from contra.engine.core.gate import copy
from contra.engine.core.layout import (
    DESK,
    LINE_WORDS,
    MARK_PROBE,
    N_COPIED,
    N_DESK_COUNT,
    N_FREE_COUNT,
    N_ROW,
    NONE,
    P_FLOW,
    P_HEAD,
    P_MARKS,
    P_NEXT,
    P_PHV,
    P_TRAIL,
    PACKET,
    TRAIL,
    State,
)
from contra.engine.jit import core


@core
def take(s: State) -> int:
    """An unused packet, all fields 0 but the link to the next; outside switches."""
    s.net[N_FREE_COUNT] -= 1
    packet = s.free[s.net[N_FREE_COUNT]]
    at = packet * PACKET
    clear(s.packets, at, PACKET)
    s.packets[at + P_NEXT] = s.packets[at + P_PHV] = NONE
    return packet


@core
def give(s: State, packet: int) -> None:
    """Put a packet back."""
    give_words(s, packet)
    s.free[s.net[N_FREE_COUNT]] = packet
    s.net[N_FREE_COUNT] += 1


@core
def take_words(s: State, packet: int) -> int:
    """Give a packet a row of `phv`; returns where its PHV starts. What was there is still there."""
    s.net[N_DESK_COUNT] -= 1
    v = s.desks[s.net[N_DESK_COUNT]]
    s.packets[packet * PACKET + P_PHV] = v
    return v


@core
def give_words(s: State, packet: int) -> None:
    """Put a packet's row of `phv` back, if it has one."""
    v = s.packets[packet * PACKET + P_PHV]
    if v >= 0:
        s.desks[s.net[N_DESK_COUNT]] = v
        s.net[N_DESK_COUNT] += 1
        s.packets[packet * PACKET + P_PHV] = NONE


@core
def clear(array: memoryview, at: int, count: int) -> None:
    """Set elements to 0."""
    for index in range(at, at + count):
        array[index] = 0


@core
def copy_wire(s: State, packet: int) -> int:
    """A copy outside switches. What is not kept of probes is not copied."""
    s.net[N_FREE_COUNT] -= 1
    other = s.free[s.net[N_FREE_COUNT]]
    source, target = packet * PACKET, other * PACKET
    for field in range(LINE_WORDS):
        s.packets[target + field] = s.packets[source + field]
    s.packets[target + P_NEXT] = s.packets[target + P_PHV] = NONE
    if not s.packets[source + P_MARKS] & MARK_PROBE or s.packets[source + P_FLOW] >= 0:
        for field in range(LINE_WORDS, PACKET):
            s.packets[target + field] = s.packets[source + field]
        copy(s.trail, other * TRAIL, packet * TRAIL, min(s.packets[source + P_TRAIL], TRAIL))
    row = s.net[N_ROW]
    copy(s.head, other * row, packet * row, s.packets[source + P_HEAD])
    s.net[N_COPIED] += 1
    return other


@core
def copy_words(s: State, packet: int, other: int, words: int) -> int:
    """Give a packet a copy of another's row of `phv`; returns where its PHV starts."""
    v = take_words(s, other)
    copy(s.phv, v - DESK, s.packets[packet * PACKET + P_PHV] - DESK, words + DESK)
    return v
