"""Properties of topologies: what holds for any network, any file, any text."""

from __future__ import annotations

import json
import re

import networkx
from hypothesis import given, settings
from hypothesis import strategies as st

from contra.diagnostics import CompileError, Reporter
from contra.jsontext import read_json
from contra.source import SourceFile
from contra.topology import load_source, to_json
from contra.topology.connect import components
from contra.topology.graphs import unique_labels
from contra.topology.names import assign_names
from contra.units import (
    CAPACITY_RANGE,
    LATENCY_RANGE,
    format_capacity,
    format_latency,
    parse_capacity,
    parse_latency,
)

SETTINGS = settings(deadline=None, max_examples=60)

printable = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
capacities = st.integers(*CAPACITY_RANGE)
latencies = st.integers(*LATENCY_RANGE)


@st.composite
def documents(draw):
    """A legal document of our JSON, as a value."""
    names = draw(st.lists(printable, min_size=2, max_size=10, unique=True))
    cut = draw(st.integers(1, len(names)))
    switches, host_names = names[:cut], names[cut:]
    pairs = [(switches[draw(st.integers(0, i - 1))], switches[i]) for i in range(1, cut)]  # a tree
    if cut > 1:
        pairs += draw(st.lists(st.lists(st.sampled_from(switches), min_size=2, max_size=2, unique=True), max_size=6))
    links = [
        {
            "ends": list(p),
            "capacity": format_capacity(draw(capacities)),
            "latency": format_latency(draw(latencies)),
        }
        for p in pairs
    ]
    hosts = {name: {"switch": draw(st.sampled_from(switches))} for name in host_names}
    for host in hosts.values():
        if draw(st.booleans()):
            host["ip"] = f"192.168.{draw(st.integers(0, 255))}.{draw(st.integers(1, 254))}/16"
        if draw(st.booleans()):
            host["mac"] = f"08:00:00:00:{draw(st.integers(0, 255)):02x}:{draw(st.integers(0, 255)):02x}"
        if draw(st.booleans()):
            host["commands"] = draw(st.lists(printable, max_size=2))
        if draw(st.integers(0, 3)) == 0:
            host["port"] = draw(st.integers(1, 509))
    value = {
        "name": draw(printable),
        "switches": {s: draw(st.sampled_from([{}, {"role": "core"}])) for s in switches},
    }
    if draw(st.booleans()):
        value["attributes"] = {"cost": {"combine": draw(st.sampled_from(["sum", "max", "min"])), "unit": "EUR"}}
        for link in links:
            link["cost"] = draw(st.one_of(st.integers(0, 10**12), st.decimals(0, 1000, places=9).map(float)))
    for link in links:
        if draw(st.integers(0, 4)) == 0:
            link["ports"] = [draw(st.integers(1, 509)), draw(st.integers(1, 509))]
    return value | {"hosts": hosts, "links": links}


def load(text):
    reporter = Reporter()
    try:
        return load_source(SourceFile("x.json", text), reporter), reporter.diagnostics
    except CompileError as error:
        return None, list(error.diagnostics)


@SETTINGS
@given(documents())
def test_what_is_written_loads_back_equal(value):
    network, diagnostics = load(json.dumps(value))
    if network is None:  # two explicit ports, addresses or MACs that are equal
        assert {d.code for d in diagnostics} <= {"CTR0231", "CTR0234"}
        return
    text = to_json(network)
    again, _ = load(text)
    assert again == network
    assert to_json(again) == text


@SETTINGS
@given(documents())
def test_every_network_is_sound(value):
    network, _ = load(json.dumps(value))
    if network is None:
        return
    assert [s.index for s in network.switches] == list(range(len(network.switches)))
    used = [(p, s.index) for s in network.switches for p in [x.number for x in network.ports[s.index]]]
    used += [(h.port, h.switch) for h in network.hosts]
    assert len(set(used)) == len(used)
    assert all(1 <= port <= 509 for port, _ in used)
    for thing in (*network.switches, *network.hosts):
        highest = max((port for port, switch in used if thing in network.switches and switch == thing.index), default=0)
        assert re.fullmatch("[A-Za-z_][A-Za-z0-9_]{0,9}", thing.name)
        assert len(f"{thing.name}-eth{highest}") <= 15
    names = [x.name.lower() for x in (*network.switches, *network.hosts)]
    assert len(set(names)) == len(names)
    for i, ports in enumerate(network.ports):
        for port in ports:
            back = next(p for p in network.ports[port.peer] if p.number == port.peer_port)
            assert (back.peer, back.peer_port, back.link) == (i, port.number, port.link)
    for s in network.switches:
        assert json.loads(s.span.text) == s.label


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["A", "10Gbit", "5ms", "s1-p1"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=5)
            | st.sampled_from(["switches", "hosts", "links", "ends", "nodes", "edges", "id", "source", "target", "A"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)
TOP_KEYS = ("switches", "hosts", "links", "nodes", "edges", "attributes", "graph")
tops = st.fixed_dictionaries({}, optional=dict.fromkeys(TOP_KEYS, json_values))


@settings(deadline=None, max_examples=300)
@given(tops | json_values)
def test_any_json_gives_a_network_or_errors(value):
    network, diagnostics = load(json.dumps(value))
    assert (network is None) == any(d.severity.value == "error" for d in diagnostics)
    for d in diagnostics:
        assert d.title_text().isprintable()
        assert d.span is None or d.span.end <= len(d.span.file.text)


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from('{}[]",:<>/ \\\n=a1.-'), max_size=40))
def test_any_text_gives_a_network_or_errors(text):
    for prefix in ("", '{"switches": ', "<topology>", '{"nodes": ['):
        network, diagnostics = load(prefix + text)
        assert (network is None) == any(d.severity.value == "error" for d in diagnostics)


@settings(deadline=None, max_examples=200)
@given(json_values.filter(lambda v: v == v), st.integers(0, 3), st.data())
def test_spans_of_paths(value, indent, data):
    """The text at the span of a path is the JSON of the value there."""
    try:
        text = json.dumps(value, indent=indent or None, allow_nan=False, ensure_ascii=False)
        text.encode("utf-8")
    except ValueError:
        return
    document = read_json(SourceFile("x", text), Reporter())
    path = ()
    while isinstance(value, dict | list) and value and data.draw(st.booleans()):
        step = data.draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value))))
        path, value = (*path, step), value[step]
    assert path == () or json.loads(document.span(path).text) == value
    if path and isinstance(path[-1], str):
        assert json.loads(document.span(path, key=True).text) == path[-1]


@SETTINGS
@given(st.integers(1, 30), st.data())
def test_components_are_those_of_networkx(nodes, data):
    ends = st.integers(0, nodes - 1)
    edges = data.draw(st.lists(st.tuples(ends, ends), max_size=30))
    graph = networkx.Graph(edges)
    graph.add_nodes_from(range(nodes))
    found = components(nodes, edges)
    assert {frozenset(c) for c in found} == {frozenset(c) for c in networkx.connected_components(graph)}
    assert [len(c) for c in found] == sorted(map(len, found), reverse=True)


@SETTINGS
@given(st.lists(st.text(max_size=14), unique=True, max_size=30), st.sampled_from([8, 9, 10]))
def test_names_are_legal_unique_and_stable(labels, limit):
    names = assign_names(labels, [limit] * len(labels))
    assert names == assign_names(labels, [limit] * len(labels))
    assert len(names) == len(labels)
    assert len({n.lower() for n in names}) == len(names)
    for label, name in zip(labels, names, strict=True):
        assert re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name)
        assert len(name) <= limit
        assert name == label or name not in labels


@SETTINGS
@given(st.lists(st.text(max_size=6) | st.sampled_from(["a", "a_2", "a_3"]), max_size=20))
def test_imported_labels_become_unique(labels):
    unique = unique_labels(labels)
    assert len(set(unique)) == len(labels)
    assert all(label and label.isprintable() for label in unique)


@given(capacities, latencies)
def test_quantities_round_trip(bits, ns):
    assert parse_capacity(format_capacity(bits)) == bits
    assert parse_latency(format_latency(ns)) == ns
