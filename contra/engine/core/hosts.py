"""Hosts: sources of packets, and what is delivered to them."""

from __future__ import annotations

from contra.engine.core.chance import draw
from contra.engine.core.flows import arrived, visit
from contra.engine.core.heap import push
from contra.engine.core.layout import (
    E_FLOW,
    E_FRAME,
    E_FRAME_SIZE,
    E_GAP,
    E_KIND,
    E_NODE,
    E_SEED,
    E_SEQUENCE,
    E_SIZE,
    E_STOP,
    EVENT_SHIFT,
    EVENT_SOURCE,
    F_SENT,
    F_SENT_BYTES,
    FLOW,
    H_LINK,
    H_RECEIVED,
    HOST,
    N_CPU,
    N_DELIVERED,
    N_INJECTED,
    N_NOW,
    N_ROW,
    N_SWITCHES,
    P_BORN,
    P_FLOW,
    P_HEAD,
    P_SEQUENCE,
    P_SIZE,
    PACKET,
    SOURCE,
    SOURCE_POISSON,
    TCP_FLOW,
    State,
)
from contra.engine.core.pool import give, take
from contra.engine.core.queues import enqueue
from contra.engine.core.switch import receive
from contra.engine.core.tcp import hear
from contra.engine.jit import core


@core
def fire(s: State, source: int) -> None:
    """A source's time has come: make its packet and set its next event."""
    e, at, now = s.sources, source * SOURCE, s.net[N_NOW]
    if now >= e[at + E_STOP]:
        return
    gap = e[at + E_GAP]
    port = s.net[N_CPU] if e[at + E_NODE] < s.net[N_SWITCHES] else 0
    packet = make(s, e[at + E_FRAME], e[at + E_FRAME_SIZE], e[at + E_SIZE], e[at + E_FLOW])
    s.packets[packet * PACKET + P_SEQUENCE] = e[at + E_SEQUENCE]
    e[at + E_SEQUENCE] += 1
    inject(s, e[at + E_NODE], port, packet)
    if e[at + E_KIND] == SOURCE_POISSON:
        gap = exponential(draw(e, at + E_SEED), gap)
    push(s, now + gap, (EVENT_SOURCE << EVENT_SHIFT) | source)


@core
def exponential(chance: int, mean: int) -> int:
    """-mean * ln((chance + 1) / 2**32), in integers alone so that all machines agree; relative error below 1e-6.

    With chance + 1 = m * 2**e and m in [1, 2), the binary logarithm's fraction comes bit by bit from squaring m.
    """
    value, power = chance + 1, 0
    while value >> (power + 1):
        power += 1
    fixed, bits = (value << 30) >> power, 0
    for _ in range(24):
        fixed = fixed * fixed >> 30
        bits <<= 1
        if fixed >> 31:
            bits |= 1
            fixed >>= 1
    octaves = (32 << 24) - ((power << 24) | bits)  # minus log2, 24 bits of fraction
    share = octaves * 11629080 >> 24  # ln 2 * 2**24
    return mean * (share >> 24) + ((mean >> 24) * (share & 0xFFFFFF) + ((mean & 0xFFFFFF) * (share & 0xFFFFFF) >> 24))


@core
def make(s: State, frame: int, held: int, size: int, flow: int) -> int:
    """A new packet from bytes in `frames`."""
    packet = take(s)
    p, row = packet * PACKET, packet * s.net[N_ROW]
    for index in range(held):
        s.head[row + index] = s.frames[frame + index]
    s.packets[p + P_HEAD], s.packets[p + P_SIZE] = held, size
    s.packets[p + P_FLOW], s.packets[p + P_BORN] = flow, s.net[N_NOW]
    s.net[N_INJECTED] += 1
    return packet


@core
def inject(s: State, node: int, port: int, packet: int) -> None:
    """A host sends the packet; a switch receives it at the port, and is the first of its way if it is of a flow."""
    flow = s.packets[packet * PACKET + P_FLOW]
    if flow >= 0:
        s.flows[flow * FLOW + F_SENT] += 1
        s.flows[flow * FLOW + F_SENT_BYTES] += s.packets[packet * PACKET + P_SIZE]
    if node < s.net[N_SWITCHES]:
        if flow >= 0:
            visit(s, node, packet)
        receive(s, node, port, packet)
        return
    enqueue(s, s.hosts[(node - s.net[N_SWITCHES]) * HOST + H_LINK], packet)


@core
def deliver(s: State, node: int, packet: int) -> None:
    """A packet reaches a host, which answers if it is of a connection."""
    net = s.net
    net[N_DELIVERED] += 1
    s.hosts[(node - net[N_SWITCHES]) * HOST + H_RECEIVED] += 1
    arrived(s, node, packet)
    if s.packets[packet * PACKET + P_FLOW] <= TCP_FLOW:
        hear(s, node, packet)
    give(s, packet)
