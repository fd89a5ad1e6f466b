"""What a load of 1 is: cuts known by hand, and by brute force over all cuts of small networks."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import pytest

from contra.diagnostics import Reporter
from contra.resources import resource_dir
from contra.topology import load
from contra.topology.generate import random_regular, ring
from contra.topology.model import Topology
from contra.workload import access_capacity, smallest_cut

G = 10**9


def shipped(name: str) -> Topology:
    return load(str(resource_dir("topologies") / f"{name}.json"), Reporter())


def labels(topology: Topology, *prefixes: str) -> list[str]:
    return [host.label for host in topology.hosts if host.label.startswith(prefixes)]


def without(topology: Topology, *ends: tuple[str, str]) -> Topology:
    names = [switch.label for switch in topology.switches]
    kept = [link for link in topology.links if (names[link.a], names[link.b]) not in ends]
    assert len(kept) == len(topology.links) - len(ends)
    return replace(topology, links=tuple(kept))


def test_the_paper_fat_tree() -> None:
    """Pods 1 and 2 have four links of 5 Gbit/s each to the cores."""
    tree = shipped("fattree-paper")
    senders, receivers = labels(tree, "h1_", "h2_"), labels(tree, "h3_", "h4_")
    assert smallest_cut(tree, senders, receivers) == 40 * G
    assert access_capacity(tree, senders) == 160 * G


@pytest.mark.parametrize(
    ("cut", "left"),
    [
        ((("a1_1", "c1"),), 35),  # an aggregation-core link: 7 of 8 are left
        ((("a1_1", "c1"), ("a2_1", "c1")), 30),
        ((("a1_1", "c1"), ("a1_1", "c2"), ("a1_2", "c3"), ("a1_2", "c4")), 20),  # pod 1 is cut off
        ((("e1_1", "a1_1"),), 35),  # an edge switch with one uplink left
    ],
)
def test_the_paper_fat_tree_with_failures(cut: tuple[tuple[str, str], ...], left: int) -> None:
    tree = without(shipped("fattree-paper"), *cut)
    assert smallest_cut(tree, labels(tree, "h1_", "h2_"), labels(tree, "h3_", "h4_")) == left * G


def test_hosts_links_count() -> None:
    tree = shipped("fattree-paper")
    assert smallest_cut(tree, ["h1_1_1"], ["h3_1_1"]) == 10 * G
    assert smallest_cut(tree, ["h1_1_1"], labels(tree, "h3_")) == 10 * G
    assert smallest_cut(tree, labels(tree, "h1_1_"), labels(tree, "h3_")) == 10 * G  # one edge switch's uplinks


def test_abilene() -> None:
    """Seattle's way to New York is by two links in the west; Indianapolis to Atlanta has only 2.5 Gbit/s."""
    abilene = shipped("abilene")
    wide = replace(abilene, hosts=tuple(replace(host, capacity=100 * G) for host in abilene.hosts))
    assert smallest_cut(wide, ["hSTTL"], ["hNYCM"]) == 20 * G
    assert smallest_cut(wide, ["hIPLS"], ["hATLA"]) == 22.5 * G
    assert smallest_cut(abilene, ["hSTTL", "hSNVA"], ["hNYCM", "hWASH"]) == 20 * G


def test_a_host_that_sends_and_receives_has_two_ends() -> None:
    circle = ring(4, hosts_per_switch=1)
    every = [host.label for host in circle.hosts]
    assert smallest_cut(circle, every, every) == 40 * G


def brute_force(topology: Topology, senders: list[str], receivers: list[str]) -> int:
    """The smallest of all cuts: every set of switches with every set of sending hosts on its side."""
    count = len(topology.switches)
    best = None
    for size in range(count + 1):
        for side in combinations(range(count), size):
            inside = set(side)
            crossing = sum(link.capacity for link in topology.links if (link.a in inside) != (link.b in inside))
            crossing += sum(h.capacity for h in topology.hosts if h.label in senders and h.switch not in inside)
            crossing += sum(h.capacity for h in topology.hosts if h.label in receivers and h.switch in inside)
            best = crossing if best is None else min(best, crossing)
    assert best is not None
    return best


@pytest.mark.parametrize(("seed", "degree"), list(product((1, 2, 3), (2, 3, 4))))
def test_against_all_cuts(seed: int, degree: int) -> None:
    network = random_regular(8, degree, seed, hosts_per_switch=1, capacity=10 * G)
    network = replace(
        network,
        links=tuple(replace(link, capacity=(link.index * 7 % 5 + 1) * G) for link in network.links),
        hosts=tuple(replace(host, capacity=(host.index % 3 + 4) * G) for host in network.hosts),
    )
    every = [host.label for host in network.hosts]
    assert smallest_cut(network, every[:3], every[5:]) == brute_force(network, every[:3], every[5:])
