"""networkx node-link JSON -> RawTopology: TopoHub's files, `networkx.node_link_data`, and p4-utils'
`topology.json`.

The edges stand under "edges" (networkx 3.4 and later) or "links" (before). Known edge attributes: "dist"
(km), "capacity" and "latency" (texts with units), and p4-utils' "bw" (Mbit/s), "delay" (text, or ms),
"node1", "port1", "node2", "port2". A node is a host if it says `"isHost": true` or `"type": "host"`.
"""

from __future__ import annotations

from fractions import Fraction
from math import isfinite
from typing import Any

from contra.diagnostics import Reporter, report, shown
from contra.jsontext import Duplicate, JsonDocument, Path
from contra.topology.errors import HostWiring
from contra.topology.geo import NS_PER_KM, is_position
from contra.topology.graphs import GraphEdge, GraphNode, clean_label, to_raw, unique_labels
from contra.topology.hostfields import read_ip, read_mac
from contra.topology.jsonform import LATENCY_EXPECTED, Form, JsonPlaces
from contra.topology.raw import Key, RawHost, RawTopology
from contra.units import CAPACITY_RANGE, LATENCY_RANGE, format_capacity, format_latency


def read_nodelink(document: JsonDocument, name: str, reporter: Reporter) -> RawTopology:
    """Read a document; what is wrong with its form is reported, the rest is read on."""
    return _Reader(document, reporter).read(name)


class _Reader:
    def __init__(self, document: JsonDocument, reporter: Reporter) -> None:
        self.document = document
        self.reporter = reporter
        self.form = Form(document, reporter)
        self.top: dict[str, Any] = document.value
        self.edge_key = "links" if "links" in self.top and "edges" not in self.top else "edges"
        self.hosts: dict[Any, tuple[int, dict[str, Any]]] = {}
        self.host_edges: dict[Any, tuple[int, int]] = {}

    def path_of(self, kind: str, key: Key, part: str) -> tuple[Path, bool]:
        """Keys are indices; a host's switch and port stand in its edge."""
        if kind == "link":
            tails = {"a": "source", "b": "target"}
            return (self.edge_key, key, *((tails[part],) if part in tails else ())), False
        if kind == "host" and part in ("switch", "port"):
            node = self.top["nodes"][key].get("id", key)
            return (self.edge_key, self.host_edges[node][0]), False
        return ("nodes", key, *((part,) if part else ())), False

    def read(self, name: str) -> RawTopology:
        graph = self.top.get("graph")
        if isinstance(graph, dict) and isinstance(graph.get("name"), str) and graph["name"].strip():
            name = clean_label(graph["name"])
        if self.edge_key not in self.top:
            self.form.missing((), "the graph", "edges", '"edges": [{"source": "A", "target": "B"}]')
        nodes = self.nodes()
        ids = {node.id for node in nodes} | self.hosts.keys()
        access: list[tuple[GraphEdge, dict[str, Any]]] = []
        edges = []
        for i, value in enumerate(self.form.list((self.edge_key,), self.top.get(self.edge_key, []), '"edges"')):
            edge = self.edge(i, value)
            if edge is None:
                continue
            if (edge.source in self.hosts or edge.target in self.hosts) and {edge.source, edge.target} <= ids:
                access.append((edge, value))
            else:
                edges.append(edge)
        places = JsonPlaces(self.document, self.path_of)
        directed = self.top.get("directed") is True
        raw = to_raw(name, nodes, edges, directed, places, self.reporter)
        labels = dict(zip((node.id for node in nodes), (s.label for s in raw.switches), strict=True))
        self.attach(raw, access, labels)
        return raw

    # ------------------------------------------------------------ nodes

    def nodes(self) -> list[GraphNode]:
        result = []
        first: dict[Any, int] = {}
        for i, value in enumerate(self.form.list(("nodes",), self.top["nodes"], '"nodes"')):
            if not isinstance(value, dict):
                self.form.wrong(("nodes", i), "a node", 'an object such as {"id": "A"}', value)
                continue
            node = value.get("id", i)
            if isinstance(node, bool) or not isinstance(node, str | int | float):
                self.form.wrong(("nodes", i, "id"), "the id of a node", "a text or a number", node)
                continue
            if first.setdefault(node, i) != i:
                spans = (self.document.span(("nodes", j, "id")) for j in (i, first[node]))
                again, before = spans
                name = shown(str(node))
                report(self.reporter, Duplicate(what="node", name=name, span=again, first=before))
                continue
            if value.get("isHost") is True or value.get("type") == "host":
                self.hosts[node] = (i, value)
            else:
                result.append(GraphNode(node, _label(value, node), i, _position(value)))
        return result

    # ------------------------------------------------------------ edges

    def edge(self, i: int, value: Any) -> GraphEdge | None:
        path: Path = (self.edge_key, i)
        if not isinstance(value, dict):
            self.form.wrong(path, "an edge", 'an object such as {"source": "A", "target": "B"}', value)
            return None
        ends: list[Any] = []
        for key in ("source", "target"):
            end = value.get(key)
            if key not in value:
                self.form.missing(path, "the edge", key, f'"{key}": "A"')
            elif isinstance(end, bool) or not isinstance(end, str | int | float):
                self.form.wrong((*path, key), f'"{key}"', "the id of a node", end)
            else:
                ends.append(end)
        if len(ends) < 2:
            return None
        edge = GraphEdge(ends[0], ends[1], i, self.capacity(path, value), self.latency(path, value))
        edge.source_port, edge.target_port = self.ports(path, value, ends)
        return edge

    def capacity(self, path: Path, value: dict[str, Any]) -> int | None:
        if value.get("capacity") is not None:
            return self.form.capacity((*path, "capacity"), value["capacity"])
        if value.get("bw") is None:
            return None
        return self.scaled((*path, "bw"), value["bw"], 10**6, CAPACITY_RANGE, "bandwidth in Mbit/s", format_capacity)

    def latency(self, path: Path, value: dict[str, Any]) -> int | None:
        for key in ("latency", "delay"):
            if isinstance(value.get(key), str):
                return self.form.latency((*path, key), value[key])
        if value.get("latency") is not None:
            self.form.wrong((*path, "latency"), "a latency", LATENCY_EXPECTED, value["latency"])
        elif value.get("delay") is not None:
            where = (*path, "delay")
            return self.scaled(where, value["delay"], 10**6, LATENCY_RANGE, "delay in ms", format_latency)
        elif value.get("dist") is not None:
            where = (*path, "dist")
            return self.scaled(where, value["dist"], NS_PER_KM, LATENCY_RANGE, "distance in km", format_latency)
        return None

    def scaled(self, path: Path, value: Any, factor: int, limits: tuple[int, int], what: str, show: Any) -> int | None:
        expected = f"a {what}, as a number"
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.form.wrong(path, f"a {what}", "a number", value)
            return None
        low, high = limits
        if isfinite(value) and low <= value * factor <= high:
            return round(Fraction(repr(value)) * factor)
        number = repr(value) if abs(value) < 10**18 else "this number"
        reason = f"a {what} of {number} is out of range: it must come to {show(low)} .. {show(high)}"
        self.form.bad_quantity(path, reason, expected)
        return None

    def ports(self, path: Path, value: dict[str, Any], ends: list[Any]) -> tuple[int | None, int | None]:
        """p4-utils numbers ports by "node1" and "node2", which may be either end; hosts count from 0."""
        found: list[int | None] = [None, None]
        for name, port in (("node1", "port1"), ("node2", "port2")):
            if value.get(name) in ends and value.get(port) is not None and value[name] not in self.hosts:
                found[ends.index(value[name])] = self.form.port((*path, port), value[port])
        return found[0], found[1]

    # ------------------------------------------------------------ hosts

    def attach(self, raw: RawTopology, access: list[tuple[GraphEdge, dict[str, Any]]], labels: dict[Any, str]) -> None:
        """Hosts, each by its one edge."""
        mine: dict[Any, tuple[GraphEdge, dict[str, Any]]] = {}
        for edge, value in access:
            for node in dict.fromkeys(n for n in (edge.source, edge.target) if n in self.hosts):
                other = edge.target if node == edge.source else edge.source
                span = self.document.span((self.edge_key, edge.key))
                if other in self.hosts and node != edge.source:
                    continue  # reported for the other one
                if other in self.hosts:
                    reason = f"this edge connects two hosts, '{shown(str(node))}' and '{shown(str(other))}'"
                    report(self.reporter, HostWiring(reason=reason, span=span))
                elif node in mine and not self.is_way_back(mine[node][0], edge):
                    first = self.document.span((self.edge_key, mine[node][0].key))
                    reason = f"host '{shown(str(node))}' has more than one edge"
                    report(self.reporter, HostWiring(reason=reason, first=first, span=span))
                elif node not in mine:
                    mine[node] = edge, value
                    self.host_edges[node] = edge.key, 0
        names = unique_labels([_label(value, node) for node, (_, value) in self.hosts.items()])
        for label, (node, (i, value)) in zip(names, self.hosts.items(), strict=True):
            if node in mine:
                raw.hosts.append(self.host(label, node, i, value, *mine[node], labels))
            elif not self.reporter.has_errors:
                span = self.document.span(("nodes", i))
                report(self.reporter, HostWiring(reason=f"host '{shown(label)}' has no edge", span=span))

    def is_way_back(self, first: GraphEdge, edge: GraphEdge) -> bool:
        ends = (first.target, first.source)
        return self.top.get("directed") is True and (edge.source, edge.target) == ends

    def host(
        self,
        label: str,
        node: Any,
        i: int,
        value: dict[str, Any],
        edge: GraphEdge,
        link: dict[str, Any],
        labels: dict[Any, str],
    ) -> RawHost:
        first = edge.source == node
        switch = edge.target if first else edge.source
        host = RawHost(label=label, switch=labels[switch], key=i)
        host.port = edge.target_port if first else edge.source_port
        host.capacity, host.latency_ns = edge.capacity, edge.latency_ns
        side = "1" if link.get("node1") == node else "2"
        where: Path = (self.edge_key, edge.key)
        ip = self.first_of((("nodes", i, "ip"), value.get("ip")), ((*where, "ip" + side), link.get("ip" + side)))
        if ip and (address := read_ip(self.form, *ip)):
            host.ip, host.prefix_length = address
        mac = self.first_of((("nodes", i, "mac"), value.get("mac")), ((*where, "addr" + side), link.get("addr" + side)))
        if mac:
            host.mac = read_mac(self.form, *mac)
        commands = value.get("commands")
        if isinstance(commands, list) and all(isinstance(command, str) for command in commands):
            host.commands = tuple(commands)
        return host

    def first_of(self, *candidates: tuple[Path, Any]) -> tuple[Path, Any] | None:
        """The first value that is there."""
        return next((candidate for candidate in candidates if candidate[1] not in (None, "")), None)


def _label(value: dict[str, Any], node: Any) -> str:
    for key in ("name", "label"):
        text = value.get(key)
        if isinstance(text, str) and text.strip():
            return text
    return str(node)


def _position(value: dict[str, Any]) -> tuple[float, float] | None:
    """(latitude, longitude) of Topology Zoo attributes; "pos" is not used, its meaning differs between
    tools.
    """
    pair = value.get("Latitude"), value.get("Longitude")
    return (float(pair[0]), float(pair[1])) if is_position(*pair) else None  # type: ignore[arg-type]
