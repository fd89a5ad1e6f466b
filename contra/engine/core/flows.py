"""What is known of a flow: where its packets went, and when one has arrived, counts, delays, paths, gaps."""

from __future__ import annotations

from contra.engine.core.journal import keep_head, keep_trail, note
from contra.engine.core.layout import (
    F_ASTRAY,
    F_BYTES,
    F_DELAY_MAX,
    F_DELAY_SUM,
    F_GAP,
    F_HIGHEST,
    F_HOPS,
    F_LAST,
    F_LATE,
    F_LOOPED,
    F_PATH,
    F_PATHS,
    F_RECEIVED,
    F_TARGET,
    FLOW,
    J_DELIVERED,
    J_GAP,
    J_PATH,
    LOG_DELIVERED,
    LOG_HEADS,
    MARK_PROBE,
    N_LOG,
    N_LONGEST,
    N_LOOPED,
    N_NOW,
    N_PATHS,
    NONE,
    P_BORN,
    P_FLOW,
    P_HASH,
    P_HEAD,
    P_LOOPED,
    P_MARKS,
    P_SEEN,
    P_SEQUENCE,
    P_SIZE,
    P_TRAIL,
    PACKET,
    TRAIL,
    State,
)
from contra.engine.jit import core


@core
def arrived(s: State, node: int, packet: int) -> None:
    """A packet has come to a host, or to the controller of the switch that it was sent to."""
    p, net = packet * PACKET, s.net
    if s.packets[p + P_FLOW] >= 0:
        account(s, node, packet)
    if net[N_LOG] & LOG_DELIVERED:
        if s.packets[p + P_MARKS] & MARK_PROBE and s.packets[p + P_FLOW] < 0:
            s.packets[p + P_BORN], s.packets[p + P_TRAIL] = NONE, 0  # not kept
        start = keep_trail(s, packet)
        held = 0
        if net[N_LOG] & LOG_HEADS:
            keep_head(s, packet)
            held = s.packets[p + P_HEAD]
        sizes = s.packets[p + P_TRAIL] | (held << 32)
        flow, born = s.packets[p + P_FLOW], s.packets[p + P_BORN]
        note(s, J_DELIVERED, node, flow, s.packets[p + P_SEQUENCE], born, start, sizes)


@core
def account(s: State, node: int, packet: int) -> None:
    """Count a delivered packet for its flow, and note a new path."""
    p, flows = packet * PACKET, s.flows
    flow = s.packets[p + P_FLOW]
    at, delay, sequence = flow * FLOW, s.net[N_NOW] - s.packets[p + P_BORN], s.packets[p + P_SEQUENCE]
    if flows[at + F_TARGET] >= 0 and flows[at + F_TARGET] != node:
        flows[at + F_ASTRAY] += 1
        return
    if flows[at + F_GAP] > 0 and 0 <= flows[at + F_LAST] < s.net[N_NOW] - flows[at + F_GAP]:
        note(s, J_GAP, flow, flows[at + F_LAST], sequence - flows[at + F_HIGHEST] - 1, 0, 0, 0)
    flows[at + F_LAST] = s.net[N_NOW]
    flows[at + F_RECEIVED] += 1
    flows[at + F_BYTES] += s.packets[p + P_SIZE]
    flows[at + F_DELAY_SUM] += delay
    flows[at + F_DELAY_MAX] = max(flows[at + F_DELAY_MAX], delay)
    flows[at + F_HOPS] += s.packets[p + P_TRAIL]
    flows[at + F_LOOPED] += s.packets[p + P_LOOPED]
    if sequence < flows[at + F_HIGHEST]:
        flows[at + F_LATE] += 1
    flows[at + F_HIGHEST] = max(flows[at + F_HIGHEST], sequence)
    if flows[at + F_PATH] != s.packets[p + P_HASH]:
        flows[at + F_PATH] = s.packets[p + P_HASH]
        flows[at + F_PATHS] += 1
        s.net[N_PATHS] += 1
        start, before = keep_trail(s, packet), flows[at + F_RECEIVED] - 1
        note(s, J_PATH, flow, s.packets[p + P_HASH], start, s.packets[p + P_TRAIL], before, 0)


@core
def visit(s: State, switch: int, packet: int) -> None:
    """Add a switch to a packet's trail; see whether it was there before."""
    p, row = packet * PACKET, packet * TRAIL
    probe = s.packets[p + P_MARKS] & MARK_PROBE
    if probe and s.packets[p + P_FLOW] < 0:
        return
    length, seen, bit = s.packets[p + P_TRAIL], s.packets[p + P_SEEN], 1 << switch % 63
    s.packets[p + P_SEEN] = seen | bit
    if not probe:
        if seen & bit and not s.packets[p + P_LOOPED]:
            for index in range(row, row + min(length, TRAIL)):
                if s.trail[index] == switch:
                    s.packets[p + P_LOOPED] = 1
                    s.net[N_LOOPED] += 1
                    break
        if length >= s.net[N_LONGEST]:
            s.net[N_LONGEST] = length + 1
    if length < TRAIL:
        s.trail[row + length] = switch
    s.packets[p + P_TRAIL] = length + 1
    s.packets[p + P_HASH] = (s.packets[p + P_HASH] * 1000003 + switch + 1) & ((1 << 42) - 1)
