"""HULA (Katta et al., SOSR 2016): the least loaded path of a tree of tiers, by probes that go up and then down."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations
from typing import Any

from contra.baselines import common
from contra.baselines.model import Baseline, Row, SchemeProgram, Table
from contra.baselines.tiers import Tiers, tiers_of
from contra.check.model import Combine
from contra.diagnostics import Reporter
from contra.emit.constants import FLOWLET_STATES, TIME_TYPE, constant, load_constants, time_constant
from contra.emit.load import estimator_view, measured_load_lines
from contra.emit.p4text import when
from contra.ir.headers import ETHERTYPE_PROBE, FORMAT, query_header
from contra.ir.layout import LOAD_FULL, LOAD_LIMIT, NOT_HELD, bits_for, clock, load_weight
from contra.ir.lower import room
from contra.ir.model import (
    Cell,
    Clock,
    Field,
    Header,
    MulticastGroup,
    ProbeMetric,
    Provenance,
    RuntimeEntry,
    SwitchConfig,
)
from contra.options import ProtocolOptions
from contra.topology.model import Topology

_ABOUT = (
    "Switches with hosts start probes; these go up, and down again, and gather the load of the fullest link on "
    "the way. Every switch keeps, for each origin, the neighbour with the least, and sends each new flowlet "
    "there (Katta et al., SOSR 2016). Nothing is added to data packets."
)
ORIGIN_GROUP, UP_AND_DOWN_GROUP, DOWN_GROUP = 1, 2, 3
"""Replication groups: of the switch's own probes, of probes from below, of probes from above."""
_UTIL = ProbeMetric("util", 16, Combine.MAX, Fraction(1, LOAD_FULL), LOAD_LIMIT, f"1/{LOAD_FULL} of the capacity")
_PROBE = Header(
    "probe",
    "HULA probe",
    (
        Field("format", 8, "version of this header"),
        Field("origin", 16, "switch that the probe comes from"),
        Field("util", 16, f"of the fullest link, in {_UTIL.unit}"),
    ),
)
_METADATA = (
    ("hop_t", "hop_in", "neighbour that the packet comes from"),
    ("bit<8>", "above", "that is in the tier above: YES or NO"),
    ("hop_t", "hop_out", "neighbour that it goes to"),
    ("group_t", "origin_group", "whom our own probes go to"),
    ("group_t", "group", "whom to tell"),
    ("bit<8>", "below", "the origin is reached by going down: YES or NO"),
    ("bit<8>", "data", "YES or NO"),
    ("bit<16>", "held_util", "of the arrival link, or NOT_HELD"),
    ("bit<48>", "weight", "load that a byte adds to the link"),
    ("bit<32>", "length", "bytes"),
    ("time_t", "now", "when the packet came in, in ticks"),
)


def prepare(topology: Topology, options: ProtocolOptions, reporter: Reporter) -> Baseline:
    """The scheme for a network. Raises CompileError (CTR1403) where that is no tree of tiers."""
    network = _Network(topology, options, tiers_of(topology, reporter))
    return Baseline(
        scheme="hula",
        topology=topology,
        options=options,
        clock=network.clock,
        program=network.program(),
        configure=network.configure,
        unreachable=network.unreachable,
    )


class _Network:
    """The program and the entries of a network."""

    def __init__(self, topology: Topology, options: ProtocolOptions, tiers: Tiers) -> None:
        self.topology, self.options, self.tiers = topology, options, tiers
        self.clock: Clock = clock(options)
        self.below = tiers.below()
        degree = max(len(row) for row in topology.ports)
        self.hop_bits = 8 if degree < 2**8 else 16
        self.neighbour_bits = bits_for(degree + 1)
        self.destination_bits = max(1, bits_for(max(topology.destinations) + 1))

    @property
    def unreachable(self) -> tuple[tuple[int, int], ...]:
        """Pairs (source, destination) without a path that goes up and then down."""
        reached = self._reached()
        return tuple((a, b) for a, b in permutations(self.topology.destinations, 2) if b not in reached[a])

    def _reached(self) -> list[frozenset[int]]:
        """Per switch, the destinations that it hears of: those below it, and those that switches above hear of."""
        found = [each | {index} for index, each in enumerate(self.below)]
        for switch in sorted(range(len(found)), key=lambda index: -self.tiers.of[index]):
            found[switch] = found[switch].union(*(found[port.peer] for port in self.tiers.up(switch)))
        return found

    # ------------------------------------------------------------------------------------------ entries

    def configure(self, switch: int) -> SwitchConfig:
        """What a switch is loaded with."""
        groups = tuple(self._groups(switch))
        own = ORIGIN_GROUP if any(group.group == ORIGIN_GROUP for group in groups) else 0
        entries = [
            common.identity_entry(switch, ("group", own)),
            *self._ports(switch),
            *self._hops(switch),
            *self._below(switch),
            *common.address_entries(self.topology, switch),
        ]
        return SwitchConfig(switch, "hula", tuple(entries), groups)

    def _groups(self, switch: int) -> Iterator[MulticastGroup]:
        """In egress nobody is told what comes from there."""
        up, down = ([port.number for port in ports] for ports in (self.tiers.up(switch), self.tiers.down(switch)))
        starts = switch in self.topology.destinations
        for number, ports in (
            (ORIGIN_GROUP, up * starts),
            (UP_AND_DOWN_GROUP, up + down if down else []),
            (DOWN_GROUP, down if up else []),
        ):
            if ports:
                replicas = tuple((port, 1) for port in sorted(ports))
                yield MulticastGroup(
                    number, replicas, Provenance(destination=switch if number == ORIGIN_GROUP else None)
                )

    def _ports(self, switch: int) -> Iterator[RuntimeEntry]:
        above = {port.number for port in self.tiers.up(switch)}
        down = bool(self.tiers.down(switch))
        for hop, port in enumerate(self.topology.ports[switch], 1):
            params = (
                ("hop", hop),
                ("above", int(port.number in above)),
                ("group", (DOWN_GROUP if down else 0) if port.number in above else UP_AND_DOWN_GROUP),
                ("held_util", NOT_HELD),
            )
            match = (("port", port.number),)
            yield RuntimeEntry("ingress_port", match, "from_switch", params, Provenance(link=port.link))
        yield from common.host_port_entries(self.topology, switch)

    def _hops(self, switch: int) -> Iterator[RuntimeEntry]:
        for hop, port in enumerate(self.topology.ports[switch], 1):
            weight = load_weight(self.topology.links[port.link].capacity, self.clock)
            params = (("port", port.number), ("weight", weight))
            yield RuntimeEntry("hop_port", (("hop", hop),), "to_port", params, Provenance(link=port.link))

    def _below(self, switch: int) -> Iterator[RuntimeEntry]:
        for origin in sorted(self.below[switch]):
            yield RuntimeEntry("below", (("origin", origin),), "is_below", (), Provenance(destination=origin))

    # ------------------------------------------------------------------------------------------ the program

    def program(self) -> SchemeProgram:
        """The program that all switches run."""
        topology, cells = self.topology, self._cells()
        reasons = common.drop_reasons("PROBE", "SPOOFED", "QUERY")
        ingress = common.INGRESS
        headers = common.with_query(common.FLOW_HEADERS, query_header(cells))
        place = headers.index(next(header for header in headers if header.name == "arp"))
        return SchemeProgram(
            title="HULA switch.",
            about=_ABOUT,
            sections=(
                *("load_decay", "load_count", "locate", "deliver", "live"),
                *("probe_hula", "originate_hula", "route_hula", "ingress_hula"),
            ),
            egress="egress_hula",
            headers=(*headers[:place], _PROBE, *headers[place:]),
            metadata=(*common.METADATA, *common.FLOW_METADATA, *_METADATA),
            types=(
                TIME_TYPE,
                *common.TYPES,
                ("hop_t", self.hop_bits, "neighbour, from 1"),
                ("group_t", 16, "replication group"),
            ),
            constants=common.constants(
                topology,
                reasons,
                wire=tuple(_wire()),
                times=tuple(self._times()),
                decisions=(*FLOWLET_STATES, *load_constants()),
                flows=True,
                queries=True,
                kinds=("CLOCK", "CONTROL"),
            ),
            cells=cells,
            tables=(
                *common.tables(topology),
                Table("hop_port", f"{ingress}.route", room(max(len(row) for row in topology.ports))),
                Table("below", f"{ingress}.probe", room(max(map(len, self.below)))),
            ),
            drop_reasons=reasons,
            metrics=(_UTIL,),
            view=self._view(),
        )

    def _times(self) -> Iterator[Row]:
        ticks = self.clock
        yield constant("bit<8>", "CLOCK_SHIFT", ticks.shift, f"a tick is {ticks.tick_us} us")
        yield time_constant("PROBE_PERIOD", ticks.probe_period, ticks, "between two probes of a switch")
        yield time_constant("EXPIRY_AGE", ticks.expiry_age, ticks, "a best hop without refresh is dead")
        yield time_constant("FAILURE_AGE", ticks.failure_age, ticks, "a link without probes is dead")
        yield time_constant(
            "FLOWLET_TIMEOUT", ticks.flowlet_timeout, ticks, "a gap after which a flow may change its path"
        )

    def _cells(self) -> tuple[Cell, ...]:
        time = Field("time", 32, "ticks")
        hop = Field("hop", self.hop_bits, "neighbour that data go to; 0 is none")
        merit = Field("merit", 16, "complement of util")
        live = Field("live", 1, "used since the start")
        destination = Field("destination", self.destination_bits, "whose slot it is")
        slots = self.options.flowlet_slots.bit_length() - 1
        load = Field("load", 48, "1/50000 of the capacity, and 32 bits below that")
        bits, neighbours = self.destination_bits, self.neighbour_bits
        return (
            Cell("fwd_rank", "destination", bits, (merit,), "how full the best path is"),
            Cell("fwd_next", "destination", bits, (hop,), "where it begins"),
            Cell("fwd_seen", "destination", bits, (time,), "when it was last refreshed"),
            Cell("flowlet", "hash of the flow", slots, (live, destination, hop, time), "where the flowlet goes"),
            Cell("link_seen", "hop", neighbours, (time,), "when the neighbour's last probe came"),
            Cell("link_time", "hop", neighbours, (time,), "when the load was last counted", egress=True),
            Cell("link_load", "hop", neighbours, (load,), "load of the link", egress=True),
        )

    def _view(self) -> dict[str, Any]:
        bits = self.destination_bits

        def index(field: str) -> str:
            return field if bits == 16 else f"{field}[{bits - 1}:0]"

        def guard(field: str, *body: str) -> list[str]:
            return [] if bits == 16 else when(f"{field}[15:{bits}] != 0", *body)

        unknown = guard("meta.destination", "meta.forward = NO;", "drops.count(DROP_UNKNOWN_DESTINATION);")
        return {
            **estimator_view(self.clock, ()),
            "identity_params": "bit<16> self, group_t group",
            "identity_lines": ["meta.origin_group = group;"],
            "from_switch_params": "hop_t hop, bit<8> above, group_t group, bit<16> held_util",
            "from_switch_lines": [
                "meta.hop_in = hop;",
                "meta.above = above;",
                "meta.group = group;",
                "meta.held_util = held_util;",
            ],
            "begin_lines": [
                "meta.data = NO;",
                "meta.hop_out = 0;",
                "meta.now = (time_t) (std.ingress_global_timestamp >> CLOCK_SHIFT);",
                "meta.length = std.packet_length;",
            ],
            "tick_lines": ["originate.apply(hdr, meta, std);", "meta.kind = FROM_CLOCK;"],
            "measure_lines": [*measured_load_lines(), *when("util > hdr.probe.util", "hdr.probe.util = util;")],
            "probe_index": index("hdr.probe.origin"),
            "data_index": index("meta.destination"),
            "probe_guard_lines": guard("hdr.probe.origin", "genuine = NO;"),
            "data_guard_lines": when("meta.forward == YES", *unknown) if unknown else [],
            "slot_bits": self.options.flowlet_slots.bit_length() - 1,
            "slots": self.options.flowlet_slots,
        }


def _wire() -> Iterator[Row]:
    yield constant("bit<16>", "ETHERTYPE_PROBE", f"0x{ETHERTYPE_PROBE:04x}", "IEEE 802 local experimental 1")
    yield constant("bit<8>", "FORMAT", FORMAT, "of probes")
    yield constant("bit<48>", "PROBE_MAC", "0x0180c200000e", "link-local group address, never bridged (IEEE 802.1Q)")
    yield constant("bit<32>", "SWITCH_MAC", "0x02000000", "high bits of a switch's own address")
    yield constant("bit<8>", "PACKET_OUT_TICK", 1, "the probe clock")
