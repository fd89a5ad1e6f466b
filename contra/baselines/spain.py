"""SPAIN (Mudigonda et al., NSDI 2010): precomputed paths, packed into VLANs, one for each flow."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from contra.baselines import common
from contra.baselines.ecmp import SALT, salt_view, salted_identity
from contra.baselines.errors import TooManyVlans
from contra.baselines.model import Baseline, SchemeProgram, Table
from contra.baselines.vlans import Vlans, vlans_of
from contra.diagnostics import CompileError
from contra.emit.constants import constant
from contra.ir.layout import clock
from contra.ir.lower import room
from contra.ir.model import Field, Header, Provenance, RuntimeEntry, SwitchConfig
from contra.options import ProtocolOptions
from contra.topology.model import Topology

ETHERTYPE_VLAN = 0x8100
MOST_VLANS = 4094
"""IEEE 802.1Q: 12 bits, without 0 and 4095."""
_ABOUT = (
    "Several paths for each pair of switches are computed beforehand, sharing no link where that can be, and "
    "packed into VLANs. The first switch puts a packet into one of those that lead to the switch of its "
    "address, by the hash of its flow; the others follow VLAN and address, and the last takes off the tag "
    "(Mudigonda et al., NSDI 2010)."
)
_VLAN = Header(
    "vlan",
    "VLAN tag (IEEE 802.1Q)",
    (
        Field("priority", 3, ""),
        Field("eligible", 1, "to be dropped"),
        Field("id", 12, "the VLAN"),
        Field("next_type", 16, "EtherType of the payload"),
    ),
)
_METADATA = (
    SALT,
    ("bit<16>", "size", "VLANs to choose from: how many"),
    ("bit<8>", "member", "which one, from 0"),
    ("bit<12>", "vlan", "VLAN of the packet"),
)


def prepare(topology: Topology, options: ProtocolOptions, paths: int) -> Baseline:
    """The scheme for a network, with up to `paths` paths a pair. Raises CompileError (CTR1604) for too many VLANs."""
    vlans = vlans_of(topology, paths)
    if vlans.count > MOST_VLANS:
        raise CompileError([TooManyVlans(found=vlans.count, limit=MOST_VLANS, paths=paths)])
    pairs = permutations(topology.destinations, 2)
    return Baseline(
        scheme="spain",
        topology=topology,
        options=options,
        clock=clock(options),
        program=_program(topology, vlans),
        configure=lambda switch: _configuration(topology, vlans, switch),
        constants={"paths": paths},
        unreachable=tuple(pair for pair in pairs if pair not in vlans.choices),
    )


def _configuration(topology: Topology, vlans: Vlans, switch: int) -> SwitchConfig:
    entries = [
        salted_identity(topology, switch),
        *common.plain_port_entries(topology, switch),
        *_choices(topology, vlans, switch),
        *_hops(topology, vlans, switch),
        *common.address_entries(topology, switch),
    ]
    return SwitchConfig(switch, "spain", tuple(entries), ())


def _choices(topology: Topology, vlans: Vlans, switch: int) -> Iterator[RuntimeEntry]:
    chosen = {target: vlans.choices.get((switch, target), ()) for target in topology.destinations}
    for target, numbers in chosen.items():
        if numbers:
            match = (("destination", target),)
            yield RuntimeEntry("vlans", match, "to_vlans", (("size", len(numbers)),), Provenance(destination=target))
    for target, numbers in chosen.items():
        for member, number in enumerate(numbers):
            keys = (("destination", target), ("member", member))
            yield RuntimeEntry("vlan", keys, "to_vlan", (("vlan", number),), Provenance(destination=target))


def _hops(topology: Topology, vlans: Vlans, switch: int) -> Iterator[RuntimeEntry]:
    for number in range(1, vlans.count + 1):
        for target in topology.destinations:
            port = vlans.hops.get((switch, number, target))
            if port is not None:
                match = (("vlan", number), ("destination", target))
                origin = Provenance(link=port.link, destination=target)
                yield RuntimeEntry("next_hop", match, "to_port", (("port", port.number),), origin)


def _program(topology: Topology, vlans: Vlans) -> SchemeProgram:
    reasons = common.drop_reasons("UNTAGGED", "SPOOFED")
    place = common.FLOW_HEADERS.index(next(header for header in common.FLOW_HEADERS if header.name == "arp"))
    hops = [0] * len(topology.switches)
    choices = [0] * len(topology.switches)
    for switch, _, _ in vlans.hops:
        hops[switch] += 1
    for (source, _), numbers in vlans.choices.items():
        choices[source] += len(numbers)
    enter, route = f"{common.INGRESS}.enter", f"{common.INGRESS}.route"
    return SchemeProgram(
        title="SPAIN switch.",
        about=_ABOUT,
        sections=("locate", "deliver", "live", "hash_member", "enter_spain", "route_spain", "ingress_spain"),
        headers=(*common.FLOW_HEADERS[:place], _VLAN, *common.FLOW_HEADERS[place:]),
        metadata=(*common.METADATA, *common.FLOW_METADATA, *_METADATA),
        types=common.TYPES,
        constants=common.constants(
            topology,
            reasons,
            wire=(constant("bit<16>", "ETHERTYPE_VLAN", f"0x{ETHERTYPE_VLAN:04x}", "IEEE 802.1Q"),),
            flows=True,
        ),
        tables=(
            *common.tables(topology),
            Table("vlans", enter, room(len(topology.destinations))),
            Table("vlan", enter, room(max(choices))),
            Table("next_hop", route, room(max(hops))),
        ),
        drop_reasons=reasons,
        view=salt_view(8),
    )
