"""What core.p4 and v1model.p4 declare (p4c, p4include, version 20180101), and what of it is refused.

The one place that knows which words of P4_16 and v1model are outside of the engine, and what stands in for them.
"""

from __future__ import annotations

from contra.p4 import typed

KNOWN_INCLUDES = {"core.p4": frozenset({"core.p4"}), "v1model.p4": frozenset({"core.p4", "v1model.p4"})}

_HASHES = (
    "crc32",
    "crc32_custom",
    "crc16",
    "crc16_custom",
    "random",
    "identity",
    "csum16",
    "xor16",
)
HASH_ALGORITHM = typed.EnumType("HashAlgorithm", _HASHES)
HASHES: dict[str, typed.HashAlgorithm] = {
    "crc16": "crc16",
    "crc32": "crc32",
    "csum16": "csum16",
    "identity": "identity",
    "xor16": "xor16",
}
"""The algorithms that are supported."""
COUNTER_TYPE = typed.EnumType("CounterType", ("packets", "bytes", "packets_and_bytes"))
METER_TYPE = typed.EnumType("MeterType", ("packets", "bytes"))
CLONE_TYPE = typed.EnumType("CloneType", ("I2E", "E2E"))
TYPES: dict[str, typed.Type] = {
    "standard_metadata_t": typed.STANDARD_METADATA,
    "HashAlgorithm": HASH_ALGORITHM,
    "CounterType": COUNTER_TYPE,
    "MeterType": METER_TYPE,
    "CloneType": CLONE_TYPE,
}
ERRORS = (
    "NoError",
    "PacketTooShort",
    "NoMatch",
    "StackOutOfBounds",
    "HeaderTooShort",
    "ParserTimeout",
    "ParserInvalidArgument",
)
"""core.p4's errors."""
MATCH_KINDS: dict[str, typed.MatchKind] = {
    "exact": "exact",
    "lpm": "lpm",
    "ternary": "ternary",
    "range": "range",
    "optional": "optional",
}

PACKETS = ("packet_in", "packet_out")
PACKAGE = "V1Switch"
TAKEN = ("Parser", "VerifyChecksum", "Ingress", "Egress", "ComputeChecksum", "Deparser")
"""Type names of v1model's own that programs cannot use, and need not."""
STATEFUL = ("register", "counter")
REFUSED_EXTERNS = {
    "meter": "",
    "direct_meter": "",
    "direct_counter": "use a counter with an index: counter(size, CounterType.packets) NAME;",
    "action_profile": "give the table its actions directly",
    "action_selector": "give the table its actions directly",
    "Checksum16": "use verify_checksum and update_checksum",
}
"""Extern objects that are not executed, and what stands in for them."""

CALLS = (
    "verify",
    "hash",
    "random",
    "digest",
    "mark_to_drop",
    "verify_checksum",
    "update_checksum",
    "verify_checksum_with_payload",
    "update_checksum_with_payload",
    "resubmit_preserving_field_list",
    "recirculate_preserving_field_list",
    "clone",
    "clone_preserving_field_list",
    "truncate",
)
REFUSED_CALLS = {
    "log_msg": "remove it: it changes nothing",
    "assert": "write an if statement",
    "assume": "write an if statement",
    "static_assert": "remove it: it changes nothing",
    "resubmit": "use resubmit_preserving_field_list(INDEX) and @field_list(INDEX)",
    "recirculate": "use recirculate_preserving_field_list(INDEX) and @field_list(INDEX)",
    "clone3": "use clone_preserving_field_list(TYPE, SESSION, INDEX) and @field_list(INDEX)",
}
"""Extern functions that are not executed, and what stands in for them."""

TYPE_NAMES = frozenset({*TYPES, *PACKETS, PACKAGE, *STATEFUL, *REFUSED_EXTERNS})
GENERIC = frozenset({*CALLS, *REFUSED_CALLS, "lookahead", "extract", "emit", "read", "write", "count"})
"""Functions and methods that may have type arguments."""

_LIST = "write { ... } where a list is wanted"
REFUSED_WORDS = {
    "extern": ("extern declarations are", "what v1model declares needs no declaration"),
    "header_union": ("header unions are", "use one header of each kind, and their validity"),
    "varbit": ("varbit fields are", "split the header by length, one header type each"),
    "package": ("package declarations are", ""),
    "value_set": ("parser value sets are", "write the values into the select"),
    "tuple": ("tuple types are", _LIST),
    "list": ("list types are", _LIST),
    "string": ("the type string is", ""),
    "match_kind": ("match kind declarations are", "match kinds are exact, lpm, ternary, range and optional"),
    "abstract": ("abstract methods are", ""),
    "this": ("'this' is", ""),
    "for": ("for loops are", "unroll the loop, or use parser states"),
    "break": ("'break' is", ""),
    "continue": ("'continue' is", ""),
}
HARMLESS = frozenset(
    (
        *("alias", "atomic", "brief", "description", "deprecated", "diagnostic", "hidden", "id", "inline", "mid"),
        *("noSideEffects", "nowarn", "noWarn", "optional", "p4runtime_translation", "pkginfo", "platform_property"),
        *("proto_id", "proto_package", "pure", "unused"),
    )
)
"""Annotations that do not change what the program does here."""
MEANT = frozenset(("name", "controller_header", "field_list", "defaultonly", "tableonly", "default_only", "table_only"))
"""Annotations that are understood."""
