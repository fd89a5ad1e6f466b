"""The published accounting gives the published figures; our own count is what the registers come to."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from contra.diagnostics import Reporter
from contra.driver import CompileRequest
from contra.driver import compile as compile_policy
from contra.emit import emit
from contra.emit.stats import PublishedSizes, entry_statistics, published_kb, published_sizes, state_statistics
from contra.emit.v1model import p4_text, policy_text
from contra.ir.model import Deployment

ROOT = Path(__file__).parents[3]

# Maximum over switches, kB, by size of the network: fat trees (ports = k) and random graphs of degree 8.
FAT_TREES = ((20, 4), (125, 10), (245, 14), (405, 18), (500, 20))
RANDOM = ((100, 8), (200, 8), (300, 8), (400, 8), (500, 8))
PUBLISHED = {
    "MU": ({"classes": 1, "tags": 1, "attributes": 1, "arity": 1}, (15, 17, 20, 24, 26), (17, 19, 21, 24, 26)),
    "CA": ({"classes": 2, "tags": 1, "attributes": 2, "arity": 2}, (25, 32, 39, 49, 55), (30, 36, 42, 49, 55)),
    "WP": ({"classes": 1, "tags": 2, "attributes": 1, "arity": 2}, (33, 39, 46, 55, 61), (38, 43, 49, 54, 60)),
}


def figure(policy: str, switches: int, ports: int) -> int:
    shape = PUBLISHED[policy][0]
    in_edges = shape["tags"] * ports
    return published_kb(
        PublishedSizes(
            destinations=switches, ports=ports, measures_load=True, tagged=policy == "WP", in_edges=in_edges, **shape
        )
    )


@pytest.mark.parametrize("policy", PUBLISHED)
def test_fat_trees_come_out_exactly(policy: str) -> None:
    assert tuple(figure(policy, *size) for size in FAT_TREES) == PUBLISHED[policy][1]


def test_random_graphs_come_out_within_one_kilobyte_at_a_single_point() -> None:
    differences = [
        figure(policy, *size) - published
        for policy, (_, _, row) in PUBLISHED.items()
        for size, published in zip(RANDOM, row, strict=True)
    ]
    assert sorted(map(abs, differences)) == [0] * 14 + [1]


# --------------------------------------------------------------------------------------------- our own builds


def deploy(policy: str, topology: str) -> Deployment:
    request = CompileRequest(policy=ROOT / "examples" / policy, topology=str(ROOT / "topologies" / topology))
    deployment = compile_policy(request, Reporter()).deployment
    assert deployment is not None
    return deployment


@pytest.mark.parametrize("policy", ["congestion-aware.ctr", "waypoint.ctr", "shortest-path.ctr"])
def test_exact_state_is_what_the_p4_declares(policy: str) -> None:
    deployment = deploy(policy, "abilene.json")
    found = state_statistics(deployment)
    text = policy_text(deployment.graph.policy.checked.source)
    for program in deployment.programs:
        p4 = p4_text(program, deployment.clauses, text)
        registers = re.findall(r"^register<bit<(\d+)>>\((\d+)\)", p4, re.M)
        bits = sum(int(width) * int(slots) for width, slots in registers)
        assert found["per_program"][program.name]["state_bits"] == bits
        assert found["state_kb"] * 8000 == pytest.approx(bits, abs=4)


def test_published_accounting_of_a_build_looks_at_its_own_sizes() -> None:
    sizes = published_sizes(deploy("congestion-aware.ctr", "abilene.json"))
    assert len(sizes) == 11
    assert sum(each.ports for each in sizes) == 2 * 14  # Abilene has 14 links
    for each in sizes:
        assert (each.destinations, each.tags, each.classes, each.attributes, each.arity) == (11, 1, 2, 2, 3)
        assert each.measures_load
        assert not each.tagged


def test_sizes_are_json() -> None:
    json.dumps(state_statistics(deploy("waypoint.ctr", "abilene.json")), allow_nan=False)


def test_entries_are_counted_as_they_are_written() -> None:
    deployment = deploy("waypoint.ctr", "abilene.json")
    written = [json.loads(text) for path, text in emit(deployment, (), "") if path.endswith("runtime.json")]
    counts = [len(each["table_entries"]) for each in written]
    groups = sum(len(each["multicast_group_entries"]) for each in written)
    assert entry_statistics(deployment) == {"entries": sum(counts), "most_entries": max(counts), "groups": groups}
