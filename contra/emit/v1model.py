"""The v1model back end: a `SwitchProgram` -> the text of one P4_16 program.

Everything that a template would have to decide is decided here; templates hold text, names and loops.
Where v1model departs from the plan of a hardware target, `docs/protocol.md` says so and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contra import __version__
from contra.check.model import Combine
from contra.emit.authentication import KEY_METADATA, authentication_view, unsigned
from contra.emit.constants import constant_groups, type_rows
from contra.emit.declarations import cell_row, field_slices, header_view, struct_rows, tidy
from contra.emit.load import estimator_view, measured_load_lines
from contra.emit.p4text import when
from contra.emit.rank_logic import rank_logic
from contra.emit.templates import environment
from contra.ir.drops import drop_reasons
from contra.ir.headers import ETHERNET
from contra.ir.model import Cell, Clause, Header, ProbeMetric, Role, SwitchProgram
from contra.source import SourceFile


@dataclass(frozen=True, slots=True)
class PolicyText:
    """The policy as it stands in the head of a program."""

    file: str
    lines: tuple[str, ...]


_MAX_POLICY_LINES = 40
_MAX_LINE = 160


def policy_text(source: SourceFile) -> PolicyText:
    """The policy for the head of a program: what is too long for a comment is cut."""
    lines = source.text.strip().splitlines()
    shown = [comment_text(line) for line in lines[:_MAX_POLICY_LINES]]
    if len(lines) > _MAX_POLICY_LINES:
        shown.append(f"... and {len(lines) - _MAX_POLICY_LINES} more lines")
    return PolicyText(source.name, tuple(shown))


def comment_text(text: str) -> str:
    """Text that is safe behind `//`: printable, not too long, and not joined to the next line by the preprocessor."""
    clean = "".join(char if char.isprintable() else " " for char in text.replace("\t", "    ")).rstrip()
    clean = clean if len(clean) <= _MAX_LINE else f"{clean[: _MAX_LINE - 1]}…"
    return clean.rstrip("\\ ")


def p4_text(program: SwitchProgram, clauses: Sequence[Clause], policy: PolicyText) -> str:
    """The complete P4_16 program of a role; equal input gives equal text."""
    view = _view(program, clauses, policy)
    return tidy(environment("v1model").get_template("program.p4.j2").render(view))


def _view(program: SwitchProgram, clauses: Sequence[Clause], policy: PolicyText) -> dict[str, Any]:
    logic = rank_logic(program, clauses)
    return {
        "version": __version__,
        "role": program.role.value,
        "policy_file": policy.file,
        "policy_lines": policy.lines,
        "orders": program.orders,
        "sections": _sections(program),
        "constants": constant_groups(program),
        "types": type_rows(program),
        "headers": [header_view(header) for header in program.headers],
        "metadata": _metadata(program),
        "preserved": _preserved(program),
        "cells": [cell_row(cell) for cell in program.plan.cells],
        "cell": {cell.name: _cell_view(cell, program) for cell in program.plan.cells},
        "query_value_bits": program.query_value_bits,
        "drop_reasons": drop_reasons(program.options),
        "table_sizes": dict(program.table_sizes),
        "order_lines": logic.order_lines,
        "policy_declarations": logic.declarations,
        "policy_lines_apply": logic.rank_lines,
        **_key_view(program),
        **_load_view(program),
        **_metric_view(program),
        **_bits_view(program),
        **authentication_view(program),
    }


def _sections(program: SwitchProgram) -> list[str]:
    role = program.role.value
    load = ["load_decay", "load_count"] if program.measures_load else []
    keyed = ["probe_hash", "authenticate"] if program.options.authenticate else []
    edge = ["originate", "enter", "deliver"] if program.role is Role.DESTINATION else []
    names = [
        "preamble",
        "constants",
        "headers",
        f"parser_{role}",
        "state",
        *load,
        *keyed,
        "measure",
        "decide",
        "hello",
        *edge,
        f"relay_{role}",
        "route",
        "query",
        f"ingress_{role}",
        "egress",
        "deparser",
    ]
    return [f"{name}.p4.j2" for name in names]


# ------------------------------------------------------------------------------------------ declarations


def _preserved(program: SwitchProgram) -> list[dict[str, str]]:
    """What a resubmitted packet brings along."""
    rows = [
        ("bit<8>", "retry", "why the packet was resubmitted: RETRY_"),
        ("port_t", "port", "where it came in"),
        ("time_t", "now", "when it came in, in ticks"),
    ]
    rows += [("bit<32>", "length", "bytes")] * program.measures_load
    return struct_rows(rows)


def _metadata(program: SwitchProgram) -> list[dict[str, str]]:
    w = program.widths
    destination = program.role is Role.DESTINATION
    rows = []
    if destination:
        rows += [
            ("bit<16>", "self", "this switch as a destination"),
            *[("tag_t", "own_tag", "product node where our probes start")] * bool(w.tag),
            ("group_t", "origin_group", "whom our own probes go to"),
            ("bit<8>", "kind", "where the packet comes from: FROM_"),
            ("bit<32>", "address", "IPv4 address that the packet goes to"),
            ("bit<16>", "destination", "switch that the packet goes to"),
            ("bit<8>", "deliver", "to a host of ours: YES or NO"),
        ]
    rows.append(("bit<8>", "forward", "to another switch: YES or NO"))
    rows.append(("hop_t", "hop_in", "neighbour that the packet comes from"))
    rows.append(("hop_t", "hop_out", "neighbour that it goes to"))
    rows += [("tag_t", "tag", "product node that the probe enters")] * bool(w.tag)
    rows += [("rule_t", "rule", "rank rule of the product node")] * program.has_best
    rows.append(("group_t", "group", "whom to tell"))
    rows += [("bit<8>", "turn", "YES if back where it came from it enters another product node")] * bool(w.tag)
    rows += [(f"bit<{m.bits}>", f"link_{m.field}", f"of the arrival link, in {m.unit}") for m in program.link_metrics]
    if program.measures_load:
        rows.append(("bit<16>", "held_util", "of the arrival link, or NOT_HELD"))
        rows.append(("bit<48>", "weight", "load that a byte adds to the link"))
        rows += [("bit<16>", "added_bytes", "grown here by the shim")] * destination
    rows += KEY_METADATA if program.options.authenticate else []
    return struct_rows(rows)


def _cell_view(cell: Cell, program: SwitchProgram) -> dict[str, Any]:
    """Slices of a cell's fields, and of the groups of fields that are handled as one."""
    w = program.widths
    return {
        "width": cell.width,
        "slice": field_slices(cell),
        "low_origin": f"[{w.hop + w.tag}:0]",
        "owner": f"[{cell.width - 1}:{w.clock}]",
        "next": f"[{w.hop + w.tag - 1}:0]",
    }


# ------------------------------------------------------------------------------------------ tags and pids


def _key_view(program: SwitchProgram) -> dict[str, Any]:
    """Everything whose shape depends on whether there are tags and pids at all."""
    w = program.widths
    tag, pid = bool(w.tag), bool(w.pid)
    index = _index("hdr.probe.origin", w.destination)
    return {
        "probe_route": " ++ ".join([index, *["meta.tag"] * tag, *["hdr.probe.pid"] * pid]),
        "data_route": " ++ ".join(
            [_index("hdr.shim.destination", w.destination), *["hdr.shim.tag"] * tag, *["hdr.shim.pid"] * pid]
        ),
        "probe_via": "meta.hop_in" + " ++ hdr.probe.tag" * tag,
        "transition_key": [
            'meta.hop_in: exact @name("hop");',
            *['hdr.probe.tag: exact @name("tag");'] * tag,
            *['hdr.probe.pid: exact @name("pid");'] * pid,
        ],
        **_node_view(program, tag),
        **_identity_view(tag, pid),
        **_best_view(program, tag, pid),
        "originate_lines": [
            *["hdr.probe.tag = meta.own_tag;"] * tag,
            *["hdr.probe.pid = 0;  // set per copy, in egress"] * pid,
            *(f"hdr.probe.{m.field} = {m.start};" for m in program.metrics),
            *["hdr.probe.reserved = 0;"] * bool(w.key % 8),
        ],
        "egress_probe_lines": when(
            "meta.kind == FROM_CLOCK", "hdr.probe.pid = (pid_t) (std.egress_rid - 1);  // instance p + 1 is pid p"
        )
        if pid and program.role is Role.DESTINATION
        else [],
        "pass_on_lines": ["hdr.probe.tag = meta.tag;"] * tag,
        "next_tag_lines": [f"hdr.shim.tag = next[{w.tag - 1}:0];"] if tag else [],
        "next_slice": {"hop": f"[{w.hop + w.tag - 1}:{w.tag}]"},
        "arrival_lines": _arrival(tag),
    }


def _index(field: str, bits: int) -> str:
    return field if bits == 16 else f"{field}[{bits - 1}:0]"


def _probe_frame_bytes(program: SwitchProgram) -> int:
    """Of the largest frame with a probe: Ethernet pads the shorter ones (IEEE 802.3, 64 bytes with the check sum)."""
    probe = next(header for header in program.headers if header.name == "probe")
    return max(60, (ETHERNET.bits + probe.bits) // 8)


def _node_view(program: SwitchProgram, tag: bool) -> dict[str, Any]:
    params = [*["tag_t tag"] * tag, *["rule_t rule"] * program.has_best, "group_t group", *["bit<8> turn"] * tag]
    lines = [*["meta.tag = tag;"] * tag, *["meta.rule = rule;"] * program.has_best, "meta.group = group;"]
    # Back to the same switch but another product node is a way of its own: to a waypoint and back, say
    held_back = ["hdr.probe.pass = PASS_HELLO;"] if program.says_hello else ["mark_to_drop(std);", *unsigned(program)]
    horizon = when("meta.turn == NO", *held_back) if tag else held_back
    return {
        "enter_params": ", ".join(params),
        "enter_lines": [*lines, *["meta.turn = turn;"] * tag],
        "horizon_lines": horizon,
        "horizon_note": ", but for a sign of life" * program.says_hello,
        "probe_frame_bytes": _probe_frame_bytes(program),
    }


def _identity_view(tag: bool, pid: bool) -> dict[str, Any]:
    return {
        "identity_params": ", ".join(["bit<16> self", *["tag_t tag"] * tag, "group_t group"]),
        "identity_lines": ["meta.own_tag = tag;"] * tag,
        "shim_pid": pid,
    }


def _best_view(program: SwitchProgram, tag: bool, pid: bool) -> dict[str, Any]:
    w = program.widths
    same = ["hdr.probe.pid"] * pid
    key = " ++ ".join([*["meta.tag"] * tag, *same])
    compare = when(f"{key} == best[{w.key - 1}:0]", "chosen = YES;") if key else ["chosen = YES;"]
    unpack = [
        *[f"hdr.shim.tag = best[{w.key - 1}:{w.pid}];"] * tag,
        *[f"hdr.shim.pid = best[{max(w.pid - 1, 0)}:0];"] * pid,
    ]
    has_best = program.has_best
    return {
        "same_key_lines": compare,
        "best_value": " ++ ".join(["policy_merit", *([key] if key else [])]),
        "best_key_lines": unpack,
        "decide_parts": ["decide_best.p4.j2"] if has_best else [],
        "enter_parts": ["enter_best.p4.j2"] if has_best else ["enter_single.p4.j2"],
        "shim_key_lines": ["hdr.shim.reserved = 0;"] * bool(w.key % 8),
    }


def _arrival(tag: bool) -> list[str]:
    if not tag:
        return ["meta.deliver = YES;"]
    counted = ["} else {", "    drops.count(DROP_OFF_POLICY);", "}"]
    return [*when("hdr.shim.tag == meta.own_tag", "meta.deliver = YES;")[:-1], *counted]


# ------------------------------------------------------------------------------------------ measuring


def _load_view(program: SwitchProgram) -> dict[str, Any]:
    measured, destination = program.measures_load, program.role is Role.DESTINATION
    declared = ["ProbeHash() probe_hash;"] * program.options.authenticate + ["CountLoad() count_load;"] * measured
    return {
        **estimator_view(program.clock, ["meta.added_bytes"] * destination),
        "to_port_params": ", ".join(["port_t port", *["bit<48> weight"] * measured]),
        "to_port_lines": ["meta.weight = weight;"] * measured,
        "egress_declarations": [*declared, ""] if declared else [],
        "arrival_notes": ["meta.length = std.packet_length;"] * measured,
        "egress_parts": ["egress_load.p4.j2"] if measured else [],
        "added_lines": ["meta.added_bytes = SHIM_BYTES;"] * (measured and destination),
    }


def _metric_view(program: SwitchProgram) -> dict[str, Any]:
    lines = [line for metric in program.metrics for line in _measure_lines(metric)]
    destination, measured = program.role is Role.DESTINATION, program.measures_load
    params = ["hop_t hop", *(f"bit<{m.bits}> {m.field}" for m in program.link_metrics)]
    return {
        "measure_declarations": ["LoadDecay() decay;", ""] if measured else [],
        "measure_lines": lines,
        "from_switch_params": ", ".join([*params, *["bit<16> held_util"] * measured]),
        "from_switch_lines": [
            *["meta.kind = FROM_SWITCH;"] * destination,
            *(f"meta.link_{m.field} = {m.field};" for m in program.link_metrics),
            *["meta.held_util = held_util;"] * measured,
        ],
    }


def _measure_lines(metric: ProbeMetric) -> list[str]:
    field = f"hdr.probe.{metric.field}"
    if metric.name == "util":
        return [
            *measured_load_lines(),
            *when(f"util > {field}", f"{field} = util;"),
        ]
    link = "1" if metric.name == "len" else f"meta.link_{metric.field}"
    if metric.combine is Combine.SUM:
        return [f"{field} = {field} |+| {link};"]
    sign = ">" if metric.combine is Combine.MAX else "<"
    return when(f"{link} {sign} {field}", f"{field} = {link};")


def _bits_view(program: SwitchProgram) -> dict[str, Any]:
    w = program.widths
    slot_bits = program.options.flowlet_slots.bit_length() - 1
    destination = program.role is Role.DESTINATION

    def guard(field: str, *body: str) -> list[str]:
        return [] if w.destination == 16 else when(f"{field}[15:{w.destination}] != 0", *body)

    def check(field: str, ttl: str) -> list[str]:
        """A packet that cannot go on is dropped for one reason."""
        unknown = guard(field, "meta.forward = NO;", "drops.count(DROP_UNKNOWN_DESTINATION);")
        old = when(f"{ttl} < 2", "meta.forward = NO;", "drops.count(DROP_TTL);")
        return [*unknown[:-1], "} else {", *(f"    {line}" for line in old), "}"] if unknown else old

    number = f"meta.address[23:{w.hosts}]"
    return {
        "slot_bits": slot_bits,
        "slots": program.options.flowlet_slots,
        "probe_guard_lines": guard("hdr.probe.origin", "genuine = NO;"),
        "own_probe_lines": when("hdr.probe.origin == meta.self", "genuine = NO;") if destination else [],
        "relay_check_lines": check("hdr.shim.destination", "hdr.shim.ttl"),
        "enter_check_lines": check("meta.destination", "ttl"),
        "destination_in_address": number if w.hosts == 8 else f"(bit<16>) {number}",
        "emitted": [header.name for header in sorted(program.headers, key=_wire_order)],
    }


_WIRE_ORDER = ("packet_in", "packet_out", "query", "ethernet", "probe", "shim", "arp", "ipv4", "ports")


def _wire_order(header: Header) -> int:
    return _WIRE_ORDER.index(header.name)
