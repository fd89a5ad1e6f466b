"""The networks in topologies/, against what is known of them."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import networkx
import pytest

from contra.diagnostics import Reporter
from contra.topology import load, to_json
from contra.topology.generate import fat_tree

FOLDER = Path(__file__).resolve().parents[3] / "topologies"
NAMES = sorted(p.name for p in FOLDER.glob("*.json") if "schema" not in p.name)


def shipped(name):
    reporter = Reporter()
    network = load(str(FOLDER / name), reporter)
    return network, reporter.diagnostics


def labels(network):
    return {frozenset((network.switches[x.a].label, network.switches[x.b].label)) for x in network.links}


@pytest.mark.parametrize("name", NAMES)
def test_they_load_and_are_listed(name):
    network, diagnostics = shipped(name)
    assert [d.code for d in diagnostics] == []
    assert all(s.name == s.label for s in network.switches)
    assert f"`{name}`" in (FOLDER / "README.md").read_text(encoding="utf-8")


def topohub_graph(name):
    pytest.importorskip("topohub")
    value = json.loads(files("topohub").joinpath("data", "topozoo", f"{name}.json").read_text(encoding="utf-8"))
    return networkx.node_link_graph(value, edges="edges")


def graph_of(network):
    graph = networkx.Graph()
    graph.add_edges_from((x.a, x.b, {"ms": x.latency_ns / 10**6, "capacity": x.capacity}) for x in network.links)
    return graph


def test_abilene_is_abilene():
    network, _ = shipped("abilene.json")
    theirs = topohub_graph("Abilene")

    def same_length(ours, other):
        return abs(ours["ms"] - other["dist"] * 5 / 1000) < 0.05

    assert networkx.is_isomorphic(graph_of(network), theirs, edge_match=same_length)
    slow = [x for x in network.links if x.capacity != 10 * 10**9]
    assert [(network.switches[x.a].label, network.switches[x.b].label, x.capacity) for x in slow] == [
        ("IPLS", "ATLA", 2_500_000_000)
    ]
    assert len(network.hosts) == len({h.switch for h in network.hosts}) == 11


def test_the_wan_is_geant_2009():
    network, _ = shipped("wan.json")
    assert networkx.is_isomorphic(graph_of(network), topohub_graph("Geant2009"))
    assert {x.capacity for x in network.links} == {
        10 * 10**9,
        25 * 10**8,
        310 * 10**6,
        155 * 10**6,
        45 * 10**6,
    }


def test_figure_5_and_diamond():
    network, _ = shipped("figure5.json")
    assert [s.label for s in network.switches] == list("ABCD")
    assert labels(network) == {frozenset(x) for x in ("AB", "AC", "BC", "BD", "CD")}
    network, _ = shipped("diamond.json")
    assert labels(network) == {frozenset(x) for x in ("AB", "AC", "BD", "CD")}


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("fattree-k4.json", lambda: fat_tree(4)),
        ("fattree-k6.json", lambda: fat_tree(6)),
        ("fattree-paper.json", lambda: fat_tree(4, hosts_per_edge=4, oversubscription=4)),
    ],
)
def test_fat_trees_are_what_the_generator_gives(name, make):
    network, _ = shipped(name)
    made = make()
    assert (network.switches, network.hosts, network.links) == (made.switches, made.hosts, made.links)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "tutorials.json"])
def test_files_are_canonical(name):
    network, _ = shipped(name)
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert to_json(network, schema="contra-topology.schema.json") == text
