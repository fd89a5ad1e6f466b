"""Product graphs whose shape is known: fat trees, static paths, forbidden orders, parallel links."""

from __future__ import annotations

import itertools

import pytest
from strategies.networks import fat_tree, network
from strategies.policies import policy
from strategies.regexes import symbols, word

from contra.automata.regex import AnySymbol, Concat, Regex, Star, Symbols, Union
from contra.diagnostics import Reporter
from contra.product import ProductGraph, build
from contra.topology.model import Topology

DIAMOND = [("A", "B"), ("A", "C"), ("B", "D"), ("C", "D"), ("B", "C")]


def made(regexes: list[Regex], topology: Topology, rank) -> ProductGraph:
    return build(policy(regexes, rank), topology, Reporter())


def test_without_regexes_the_product_is_the_topology() -> None:
    topology = fat_tree(4)
    graph = made([], topology, lambda _: "len,util")
    assert len(graph.nodes) == 20
    assert [node.tag for node in graph.nodes] == [0] * 20
    assert {node.pids for node in graph.nodes} == {(0,)}
    assert sum(map(len, graph.successors)) == 2 * len(topology.links)
    assert graph.sending == {d: d for d in range(20)}
    assert (graph.unreachable_count, graph.unreachable, graph.max_tags) == (0, (), 1)


def test_a_waypoint_doubles_every_switch_but_the_waypoints() -> None:
    waypoints = Symbols(frozenset(["c0", "c1", "c2", "c3"]))
    regex = Concat((Star(AnySymbol()), waypoints, Star(AnySymbol())))
    graph = made([regex], fat_tree(4), lambda m: "util" if m else None)
    names = [switch.name for switch in graph.topology.switches]
    assert {names[s]: end - start for s, (start, end) in enumerate(graph.node_ranges)} == {
        name: 1 if name[0] == "c" else 2 for name in names
    }
    assert graph.matched == (frozenset(), frozenset([0]))
    assert graph.unreachable_count == 0


def test_parallel_links_are_separate_edges() -> None:
    topology = network("AB", [("A", "B"), ("A", "B"), ("B", "A")])
    graph = made([], topology, lambda _: "util")
    assert [(e.target, e.port, e.peer_port, e.link) for e in graph.successors[0]] == [
        (1, 1, 1, 0),
        (1, 2, 2, 1),
        (1, 3, 3, 2),
    ]


def test_static_failover_keeps_only_the_paths() -> None:
    """[A B D] ? 0 : [A C D] ? 1 : inf."""
    ranks = {frozenset(): None, frozenset([0]): "0", frozenset([1]): "1"}
    graph = made([word("ABD"), word("ACD")], network("ABCD", DIAMOND), ranks.get)
    names = "ABCD"
    edges = {
        (names[graph.nodes[e.source].switch], names[graph.nodes[e.target].switch]) for r in graph.successors for e in r
    }
    assert edges == {("D", "B"), ("D", "C"), ("B", "A"), ("C", "A")}
    assert graph.sending.keys() == {3}
    assert graph.max_tags == 2


def test_a_destination_does_not_hear_its_own_probes() -> None:
    """[A .* D] ? util : inf: nothing leads back to D, whatever its state."""
    graph = made([word("A*D")], network("ABCD", DIAMOND), lambda m: "util" if m else None)
    assert [len(graph.nodes_of(s)) for s in range(4)] == [1, 1, 1, 1]
    assert all(graph.nodes[e.target].switch != 3 for row in graph.successors for e in row)


def test_regexes_that_rank_alike_cost_no_tag() -> None:
    graph = made([word("*B*"), word("*C*")], network("ABCD", DIAMOND), lambda _: "util")
    assert graph.max_tags == 1
    assert graph.matched == (frozenset(),)


def test_a_pid_goes_only_where_it_is_used() -> None:
    """[A .*] ? util : len on a line C B A: every node feeds A, only A itself uses util."""
    graph = made([word("A*")], network("ABC", [("A", "B"), ("B", "C")]), lambda m: "util" if m else "len")
    util = next(c.pid for c in graph.policy.classes if c.order[0].alternatives[0].terms[0][0] == "util")
    both = tuple(sorted(c.pid for c in graph.policy.classes))
    pids = {(graph.topology.switches[n.switch].name, n.rule): n.pids for n in graph.nodes}
    assert all(found == both for (name, _), found in pids.items() if name != "A")
    assert util in both
    assert len(both) == 2


def test_a_single_switch_has_nothing_to_say() -> None:
    graph = made([], network("A", []), lambda _: "util")
    assert (graph.nodes, graph.sending, graph.node_ranges, graph.max_tags) == ((), {}, ((0, 0),), 1)


def test_static_path_through_a_whole_network() -> None:
    names = [f"s{i}" for i in range(1200)]
    topology = network(names, list(itertools.pairwise(names)))
    regex = Concat(tuple(Symbols(frozenset([name])) for name in names))
    graph = made([regex], topology, lambda m: "0" if m else None)
    assert len(graph.nodes) == 1200
    assert graph.max_tags == 1
    assert sum(map(len, graph.successors)) == 1199
    assert graph.unreachable_count == 1200 * 1199 - 1
    assert len(graph.unreachable) == 1000


def test_a_ring_with_far_pairs() -> None:
    names = [f"s{i}" for i in range(400)]
    topology = network(names, [*itertools.pairwise(names), (names[-1], names[0])])
    regex = Concat((Star(AnySymbol()), Symbols(frozenset(["s7"])), Star(AnySymbol())))
    graph = made([regex], topology, lambda m: "len" if m else None)
    assert graph.unreachable_count == 0
    assert len(graph.nodes) == 2 * 400 - 1


@pytest.mark.parametrize("count", [40, 300])
def test_a_choice_of_many_static_paths(count: int) -> None:
    """Hub H, spokes s0, s1, ...; each spoke may reach the next by way of the hub."""
    names = ["H", *(f"s{i}" for i in range(count))]
    topology = network(names, [("H", name) for name in names[1:]])
    paths = tuple(
        Concat((Symbols(frozenset([f"s{i}"])), symbols("H"), Symbols(frozenset([f"s{(i + 1) % count}"]))))
        for i in range(count)
    )
    graph = made([Union(paths)], topology, lambda m: "len" if m else None)
    assert len(graph.nodes_of(0)) == count
    assert all(len(graph.nodes_of(s)) == 2 for s in range(1, count + 1))
    assert graph.unreachable_count == (count + 1) * count - count
