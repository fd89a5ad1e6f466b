"""A switch: v1model's traffic manager around the program (behavioral-model, targets/simple_switch)."""

from __future__ import annotations

from contra.engine.core.flows import arrived
from contra.engine.core.gate import call, store
from contra.engine.core.journal import drop, keep_head, note
from contra.engine.core.layout import (
    DROP_EGRESS,
    DROP_INGRESS,
    DROP_NO_GROUP,
    DROP_NO_PORT,
    DROP_PORT,
    DROP_ROUNDS,
    DROP_SPINS,
    HOLD,
    HOLD_SHIFT,
    HOLD_VALUE,
    J_CONTROLLER,
    J_DIGEST,
    J_EGRESS,
    J_FAULT,
    J_INGRESS,
    L_FROM,
    L_QUEUE_PACKETS,
    L_TO,
    LINK,
    LOG_TRACE,
    MICROSECOND,
    N_BLOB,
    N_CONTROLLER,
    N_COPIED,
    N_CPU,
    N_DIGESTS,
    N_FAULTS,
    N_LOG,
    N_NOW,
    P_FLOW,
    P_HEAD,
    P_PHV,
    P_SIZE,
    PACKET,
    PORTS,
    S_EGRESS,
    S_GROUP_COUNT,
    S_GROUPS,
    S_HEADERS,
    S_HEADERS_END,
    S_HOLD_COUNT,
    S_HOLDS,
    S_INGRESS,
    S_PARSE,
    S_RESET,
    S_SESSION_COUNT,
    S_SESSIONS,
    S_WORDS,
    SPINS,
    SWITCH,
    W_NODE,
    W_OUT,
    W_PORT,
    W_SPINS,
    State,
)
from contra.engine.core.pool import clear, copy_wire, copy_words, give, give_words, take_words
from contra.engine.core.queues import await_ingress, enqueue
from contra.engine.core.wire import send
from contra.engine.jit import core
from contra.p4.abi import (
    ASK_CLONE_EGRESS,
    ASK_CLONE_INGRESS,
    ASK_DIGEST,
    ASK_RECIRCULATE,
    ASK_RESUBMIT,
    ASK_TRUNCATE,
    CLONE_EGRESS_FIELDS,
    CLONE_EGRESS_SESSION,
    CLONE_INGRESS_FIELDS,
    CLONE_INGRESS_SESSION,
    DEQ_QDEPTH,
    DEQ_TIMEDELTA,
    EGRESS_GLOBAL_TIMESTAMP,
    EGRESS_PORT,
    EGRESS_RID,
    EGRESS_SPEC,
    ENQ_QDEPTH,
    ENQ_TIMESTAMP,
    FAULT,
    FAULT_PLACE,
    GROWN,
    HEAD,
    INGRESS_GLOBAL_TIMESTAMP,
    INGRESS_PORT,
    INSTANCE_EGRESS_CLONE,
    INSTANCE_INGRESS_CLONE,
    INSTANCE_NORMAL,
    INSTANCE_RECIRCULATED,
    INSTANCE_REPLICATED,
    INSTANCE_RESUBMITTED,
    INSTANCE_TYPE,
    KEEP,
    LENGTH,
    MCAST_GRP,
    PACKET_LENGTH,
    PARSED,
    RECIRCULATE_FIELDS,
    REQUEST,
    RESUBMIT_FIELDS,
    SHRUNK,
    TRUNCATE,
)


@core
def receive(s: State, switch: int, port: int, packet: int) -> None:
    """A packet comes in by a port: a clean PHV, then ingress in this step."""
    p, v, phv = packet * PACKET, take_words(s, packet), s.phv
    clear(phv, v, s.switches[switch * SWITCH + S_WORDS])
    phv[v + W_NODE], phv[v + W_PORT], phv[v + W_SPINS] = switch, port, 0
    phv[v + INGRESS_PORT] = port
    phv[v + PACKET_LENGTH] = s.packets[p + P_SIZE]
    phv[v + INGRESS_GLOBAL_TIMESTAMP] = s.net[N_NOW] // MICROSECOND
    phv[v + HEAD] = s.packets[p + P_HEAD]
    phv[v + LENGTH] = s.packets[p + P_SIZE]
    await_ingress(s, packet)


@core
def ingress(s: State, packet: int) -> None:
    """Run ingress, then what it asked for: ingress clone, digest, resubmit, multicast, drop, unicast, in this order."""
    v, phv = s.packets[packet * PACKET + P_PHV], s.phv
    switch = phv[v + W_NODE]
    if s.switches[switch * SWITCH + S_HOLD_COUNT]:
        hold_still(s, switch)
    length = phv[v + PACKET_LENGTH]
    call(s, switch, S_INGRESS, packet)
    if phv[v + FAULT]:
        fault(s, switch, packet)
    if s.net[N_LOG] & LOG_TRACE:
        trace(s, J_INGRESS, switch, phv[v + W_PORT], packet)
    request = phv[v + REQUEST]
    if request & ~ASK_TRUNCATE:
        phv[v + REQUEST] = request & ASK_TRUNCATE
        if request & ASK_CLONE_INGRESS:
            clone_ingress(s, switch, packet, length)
        if request & ASK_DIGEST:
            digest(s, switch, packet)
        if request & ASK_RESUBMIT:
            again(s, switch, packet, phv[v + RESUBMIT_FIELDS], INSTANCE_RESUBMITTED, length)
            return
    if phv[v + MCAST_GRP]:
        phv[v + INSTANCE_TYPE] = INSTANCE_REPLICATED
        at = switch * SWITCH
        multicast(s, switch, packet, s.switches[at + S_GROUPS], s.switches[at + S_GROUP_COUNT], phv[v + MCAST_GRP])
    elif phv[v + EGRESS_SPEC] == DROP_PORT:
        drop(s, packet, switch, DROP_INGRESS)
    else:
        phv[v + INSTANCE_TYPE] = INSTANCE_NORMAL
        to_port(s, switch, packet, phv[v + EGRESS_SPEC])


@core
def hold_still(s: State, switch: int) -> None:
    """Write the cells of the switch's state that are held."""
    at = switch * SWITCH
    first = s.switches[at + S_HOLDS]
    for index in range(first, first + s.switches[at + S_HOLD_COUNT]):
        hold = index * HOLD
        value, shift = s.holds[hold + HOLD_VALUE], s.holds[hold + HOLD_SHIFT]
        if shift >= 0:
            value = (s.net[N_NOW] // MICROSECOND) >> shift
        store(s, switch, hold, value)


@core
def fault(s: State, switch: int, packet: int) -> None:
    """The program did what P4 leaves undefined."""
    v = s.packets[packet * PACKET + P_PHV]
    s.net[N_FAULTS] += 1
    note(s, J_FAULT, switch, s.phv[v + FAULT], s.phv[v + FAULT_PLACE], packet, 0, 0)
    s.phv[v + FAULT] = 0


@core
def keep_words(s: State, switch: int, packet: int) -> int:
    """Copy a packet's PHV to the blob, least significant bytes first; returns where it stands."""
    start, words, v = s.net[N_BLOB], s.switches[switch * SWITCH + S_WORDS], s.packets[packet * PACKET + P_PHV]
    for index in range(words):
        value = s.phv[v + index]
        for byte in range(8):
            s.blob[start + 8 * index + byte] = (value >> (8 * byte)) & 255
    s.net[N_BLOB] = start + 8 * words
    return start


@core
def trace(s: State, kind: int, switch: int, port: int, packet: int) -> None:
    """Keep what a packet looks like here."""
    words = keep_words(s, switch, packet)
    head = keep_head(s, packet)
    note(s, kind, switch, port, words, head, s.packets[packet * PACKET + P_HEAD], packet)


@core
def digest(s: State, switch: int, packet: int) -> None:
    """Count a digest and keep the PHV that it is made from."""
    s.net[N_DIGESTS] += 1
    start = keep_words(s, switch, packet)
    note(s, J_DIGEST, switch, start, s.switches[switch * SWITCH + S_WORDS], packet, 0, 0)


@core
def again(s: State, switch: int, packet: int, fields: int, instance: int, length: int) -> None:
    """Resubmit or recirculate: the PHV forgets all but the fields, and the packet waits for ingress."""
    p, v = packet * PACKET, s.packets[packet * PACKET + P_PHV]
    s.phv[v + W_SPINS] += 1
    if s.phv[v + W_SPINS] > SPINS:
        drop(s, packet, switch, DROP_SPINS if instance == INSTANCE_RESUBMITTED else DROP_ROUNDS)
        return
    s.packets[p + P_SIZE] = length
    forget(s, switch, packet, fields, instance)
    s.phv[v + PACKET_LENGTH] = length
    await_ingress(s, packet)


@core
def forget(s: State, switch: int, packet: int, fields: int, instance: int) -> None:
    """Reset the PHV but for the fields of a list (its number plus 1, 0 for none), and say what the packet is."""
    p, v = packet * PACKET, s.packets[packet * PACKET + P_PHV]
    s.phv[v + KEEP] = fields
    call(s, switch, S_RESET, packet)
    s.phv[v + INSTANCE_TYPE] = instance
    s.phv[v + HEAD] = s.packets[p + P_HEAD]
    s.phv[v + LENGTH] = s.packets[p + P_SIZE]


@core
def clone_ingress(s: State, switch: int, packet: int, length: int) -> None:
    """Parse the packet as it came in, with metadata reset but for the fields, and send it to the session's ports."""
    v, at = s.packets[packet * PACKET + P_PHV], switch * SWITCH
    session = s.phv[v + CLONE_INGRESS_SESSION]
    if group_size(s, s.switches[at + S_SESSIONS], s.switches[at + S_SESSION_COUNT], session) == 0:
        return
    other, parsed = copy_wire(s, packet), copy_wire(s, packet)
    s.packets[other * PACKET + P_SIZE] = length
    s.packets[parsed * PACKET + P_SIZE] = length
    words, w = s.switches[at + S_WORDS], take_words(s, parsed)
    clear(s.phv, w, words)
    s.phv[w + INGRESS_PORT] = s.phv[v + W_PORT]
    s.phv[w + HEAD], s.phv[w + LENGTH] = s.packets[packet * PACKET + P_HEAD], length
    call(s, switch, S_PARSE, parsed)
    copy_words(s, packet, other, words)
    forget(s, switch, other, s.phv[v + CLONE_INGRESS_FIELDS], INSTANCE_INGRESS_CLONE)
    take_headers(s, switch, parsed, other, s.phv[w + PARSED])
    give(s, parsed)
    s.net[N_COPIED] -= 1
    multicast(s, switch, other, s.switches[at + S_SESSIONS], s.switches[at + S_SESSION_COUNT], session)


@core
def clone_egress(s: State, switch: int, packet: int, payload: int) -> None:
    """Send the packet as egress left it, metadata reset but for the fields, to the session's ports.

    `payload` bytes at the end of the head are what the parser did not consume.
    """
    v, at = s.packets[packet * PACKET + P_PHV], switch * SWITCH
    session = s.phv[v + CLONE_EGRESS_SESSION]
    if group_size(s, s.switches[at + S_SESSIONS], s.switches[at + S_SESSION_COUNT], session) == 0:
        return
    other = copy_wire(s, packet)
    copy_words(s, packet, other, s.switches[at + S_WORDS])
    forget(s, switch, other, s.phv[v + CLONE_EGRESS_FIELDS], INSTANCE_EGRESS_CLONE)
    take_headers(s, switch, packet, other, s.packets[packet * PACKET + P_HEAD] - payload)
    multicast(s, switch, other, s.switches[at + S_SESSIONS], s.switches[at + S_SESSION_COUNT], session)


@core
def take_headers(s: State, switch: int, packet: int, clone: int, parsed: int) -> None:
    """Give a clone the headers of a packet, and say where the payload starts.

    If the program does not tell which words hold headers, the clone is parsed again; what the parser does to metadata
    then stays.
    """
    at, source, target = switch * SWITCH, s.packets[packet * PACKET + P_PHV], s.packets[clone * PACKET + P_PHV]
    if s.switches[at + S_HEADERS_END] == 0:
        kept = s.phv[target + INGRESS_PORT]
        s.phv[target + INGRESS_PORT] = s.phv[target + W_PORT]
        call(s, switch, S_PARSE, clone)
        s.phv[target + INGRESS_PORT] = kept
        return
    for index in range(s.switches[at + S_HEADERS], s.switches[at + S_HEADERS_END]):
        s.phv[target + index] = s.phv[source + index]
    s.phv[target + PARSED] = parsed


@core
def group_size(s: State, table: int, count: int, group: int) -> int:
    """Copies that a multicast group or clone session makes, 0 for an unknown one."""
    if group < 0 or group >= count:
        return 0
    return s.groups[table + group + 1] - s.groups[table + group]


@core
def multicast(s: State, switch: int, packet: int, table: int, count: int, group: int) -> None:
    """Copies to all ports of a group; the packet itself becomes the last copy."""
    size = group_size(s, table, count, group)
    if size == 0:
        drop(s, packet, switch, DROP_NO_GROUP)
        return
    first = s.groups[table + group]
    words = s.switches[switch * SWITCH + S_WORDS]
    v = s.packets[packet * PACKET + P_PHV]
    s.phv[v + REQUEST] &= ~ASK_TRUNCATE  # copies are whole, as in behavioral-model
    for index in range(first, first + size):
        one, w = packet, v
        if index < first + size - 1:
            one = copy_wire(s, packet)
            w = copy_words(s, packet, one, words)
        s.phv[w + EGRESS_RID] = s.replicas[2 * index + 1]
        to_port(s, switch, one, s.replicas[2 * index])


@core
def to_port(s: State, switch: int, packet: int, port: int) -> None:
    """Into the queue of a port."""
    link = s.ports[switch * PORTS + port]
    v = s.packets[packet * PACKET + P_PHV]
    s.phv[v + W_OUT] = port
    s.packets[packet * PACKET + P_SIZE] = s.phv[v + LENGTH] + s.phv[v + GROWN] - s.phv[v + SHRUNK]
    s.phv[v + ENQ_TIMESTAMP] = s.net[N_NOW] // MICROSECOND
    s.phv[v + ENQ_QDEPTH] = s.links[link * LINK + L_QUEUE_PACKETS]
    enqueue(s, link, packet)


@core
def leave(s: State, link: int, packet: int) -> None:
    """A packet comes out of its port's queue: egress, then clone, drop, recirculation or the wire, in this order."""
    p, v, phv, at = packet * PACKET, s.packets[packet * PACKET + P_PHV], s.phv, link * LINK
    switch, port, now = s.links[at + L_FROM], phv[v + W_OUT], s.net[N_NOW] // MICROSECOND
    phv[v + EGRESS_GLOBAL_TIMESTAMP] = now
    phv[v + DEQ_TIMEDELTA] = now - phv[v + ENQ_TIMESTAMP]
    phv[v + DEQ_QDEPTH] = s.links[at + L_QUEUE_PACKETS]
    phv[v + EGRESS_PORT] = port
    phv[v + EGRESS_SPEC] = 0
    phv[v + PACKET_LENGTH] = phv[v + LENGTH] + phv[v + GROWN] - phv[v + SHRUNK]
    payload = phv[v + HEAD] - phv[v + PARSED]
    call(s, switch, S_EGRESS, packet)
    s.packets[p + P_HEAD], s.packets[p + P_SIZE] = phv[v + HEAD], phv[v + LENGTH]
    if phv[v + FAULT]:
        fault(s, switch, packet)
    if s.net[N_LOG] & LOG_TRACE:
        trace(s, J_EGRESS, switch, port, packet)
    request = phv[v + REQUEST]
    if request & ASK_CLONE_EGRESS:
        clone_egress(s, switch, packet, payload)
    if phv[v + EGRESS_SPEC] == DROP_PORT:
        drop(s, packet, switch, DROP_EGRESS)
        return
    if request & ASK_RECIRCULATE:
        again(s, switch, packet, phv[v + RECIRCULATE_FIELDS], INSTANCE_RECIRCULATED, s.packets[p + P_SIZE])
        return
    if request & ASK_TRUNCATE:
        s.packets[p + P_SIZE] = min(s.packets[p + P_SIZE], phv[v + TRUNCATE])
        s.packets[p + P_HEAD] = min(s.packets[p + P_HEAD], phv[v + TRUNCATE])
    give_words(s, packet)
    if s.links[at + L_TO] >= 0:
        send(s, link, packet)
    else:
        nowhere(s, switch, port, packet)


@core
def nowhere(s: State, switch: int, port: int, packet: int) -> None:
    """The CPU port leads to the controller, other ports without a link lose the packet."""
    if port != s.net[N_CPU]:
        drop(s, packet, switch, DROP_NO_PORT)
        return
    s.net[N_CONTROLLER] += 1
    p = packet * PACKET
    if s.packets[p + P_FLOW] >= 0:
        arrived(s, switch, packet)
    else:
        start = keep_head(s, packet)
        note(s, J_CONTROLLER, switch, start, s.packets[p + P_HEAD], s.packets[p + P_SIZE], 0, 0)
    give(s, packet)
