"""Keyed probe authentication in the generated P4: what the templates need, all empty where it is not wanted."""

from __future__ import annotations

from typing import Any

from contra.emit.p4text import when
from contra.ir.headers import MAC
from contra.ir.model import Field, SwitchProgram

KEY_METADATA = (
    ("bit<8>", "keyed", "YES if the control plane has set a key"),
    ("bit<32>", "key_0", "first half of the key"),
    ("bit<32>", "key_1", "second half of the key"),
    ("bit<32>", "mac", "hash of the probe under the key"),
    ("bit<8>", "authentic", "whether the probe has that hash: YES or NO"),
)
"""Type, name and meaning of what authenticated programs keep beside the packet."""


_LINES = ("unkeyed_lines", "key_lines", "to_sign_lines")


def authentication_view(program: SwitchProgram) -> dict[str, Any]:
    """Names of the templates -> values."""
    send = "std.mcast_grp = meta.origin_group;"
    if not program.options.authenticate:
        names = ("authenticate_declarations", "authenticate_lines", "key_parts", "sign_lines", *_LINES)
        return {**{name: [] for name in names}, "start_lines": [send], "disbelief": "DROP_PROBE"}
    probe = next(header for header in program.headers if header.name == "probe")
    hashed = tuple(field for field in probe.fields if field is not MAC)
    return {
        "authenticate_declarations": ["Authenticate() authenticate;"],
        "authenticate_lines": [
            "bit<32> reason = DROP_PROBE;",
            "authenticate.apply(hdr, meta);",
            *when("meta.authentic == NO", "genuine = NO;", "reason = DROP_UNAUTHENTIC;"),
        ],
        "disbelief": "reason",
        "unkeyed_lines": ["meta.keyed = NO;"],
        "key_lines": when("!hdr.shim.isValid()", "probe_key.apply();"),
        "key_parts": ["probe_key.p4.j2"],
        "start_lines": [
            "hdr.probe.mac = 0;  // set per copy, in egress",
            *when("meta.keyed == YES", send)[:-1],
            "} else {",
            "    drops.count(DROP_UNAUTHENTIC);",
            "}",
        ],
        "to_sign_lines": ["bit<8> held_back = NO;"] * bool(unsigned(program)),
        "sign_lines": _sign_lines(program),
        "hashed_bytes": sum(field.bits for field in hashed) // 8,
        "hashed_words": words(hashed),
    }


def unsigned(program: SwitchProgram) -> list[str]:
    """What tells that a copy of a probe leaves nowhere, so that it needs no hash."""
    return ["held_back = YES;"] * (program.options.authenticate and not program.says_hello)


def _sign_lines(program: SwitchProgram) -> list[str]:
    sign = ("probe_hash.apply(hdr, meta);", "hdr.probe.mac = meta.mac;")
    lines = when("held_back == NO", *sign) if unsigned(program) else list(sign)
    return ["// All other fields are final", *lines]


def words(fields: tuple[Field, ...]) -> list[str]:
    """The little-endian words that HalfSipHash takes of a probe with these fields, as P4; the last tells the length.

    Source: the reference code of SipHash, halfsiphash.c.
    """
    text = _bytes(fields)
    size = len(text)
    whole = size // 4 * 4
    found = [" ++ ".join(reversed(text[start : start + 4])) for start in range(0, whole, 4)]
    left = text[whole:]
    zeros = [f"{8 * (3 - len(left))}w0"] * (len(left) < 3)
    return [*found, " ++ ".join([f"8w{size}", *zeros, *reversed(left)])]


def _bytes(fields: tuple[Field, ...]) -> list[str]:
    """Each byte of the fields as they stand on the wire."""
    made: list[str] = []
    parts: list[str] = []
    room = 8
    for field in fields:
        left = field.bits
        while left:
            taken = min(room, left)
            whole = taken == field.bits
            parts.append(f"hdr.probe.{field.name}" + ("" if whole else f"[{left - 1}:{left - taken}]"))
            left -= taken
            room -= taken
            if not room:
                made.append(" ++ ".join(parts))
                parts, room = [], 8
    return made
