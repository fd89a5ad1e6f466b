"""What the architecture brings along."""

from __future__ import annotations

from contra.p4.typed.types import Bits, ErrorValue, Field, StructType

STANDARD_METADATA = StructType(
    "standard_metadata_t",
    tuple(
        Field(name, kind)
        for name, kind in (
            ("ingress_port", Bits(9)),
            ("egress_spec", Bits(9)),
            ("egress_port", Bits(9)),
            ("instance_type", Bits(32)),
            ("packet_length", Bits(32)),
            ("enq_timestamp", Bits(32)),
            ("enq_qdepth", Bits(19)),
            ("deq_timedelta", Bits(32)),
            ("deq_qdepth", Bits(19)),
            ("ingress_global_timestamp", Bits(48)),
            ("egress_global_timestamp", Bits(48)),
            ("mcast_grp", Bits(16)),
            ("egress_rid", Bits(16)),
            ("checksum_error", Bits(1)),
            ("parser_error", ErrorValue()),
            ("priority", Bits(3)),
        )
    ),
)
"""v1model's standard metadata (p4c, p4include/v1model.p4, version 20200408)."""

DROP_PORT = 511
"""The port number that means drop."""
