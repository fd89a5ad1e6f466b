"""GraphML -> RawTopology, as the Internet Topology Zoo, networkx and yEd write it.

Labels come from the attribute "label" or yEd's node label, else from the id. Capacities: "LinkSpeedRaw"
(bit/s), or "LinkSpeed" with "LinkSpeedUnits", or "capacity" with a unit. Latencies: "latency" with a unit,
else great-circle distance of "Latitude" and "Longitude" at 5 us per km. Nodes with "Internal" 0 belong to
other networks and are left out.
"""

from __future__ import annotations

from collections.abc import Callable

from contra.diagnostics import Reporter, report, shown
from contra.jsontext import Duplicate
from contra.topology.errors import BadQuantity
from contra.topology.format_errors import Hyperedge, MissingKey
from contra.topology.geo import is_position
from contra.topology.graphs import GraphEdge, GraphNode, to_raw
from contra.topology.jsonform import CAPACITY_EXPECTED, LATENCY_EXPECTED
from contra.topology.raw import Key, Places, RawTopology
from contra.topology.xmltext import Element, XmlDocument
from contra.units import CAPACITY_RANGE, format_capacity, parse_capacity, parse_latency

_FACTORS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_FALSE = frozenset(("0", "0.0", "false", "no"))


class XmlPlaces(Places):
    """Places of the nodes and edges (elements, in order) of an XML file."""

    def __init__(self, document: XmlDocument, nodes: list[Element], edges: list[Element]) -> None:
        self.file = document.file
        self._document = document
        self._nodes = nodes
        self._edges = edges

    def find(self, kind: str, key: Key, part: str) -> tuple[int, int] | None:
        """Start tags; the ends of an edge are its attributes."""
        elements = self._edges if kind == "link" else self._nodes
        attribute = {"a": "source", "b": "target"}.get(part, "")
        return self._document.find(elements[int(key)], attribute)


def read_graphml(document: XmlDocument, name: str, reporter: Reporter) -> RawTopology:
    """Read a document; what is wrong with it is reported, the rest is read on."""
    reader = _Reader(document, reporter)
    graph = next((element for element in document.root.walk() if element.tag == "graph"), None)
    if graph is None:
        span = document.span(document.root)
        example = "a <graph> element with the nodes and edges"
        reporter.report(MissingKey(where="<graphml>", key="graph", example=example, span=span))
        reporter.check()
        return RawTopology(name=name)
    nodes = [element for element in graph.walk() if element.tag == "node"]
    edges = [element for element in graph.walk() if element.tag == "edge"]
    for element in graph.walk():
        if element.tag == "hyperedge":
            report(reporter, Hyperedge(span=document.span(element)))
    directed = graph.attributes.get("edgedefault") == "directed"
    places = XmlPlaces(document, nodes, edges)
    return to_raw(name, reader.nodes(nodes), reader.edges(edges), directed, places, reporter)


class _Reader:
    def __init__(self, document: XmlDocument, reporter: Reporter) -> None:
        self.document = document
        self.reporter = reporter
        self.names = {
            key.attributes.get("id", ""): key.attributes.get("attr.name", "") for key in document.root.all("key")
        }

    def data(self, element: Element) -> dict[str, str]:
        """The attributes that <data> elements give, by name."""
        return {self.names.get(item.attributes.get("key", ""), ""): item.text.strip() for item in element.all("data")}

    def required(self, element: Element, attribute: str) -> str | None:
        value = element.attributes.get(attribute)
        if value is None:
            span = self.document.span(element)
            where, example = f"<{element.tag}>", f'{attribute}="..."'
            report(self.reporter, MissingKey(where=where, key=attribute, example=example, span=span))
        return value

    def nodes(self, elements: list[Element]) -> list[GraphNode]:
        result = []
        first: dict[str, Element] = {}
        for i, element in enumerate(elements):
            node = self.required(element, "id")
            if node is None:
                continue
            if first.setdefault(node, element) is not element:
                span, before = self.document.span(element, "id"), self.document.span(first[node], "id")
                report(self.reporter, Duplicate(what="node", name=shown(node), span=span, first=before))
                continue
            data = self.data(element)
            label = data.get("label") or _drawn_label(element) or node
            external = data.get("Internal", "1").lower() in _FALSE
            result.append(GraphNode(node, label, i, _position(data), external))
        return result

    def edges(self, elements: list[Element]) -> list[GraphEdge]:
        result = []
        for i, element in enumerate(elements):
            source, target = self.required(element, "source"), self.required(element, "target")
            if source is not None and target is not None:
                data = self.data(element)
                result.append(GraphEdge(source, target, i, self.capacity(element, data)))
                latency = data.get("latency")
                if latency:
                    result[-1].latency_ns = self.quantity(element, latency, parse_latency, LATENCY_EXPECTED)
        return result

    def capacity(self, element: Element, data: dict[str, str]) -> int | None:
        if data.get("capacity"):
            return self.quantity(element, data["capacity"], parse_capacity, CAPACITY_EXPECTED)
        value = _number(data.get("LinkSpeedRaw", ""))
        if value is None:
            factor = _FACTORS.get(data.get("LinkSpeedUnits", "-").upper())
            speed = _number(data.get("LinkSpeed", ""))
            value = speed * factor if speed is not None and factor is not None else None
        if value is None:
            return None
        low, high = CAPACITY_RANGE
        if low <= value <= high:
            return round(value)
        reason = f"a link speed of {value:g} bit/s is outside {format_capacity(low)} .. {format_capacity(high)}"
        span = self.document.span(element)
        report(self.reporter, BadQuantity(reason=reason, expected="a speed in bit/s", span=span))
        return None

    def quantity(self, element: Element, text: str, parse: Callable[[str], int], expected: str) -> int | None:
        try:
            return parse(text)
        except ValueError as error:
            span = self.document.span(element)
            report(self.reporter, BadQuantity(reason=str(error), expected=expected, span=span))
            return None


def _drawn_label(element: Element) -> str:
    """The label in yEd's drawing of a node."""
    return next((e.text.strip() for e in element.walk() if e.tag == "NodeLabel" and e.text.strip()), "")


def _position(data: dict[str, str]) -> tuple[float, float] | None:
    latitude, longitude = _number(data.get("Latitude", "")), _number(data.get("Longitude", ""))
    if latitude is None or longitude is None or not is_position(latitude, longitude):
        return None
    return latitude, longitude


def _number(text: str) -> float | None:
    try:
        return float(text) if text and len(text) <= 40 else None
    except ValueError:
        return None
