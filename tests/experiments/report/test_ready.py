"""The ready-made experiments: they can be read, their policies compile, and they are what the paper describes."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib.resources import files
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from contra.diagnostics import Reporter
from contra.driver import CompileRequest, compile
from contra.experiments import published, ready
from contra.experiments.ends import pattern_for
from contra.experiments.plan import definition_of_load
from contra.experiments.read import find_experiment, read_spec, ready_made
from contra.experiments.schemes import policy_for
from contra.experiments.spec import Spec
from contra.topology import to_json

FOLDER = Path(ready.__file__).parent
EXAMPLES = Path(__file__).parents[3] / "examples"
FCT = ("abilene", "fattree-failed-link", "fattree-symmetric")
NAMES = tuple(sorted((*FCT, "compile-time", "loops", "overhead", "recovery", "state")))


def spec_of(name: str) -> Spec:
    reporter = Reporter()
    found = read_spec(find_experiment(name, reporter), reporter)
    assert reporter.diagnostics == []
    return found


def data_of(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def test_all_are_there_and_nothing_else_is() -> None:
    assert ready_made() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_can_be_read_and_has_its_own_name(name: str) -> None:
    spec = spec_of(name)
    assert spec.name == name
    assert not spec.published or published.figures(spec.published)


@pytest.mark.parametrize("name", NAMES)
def test_policies_compile_on_their_networks(name: str, tmp_path: Path) -> None:
    """On the smallest network of each experiment, and on the smallest random graph."""
    spec = spec_of(name)
    networks = [min((n for n in spec.networks if kind in n.name), key=lambda n: len(n.topology.switches), default=None)
                for kind in ("", "random")]  # fmt: skip
    for network in filter(None, networks):
        topology = tmp_path / "topology.json"
        topology.write_text(to_json(network.topology), encoding="utf-8")
        for scheme in spec.schemes:
            if scheme.policy:
                policy = tmp_path / "policy.ctr"
                policy.write_text(policy_for(scheme, network.topology), encoding="utf-8")
                reporter = Reporter()
                request = CompileRequest(
                    policy=policy, topology=str(topology), options=scheme.options, last_stage="lower"
                )
                assert compile(request, reporter).deployment is not None
                assert reporter.diagnostics == []


def test_policies_are_those_of_the_examples() -> None:
    shared = [path for path in FOLDER.glob("*.ctr") if (EXAMPLES / path.name).exists()]
    assert len(shared) == 3
    assert all(
        path.read_text(encoding="utf-8") == (EXAMPLES / path.name).read_text(encoding="utf-8") for path in shared
    )


def test_the_failed_link_is_the_only_difference_from_the_symmetric_tree() -> None:
    whole, failed = data_of("fattree-symmetric"), data_of("fattree-failed-link")
    changed = {key for key in whole | failed if whole.get(key) != failed.get(key)}
    assert changed == {"name", "title", "published", "failure"}


def test_the_failure_leaves_three_quarters_of_what_a_pod_can_send() -> None:
    """Contra, NSDI 2020, section 6: 75 % of the capacity is left."""
    spec = spec_of("fattree-failed-link")
    topology = spec.networks[0].topology
    (outage,) = spec.outages
    flows = []
    for down in (frozenset[int](), frozenset(outage.links)):
        graph = nx.Graph()
        for link in topology.links:
            if link.index not in down:
                graph.add_edge(link.a, link.b, capacity=link.capacity)
        for switch in topology.switches:
            if switch.label.startswith("e1_"):
                graph.add_edge("pod", switch.index, capacity=10**12)
            if switch.label.startswith("c"):
                graph.add_edge(switch.index, "cores", capacity=10**12)
        flows.append(nx.maximum_flow_value(graph, "pod", "cores"))
    assert flows[1] / flows[0] == 0.75


def test_the_symmetric_tree_is_oversubscribed_and_carries_40_gbit() -> None:
    spec = spec_of("fattree-symmetric")
    topology = spec.networks[0].topology
    assert len(topology.hosts) == 32 and {host.capacity for host in topology.hosts} == {10**10}
    pattern = pattern_for(spec.ends, topology, 1)
    assert len(pattern.senders) == len(pattern.receivers) == 16 and not set(pattern.senders) & set(pattern.receivers)
    assert "40Gbit" in definition_of_load(spec)


def test_abilene_has_40_gbit_and_four_pairs_that_change_with_the_seed() -> None:
    spec = spec_of("abilene")
    topology = spec.networks[0].topology
    assert (len(topology.switches), len(topology.links)) == (11, 14)
    assert {link.capacity for link in topology.links} | {host.capacity for host in topology.hosts} == {40 * 10**9}
    drawn = [pattern_for(spec.ends, topology, seed).pairs for seed in spec.seeds]
    assert all(len({host for pair in pairs for host in pair}) == 8 for pairs in drawn)
    assert len(set(drawn)) == len(spec.seeds)


def test_in_abilene_two_pairs_share_a_link_of_their_shortest_paths() -> None:
    """By trying all choices of shortest paths; as in the paper, whose shortest paths are full at half of the load."""
    spec = spec_of("abilene")
    topology = spec.networks[0].topology
    graph = nx.Graph((link.a, link.b) for link in topology.links)
    switch = {host.label: host.switch for host in topology.hosts}
    for seed in spec.seeds:
        ways = [
            [list(pairwise(path)) for path in nx.all_shortest_paths(graph, switch[a], switch[b])]
            for a, b in pattern_for(spec.ends, topology, seed).pairs
        ]
        most = [max(Counter(step for path in choice for step in path).values()) for choice in product(*ways)]
        assert min(most) == 2, seed


@pytest.mark.parametrize("name", FCT)
def test_comparisons_of_completion_times_have_enough_seeds_and_all_loads(name: str) -> None:
    spec = spec_of(name)
    assert len(spec.seeds) >= 3 and len(spec.fct.loads) == 9
    figures = published.figures(spec.published)
    assert {sizes.name for sizes in spec.fct.workloads} == {figure.workload for figure in figures}
    for figure in figures:
        assert figure.points == pytest.approx(spec.fct.loads)
        curves = {published.plain_scheme(curve.scheme) for curve in figure.curves}
        assert curves <= {published.plain_scheme(scheme.name) for scheme in spec.schemes}


def test_networks_of_the_compiler_have_the_sizes_of_the_papers_figures() -> None:
    for name, key in (("state", "figure-7"), ("compile-time", "figure-6")):
        sizes = [len(network.topology.switches) for network in spec_of(name).networks]
        assert sizes == [point for figure in published.figures(key) for point in figure.points]


def test_data_files_are_part_of_the_package() -> None:
    for package, ends in (("contra.experiments.published", ".json"), ("contra.experiments.ready", ".toml")):
        assert any(each.name.endswith(ends) for each in files(package).iterdir())
