"""Networks without a link: what an experiment with a broken link compiles for schemes that do not notice it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import networkx as nx
import pytest
from support.baselines import (
    FAT_TREE,
    SCHEMES,
    all_pairs,
    compiled,
    drops,
    graph_of,
    opened,
    shipped,
    trails,
)

from contra.baselines import compile_baseline
from contra.diagnostics import Reporter
from contra.engine.simulation import Settings
from contra.options import ProtocolOptions
from contra.render import render_text
from contra.topology.model import Topology

MS = 10**9


def without(topology: Topology, *names: tuple[str, str]) -> Topology:
    """The network without some links; ports keep their numbers."""
    pairs = [{topology.by_name[a], topology.by_name[b]} for a, b in names]
    kept = [link for link in topology.links if {link.a, link.b} not in pairs]
    return replace(topology, links=tuple(replace(link, index=index) for index, link in enumerate(kept)))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_ways_go_round_what_is_broken(scheme: str, tmp_path: Path) -> None:
    topology = without(shipped(FAT_TREE), ("a1_1", "c1"), ("e3_1", "a3_2"))
    simulation = opened(compiled(scheme, topology, tmp_path), Settings(jit=False))
    assert [(link.a_port, link.b_port) for link in simulation.topology.links] == [
        (link.a_port, link.b_port) for link in topology.links
    ]
    simulation.network.run(60 * MS)
    sent, graph = all_pairs(topology), graph_of(topology)
    for packet, trail in zip(sent, trails(simulation, sent), strict=True):
        assert trail is not None and nx.is_path(graph, trail)
        if scheme in ("shortest-path", "ecmp", "letflow"):
            far = nx.shortest_path_length(graph, packet.source.switch, packet.target.switch)
            assert len(trail) == far + 1
    assert drops(simulation) == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_network_that_falls_apart_is_compiled_with_a_warning(scheme: str, tmp_path: Path) -> None:
    """Both links of e1_1 are gone: 14 of 56 pairs."""
    topology, reporter = without(shipped(FAT_TREE), ("e1_1", "a1_1"), ("e1_1", "a1_2")), Reporter()
    compile_baseline(scheme, topology, ProtocolOptions(), tmp_path / "b", reporter)
    (warning,) = reporter.diagnostics
    assert f"scheme '{scheme}' finds no path for 14 of 56 pairs of switches, such as e1_1 to" in render_text([warning])
