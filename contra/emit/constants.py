"""Named constants and types of the generated P4, each with its unit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from contra.ir.drops import drop_reasons
from contra.ir.headers import (
    ETHERTYPE_ARP,
    ETHERTYPE_IPV4,
    ETHERTYPE_PROBE,
    ETHERTYPE_SHIM,
    FORMAT,
    PASS_DECIDE,
    PASS_HELLO,
    PASS_MEASURE,
)
from contra.ir.layout import LOAD_FRACTION_BITS, LOAD_LIMIT, NOT_HELD
from contra.ir.model import PIN_BITS, Clock, Role, SwitchProgram
from contra.ir.opcodes import RETRY_TEXT, Retry

TIME_TYPE = ("time_t", 32, "clock ticks")
PORT_TYPE = ("port_t", 9, "v1model's ports")


def constant(kind: str, name: str, value: object, comment: str = "") -> dict[str, object]:
    """A constant of a type, and what it is."""
    return {"type": kind, "name": name, "value": value, "comment": f"  // {comment}" if comment else ""}


def time_constant(name: str, ticks: int, clock: Clock, what: str, kind: str = "time_t") -> dict[str, object]:
    """A time in ticks, and what it is; the comment has it in units that people know."""
    microseconds = ticks * clock.tick_us
    text = f"{microseconds / 1000:g} ms" if microseconds >= 1000 else f"{microseconds} us"
    return constant(kind, name, ticks, f"{text}: {what}")


FLOWLET_STATES = tuple(
    constant("bit<8>", f"FLOWLET_{name}", value, text)
    for value, (name, text) in enumerate(
        (
            ("BUSY", "the slot belongs to another live flowlet"),
            ("LIVE", "the slot is ours"),
            ("NEW", "the slot is free to take"),
        )
    )
)
"""What a packet finds in its slot of the flowlet table."""


def constant_groups(program: SwitchProgram) -> list[dict[str, Any]]:
    """Groups of constants, in print order."""
    groups = [
        ("Wire format", _wire(program)),
        ("Time: the low bits of a clock in ticks; ages are differences, so its wrap does no harm", _times(program)),
        ("Ranks and decisions", _decisions(program)),
        ("Reasons for dropping a packet: indices of the counter `drops`", _drops(program)),
    ]
    return [{"title": title, "rows": rows} for title, rows in groups]


def _wire(program: SwitchProgram) -> list[dict[str, object]]:
    rows = [
        constant("bit<16>", "ETHERTYPE_PROBE", f"0x{ETHERTYPE_PROBE:04x}", "IEEE 802 local experimental 1"),
        constant("bit<16>", "ETHERTYPE_SHIM", f"0x{ETHERTYPE_SHIM:04x}", "IEEE 802 local experimental 2"),
        constant("bit<8>", "FORMAT", FORMAT, "of probe and shim"),
        constant("bit<8>", "PASS_MEASURE", PASS_MEASURE, "a probe on the wire has its link's metrics still to take on"),
        constant("bit<8>", "PASS_DECIDE", PASS_DECIDE),
        constant("bit<8>", "PASS_HELLO", PASS_HELLO, "its sender has nothing to tell, but is alive"),
        constant("bit<9>", "CPU_PORT", program.cpu_port),
        constant("bit<8>", "PACKET_OUT_QUERY", 3, "a look into a cell"),
        constant("bit<8>", "PACKET_IN_ANSWER", 2, "what is in it"),
    ]
    if program.role is Role.TRANSIT:
        return rows
    return [
        *rows,
        constant("bit<16>", "ETHERTYPE_IPV4", f"0x{ETHERTYPE_IPV4:04x}"),
        constant("bit<16>", "ETHERTYPE_ARP", f"0x{ETHERTYPE_ARP:04x}"),
        constant("bit<8>", "PROTOCOL_TCP", 6),
        constant("bit<8>", "PROTOCOL_UDP", 17),
        constant("bit<48>", "PROBE_MAC", "0x0180c200000e", "link-local group address, never bridged (IEEE 802.1Q)"),
        constant("bit<32>", "SWITCH_MAC", "0x02000000", "high bits of a switch's own address"),
        constant("bit<8>", "PACKET_OUT_TICK", 1, "the probe clock"),
        constant("bit<8>", "PACKET_OUT_SEND", 2, "the rest of the packet, as if a host had sent it"),
        constant("bit<8>", "PACKET_IN_DELIVERED", 1, "sent to the switch's own address"),
        constant("bit<8>", "DEFAULT_TTL", 64, "where the payload has none"),
    ]


def _times(program: SwitchProgram) -> list[dict[str, object]]:
    clock = program.clock
    return [
        constant("bit<8>", "CLOCK_SHIFT", clock.shift, f"a tick is {clock.tick_us} us"),
        time_constant("PROBE_PERIOD", clock.probe_period, clock, "between rounds of probes"),
        time_constant("TAKEOVER_AGE", clock.takeover_age, clock, "a route without refresh may be taken over"),
        time_constant("EXPIRY_AGE", clock.expiry_age, clock, "a route without refresh is dead"),
        time_constant("FAILURE_AGE", clock.failure_age, clock, "a link without probes is dead"),
        time_constant(
            "PIN_AGE", clock.pin_age, clock, "a flowlet pinned for longer is pinned anew", f"bit<{PIN_BITS}>"
        ),
        time_constant("FLOWLET_TIMEOUT", clock.flowlet_timeout, clock, "a gap after which a flow may change its path"),
    ]


def _decisions(program: SwitchProgram) -> list[dict[str, object]]:
    rows = [
        constant("bit<8>", "NO", 0),
        constant("bit<8>", "YES", 1),
        *(
            constant("bit<8>", f"RETRY_{retry.name}", retry.value, RETRY_TEXT[retry])
            for retry in Retry
            if retry is not Retry.TAKE_BEST or program.has_best
        ),
        *FLOWLET_STATES,
        constant("bit<8>", "LOOP_THRESHOLD", program.options.loop_threshold, "hops"),
    ]
    if program.has_best:
        rows.append(constant(f"bit<{program.rank_bits}>", "INF", f"0x{'f' * (program.rank_bits // 4)}", "drop"))
        if program.widths.pid:
            last = f"0x{'f' * (program.rank_bits // 4 - 1)}e"
            text = "of a probe class that cannot tell: only where no other can"
            rows.append(constant(f"bit<{program.rank_bits}>", "LAST_RESORT", last, text))
    if program.role is Role.DESTINATION:
        names = ("NOWHERE", "HOST", "SWITCH", "CLOCK", "CONTROL")
        rows += [constant("bit<8>", f"FROM_{name}", value) for value, name in enumerate(names)]
    return rows + _load(program)


def _load(program: SwitchProgram) -> list[dict[str, object]]:
    if not program.measures_load:
        return []
    shim = next(header for header in program.headers if header.name == "shim")
    rows = load_constants()
    if program.role is Role.DESTINATION:
        rows.append(constant("bit<16>", "SHIM_BYTES", shim.bits // 8))
    return rows


def load_constants() -> list[dict[str, object]]:
    """Of the estimator of a link's load."""
    return [
        constant("bit<64>", "LOAD_LIMIT", f"0x{LOAD_LIMIT << LOAD_FRACTION_BITS:016x}", "131 % of the capacity"),
        constant("bit<32>", "LENGTH_LIMIT", (1 << 14) - 1, "bytes"),
        constant("bit<16>", "NOT_HELD", f"0x{NOT_HELD:04x}", "held_util of a link whose load is measured"),
    ]


def _drops(program: SwitchProgram) -> list[dict[str, object]]:
    return drop_constants(drop_reasons(program.options))


def drop_constants(reasons: Iterable[tuple[str, str]]) -> list[dict[str, object]]:
    """The indices of the counter `drops`, of (name, meaning) in order."""
    return [constant("bit<32>", f"DROP_{name}", index, text) for index, (name, text) in enumerate(reasons)]


def type_rows(program: SwitchProgram) -> list[dict[str, object]]:
    """Types of the program, narrow as the network allows; a type that would have no bits is left out."""
    w = program.widths
    rows = [
        TIME_TYPE,
        PORT_TYPE,
        ("hop_t", w.hop, "neighbour, from 1"),
        ("tag_t", w.tag, "product node of a switch"),
        ("pid_t", w.pid, "probe class"),
        ("rule_t", w.rule if program.has_best else 0, "rank rule"),
        ("group_t", 16, "replication group"),
        ("route_t", w.route, "FwdT index: destination" + " ++ tag" * bool(w.tag) + " ++ pid" * bool(w.pid)),
        ("next_t", w.hop + w.tag, "next hop" + " ++ next tag" * bool(w.tag)),
        ("order_t", program.order_bits, "order of a probe within its class; smaller is better"),
        ("rank_t", program.rank_bits if program.has_best else 0, "policy rank; smaller is better"),
    ]
    return typedefs(rows)


def typedefs(rows: Iterable[tuple[str, int, str]]) -> list[dict[str, object]]:
    """Types for print, given as (name, bits, what it is); those without bits are left out."""
    return [{"name": name, "bits": bits, "comment": f"  // {doc}"} for name, bits, doc in rows if bits]
