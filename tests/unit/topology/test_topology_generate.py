"""Generated networks, checked with networkx."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import networkx
import pytest

from contra.topology.generate import fat_tree, grid, leaf_spine, random_regular, ring


def graph_of(network):
    graph = networkx.MultiGraph()
    graph.add_nodes_from(range(len(network.switches)))
    graph.add_edges_from((x.a, x.b) for x in network.links)
    return graph


@pytest.mark.parametrize("k", [2, 4, 6, 10])
def test_fat_trees(k):
    network = fat_tree(k)
    roles = Counter(s.role for s in network.switches)
    assert roles == {"core": k * k // 4, "aggregation": k * k // 2, "edge": k * k // 2}
    assert len(network.links) == k**3 // 2
    assert len(network.hosts) == k**3 // 4
    degree = dict(graph_of(network).degree)
    hosts = Counter(h.switch for h in network.hosts)
    assert all(degree[i] + hosts[i] == k for i in degree)  # every port of every switch is used
    assert all(degree[s.index] == k // 2 for s in network.switches if s.role == "edge")


def test_edge_switches_reach_each_other_by_every_core():
    network = fat_tree(4, hosts_per_edge=0)
    assert network.hosts == ()
    label = {s.label: s.index for s in network.switches}
    graph = networkx.Graph(graph_of(network))
    same_pod = list(networkx.all_shortest_paths(graph, label["e1_1"], label["e1_2"]))
    other_pod = list(networkx.all_shortest_paths(graph, label["e1_1"], label["e3_2"]))
    assert (len(same_pod), len(same_pod[0])) == (2, 3)
    assert (len(other_pod), len(other_pod[0])) == (4, 5)
    assert {network.switches[path[2]].role for path in other_pod} == {"core"}


def test_the_number_that_the_command_takes_is_k():
    assert len(fat_tree(20, hosts_per_edge=0).switches) == 500


def oversubscription(network):
    """What the hosts of an edge switch can send, over what its uplinks carry; the same for all."""
    ratios = set()
    for switch in network.switches:
        if switch.role == "edge":
            down = sum(h.capacity for h in network.hosts_of[switch.index])
            up = sum(network.links[p.link].capacity for p in network.ports[switch.index])
            ratios.add(Fraction(down, up))
    (ratio,) = ratios
    return ratio


def test_the_papers_fat_tree():
    network = fat_tree(4, hosts_per_edge=4, oversubscription=4)
    assert len(network.hosts) == 32
    assert {h.capacity for h in network.hosts} == {10 * 10**9}
    assert oversubscription(network) == 4


def test_oversubscription_by_more_hosts():
    network = fat_tree(4, oversubscription=4)
    assert len(network.hosts) == 64
    assert {x.capacity for x in network.links} == {10 * 10**9}
    assert oversubscription(network) == 4
    assert oversubscription(fat_tree(6)) == 1


def test_rings_and_grids():
    assert networkx.is_isomorphic(graph_of(ring(7)), networkx.MultiGraph(networkx.cycle_graph(7)))
    for rows, columns in ((1, 5), (3, 4), (2, 2), (5, 1)):
        expected = networkx.MultiGraph(networkx.grid_2d_graph(rows, columns))
        assert networkx.is_isomorphic(graph_of(grid(rows, columns)), expected)


def test_leaf_spine():
    network = leaf_spine(4, 3, hosts_per_leaf=2)
    assert networkx.is_isomorphic(graph_of(network), networkx.MultiGraph(networkx.complete_bipartite_graph(4, 3)))
    assert {network.switches[h.switch].role for h in network.hosts} == {"leaf"}
    assert len(network.hosts) == 8


@pytest.mark.parametrize(("n", "d"), [(2, 1), (10, 3), (50, 2), (100, 8), (9, 8)])
def test_random_regular(n, d):
    network = random_regular(n, d, 1)
    graph = graph_of(network)
    assert set(dict(graph.degree).values()) == {d}
    assert networkx.is_connected(graph)
    assert len(networkx.Graph(graph).edges) == len(network.links)  # simple


def test_seeds():
    assert random_regular(40, 3, 7) == random_regular(40, 3, 7)
    assert random_regular(40, 3, 7).links != random_regular(40, 3, 8).links


def test_ten_thousand_switches():
    network = random_regular(10_000, 4, 1)
    assert len(network.links) == 20_000
    assert len({s.name for s in network.switches}) == 10_000


def test_labels_are_legal_names():
    for network in (fat_tree(12), leaf_spine(20, 20, hosts_per_leaf=3), ring(300, hosts_per_switch=1)):
        for thing in (*network.switches, *network.hosts):
            assert thing.name == thing.label
    big = fat_tree(40, hosts_per_edge=20)
    assert big.hosts[-1].name == "h40_20_20"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: fat_tree(3), "even number"),
        (lambda: fat_tree(0), "even number"),
        (lambda: fat_tree(-4), "even number"),
        (lambda: fat_tree(510), "more ports"),
        (lambda: fat_tree(400), "more than Contra can compile"),
        (lambda: fat_tree(4, hosts_per_edge=-1), "negative"),
        (lambda: fat_tree(4, hosts_per_edge=508), "needs 510 ports"),
        (lambda: fat_tree(4, oversubscription=0), "more than 0"),
        (lambda: fat_tree(4, oversubscription=Fraction(1, 3)), "whole number of hosts"),
        (lambda: ring(2), "at least 3"),
        (lambda: grid(1, 1), "at least two"),
        (lambda: grid(10**5, 10**5), "more than Contra"),
        (lambda: leaf_spine(0, 2), "at least one leaf"),
        (lambda: leaf_spine(600, 2), "needs 600 ports"),
        (lambda: random_regular(5, 3, 1), "odd"),
        (lambda: random_regular(5, 5, 1), "from 1 to 4"),
        (lambda: random_regular(4, 1, 1), "not connected"),
        (lambda: ring(3, capacity=0), "positive"),
    ],
)
def test_numbers_that_make_no_network(make, words):
    with pytest.raises(ValueError, match=words):
        make()
