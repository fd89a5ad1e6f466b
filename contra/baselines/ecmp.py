"""ECMP: all next hops on shortest paths, one by the hash of the flow. The tables serve LetFlow too."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from contra.baselines import common
from contra.baselines.model import Baseline, SchemeProgram, Table
from contra.baselines.paths import ShortestWays
from contra.ir.layout import clock
from contra.ir.lower import room
from contra.ir.model import Provenance, RuntimeEntry, SwitchConfig
from contra.options import ProtocolOptions
from contra.topology.model import Port, Topology

_ABOUT = (
    "Packets follow shortest paths, by number of links, to the switch of their address. Where several next "
    "hops are on shortest paths, the hash of a flow's addresses, protocol and ports says which one it takes "
    "(RFC 2992). Nothing is added to packets, and nothing is measured."
)
GROUP_METADATA = (
    ("bit<32>", "salt", "of the hash, another one in each switch"),
    ("group_t", "group", "next hops to choose from"),
    ("bit<16>", "size", "how many"),
    ("member_t", "member", "which one, from 0"),
)


class Groups:
    """The sets of next hops of a network, numbered per switch from 1."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.ways = ShortestWays(topology)
        self._sizes = [self._size(switch.index) for switch in topology.switches]

    def of(self, switch: int) -> dict[tuple[Port, ...], int]:
        """The sets of a switch and their numbers."""
        found: dict[tuple[Port, ...], int] = {}
        for destination in self.topology.destinations:
            ports = self.ways[destination][switch]
            if ports:
                found.setdefault(ports, len(found) + 1)
        return found

    @property
    def member_bits(self) -> int:
        """Bits that number the members of a set."""
        return 8 if max(len(row) for row in self.topology.ports) <= 2**8 else 16

    @property
    def types(self) -> tuple[tuple[str, int, str], ...]:
        """The types of both tables' keys."""
        return (*common.TYPES, ("group_t", 16, "set of next hops"), ("member_t", self.member_bits, "one of them"))

    @property
    def tables(self) -> tuple[Table, ...]:
        """The two tables and the room in them."""
        control = f"{common.INGRESS}.route"
        return (
            Table("next_hops", control, room(len(self.topology.destinations))),
            Table("member", control, room(max(self._sizes))),
        )

    def entries(self, switch: int) -> Iterator[RuntimeEntry]:
        """The set of each destination, then the members of each set."""
        groups = self.of(switch)
        for destination in self.topology.destinations:
            ports = self.ways[destination][switch]
            if ports:
                params = (("group", groups[ports]), ("size", len(ports)))
                origin = Provenance(destination=destination)
                yield RuntimeEntry("next_hops", (("destination", destination),), "to_group", params, origin)
        for ports, group in groups.items():
            for number, port in enumerate(ports):
                match = (("group", group), ("member", number))
                yield RuntimeEntry("member", match, "to_port", (("port", port.number),), Provenance(link=port.link))

    def _size(self, switch: int) -> int:
        return sum(map(len, self.of(switch)))


def salt_of(name: str) -> int:
    """The salt of a switch, by its name: the same in every network that has it."""
    return int.from_bytes(sha256(f"salt of {name}".encode()).digest()[:4], "big")


def prepare(topology: Topology, options: ProtocolOptions) -> Baseline:
    """The scheme for a network."""
    groups = Groups(topology)
    return Baseline(
        scheme="ecmp",
        topology=topology,
        options=options,
        clock=clock(options),
        program=_program(groups),
        configure=lambda switch: configuration(groups, switch, "ecmp"),
        unreachable=groups.ways.unreachable,
    )


def configuration(groups: Groups, switch: int, program: str) -> SwitchConfig:
    """What a switch is loaded with."""
    topology = groups.topology
    entries = [
        common.identity_entry(switch, ("salt", salt_of(topology.switches[switch].name))),
        *common.plain_port_entries(topology, switch),
        *groups.entries(switch),
        *common.address_entries(topology, switch),
    ]
    return SwitchConfig(switch, program, tuple(entries), ())


def group_view(groups: Groups) -> dict[str, Any]:
    """What the templates of both tables and of the hash need."""
    return {
        "identity_params": "bit<16> self, bit<32> salt",
        "identity_lines": ["meta.salt = salt;"],
        "member_bits": groups.member_bits,
    }


def _program(groups: Groups) -> SchemeProgram:
    reasons = common.drop_reasons()
    return SchemeProgram(
        title="ECMP switch.",
        about=_ABOUT,
        sections=("locate", "deliver", "live", "hash_member", "route_ecmp", "ingress_plain"),
        headers=common.FLOW_HEADERS,
        metadata=(*common.METADATA, *common.FLOW_METADATA, *GROUP_METADATA),
        types=groups.types,
        constants=common.constants(groups.topology, reasons, flows=True),
        tables=(*common.tables(groups.topology), *groups.tables),
        drop_reasons=reasons,
        view=group_view(groups),
    )
