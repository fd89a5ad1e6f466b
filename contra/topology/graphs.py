"""What the formats that describe a bare graph have in common: odd labels, external nodes, directed edges,
distances.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from contra.diagnostics import Reporter, report, shown
from contra.topology.errors import ExternalDropped, UnknownSwitch, abbreviated, counted
from contra.topology.geo import great_circle_km, latency_of_km
from contra.topology.jsonform import MAX_LABEL
from contra.topology.raw import Key, Places, RawLink, RawSwitch, RawTopology

Node = str | int | float


@dataclass(slots=True)
class GraphNode:
    """A node: the id that edges name, its label as found, and what else is known."""

    id: Node
    label: str
    key: Key
    position: tuple[float, float] | None = None
    external: bool = False


@dataclass(slots=True)
class GraphEdge:
    """An edge between two node ids."""

    source: Node
    target: Node
    key: int
    capacity: int | None = None
    latency_ns: int | None = None
    source_port: int | None = None
    target_port: int | None = None


def to_raw(
    name: str,
    nodes: Sequence[GraphNode],
    edges: Sequence[GraphEdge],
    directed: bool,
    places: Places,
    reporter: Reporter,
) -> RawTopology:
    """A network of the nodes that are not external; edges of unknown nodes are reported."""
    raw = RawTopology(name=name, places=places)
    labels = unique_labels([node.label for node in nodes])
    by_id = {node.id: (node, label) for node, label in zip(nodes, labels, strict=True)}
    raw.switches = [RawSwitch(label, node.key) for node, label in zip(nodes, labels, strict=True) if not node.external]
    cut = 0
    for edge in one_way(edges) if directed else edges:
        ends = [by_id.get(edge.source), by_id.get(edge.target)]
        for part, node_id, end in zip("ab", (edge.source, edge.target), ends, strict=True):
            if end is None:
                _unknown(node_id, places, edge.key, part, reporter)
        if ends[0] is None or ends[1] is None:
            continue
        (a, a_label), (b, b_label) = ends[0], ends[1]
        if a.external or b.external:
            cut += 1
            continue
        latency = edge.latency_ns
        if latency is None and a.position and b.position and a is not b:
            latency = latency_of_km(great_circle_km(a.position, b.position))
        ports = edge.source_port, edge.target_port
        raw.links.append(RawLink(a_label, b_label, edge.key, edge.capacity, latency, *ports))
    outside = [node for node in nodes if node.external]
    if outside:
        _left_out(raw, outside, cut, places, reporter)
    return raw


def unique_labels(labels: Sequence[str]) -> list[str]:
    """Printable, non-empty, unique labels; a label that stands more than once gets a number, in order."""
    cleaned = [clean_label(label) for label in labels]
    taken = set(cleaned)
    seen: Counter[str] = Counter()
    result = []
    for label in cleaned:
        seen[label] += 1
        if seen[label] > 1:
            base, number = label, seen[label]
            while (label := f"{base}_{number}") in taken:
                number += 1
            seen[base] = number
            taken.add(label)
        result.append(label)
    return result


def one_way(edges: Sequence[GraphEdge]) -> list[GraphEdge]:
    """Of a directed graph: an edge and one that comes back are the two directions of one link."""
    waiting: Counter[tuple[Node, Node]] = Counter()
    kept = []
    for edge in edges:
        if edge.source != edge.target and waiting[edge.target, edge.source] > 0:
            waiting[edge.target, edge.source] -= 1
            continue
        waiting[edge.source, edge.target] += 1
        kept.append(edge)
    return kept


def clean_label(label: str) -> str:
    """The label with single blanks for whatever cannot be printed, shortened, never empty."""
    text = "".join(c if c.isprintable() else " " for c in label[: MAX_LABEL - 20])
    return " ".join(text.split()) or "node"


def _unknown(node: Node, places: Places, key: Key, part: str, reporter: Reporter) -> None:
    span = places.span("link", key, part)
    hint = "every end of an edge is the id of a node of the file"
    report(reporter, UnknownSwitch(what="an edge", name=shown(str(node)), hint=hint, span=span))


def _left_out(raw: RawTopology, outside: Sequence[GraphNode], cut: int, places: Places, reporter: Reporter) -> None:
    names = abbreviated([node.label for node in outside])
    span = places.span("switch", outside[0].key)
    nodes, links = counted(len(outside), "node"), counted(cut, "link")
    report(reporter, ExternalDropped(nodes=nodes, links=links, names=names, span=span))
    raw.note = "all its nodes are marked as external"
