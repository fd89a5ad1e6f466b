"""Shortest path: one next hop for each destination, in a table."""

from __future__ import annotations

from collections.abc import Iterator

from contra.baselines import common
from contra.baselines.model import Baseline, SchemeProgram, Table
from contra.baselines.paths import ShortestWays
from contra.ir.layout import clock
from contra.ir.lower import room
from contra.ir.model import Provenance, RuntimeEntry, SwitchConfig
from contra.options import ProtocolOptions
from contra.topology.model import Topology

_ABOUT = (
    "Packets follow one shortest path, by number of links, to the switch of their address; which one where "
    "there are several is fixed when tables are filled. Nothing is added to packets, and nothing is measured."
)


def prepare(topology: Topology, options: ProtocolOptions) -> Baseline:
    """The scheme for a network."""
    ways = ShortestWays(topology)

    def configure(switch: int) -> SwitchConfig:
        entries = [
            common.identity_entry(switch),
            *common.plain_port_entries(topology, switch),
            *_next_hops(ways, topology, switch),
            *common.address_entries(topology, switch),
        ]
        return SwitchConfig(switch, "shortest-path", tuple(entries), ())

    return Baseline(
        scheme="shortest-path",
        topology=topology,
        options=options,
        clock=clock(options),
        program=_program(topology),
        configure=configure,
        unreachable=ways.unreachable,
    )


def _program(topology: Topology) -> SchemeProgram:
    reasons = common.drop_reasons()
    return SchemeProgram(
        title="Shortest-path switch.",
        about=_ABOUT,
        sections=("locate", "deliver", "live", "route_shortest", "ingress_plain"),
        headers=common.HEADERS,
        metadata=common.METADATA,
        types=common.TYPES,
        constants=common.constants(topology, reasons, flows=False),
        tables=(
            *common.tables(topology),
            Table("next_hop", f"{common.INGRESS}.route", room(len(topology.destinations))),
        ),
        drop_reasons=reasons,
    )


def _next_hops(ways: ShortestWays, topology: Topology, switch: int) -> Iterator[RuntimeEntry]:
    for destination in topology.destinations:
        for first in ways[destination][switch][:1]:
            origin = Provenance(link=first.link, destination=destination)
            match = (("destination", destination),)
            yield RuntimeEntry("next_hop", match, "to_port", (("port", first.number),), origin)
