"""The XML topologies of the 2020 prototype -> RawTopology.

Root `topology@asn`; `node@name @internal`; `edge@source @target`, undirected. No capacities, no latencies.
Nodes with internal="false" are other networks' routers: no switches of ours.
"""

from __future__ import annotations

from contra.diagnostics import Reporter, report, shown
from contra.jsontext import Duplicate
from contra.suggest import did_you_mean
from contra.topology.format_errors import MissingKey, UnknownKey
from contra.topology.graphml import XmlPlaces
from contra.topology.graphs import GraphEdge, GraphNode, to_raw
from contra.topology.raw import RawTopology
from contra.topology.xmltext import Element, XmlDocument

_TAGS = ("node", "edge")


def read_prototype(document: XmlDocument, name: str, reporter: Reporter) -> RawTopology:
    """Read a document; what is wrong with it is reported, the rest is read on."""
    for element in document.root.children:
        if element.tag not in _TAGS:
            near = did_you_mean(element.tag, _TAGS)
            span = document.span(element)
            tag = shown(element.tag)
            report(reporter, UnknownKey(key=tag, where="<topology>", near=near, known="node, edge", span=span))
    elements = list(document.root.all("node")), list(document.root.all("edge"))
    nodes: list[GraphNode] = []
    first: dict[str, Element] = {}
    for i, element in enumerate(elements[0]):
        label = _required(document, element, "name", reporter)
        if label is None:
            continue
        if first.setdefault(label, element) is not element:
            span, before = document.span(element, "name"), document.span(first[label], "name")
            report(reporter, Duplicate(what="node", name=shown(label), span=span, first=before))
            continue
        external = element.attributes.get("internal", "true").strip().lower() in ("false", "0")
        nodes.append(GraphNode(label, label, i, external=external))
    edges = []
    for i, element in enumerate(elements[1]):
        source = _required(document, element, "source", reporter)
        target = _required(document, element, "target", reporter)
        if source is not None and target is not None:
            edges.append(GraphEdge(source, target, i))
    return to_raw(name, nodes, edges, False, XmlPlaces(document, *elements), reporter)


def _required(document: XmlDocument, element: Element, attribute: str, reporter: Reporter) -> str | None:
    value = element.attributes.get(attribute)
    if value is None:
        where, example = f"<{element.tag}>", f'{attribute}="..."'
        span = document.span(element)
        report(reporter, MissingKey(where=where, key=attribute, example=example, span=span))
    return value
