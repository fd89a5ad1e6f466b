"""How a compiled program and the network around it hand packets to each other.

A packet in a switch is a *packet header vector* (PHV), an array of unsigned 64-bit words, and its *head*, the first
bytes of the packet as they came in. Words 0 to 15 are v1model's standard metadata in the order of
`contra.p4.typed.STANDARD_METADATA`, the next ones are control words (below), the program's own fields follow from
`USER` on, each in a word of its own (two or more above 64 bits, least significant first).

A program is four functions. Compiled, they are addresses of `void f(int64 state, int64 phv, int64 head)`, each
argument the address of the switch's state, of the PHV's first word, of the first byte of the head. Interpreted, they
are Python callables of the same three things: the switch's state object, a `memoryview` of format Q, a `memoryview` of
format B.

`ingress`  parses the head and runs verify and ingress. Before: all words 0 but ingress_port, packet_length,
           instance_type, ingress_global_timestamp, HEAD, LENGTH, and what `reset` kept. The head is not changed.
`egress`   runs egress and compute and deparses: the head then holds the packet that leaves, HEAD and LENGTH its size.
           Before: egress_port, egress_rid, instance_type, the queueing fields and egress_global_timestamp are set, and
           egress_spec is 0. Afterwards egress_spec is DROP_PORT if the packet is to be dropped.
`parse`    the parser alone: for clones of packets as they came in.
`reset`    clears all words but the metadata fields of field list `phv[KEEP] - 1`; `phv[KEEP]` 0 keeps nothing.

The head's row must have room for `Executable.growth` bytes more than HEAD. LENGTH counts also the bytes of the packet
that no row holds (the zeros of a simulated payload).

Clones take over headers but not metadata: `Executable.headers`, if there, is (first, end), the words of the headers
with their validity. Without it a clone is parsed again.
"""

from __future__ import annotations

STANDARD = 16
(
    INGRESS_PORT,
    EGRESS_SPEC,
    EGRESS_PORT,
    INSTANCE_TYPE,
    PACKET_LENGTH,
    ENQ_TIMESTAMP,
    ENQ_QDEPTH,
    DEQ_TIMEDELTA,
    DEQ_QDEPTH,
    INGRESS_GLOBAL_TIMESTAMP,
    EGRESS_GLOBAL_TIMESTAMP,
    MCAST_GRP,
    EGRESS_RID,
    CHECKSUM_ERROR,
    PARSER_ERROR,
    PRIORITY,
) = range(STANDARD)

(
    HEAD,  # bytes of the packet that the row holds
    LENGTH,  # bytes of the packet
    PARSED,  # bytes that the parser consumed: the payload starts there
    KEEP,  # field list to keep, plus 1: argument of `reset`
    REQUEST,  # ASK_ flags
    RESUBMIT_FIELDS,  # field list plus 1, 0 for none
    RECIRCULATE_FIELDS,
    CLONE_INGRESS_SESSION,
    CLONE_INGRESS_FIELDS,
    CLONE_EGRESS_SESSION,
    CLONE_EGRESS_FIELDS,
    TRUNCATE,  # bytes to keep
    FAULT,  # strict mode: FAULT_ code of the first fault, 0 for none
    FAULT_PLACE,  # index into `Executable.places`
    GROWN,  # bytes of headers made valid since the packet was parsed; behavioral-model counts them at once
    SHRUNK,  # bytes of headers made invalid
    USER,  # the first word of the program's own fields
) = range(STANDARD, STANDARD + 17)

ASK_RESUBMIT, ASK_RECIRCULATE, ASK_CLONE_INGRESS, ASK_CLONE_EGRESS, ASK_DIGEST, ASK_TRUNCATE = (
    1 << n for n in range(6)
)

(
    INSTANCE_NORMAL,
    INSTANCE_INGRESS_CLONE,
    INSTANCE_EGRESS_CLONE,
    INSTANCE_COALESCED,
    INSTANCE_RECIRCULATED,
    INSTANCE_REPLICATED,
    INSTANCE_RESUBMITTED,
) = range(7)
"""Values of `instance_type` (behavioral-model, targets/simple_switch/simple_switch.h)."""

(
    FAULT_NONE,
    FAULT_INVALID_HEADER,  # a field of an invalid header is read or written
    FAULT_UNDEFINED,  # a variable is read that was never given a value
    FAULT_REGISTER_INDEX,  # a register is read or written past its end
    FAULT_STACK_INDEX,
    FAULT_HEAD,  # the parser read past the bytes that the row holds, though the packet has them
) = range(6)
