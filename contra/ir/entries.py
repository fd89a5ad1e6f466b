"""What each switch is loaded with: all that depends on the topology, as table entries and replication groups.

A hop is the number, from 1, of a neighbour port of the switch; ports themselves appear in `hop_port` only (hardware
rule 9).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from contra.ir.layout import NOT_HELD, load_weight
from contra.ir.model import (
    Deployment,
    MulticastGroup,
    ProbeMetric,
    Provenance,
    Role,
    RuntimeEntry,
    SwitchConfig,
    SwitchProgram,
)
from contra.product.graph import ProductEdge, ProductNode
from contra.topology.model import Link, Topology

ORIGIN_GROUP = 1
"""Replication group of the probe clock; groups of product nodes follow."""
AUTOMATIC_NETWORK = (10 << 24, 8)
"""10.0.0.0/8: the addresses that the topology stage hands out; a switch's index stands in the address."""


class Configurator:
    """Makes the configuration of one switch at a time; holds what all of them share."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._graph = deployment.graph
        self._topology = deployment.graph.topology
        self._incoming: list[list[ProductEdge]] = [[] for _ in self._graph.nodes]
        for row in self._graph.successors:
            for edge in row:
                self._incoming[edge.target].append(edge)
        self._weights: dict[int, int] = {}

    def configure(self, switch: int) -> SwitchConfig:
        """Entries and groups of a switch, in stable order."""
        program = self._deployment.program_of(switch)
        groups, group_of = self._groups(switch, program)
        entries = [
            *self._identity(switch, program, groups),
            *self._ports(switch, program),
            *self._transitions(switch, program, group_of),
        ]
        if program.role is Role.DESTINATION:
            entries += [*destination_entries(self._topology), *host_entries(self._topology, switch)]
        return SwitchConfig(switch, program.name, tuple(entries), tuple(groups))

    # ------------------------------------------------------------------------------------------ parts

    def _identity(self, switch: int, program: SwitchProgram, groups: list[MulticastGroup]) -> Iterator[RuntimeEntry]:
        if program.role is Role.TRANSIT:
            return
        node = self._graph.sending.get(switch)
        params = [("self", switch)]
        if program.widths.tag:
            params.append(("tag", 0 if node is None else self._graph.nodes[node].tag))
        params.append(("group", ORIGIN_GROUP if groups and groups[0].group == ORIGIN_GROUP else 0))
        yield RuntimeEntry(
            "identity",
            (),
            "set_identity",
            tuple(params),
            Provenance(node=node, destination=switch),
            is_default=True,
        )

    def _ports(self, switch: int, program: SwitchProgram) -> Iterator[RuntimeEntry]:
        measured, link_metrics = program.measures_load, program.link_metrics
        held = (("held_util", NOT_HELD),) * measured
        for hop, port in enumerate(self._topology.ports[switch], 1):
            link = self._topology.links[port.link]
            origin = Provenance(link=port.link)
            params = (("hop", hop), *self._link_values(link_metrics, link), *held)
            match = (("port", port.number),)
            yield RuntimeEntry("ingress_port", match, "from_switch", params, origin)
            out: tuple[tuple[str, int], ...] = (("port", port.number),)
            if measured:
                out += (("weight", self._weight(program, link)),)
            yield RuntimeEntry("hop_port", (("hop", hop),), "to_port", out, origin)
        for host in self._topology.hosts_of[switch]:
            yield RuntimeEntry("ingress_port", (("port", host.port),), "from_host", (), Provenance(host=host.index))

    def _link_values(self, metrics: tuple[ProbeMetric, ...], link: Link) -> tuple[tuple[str, int], ...]:
        if not metrics:
            return ()
        values = []
        for metric in metrics:
            raw = Fraction(link.latency_ns, 1000) if metric.name == "lat" else dict(link.attributes)[metric.name]
            values.append((metric.field, min(metric.limit, round(raw / metric.step))))
        return tuple(values)

    def _weight(self, program: SwitchProgram, link: Link) -> int:
        if link.capacity not in self._weights:
            self._weights[link.capacity] = load_weight(link.capacity, program.clock)
        return self._weights[link.capacity]

    def _groups(self, switch: int, program: SwitchProgram) -> tuple[list[MulticastGroup], dict[tuple[int, int], int]]:
        """The groups of a switch, and the group of each (node, pid); 0 where nobody is to be told."""
        groups = []
        sending = self._graph.sending.get(switch)
        if sending is not None and program.role is Role.DESTINATION:
            node = self._graph.nodes[sending]
            replicas = tuple((port, pid + 1) for pid in node.pids for port in self._told(node, pid))
            if replicas:
                origin = Provenance((node.rule,), sending, destination=switch)
                groups.append(MulticastGroup(ORIGIN_GROUP, replicas, origin))
        group_of: dict[tuple[int, int], int] = {}
        number = ORIGIN_GROUP
        for node in self._graph.nodes_of(switch):
            known: dict[tuple[int, ...], int] = {(): 0}
            for pid in node.pids:
                ports = self._told(node, pid)
                if ports not in known:
                    number += 1
                    known[ports] = number
                    told = tuple((port, 1) for port in ports)
                    groups.append(MulticastGroup(number, told, Provenance((node.rule,), node.index)))
                group_of[node.index, pid] = known[ports]
        return groups, group_of

    def _told(self, node: ProductNode, pid: int) -> tuple[int, ...]:
        nodes = self._graph.nodes
        return tuple(edge.port for edge in self._graph.successors[node.index] if pid in nodes[edge.target].pids)

    def _transitions(
        self, switch: int, program: SwitchProgram, group_of: dict[tuple[int, int], int]
    ) -> Iterator[RuntimeEntry]:
        nodes = self._graph.nodes
        widths, has_best = program.widths, program.has_best
        hop_of = {port.number: hop for hop, port in enumerate(self._topology.ports[switch], 1)}
        for node in self._graph.nodes_of(switch):
            back = {edge.port: edge.target for edge in self._graph.successors[node.index]}
            for edge in self._incoming[node.index]:
                # Split horizon is by product node: the way back may enter another one, a waypoint on a stick's say
                turn = int(back.get(edge.peer_port, edge.source) != edge.source)
                origin = Provenance((node.rule,), node.index, edge.link)
                match: tuple[tuple[str, int], ...] = (("hop", hop_of[edge.peer_port]),)
                if widths.tag:
                    match += (("tag", nodes[edge.source].tag),)
                for pid in node.pids:
                    params: tuple[tuple[str, int], ...] = (("tag", node.tag),) if widths.tag else ()
                    if has_best:
                        params += (("rule", node.rule),)
                    params += (("group", group_of[node.index, pid]),)
                    if widths.tag:
                        params += (("turn", turn),)
                    full = (*match, ("pid", pid)) if widths.pid else match
                    yield RuntimeEntry("product_node", full, "enter_node", params, origin)


# ------------------------------------------------------------------------------------------ addresses


def destination_entries(topology: Topology) -> Iterator[RuntimeEntry]:
    """Table `destination`: which switch an address belongs to."""
    yield RuntimeEntry("destination", (("address", AUTOMATIC_NETWORK),), "to_switch_in_address", (), Provenance())
    for host in topology.hosts:
        if host.explicit:
            yield RuntimeEntry(
                "destination",
                (("address", (int(host.ip), 32)),),
                "to_switch",
                (("destination", host.switch),),
                Provenance(host=host.index, destination=host.switch),
            )


def host_entries(topology: Topology, switch: int) -> Iterator[RuntimeEntry]:
    """Table `hosts` of a switch: its own address and those of its hosts."""
    own = topology.switches[switch]
    yield RuntimeEntry("hosts", (("address", int(own.address)),), "to_cpu", (), Provenance(destination=switch))
    for host in topology.hosts_of[switch]:
        yield RuntimeEntry(
            "hosts",
            (("address", int(host.ip)),),
            "to_host",
            (("port", host.port), ("mac", int(host.mac.replace(":", ""), 16))),
            Provenance(host=host.index, destination=switch),
        )
