"""What happened: records of eight words in the journal, bytes in the blob. Python reads them after a run."""

from __future__ import annotations

from contra.engine.core.connections import C_LOST, CONNECTION
from contra.engine.core.layout import (
    DONE,
    F_LOST,
    FLOW,
    GROW_BLOB,
    GROW_HEAP,
    GROW_JOURNAL,
    GROW_PACKETS,
    GROW_WORDS,
    J_DROP,
    LOG_DROPS,
    MARK_PROBE,
    N_BLOB,
    N_BLOB_MARGIN,
    N_BLOB_ROOM,
    N_DESK_COUNT,
    N_FREE_COUNT,
    N_HEAP,
    N_HEAP_ROOM,
    N_JOURNAL,
    N_JOURNAL_ROOM,
    N_LOG,
    N_MARGIN,
    N_NOW,
    N_RESERVE,
    N_ROW,
    P_FLOW,
    P_HEAD,
    P_MARKS,
    P_SEQUENCE,
    P_TRAIL,
    PACKET,
    REASONS,
    RECORD,
    TCP_FLOW,
    TRAIL,
    State,
)
from contra.engine.core.pool import give
from contra.engine.jit import core

HEAP_MARGIN = 64


@core
def short(s: State) -> int:
    """GROW_ code of what could run out within one step, or DONE."""
    net = s.net
    if net[N_FREE_COUNT] < net[N_RESERVE]:
        return GROW_PACKETS
    if net[N_DESK_COUNT] < net[N_RESERVE]:
        return GROW_WORDS
    if net[N_JOURNAL] + net[N_MARGIN] > net[N_JOURNAL_ROOM]:
        return GROW_JOURNAL
    if net[N_BLOB] + net[N_BLOB_MARGIN] > net[N_BLOB_ROOM]:
        return GROW_BLOB
    if net[N_HEAP] + net[N_RESERVE] + HEAP_MARGIN > net[N_HEAP_ROOM]:
        return GROW_HEAP
    return DONE


@core
def note(s: State, kind: int, a: int, b: int, c: int, d: int, e: int, f: int) -> None:
    """Write a record: kind, time now, six values."""
    at = s.net[N_JOURNAL] * RECORD
    s.net[N_JOURNAL] += 1
    s.journal[at] = kind
    s.journal[at + 1] = s.net[N_NOW]
    s.journal[at + 2] = a
    s.journal[at + 3] = b
    s.journal[at + 4] = c
    s.journal[at + 5] = d
    s.journal[at + 6] = e
    s.journal[at + 7] = f


@core
def keep_head(s: State, packet: int) -> int:
    """Copy a packet's head to the blob; returns where it stands."""
    start, row = s.net[N_BLOB], packet * s.net[N_ROW]
    size = s.packets[packet * PACKET + P_HEAD]
    for index in range(size):
        s.blob[start + index] = s.head[row + index]
    s.net[N_BLOB] = start + size
    return start


@core
def keep_trail(s: State, packet: int) -> int:
    """Copy a packet's trail to the blob, two bytes a switch, low byte first; returns where it stands."""
    start, row = s.net[N_BLOB], packet * TRAIL
    size = min(s.packets[packet * PACKET + P_TRAIL], TRAIL)
    for index in range(size):
        s.blob[start + 2 * index] = s.trail[row + index] & 255
        s.blob[start + 2 * index + 1] = s.trail[row + index] >> 8
    s.net[N_BLOB] = start + 2 * size
    return start


@core
def drop(s: State, packet: int, node: int, reason: int) -> None:
    """Count a lost packet and put it back."""
    s.drops[node * REASONS + reason] += 1
    flow = s.packets[packet * PACKET + P_FLOW]
    if flow >= 0:
        s.flows[flow * FLOW + F_LOST + reason] += 1
    elif flow <= TCP_FLOW:
        s.connections[((TCP_FLOW - flow) >> 1) * CONNECTION + C_LOST] += 1
    if s.net[N_LOG] & LOG_DROPS:
        at = packet * PACKET
        note(s, J_DROP, node, reason, flow, s.packets[at + P_SEQUENCE], s.packets[at + P_MARKS] & MARK_PROBE, packet)
    give(s, packet)
