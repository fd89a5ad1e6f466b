"""HULA: tiers, the least loaded path up and down, flowlets, failures; judged by brute force over networkx paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, permutations
from pathlib import Path
from random import Random

import networkx as nx
import pytest
from support.baselines import (
    FAT_TREE,
    MS,
    OPTIONS,
    ROOT,
    SHIPPED,
    Sent,
    all_pairs,
    compiled,
    drops,
    graph_of,
    host,
    manifest,
    opened,
    shipped,
    tiers_network,
    trails,
)
from support.builds import topology_of
from support.running import observe

from contra.baselines.tiers import tiers_of
from contra.diagnostics import CompileError, Reporter
from contra.engine.held import by_port, hold, settle
from contra.engine.inputs import LinkState, at_rest
from contra.engine.packets import ways
from contra.engine.simulation import Settings, Simulation, open_build
from contra.render import render_text
from contra.topology.model import Topology

PERIOD = OPTIONS.probe_period_us * MS // 1000
NETWORKS = {
    "fat tree": lambda: shipped(FAT_TREE),
    "paper": lambda: shipped(ROOT / "topologies" / "fattree-paper.json"),
    **{f"two tiers {seed}": lambda seed=seed: tiers_network(seed, (4, 3)) for seed in range(3)},
    **{f"three tiers {seed}": lambda seed=seed: tiers_network(seed, (5, 4, 3), 0.5) for seed in range(4)},
    "four tiers": lambda: tiers_network(9, (4, 3, 3, 2), 0.6, roles=False),
}


CLASSIC = ("fat tree", "paper", "two tiers")
"""Networks where no switch that has a destination below it would ever go up to reach it."""


def up_down(topology: Topology, tiers: tuple[int, ...], target: int | None = None) -> nx.DiGraph:
    """The ways that packets may take: a node for each switch on the way up, and one for it on the way down.

    With a target, no way leads up from a switch that has it below (docs/baselines.md).
    """
    downwards = nx.DiGraph()
    downwards.add_nodes_from(range(len(tiers)))
    for link in topology.links:
        pair = (link.a, link.b) if tiers[link.a] > tiers[link.b] else (link.b, link.a)
        downwards.add_edge(*pair)
    above = set() if target is None else nx.ancestors(downwards, target)
    graph = nx.DiGraph()
    for link in topology.links:
        for here, there in ((link.a, link.b), (link.b, link.a)):
            if tiers[there] > tiers[here]:
                if here not in above:
                    graph.add_edge((here, "up"), (there, "up"))
            else:
                graph.add_edge((here, "up"), (there, "down"))
                graph.add_edge((here, "down"), (there, "down"))
    return graph


def valid_paths(graph: nx.DiGraph, source: int, target: int) -> Iterator[tuple[int, ...]]:
    for path in nx.all_simple_paths(graph, (source, "up"), (target, "down")):
        yield tuple(switch for switch, _ in path)


def loads(topology: Topology, random: Random, values: tuple[int, ...]) -> tuple[LinkState, ...]:
    return tuple(replace(state, util=Fraction(random.choice(values), 100)) for state in at_rest(topology))


def fullest(topology: Topology, states: Mapping[tuple[int, int], LinkState], path: tuple[int, ...]) -> Fraction:
    """Of the links of a path, each the least loaded of those between its two switches."""
    peers = {(switch.index, port.peer): [] for switch in topology.switches for port in topology.ports[switch.index]}
    for switch in topology.switches:
        for port in topology.ports[switch.index]:
            peers[switch.index, port.peer].append(states[switch.index, port.number].util)
    return max(min(peers[pair]) for pair in pairwise(path))


# ------------------------------------------------------------------------------------------------ tiers


def test_tiers_are_roles_or_distances() -> None:
    for roles in (True, False):
        topology = tiers_network(3, (4, 3, 2), roles=roles)
        names = [switch.name for switch in topology.switches]
        assert tiers_of(topology, Reporter()).of == tuple(int(name[1]) for name in names)


def test_a_role_keeps_its_tier_when_a_switch_loses_its_way_down() -> None:
    """t1_1 is still of the middle tier, though it is as far from hosts as the tier above."""
    topology = topology_of(
        {
            "switches": {
                "e": {"role": "edge"},
                "a": {"role": "aggregation"},
                "b": {"role": "aggregation"},
                "c": {"role": "core"},
            },
            "hosts": {"h": {"switch": "e"}},
            "links": [{"ends": [*ends], "capacity": "1Gbit", "latency": "1us"} for ends in ("ea", "ac", "bc")],
        }
    )
    assert tiers_of(topology, Reporter()).of == (0, 1, 1, 2)


def message(topology: Topology, tmp_path: Path) -> str:
    with pytest.raises(CompileError) as raised:
        compiled("hula", topology, tmp_path)
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "CTR1603"
    assert not (tmp_path / "hula").exists()
    return render_text([diagnostic])


def test_a_link_within_a_tier_is_named(tmp_path: Path) -> None:
    names = {"l1": {"role": "leaf"}, "l2": {"role": "leaf"}, "s": {"role": "spine"}}
    links = ["l1 s", "l2 s", "l1 l2"]
    text = message(
        topology_of(
            {
                "switches": names,
                "hosts": {"h1": {"switch": "l1"}, "h2": {"switch": "l2"}},
                "links": [{"ends": ends.split(), "capacity": "1Gbit", "latency": "1us"} for ends in links],
            }
        ),
        tmp_path,
    )
    assert "HULA needs a tree of tiers, and link l1-l2 lies within tier 0" in text
    assert "tiers are the roles of switches: leaf 0, spine 1" in text


def test_a_link_that_skips_a_tier_is_named(tmp_path: Path) -> None:
    tiers = {"e": "edge", "f": "edge", "a": "aggregation", "c": "core"}
    text = message(
        topology_of(
            {
                "switches": {name: {"role": role} for name, role in tiers.items()},
                "hosts": {"he": {"switch": "e"}, "hf": {"switch": "f"}},
                "links": [
                    {"ends": [*ends], "capacity": "1Gbit", "latency": "1us"} for ends in ("ea", "fa", "ac", "ce")
                ],
            }
        ),
        tmp_path,
    )
    # the core is next to a switch with hosts, so its role is of tier 1 as the aggregation is
    assert "link a-c lies within tier 1" in text


@pytest.mark.parametrize("name", ["abilene", "wan", "figure5", "diamond"])
def test_what_is_no_tree_of_tiers_is_refused(name: str, tmp_path: Path) -> None:
    topology = next(shipped(path) for path in SHIPPED if path.stem == name)
    far = tiers_or_none(topology)
    if far is not None:
        compiled("hula", topology, tmp_path)
    else:
        assert "tiers are distances from the switches with hosts" in message(topology, tmp_path)


def tiers_or_none(topology: Topology) -> dict[int, int] | None:
    """Distances from hosts, by networkx, if every link joins neighbouring ones."""
    graph = graph_of(topology)
    far = {node: min(nx.shortest_path_length(graph, node, end) for end in topology.destinations) for node in graph}
    return far if all(abs(far[link.a] - far[link.b]) == 1 for link in topology.links) else None


def test_pairs_without_a_way_up_and_down_are_told(tmp_path: Path) -> None:
    """x and y have no switch above both: the way over b would go down and up again."""
    from contra.baselines import compile_baseline

    topology = topology_of(
        {
            "switches": {name: {} for name in ("x", "p", "b", "q", "y")},
            "hosts": {f"h{name}": {"switch": name} for name in "xby"},
            "links": [{"ends": [*ends], "capacity": "1Gbit", "latency": "1us"} for ends in ("xp", "pb", "bq", "qy")],
        }
    )
    reporter = Reporter()
    compile_baseline("hula", topology, OPTIONS, tmp_path / "hula", reporter)
    (warning,) = reporter.diagnostics
    assert warning.code == "CTR1602"
    assert "scheme 'hula' finds no path for 2 of 6 pairs of switches, such as x to y" in render_text([warning])
    assert manifest(tmp_path / "hula")["unreachable_pairs"] == 2
    simulation = opened(tmp_path / "hula")
    simulation.network.run(3 * PERIOD)
    ends = {name: host(topology, f"h{name}") for name in "xby"}
    sent = [Sent(ends[a], ends[b]) for a, b in permutations("xby", 2)]
    arrived = [trail is not None for trail in trails(simulation, sent)]
    assert arrived == [{packet.source, packet.target} != {ends["x"], ends["y"]} for packet in sent]
    assert drops(simulation) == {"NO_ROUTE": 2}


# ------------------------------------------------------------------------------------------------ choices


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("values", [(0,), (0, 100), tuple(range(0, 100, 7))], ids=["idle", "full or idle", "any"])
def test_with_loads_held_every_pair_has_a_least_loaded_path(name: str, values: tuple[int, ...], tmp_path: Path) -> None:
    topology: Topology = NETWORKS[name]()
    build = compiled("hula", topology, tmp_path)
    settings = Settings(jit=False)
    loaded, executables = open_build(build, Reporter(), settings)
    states = by_port(loaded, loads(topology, Random(name), values))
    simulation = hold(loaded, executables, settings, states)
    assert settle(simulation) is not None
    tiers = tiers_of(topology, Reporter()).of
    pairs = list(permutations(topology.destinations, 2))
    reachable = 0
    for (source, target), way in ways(simulation, pairs).items():
        graph = up_down(topology, tiers, None if name.startswith(CLASSIC) else target)
        possible = list(valid_paths(graph, source, target))
        if not possible:
            assert way is None
            continue
        assert way is not None and way.switches in possible
        taken = max(states[place].util for place in zip(way.switches, way.ports, strict=False))
        assert taken == min(fullest(topology, states, path) for path in possible)
        reachable += 1
    assert reachable
    assert set(drops(simulation)) <= {"NO_ROUTE"}


def test_all_pairs_of_hosts_hear_each_other_and_probes_cost_nothing_to_data(tmp_path: Path) -> None:
    topology = shipped(FAT_TREE)
    simulation = opened(compiled("hula", topology, tmp_path))
    simulation.network.run(3 * PERIOD)
    sent = all_pairs(topology)
    found = trails(simulation, sent)
    graph = up_down(topology, tiers_of(topology, Reporter()).of)
    for packet, trail in zip(sent, found, strict=True):
        assert trail is not None
        a, b = packet.source.switch, packet.target.switch
        assert a == b or trail in list(valid_paths(graph, a, b))
    assert drops(simulation) == {}
    totals = [simulation.network.link_totals(place) for place in simulation.links.values()]
    assert sum(total.data_bytes for total in totals) == 100 * sum(total.data_packets for total in totals)


def leaf_spine(*more: str) -> Topology:
    """Leaves a and b, and more, with two hosts each; spines x and y."""
    leaves = ("a", "b", *more)
    return topology_of(
        {
            "switches": {name: {} for name in ("a", "b", "x", "y", *more)},
            "hosts": {f"h{leaf}{n}": {"switch": leaf, "capacity": "10Gbit"} for leaf in leaves for n in ("", "2")},
            "links": [
                {"ends": [leaf, spine], "capacity": "100Mbit", "latency": "10us"} for leaf in leaves for spine in "xy"
            ],
        }
    )


def test_a_new_flow_avoids_the_load_of_another(tmp_path: Path) -> None:
    """60 Mbit/s on one of two ways of 100 Mbit/s: what comes later goes the other way, from the first packet on."""
    topology = leaf_spine()
    simulation = opened(compiled("hula", topology, tmp_path), Settings(jit=False))
    a, b, c, d = (host(topology, name) for name in ("ha", "hb", "ha2", "hb2"))
    gap = 1000 * 8 * 10**12 // 60_000_000
    heavy = [Sent(a, b, (1, 9), 3 * PERIOD + n * gap, 1000) for n in range(600)]
    light = [Sent(c, d, (2, 9), 6 * PERIOD + n * 50 * gap, 1000) for n in range(8)]
    found = trails(simulation, heavy + light)
    assert None not in found
    ways_of_heavy, ways_of_light = set(found[: len(heavy)]), set(found[len(heavy) :])
    assert len(ways_of_heavy) == 1 and len(ways_of_light) == 1
    assert ways_of_heavy != ways_of_light


def test_a_flowlet_stays_and_its_successor_may_leave(tmp_path: Path) -> None:
    """Load that comes to a flow's own way moves it at its next gap, not before."""
    topology = leaf_spine()
    simulation = opened(compiled("hula", topology, tmp_path), Settings(jit=False))
    a, b = host(topology, "ha"), host(topology, "hb")
    gap = OPTIONS.flowlet_timeout_us * MS // 1000
    first = [Sent(a, b, (1, 9), 3 * PERIOD + n * gap // 50, 1000) for n in range(400)]
    later = [Sent(a, b, (1, 9), first[-1].time_ps + 2 * gap + n * gap // 50, 1000) for n in range(10)]
    found = trails(simulation, first + later)
    assert None not in found
    assert len(set(found[: len(first)])) == 1, "its own load is no reason to leave"
    assert len(set(found[len(first) :])) == 1 and found[0] != found[-1]


# ------------------------------------------------------------------------------------------------ failures


def with_a_slow_way(tmp_path: Path, *more: str) -> Simulation:
    """Leaves a and b with all links over y half full: packets go over x."""
    settings = Settings(jit=False)
    loaded, executables = open_build(compiled("hula", leaf_spine(*more), tmp_path), Reporter(), settings)
    states = by_port(
        loaded,
        tuple(
            replace(state, util=Fraction(1, 2) if 3 in (link.a, link.b) else Fraction(0))
            for state in at_rest(loaded.topology)
            for link in [loaded.topology.links[state.link]]
        ),
    )
    return hold(loaded, executables, settings, states)


def arrivals(simulation: Simulation, packets: list[Sent], begin: int) -> dict[int, int]:
    """Time of sending -> the spine of each packet that arrived, relative to `begin`."""
    found = trails(simulation, packets)
    return {p.time_ps - begin: trail[1] for p, trail in zip(packets, found, strict=True) if trail is not None}


def fail(simulation: Simulation, when: int, *ends: int) -> None:
    for (switch, port), place in simulation.links.items():
        peer = next(row.peer for row in simulation.topology.ports[switch] if row.number == port)
        if {switch, peer} == set(ends):
            simulation.network.set_link(when, place, False)


@pytest.mark.parametrize("far", [0, 1], ids=["beside the leaf", "further on"])
def test_the_other_way_takes_over_within_four_periods(far: int, tmp_path: Path) -> None:
    """The last probe came up to a period before the failure. EXPIRY_AGE, 3 periods, after it the best hop is as good
    as none, and the next probe of the other way, which is worse, takes its place: within a period."""
    simulation = with_a_slow_way(tmp_path)
    cut = 6 * PERIOD + 3 * MS
    fail(simulation, cut, far, 2)
    a, b = host(simulation.topology, "ha"), host(simulation.topology, "hb")
    came = arrivals(simulation, [Sent(a, b, (n, 9), cut + (n - 30) * MS) for n in range(100)], cut)
    before = [spine for time, spine in came.items() if time < -MS]
    assert len(before) >= 25 and set(before) == {2}
    first = min(time for time in came if time > 0)
    assert 2 * PERIOD < first <= 4 * PERIOD + MS
    assert [time for time in came if time >= first] == [n * MS for n in range(first // MS, 70)]
    assert {spine for time, spine in came.items() if time > 0} == {3}


def test_a_flowlet_without_gaps_leaves_a_dead_neighbour(tmp_path: Path) -> None:
    simulation = with_a_slow_way(tmp_path)
    cut = 6 * PERIOD
    fail(simulation, cut, 0, 2)
    a, b = host(simulation.topology, "ha"), host(simulation.topology, "hb")
    came = arrivals(simulation, [Sent(a, b, (1, 9), cut + (n - 10) * MS) for n in range(80)], cut)
    assert 2 * PERIOD < min(time for time in came if time > 0) <= 4 * PERIOD + MS


def test_a_flowlet_without_gaps_stays_on_a_way_that_is_broken_further_on(tmp_path: Path) -> None:
    """HULA's switches know of a way only whether its first hop lives, and x lives: it tells a of c. The flow's next gap
    heals it."""
    simulation = with_a_slow_way(tmp_path, "c")
    cut = 6 * PERIOD
    fail(simulation, cut, 1, 2)
    a, b = host(simulation.topology, "ha"), host(simulation.topology, "hb")
    stays = [Sent(a, b, (1, 9), cut + (n - 10) * MS) for n in range(80)]
    gap = OPTIONS.flowlet_timeout_us * MS // 1000 + MS
    after = [Sent(a, b, (1, 9), stays[-1].time_ps + gap + n * MS) for n in range(5)]
    came = arrivals(simulation, [*stays, *after], cut)
    assert sorted(time for time in came if time > 0) == [packet.time_ps - cut for packet in after]


def test_a_destination_that_is_cut_off_is_dropped_where_packets_enter(tmp_path: Path) -> None:
    topology = leaf_spine()
    simulation = opened(compiled("hula", topology, tmp_path), Settings(jit=False))
    network = simulation.network
    for (switch, port), place in simulation.links.items():
        peer = next(row.peer for row in topology.ports[switch] if row.number == port)
        if 1 in (switch, peer):
            network.set_link(5 * PERIOD, place, False)
    network.run(10 * PERIOD)
    before = drops(simulation)
    assert trails(simulation, [Sent(host(topology, "ha"), host(topology, "hb"))]) == [None]
    assert drops(simulation) == {**before, "NO_ROUTE": before.get("NO_ROUTE", 0) + 1}
    assert simulation.states[0].counter("drops", 0)[0] == 1


def test_a_link_that_comes_back_is_used_again(tmp_path: Path) -> None:
    seen, _ = observe(
        compiled("hula", leaf_spine(), tmp_path),
        for_ms=500,
        fail=["a-x@100ms..200ms"],
        settings=Settings(jit=False),
    )
    topology = seen.simulation.topology
    states = by_port(seen.simulation.build, at_rest(topology))
    assert set(seen.last_paths.values()) <= {(0, 2, 1), (0, 3, 1), (1, 2, 0), (1, 3, 0)}
    heard = [state.register("link_seen") for state in seen.simulation.states]
    now = seen.simulation.network.now // 10**6 // seen.simulation.build.manifest.constants.clock_tick_us
    limit = 2 * OPTIONS.probe_period_us // seen.simulation.build.manifest.constants.clock_tick_us
    hops = [len(row) for row in topology.ports]
    assert all(now - stamp <= limit for row, count in zip(heard, hops, strict=True) for stamp in row[1 : count + 1])
    assert len(states) == 8
