"""Shortest paths against networkx, on every topology that we ship and on random ones."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest
from support.baselines import (
    SHIPPED,
    all_pairs,
    assert_is_path,
    compiled,
    drops,
    entries,
    graph_of,
    host,
    manifest,
    opened,
    random_network,
    shipped,
    trails,
)
from support.builds import topology_of
from support.single import checksum

from contra.engine.frames import udp_head
from contra.engine.packets import ways
from contra.engine.results import Journal
from contra.topology.model import Topology

NETWORKS = {
    **{path.stem: lambda path=path: shipped(path) for path in SHIPPED},
    **{
        f"random {seed}": lambda seed=seed: random_network(seed, 4 + 3 * seed, 6 + 5 * seed, hosts=3 + seed % 3)
        for seed in range(5)
    },
    "no hosts": lambda: random_network(7, 9, 14),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_pair_takes_a_shortest_path(name: str, tmp_path: Path) -> None:
    topology: Topology = NETWORKS[name]()
    graph, ends = graph_of(topology), topology.destinations
    simulation = opened(compiled("shortest-path", topology, tmp_path))
    found = ways(simulation, [(a, b) for a in ends for b in ends if a != b])
    for (a, b), way in found.items():
        assert way is not None
        assert (way.switches[0], way.switches[-1]) == (a, b)
        assert_is_path(topology, way.switches)
        assert len(way.ports) == nx.shortest_path_length(graph, a, b)
    assert drops(simulation) == {}


@pytest.mark.parametrize("seed", range(3))
def test_ties_go_by_the_order_of_switches_then_ports(seed: int, tmp_path: Path) -> None:
    topology = random_network(20 + seed, 10, 24)
    graph, build = graph_of(topology), compiled("shortest-path", topology, tmp_path)
    for switch in topology.switches:
        hops = {match["destination"]: params["port"] for match, params in entries(build, switch.name, "next_hop")}
        for target in topology.destinations:
            if target == switch.index:
                assert target not in hops
                continue
            far = nx.single_source_shortest_path_length(graph, target)
            nearest = min(peer for peer in graph[switch.index] if far[peer] == far[switch.index] - 1)
            assert hops[target] == min(p.number for p in topology.ports[switch.index] if p.peer == nearest)


def test_all_hosts_hear_all_others(tmp_path: Path) -> None:
    topology = shipped(SHIPPED[[path.stem for path in SHIPPED].index("fattree-k4")])
    simulation = opened(compiled("shortest-path", topology, tmp_path))
    assert None not in trails(simulation, all_pairs(topology))
    assert drops(simulation) == {}


LINE = {
    "switches": {name: {} for name in "ABCD"},
    "hosts": {
        "hA": {"switch": "A"},
        "hA2": {"switch": "A"},
        "hD": {"switch": "D", "ip": "192.168.7.7/24"},
        "hC": {"switch": "C"},
    },
    "links": [{"ends": [*ends], "capacity": "1Gbit", "latency": "10us"} for ends in ("AB", "BC", "CD")],
}


@pytest.mark.parametrize(("target", "links"), [("hA2", 0), ("hC", 2), ("hD", 3)])
def test_the_ttl_falls_by_one_on_every_link_and_the_checksum_stays_right(
    target: str, links: int, tmp_path: Path
) -> None:
    """RFC 1812, 5.3.1, and RFC 1624; within a switch nothing changes."""
    topology = topology_of(LINE)
    simulation = opened(compiled("shortest-path", topology, tmp_path))
    network = simulation.network
    _, down = simulation.host_links[target]
    network.capture(down)
    sent = udp_head(topology, host(topology, "hA"), host(topology, target), (7, 9), 80, ecn=False)
    for ttl in (64, 2, links + 1, 255):
        head = bytearray(sent)
        head[22] = ttl
        head[24:26] = b"\0\0"
        head[24:26] = checksum(bytes(head[14:34])).to_bytes(2, "big")
        network.inject(network.now, "hA", bytes(head), size=80)
        network.run(network.now + 10**9)
    place = network.plan.links[down]
    frames = [packet.data for packet in Journal(network).captured(place.source, place.source_port)]
    expected = [ttl - links for ttl in (64, 2, links + 1, 255) if ttl > links]
    assert [frame[22] for frame in frames] == expected
    assert all(checksum(frame[14:34]) == 0 for frame in frames)
    assert drops(simulation) == ({} if links < 2 else {"TTL": 1})


def test_the_manifest_says_what_it_is(tmp_path: Path) -> None:
    found = manifest(compiled("shortest-path", topology_of(LINE), tmp_path))
    assert (found["generator"], found["scheme"], found["policy"]) == ("contrac", "shortest-path", None)
    assert [found[key] for key in ("rules", "clauses", "regexes", "metrics", "probe_classes")] == [[]] * 5
    assert found["programs"]["shortest-path"]["state_bits"] == 0
    assert found["unreachable_pairs"] == 0
