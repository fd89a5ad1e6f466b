"""SPAIN: paths and VLANs against networkx, and what packets look like on the way."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from pathlib import Path

import networkx as nx
import pytest
from support.baselines import (
    FAT_TREE,
    ROOT,
    Sent,
    all_pairs,
    assert_is_path,
    compiled,
    drops,
    entries,
    graph_of,
    host,
    opened,
    random_network,
    shipped,
    trails,
)
from support.builds import topology_of

from contra.baselines.vlans import Path as Steps
from contra.baselines.vlans import good_paths, vlans_of
from contra.engine.frames import udp_head
from contra.engine.results import Journal
from contra.engine.simulation import Settings
from contra.topology.model import Topology

NETWORKS = {
    "abilene": lambda: shipped(ROOT / "topologies" / "abilene.json"),
    "fat tree": lambda: shipped(FAT_TREE),
    **{f"random {seed}": lambda seed=seed: random_network(40 + seed, 8 + seed, 13 + 3 * seed, 5) for seed in range(4)},
}


def links_of(path: Steps) -> frozenset[int]:
    return frozenset(port.link for _, port in path)


def nodes_of(path: Steps) -> tuple[int, ...]:
    return (*(switch for switch, _ in path), path[-1][1].peer)


@pytest.fixture(params=NETWORKS)
def topology(request: pytest.FixtureRequest) -> Topology:
    made: Topology = NETWORKS[request.param]()
    return made


@pytest.mark.parametrize("most", [1, 2, 4])
def test_paths_share_links_only_where_there_is_no_other_way(topology: Topology, most: int) -> None:
    graph = graph_of(topology)
    for source, target in permutations(topology.destinations, 2):
        paths = good_paths(topology, source, target, most)
        assert 1 <= len(paths) <= most and len(set(paths)) == len(paths)
        assert len(paths[0]) == nx.shortest_path_length(graph, source, target)
        used: set[int] = set()
        for path in paths:
            nodes = nodes_of(path)
            assert (nodes[0], nodes[-1]) == (source, target)
            assert_is_path(topology, nodes)
            assert all(graph.has_edge(here, port.peer, port.link) for here, port in path)
            rest = nx.MultiGraph(edge for edge in graph.edges(keys=True) if edge[2] not in used)
            rest.add_nodes_from(graph)
            if nx.has_path(rest, source, target):
                assert not links_of(path) & used
            used |= links_of(path)


def disjoint(paths: list[Steps]) -> int:
    """How many of the paths, from the first on, share no link."""
    used: set[int] = set()
    for number, path in enumerate(paths):
        if links_of(path) & used:
            return number
        used |= links_of(path)
    return len(paths)


def test_in_a_fat_tree_as_many_are_disjoint_as_can_be() -> None:
    topology = shipped(FAT_TREE)
    flows = nx.DiGraph()
    flows.add_nodes_from(switch.index for switch in topology.switches)
    for link in topology.links:
        flows.add_edge(link.a, link.b, capacity=1)
        flows.add_edge(link.b, link.a, capacity=1)
    for source, target in permutations(topology.destinations, 2):
        most = nx.maximum_flow_value(flows, source, target)
        assert disjoint(good_paths(topology, source, target, 4)) == min(4, most) == 2


def test_four_disjoint_paths_of_four(tmp_path: Path) -> None:
    """Parallel links and a detour count as well."""
    links = ["a b", "a b", "a x", "x b", "a y", "y z", "z b"]
    topology = topology_of(
        {
            "switches": {name: {} for name in "abxyz"},
            "hosts": {"ha": {"switch": "a"}, "hb": {"switch": "b"}},
            "links": [{"ends": ends.split(), "capacity": "1Gbit", "latency": "10us"} for ends in links],
        }
    )
    paths = good_paths(topology, 0, 1, 8)
    assert disjoint(paths) == 4
    assert sorted(map(len, paths[:4])) == [1, 1, 2, 3]
    vlans = vlans_of(topology, 4)
    assert vlans.count == 4 and set(vlans.choices) == {(0, 1), (1, 0)}


def test_in_every_vlan_all_ways_to_a_destination_end_there(topology: Topology) -> None:
    vlans = vlans_of(topology, 4)
    for target in topology.destinations:
        for vlan in range(1, vlans.count + 1):
            ways = nx.DiGraph()
            for (switch, number, destination), port in vlans.hops.items():
                if (number, destination) == (vlan, target):
                    ways.add_edge(switch, port.peer)
            assert nx.is_directed_acyclic_graph(ways)
            assert {node for node in ways if ways.out_degree(node) == 0} <= {target}
    for (source, target), numbers in vlans.choices.items():
        assert len(set(numbers)) == len(numbers) == len(good_paths(topology, source, target, 4))
        walked = []
        for vlan in numbers:
            here, steps = source, []
            while here != target:
                steps.append((here, vlans.hops[here, vlan, target]))
                here = steps[-1][1].peer
            walked.append(tuple(steps))
        assert walked == good_paths(topology, source, target, 4)


def test_the_best_paths_of_all_are_one_vlan(topology: Topology) -> None:
    """The first path of every pair is in the first VLAN: for each destination they are a tree."""
    assert all(numbers[0] == 1 for numbers in vlans_of(topology, 4).choices.values())


def test_every_pair_of_hosts_hears_each_other(topology: Topology, tmp_path: Path) -> None:
    simulation, sent = opened(compiled("spain", topology, tmp_path)), all_pairs(topology)
    for packet, trail in zip(sent, trails(simulation, sent, 500 * 10**9), strict=True):
        assert trail is not None
        source, target = packet.source.switch, packet.target.switch
        assert source == target or trail in [nodes_of(path) for path in good_paths(topology, source, target, 4)]
    assert drops(simulation) == {}


def test_flows_are_spread_evenly_over_the_vlans(tmp_path: Path) -> None:
    topology = shipped(FAT_TREE)
    simulation = opened(compiled("spain", topology, tmp_path), Settings(jit=False))
    a, b = host(topology, "h1_1_1"), host(topology, "h3_1_1")
    found = trails(simulation, [Sent(a, b, (20_000 + 3 * n, 80), n * 1000) for n in range(800)])
    counts = Counter(trail[1:4] for trail in found if trail).values()
    assert len(counts) == 4
    assert sum((count - 200) ** 2 / 200 for count in counts) < 16.27  # chi-square, 3 degrees of freedom, 0.999


def test_a_tag_of_four_bytes_between_switches_and_none_for_hosts(tmp_path: Path) -> None:
    topology = shipped(FAT_TREE)
    simulation = opened(compiled("spain", topology, tmp_path))
    network = simulation.network
    _, down = simulation.host_links["h2_1_1"]
    for link in (down, *simulation.links.values()):
        network.capture(link, received=False)
    (trail,) = trails(simulation, [Sent(host(topology, "h1_1_1"), host(topology, "h2_1_1"), size=100)])
    assert trail is not None and len(trail) == 5
    journal = Journal(network)
    seen = {
        place: journal.captured(network.plan.links[place].source, network.plan.links[place].source_port)
        for place in (down, *simulation.links.values())
    }
    between = [packet for place in simulation.links.values() for packet in seen[place]]
    assert len(between) == 4
    choice = {params["vlan"] for _, params in entries(simulation.build.folder, "e1_1", "vlan")}
    for packet in between:
        assert packet.size == 104
        assert packet.data[12:14] == b"\x81\x00" and packet.data[16:18] == b"\x08\x00"
        assert int.from_bytes(packet.data[14:16], "big") in choice
    (last,) = seen[down]
    assert last.size == 100 and last.data[12:14] == b"\x08\x00"


def test_marks_find_the_ip_header_behind_the_tag(tmp_path: Path) -> None:
    """ECN (RFC 3168) by the queues between switches, where packets carry a tag."""
    topology = topology_of(
        {
            "switches": {"a": {}, "b": {}},
            "hosts": {"ha": {"switch": "a", "capacity": "10Gbit"}, "hb": {"switch": "b", "capacity": "10Gbit"}},
            "links": [{"ends": ["a", "b"], "capacity": "100Mbit", "latency": "10us"}],
        }
    )
    simulation = opened(compiled("spain", topology, tmp_path), Settings(jit=False, mark_packets=2))
    a, b = host(topology, "ha"), host(topology, "hb")
    head = udp_head(topology, a, b, (1, 9), 1000, ecn=True)
    for number in range(10):
        simulation.network.inject(number * 10**6, "ha", head, size=1000)
    simulation.network.run(10**10)
    assert simulation.network.link_totals(simulation.links[0, 1]).marked > 0
