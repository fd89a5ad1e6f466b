"""ECMP: the sets of next hops against networkx, how evenly flows are spread, and LetFlow's flowlets.

Quantiles of the chi-square distribution are those of printed tables (0.999).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import networkx as nx
import pytest
from support.baselines import (
    FAT_TREE,
    MS,
    OPTIONS,
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
    with_options,
)
from support.builds import topology_of

from contra.engine.simulation import Settings, Simulation
from contra.topology.model import Topology

CHI_SQUARE = {1: 10.83, 2: 13.82, 3: 16.27}
"""0.999 quantiles by degrees of freedom."""
SCHEMES = ("ecmp", "letflow")


def chi_square(counts: Sequence[int]) -> float:
    """How far counts are from being equal."""
    mean = sum(counts) / len(counts)
    return sum((count - mean) ** 2 / mean for count in counts)


def assert_uniform(counts: Sequence[int]) -> None:
    assert chi_square(counts) < CHI_SQUARE[len(counts) - 1], counts


def parallel_leaves(spines: int) -> Topology:
    """Two leaves with a host each, and so many spines between them."""
    names = [f"s{number}" for number in range(spines)]
    return topology_of(
        {
            "switches": {name: {} for name in ("a", "b", *names)},
            "hosts": {"ha": {"switch": "a"}, "hb": {"switch": "b"}, "hb2": {"switch": "b"}},
            "links": [
                {"ends": [leaf, name], "capacity": "1Gbit", "latency": "10us"} for leaf in "ab" for name in names
            ],
        }
    )


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("seed", range(4))
def test_the_sets_are_all_next_hops_on_shortest_paths(scheme: str, seed: int, tmp_path: Path) -> None:
    topology = shipped(FAT_TREE) if seed == 3 else random_network(seed, 9, 20, hosts=5)
    graph, build = graph_of(topology), compiled(scheme, topology, tmp_path)
    for switch in topology.switches:
        members: dict[int, dict[int, int]] = {}
        for match, params in entries(build, switch.name, "member"):
            members.setdefault(match["group"], {})[match["member"]] = params["port"]
        groups = {match["destination"]: params for match, params in entries(build, switch.name, "next_hops")}
        assert set(groups) == set(topology.destinations) - {switch.index}
        for target, params in groups.items():
            far = nx.single_source_shortest_path_length(graph, target)
            closer = {p.number for p in topology.ports[switch.index] if far[p.peer] == far[switch.index] - 1}
            chosen = members[params["group"]]
            assert set(chosen) == set(range(params["size"])) and set(chosen.values()) == closer


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("seed", range(3))
def test_all_pairs_take_some_shortest_path(scheme: str, seed: int, tmp_path: Path) -> None:
    topology = shipped(FAT_TREE) if seed == 2 else random_network(30 + seed, 10, 22, hosts=7)
    graph, sent = graph_of(topology), all_pairs(topology)
    simulation = opened(compiled(scheme, topology, tmp_path))
    for packet, trail in zip(sent, trails(simulation, sent), strict=True):
        assert trail is not None and (trail[0], trail[-1]) == (packet.source.switch, packet.target.switch)
        assert_is_path(topology, trail)
        assert len(trail) - 1 == nx.shortest_path_length(graph, trail[0], trail[-1])
    assert drops(simulation) == {}


# ------------------------------------------------------------------------------------------------ ECMP


@pytest.mark.parametrize("spines", [2, 3, 4])
def test_flows_are_spread_evenly(spines: int, tmp_path: Path) -> None:
    topology = parallel_leaves(spines)
    simulation = opened(compiled("ecmp", topology, tmp_path), Settings(jit=False))
    a, b = host(topology, "ha"), host(topology, "hb")
    found = trails(simulation, [Sent(a, b, (20_000 + 7 * n, 80), n * 1000) for n in range(900)])
    assert_uniform(list(Counter(trail[1] for trail in found if trail).values()))


def test_switches_in_a_row_do_not_agree(tmp_path: Path) -> None:
    """Of the flows that an edge switch sends to one aggregation switch, each core switch gets its share: no
    polarisation. Each of the four ways has a quarter of the flows."""
    topology = shipped(FAT_TREE)
    simulation = opened(compiled("ecmp", topology, tmp_path), Settings(jit=False))
    a, b = host(topology, "h1_1_1"), host(topology, "h3_1_1")
    found = trails(simulation, [Sent(a, b, (32_768 + n, 80), n * 1000) for n in range(1000)])
    ways = Counter(trail[1:3] for trail in found if trail)
    assert len(ways) == 4
    assert_uniform(list(ways.values()))


def test_a_flow_stays_on_its_way(tmp_path: Path) -> None:
    topology = shipped(FAT_TREE)
    simulation = opened(compiled("ecmp", topology, tmp_path))
    a, b = host(topology, "h1_1_1"), host(topology, "h3_1_1")
    for ports in ((5, 80), (6, 80), (7, 80)):
        assert len(set(trails(simulation, [Sent(a, b, ports, n * 20 * MS) for n in range(6)]))) == 1


def test_parallel_links_are_ways_of_their_own(tmp_path: Path) -> None:
    topology = topology_of(
        {
            "switches": {"a": {}, "b": {}},
            "hosts": {"ha": {"switch": "a"}, "hb": {"switch": "b"}},
            "links": [{"ends": ["a", "b"], "capacity": "1Gbit", "latency": "10us"}] * 3,
        }
    )
    simulation = opened(compiled("ecmp", topology, tmp_path), Settings(jit=False))
    trails(simulation, [Sent(host(topology, "ha"), host(topology, "hb"), (n, 80), n * 1000) for n in range(600)])
    links = [simulation.network.link_totals(simulation.links[0, port]).data_packets for port in (1, 2, 3)]
    assert sum(links) == 600
    assert_uniform(links)


# ------------------------------------------------------------------------------------------------ LetFlow

GAP = OPTIONS.flowlet_timeout_us * MS // 1000


def choices(simulation: Simulation, packets: list[Sent]) -> list[int]:
    """The spine that each packet took."""
    found = trails(simulation, packets)
    return [trail[1] for trail in found if trail is not None]


def test_packets_without_a_gap_stay_together(tmp_path: Path) -> None:
    topology = parallel_leaves(4)
    simulation = opened(compiled("letflow", topology, tmp_path))
    a, b = host(topology, "ha"), host(topology, "hb")
    for ports in range(1, 6):
        taken = choices(simulation, [Sent(a, b, (ports, 80), n * GAP * 9 // 10) for n in range(8)])
        assert len(taken) == 8 and len(set(taken)) == 1


def test_flowlets_choose_at_random(tmp_path: Path) -> None:
    """After every gap, each spine alike and whatever the last one was."""
    topology = parallel_leaves(4)
    simulation = opened(compiled("letflow", topology, tmp_path), Settings(jit=False))
    a, b = host(topology, "ha"), host(topology, "hb")
    taken = choices(simulation, [Sent(a, b, (1, 80), n * GAP * 11 // 10) for n in range(600)])
    assert_uniform(list(Counter(taken).values()))
    again = sum(one == other for one, other in pairwise(taken))
    assert_uniform([again * 3, len(taken) - 1 - again])  # a quarter of them, so thrice that is as many as the others


def test_the_seed_decides(tmp_path: Path) -> None:
    topology = parallel_leaves(4)
    build = compiled("letflow", topology, tmp_path)
    a, b = host(topology, "ha"), host(topology, "hb")
    packets = [Sent(a, b, (1, 80), n * 2 * GAP) for n in range(40)]
    one, same, other = (choices(opened(build, Settings(jit=False, seed=seed)), packets) for seed in (1, 1, 2))
    assert one == same != other


def test_compiled_and_interpreted_choose_alike(tmp_path: Path) -> None:
    topology = parallel_leaves(3)
    build = compiled("letflow", topology, tmp_path)
    a, b = host(topology, "ha"), host(topology, "hb")
    packets = [Sent(a, b, (n % 5, 80), n * GAP) for n in range(60)]
    assert choices(opened(build, Settings(jit=True)), packets) == choices(opened(build), packets)


def test_a_flow_without_a_slot_keeps_the_way_of_its_hash(tmp_path: Path) -> None:
    """With two slots flows to different sets of next hops meet in one; the later one goes by its hash, and pins
    nothing; its next hop is never one of the other's set."""
    topology = topology_of(
        {
            "switches": {name: {} for name in ("a", "b", "c", "x", "y", "u", "v")},
            "hosts": {"ha": {"switch": "a"}, "hb": {"switch": "b"}, "hc": {"switch": "c"}},
            "links": [
                {"ends": ends.split(), "capacity": "1Gbit", "latency": "10us"}
                for ends in ("a x", "a y", "x b", "y b", "a u", "a v", "u c", "v c")
            ],
        }
    )
    simulation = opened(compiled("letflow", topology, tmp_path, with_options(flowlet_slots=2)))
    a, b, c = (host(topology, name) for name in ("ha", "hb", "hc"))
    busy = [Sent(a, b, (n, 80), k * GAP // 4) for n in range(8) for k in range(12)]  # both slots, all the time
    late = [Sent(a, c, (n, 81), GAP + k * GAP // 4) for n in range(8) for k in range(8)]
    found = trails(simulation, busy + late)
    names = [switch.name for switch in topology.switches]
    assert {names[trail[1]] for trail in found[: len(busy)] if trail} <= {"x", "y"}
    ways = [trail[1] for trail in found[len(busy) :] if trail]
    assert len(ways) == len(late) and {names[way] for way in ways} == {"u", "v"}
    assert all(len(set(ways[8 * n : 8 * n + 8])) == 1 for n in range(8))
