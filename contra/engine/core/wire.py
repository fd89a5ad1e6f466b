"""From the transmitter to the far end: time on the wire, impairments, packets under way."""

from __future__ import annotations

from contra.engine.core.chance import draw
from contra.engine.core.heap import push
from contra.engine.core.journal import drop, keep_head, note
from contra.engine.core.layout import (
    CAPTURE_SENT,
    DROP_LOST,
    EVENT_ARRIVAL,
    EVENT_SHIFT,
    J_CAPTURE,
    L_ARRIVAL,
    L_CAPTURE,
    L_DATA_BYTES,
    L_DATA_PACKETS,
    L_DELAY,
    L_DUPLICATE,
    L_FLIGHT,
    L_FLIGHT_LAST,
    L_FLIGHT_TIME,
    L_FREE_AT,
    L_FROM,
    L_JITTER,
    L_LAST_TIME,
    L_LOSS,
    L_LOST,
    L_MARKED,
    L_PROBE_BYTES,
    L_PROBE_PACKETS,
    L_PROBES_ONLY,
    L_RATE,
    L_REORDER,
    L_SEED,
    LINK,
    MARK_CONGESTED,
    MARK_PROBE,
    N_FRAMING,
    N_NOW,
    N_PROBE_TYPE,
    N_ROW,
    N_SHIM_NEXT,
    N_SHIM_SIZE,
    N_SHIM_TYPE,
    NONE,
    P_BORN,
    P_FLOW,
    P_HASH,
    P_HEAD,
    P_LOOPED,
    P_MARKS,
    P_NEXT,
    P_NEXT_TIME,
    P_SEEN,
    P_SIZE,
    P_TRAIL,
    PACKET,
    PICOSECONDS,
    State,
)
from contra.engine.core.pool import copy_wire
from contra.engine.jit import core

IPV4 = 0x0800
ETHERNET = 14


@core
def two_bytes(s: State, at: int) -> int:
    """A big-endian number in the heads."""
    return (s.head[at] << 8) | s.head[at + 1]


@core
def mark(s: State, packet: int) -> int:
    """Set CE in the IPv4 header of an ECT packet (RFC 3168); 1 if it was done.

    The header stands after Ethernet (EtherType 0x0800) or after the shim whose next EtherType is 0x0800.
    """
    p, at = packet * PACKET, packet * s.net[N_ROW]
    size, offset = s.packets[p + P_HEAD], ETHERNET
    if size < ETHERNET:
        return 0
    kind = two_bytes(s, at + 12)
    if kind == s.net[N_SHIM_TYPE] and kind != 0:
        if size < ETHERNET + s.net[N_SHIM_SIZE]:
            return 0
        kind = two_bytes(s, at + ETHERNET + s.net[N_SHIM_NEXT])
        offset += s.net[N_SHIM_SIZE]
    if kind != IPV4 or size < offset + 20:
        return 0
    at += offset
    service = s.head[at + 1]
    if service & 3 == 0 or service & 3 == 3:
        return 0
    added = (service | 3) - service
    s.head[at + 1] = service | 3
    # RFC 1624, equation 3: the checksum's complement grows by what the word grows
    total = (~two_bytes(s, at + 10) & 0xFFFF) + added
    total = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    s.head[at + 10], s.head[at + 11] = total >> 8, total & 255
    return 1


@core
def send(s: State, link: int, packet: int) -> None:
    """Put a packet on the wire now."""
    links, at, p, now = s.links, link * LINK, packet * PACKET, s.net[N_NOW]
    marks = s.packets[p + P_MARKS]
    if marks & MARK_CONGESTED:
        links[at + L_MARKED] += mark(s, packet)
    probe, row, size = 0, packet * s.net[N_ROW], s.packets[p + P_SIZE]
    if s.packets[p + P_HEAD] >= ETHERNET and two_bytes(s, row + 12) == s.net[N_PROBE_TYPE]:
        probe = MARK_PROBE
        links[at + L_PROBE_PACKETS] += 1
        links[at + L_PROBE_BYTES] += size
    else:
        links[at + L_DATA_PACKETS] += 1
        links[at + L_DATA_BYTES] += size
    s.packets[p + P_MARKS] = probe
    if marks & MARK_PROBE and not probe and s.packets[p + P_FLOW] < 0:
        s.packets[p + P_BORN], s.packets[p + P_TRAIL] = now, 0  # its way as data begins here
        s.packets[p + P_HASH], s.packets[p + P_LOOPED], s.packets[p + P_SEEN] = 0, 0, 0
    if links[at + L_CAPTURE] & CAPTURE_SENT:
        start = keep_head(s, packet)
        note(s, J_CAPTURE, link, CAPTURE_SENT, start, s.packets[p + P_HEAD], size, 0)
    sent = now
    if links[at + L_RATE] > 0:
        sent += (size + s.net[N_FRAMING]) * 8 * PICOSECONDS // links[at + L_RATE]
    links[at + L_FREE_AT] = sent
    if links[at + L_LOSS] + links[at + L_DUPLICATE] + links[at + L_REORDER] > 0 and (
        probe or not links[at + L_PROBES_ONLY]
    ):
        impaired(s, link, packet, sent + links[at + L_DELAY])
    else:
        depart(s, link, packet, sent + links[at + L_DELAY])


@core
def impaired(s: State, link: int, packet: int, arrival: int) -> None:
    """Lose, delay or duplicate a packet, as the link's generator says: always three draws, four for a delay."""
    links, at = s.links, link * LINK
    lost = draw(links, at + L_SEED) < links[at + L_LOSS]
    twice = draw(links, at + L_SEED) < links[at + L_DUPLICATE]
    late = draw(links, at + L_SEED) < links[at + L_REORDER]
    if lost:
        links[at + L_LOST] += 1
        drop(s, packet, links[at + L_FROM], DROP_LOST)
        return
    if twice:
        depart(s, link, copy_wire(s, packet), arrival)
    if late:
        # Split, because 64 bits do not hold 32 bits times a jitter of more than 2 ms
        chance, jitter = draw(links, at + L_SEED), links[at + L_JITTER]
        arrival += (chance * (jitter >> 16) >> 16) + (chance * (jitter & 0xFFFF) >> 32)
    depart(s, link, packet, arrival)


@core
def depart(s: State, link: int, packet: int, arrival: int) -> None:
    """Under way: into the link's list, in order of arrival, and its event set to the first."""
    links, packets, at, p = s.links, s.packets, link * LINK, packet * PACKET
    first = links[at + L_FLIGHT]
    if first < 0 or links[at + L_LAST_TIME] <= arrival:
        last = links[at + L_FLIGHT_LAST] * PACKET
        packets[p + P_NEXT] = NONE
        links[at + L_FLIGHT_LAST], links[at + L_LAST_TIME] = packet, arrival
        if first < 0:
            links[at + L_FLIGHT], links[at + L_FLIGHT_TIME] = packet, arrival
        else:
            packets[last + P_NEXT], packets[last + P_NEXT_TIME] = packet, arrival
    elif links[at + L_FLIGHT_TIME] > arrival:
        packets[p + P_NEXT], packets[p + P_NEXT_TIME] = first, links[at + L_FLIGHT_TIME]
        links[at + L_FLIGHT], links[at + L_FLIGHT_TIME] = packet, arrival
    else:
        other = first * PACKET
        while packets[other + P_NEXT_TIME] <= arrival:
            other = packets[other + P_NEXT] * PACKET
        packets[p + P_NEXT], packets[p + P_NEXT_TIME] = packets[other + P_NEXT], packets[other + P_NEXT_TIME]
        packets[other + P_NEXT], packets[other + P_NEXT_TIME] = packet, arrival
    if links[at + L_FLIGHT] == packet:
        expect(s, link)


@core
def expect(s: State, link: int) -> None:
    """Set the event for the first packet under way. An event for a later time than the new one dies when it comes."""
    at = link * LINK
    time = s.links[at + L_FLIGHT_TIME]
    if s.links[at + L_ARRIVAL] != time:
        s.links[at + L_ARRIVAL] = time
        push(s, time, (EVENT_ARRIVAL << EVENT_SHIFT) | link)
