"""Builds of other schemes, opened in the engine, and packets sent through them one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import networkx as nx
from support.builds import topology_of

from contra.baselines import compile_baseline
from contra.diagnostics import Reporter
from contra.engine.frames import udp_head
from contra.engine.inputs import Endpoint
from contra.engine.results import Journal
from contra.engine.simulation import Settings, Simulation, open_simulation
from contra.options import ProtocolOptions
from contra.topology import load
from contra.topology.model import Topology

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted(path for path in (ROOT / "topologies").glob("*.json") if "schema" not in path.name)
SCHEMES = ("shortest-path", "ecmp", "letflow", "hula", "spain")
STATIC = ("shortest-path", "ecmp", "letflow", "spain")
OPTIONS = ProtocolOptions(probe_period_us=10_000, flowlet_timeout_us=5_000)
MS = 10**9
"""In picoseconds."""
FAT_TREE = ROOT / "topologies" / "fattree-k4.json"


def shipped(path: Path) -> Topology:
    """A topology of ours."""
    return load(str(path), Reporter())


def graph_of(topology: Topology) -> nx.MultiGraph:
    """The switches by index; the key of an edge is its link."""
    graph = nx.MultiGraph()
    graph.add_nodes_from(switch.index for switch in topology.switches)
    graph.add_edges_from((link.a, link.b, link.index) for link in topology.links)
    return graph


def random_network(seed: int, switches: int, links: int, hosts: int | None = None) -> Topology:
    """A connected random network, some of its links parallel; `hosts` switches have a host each, or no host at all."""
    random = Random(seed)
    graph = nx.gnm_random_graph(switches, links, seed=seed)
    ends = [*graph.edges, *((a, a + 1) for a in range(switches - 1) if random.random() < 0.3)]
    for one, other in zip(*(iter(list(nx.connected_components(graph))[start:]) for start in (0, 1)), strict=False):
        ends.append((min(one), min(other)))
    chosen = random.sample(range(switches), hosts) if hosts else []
    return topology_of(
        {
            "switches": {f"s{index}": {} for index in range(switches)},
            "hosts": {f"h{index}": {"switch": f"s{index}"} for index in chosen},
            "links": [{"ends": [f"s{a}", f"s{b}"], "capacity": "1Gbit", "latency": "10us"} for a, b in ends],
        }
    )


def tiers_network(seed: int, sizes: Sequence[int], chance: float = 0.7, roles: bool = True) -> Topology:
    """Tiers of so many switches, the lowest with hosts, links at random between neighbouring tiers."""
    random = Random(seed)
    tiers = [[f"t{tier}_{number}" for number in range(size)] for tier, size in enumerate(sizes)]
    links = []
    for below, above in pairwise(tiers):
        pairs = {(a, b) for a in below for b in above if random.random() < chance}
        pairs |= {(a, random.choice(above)) for a in below} | {(random.choice(below), b) for b in above}
        links += sorted(pairs)
    switches = {name: {"role": f"tier {tier}"} if roles else {} for tier, names in enumerate(tiers) for name in names}
    return topology_of(
        {
            "switches": switches,
            "hosts": {f"h{name}": {"switch": name} for name in tiers[0]},
            "links": [{"ends": [a, b], "capacity": "1Gbit", "latency": "10us"} for a, b in links],
        }
    )


def compiled(
    scheme: str, topology: Topology, folder: Path, options: ProtocolOptions = OPTIONS, *, paths: int = 4
) -> Path:
    """A build, without anything to say about it."""
    out, reporter = folder / scheme, Reporter()
    compile_baseline(scheme, topology, options, out, reporter, paths=paths)
    assert reporter.diagnostics == []
    return out


def opened(build: Path, settings: Settings | None = None) -> Simulation:
    """A build in its network, interpreted unless the settings say otherwise."""
    return open_simulation(build, Reporter(), settings or Settings(jit=False, strict=True))


def entries(build: Path, switch: str, table: str) -> list[tuple[Mapping[str, int], Mapping[str, int]]]:
    """(match, parameters) of the entries of a table."""
    rows = json.loads((build / "switches" / switch / "runtime.json").read_text())["table_entries"]
    return [(row["match"], row["action_params"]) for row in rows if row["table"].endswith("." + table)]


def manifest(build: Path) -> dict[str, Any]:
    """The manifest of a build."""
    loaded: dict[str, Any] = json.loads((build / "manifest.json").read_text())
    return loaded


@dataclass(frozen=True)
class Sent:
    """A packet from a host or switch to another one; `ports` are those of UDP."""

    source: Endpoint
    target: Endpoint
    ports: tuple[int, int] = (1024, 9)
    time_ps: int = 0
    size: int = 100


def trails(simulation: Simulation, packets: Iterable[Sent], for_ps: int = 50 * MS) -> list[tuple[int, ...] | None]:
    """The switches that each packet from a host visited, None for one that did not arrive."""
    topology, network = simulation.topology, simulation.network
    network.log(delivered=True)
    begin, flows = network.now, []
    for packet in packets:
        assert packet.source.host is not None and packet.target.host is not None
        source, target = topology.hosts[packet.source.host].name, topology.hosts[packet.target.host].name
        head = udp_head(topology, packet.source, packet.target, packet.ports, packet.size, ecn=False)
        flows.append((network.add_flow(target), target))
        network.inject(begin + packet.time_ps, source, head, size=packet.size, flow=flows[-1][0])
    network.run(begin + max((packet.time_ps for packet in packets), default=0) + for_ps)
    found = {(each.flow, each.host): each.trail for each in Journal(network).deliveries()}
    return [found.get(flow) for flow in flows]


def host(topology: Topology, name: str) -> Endpoint:
    """A host by name."""
    row = next(row for row in topology.hosts if row.name == name)
    return Endpoint(row.switch, row.index)


def all_pairs(topology: Topology) -> list[Sent]:
    """A packet from every host to every other."""
    ends = [Endpoint(row.switch, row.index) for row in topology.hosts]
    return [Sent(a, b) for a in ends for b in ends if a != b]


def drops(simulation: Simulation) -> dict[str, int]:
    """Packets that the programs dropped, by reason, over all switches; reasons without any are left out."""
    reasons = simulation.build.manifest.drop_reasons
    counted = {
        reason: sum(state.counter("drops", number)[0] for state in simulation.states)
        for number, reason in enumerate(reasons)
    }
    return {reason: count for reason, count in counted.items() if count}


def assert_is_path(topology: Topology, trail: Sequence[int]) -> None:
    """Neighbours all along, and no switch twice."""
    graph = graph_of(topology)
    assert all(graph.has_edge(a, b) for a, b in pairwise(trail)), trail
    assert len(set(trail)) == len(trail), trail


def with_options(**changes: int) -> ProtocolOptions:
    """Our options with some others."""
    return replace(OPTIONS, **changes)
