"""The product graph as dot and as JSON."""

from __future__ import annotations

import json
import re

import pytest
from strategies.networks import network
from strategies.policies import policy
from strategies.regexes import word

from contra.diagnostics import Reporter
from contra.product import ProductGraph, build, to_dot, to_json


@pytest.fixture
def graph() -> ProductGraph:
    topology = network("ABCD", [("A", "B"), ("A", "C"), ("B", "C"), ("B", "D"), ("C", "D")])
    return build(policy([word("*B*")], lambda m: "util" if m else None), topology, Reporter())


def test_json_holds_the_whole_graph(graph: ProductGraph) -> None:
    data = json.loads(to_json(graph))
    names = [switch.name for switch in graph.topology.switches]
    assert data["switches"] == names
    assert data["nodes"] == [
        {
            "node": node.index,
            "switch": names[node.switch],
            "tag": node.tag,
            "state": node.state,
            "rule": node.rule,
            "matched": [".* B .*"] if graph.matched[node.state] else [],
            "pids": list(node.pids),
        }
        for node in graph.nodes
    ]
    edges = [edge for row in graph.successors for edge in row]
    assert data["edges"] == [
        {"from": e.source, "to": e.target, "port": e.port, "peer_port": e.peer_port, "link": e.link} for e in edges
    ]
    assert data["sending"] == {names[switch]: node for switch, node in graph.sending.items()}
    assert data["unreachable"] == {
        "count": graph.unreachable_count,
        "pairs": [[names[a], names[b]] for a, b in graph.unreachable],
    }


def test_json_of_an_empty_graph() -> None:
    graph = build(policy([], lambda _: None), network("AB", [("A", "B")]), Reporter())
    data = json.loads(to_json(graph))
    assert (data["nodes"], data["edges"], data["sending"]) == ([], [], {})
    assert data["unreachable"] == {"count": 2, "pairs": [["A", "B"], ["B", "A"]]}


def test_dot_draws_every_node_and_edge_once(graph: ProductGraph) -> None:
    text = to_dot(graph)
    labels = dict(re.findall(r"^    n(\d+) \[label=\"([^\"]+)\"", text, re.M))
    names = [switch.name for switch in graph.topology.switches]
    assert labels == {str(n.index): f"{names[n.switch]}.{n.tag}" for n in graph.nodes}
    arrows = re.findall(r"^  n(\d+) -> n(\d+) ", text, re.M)
    assert sorted(arrows) == sorted((str(e.source), str(e.target)) for row in graph.successors for e in row)
    assert text.count("subgraph cluster_") == 4
    finite = [n for n in graph.nodes if not graph.policy.rules[n.rule].is_inf]
    assert text.count("doublecircle") == len(finite)
    assert text.count("filled") == len(graph.sending)
    assert text == to_dot(graph)


def test_dot_of_one_destination_shows_what_its_probes_reach(graph: ProductGraph) -> None:
    text = to_dot(graph, destination=3)
    assert text.count("filled") == 1
    assert re.findall(r"label=\"(D\.\d+)\"", text) == [f"D.{graph.nodes[graph.sending[3]].tag}"]
    back = [n for n in re.findall(r"-> n(\d+)", text) if graph.nodes[int(n)].switch == 3]
    assert back == []


def test_dot_of_a_destination_that_nobody_reaches_is_empty() -> None:
    topology = network("AB", [("A", "B")])
    graph = build(policy([word("A*B")], lambda m: "util" if m else None), topology, Reporter())
    assert "->" not in to_dot(graph, destination=0)


def test_dot_escapes_labels() -> None:
    topology = network(['x"y', "b\\c"], [('x"y', "b\\c")])
    text = to_dot(build(policy([], lambda _: "len"), topology, Reporter()))
    assert 'label="x\\"y.0"' in text
    assert 'label="b\\\\c.0"' in text
