"""How much a build asks of a switch: state by our exact count and by the published accounting, stages, entries.

kB are 1000 bytes, as in the paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contra.ir.budget import MAX_STAGES, budget
from contra.ir.model import Deployment, SwitchProgram

BITS_PER_KB = 8000
_UNUSED_LPM_BITS = 32_768
"""A longest-prefix table of 1024 entries that the prototype counts and never fills."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSizes:
    """What the accounting of the 2020 prototype looks at, for one switch."""

    destinations: int
    tags: int
    """Product nodes of the switch, at least 1."""
    classes: int
    attributes: int
    """Metrics that probes carry."""
    arity: int
    """Components of the rank."""
    ports: int
    """Towards other switches."""
    measures_load: bool
    tagged: bool
    """Whether any switch of the network has more than one tag."""
    in_edges: int = 0
    """Edges of the product graph that lead to the switch."""
    flowlet_slots: int = 1024


def published_bits(sizes: PublishedSizes) -> int:
    """Bits of state by the accounting with which the NSDI 2020 paper's figures were made.

    Two terms of it (16 bits per destination, a second copy of the metrics) are counted only where probes of
    several classes compete: with that, all 15 published fat-tree points and 14 of 15 random-graph points come
    out exactly, the other within 1 kB.
    """
    d, t, p, n, k = sizes.destinations, sizes.tags, sizes.classes, sizes.ports, sizes.arity
    tag_bits = 32 * sizes.tagged
    several = int(p > 1)
    per_destination = (
        32 * p * t + 32 + tag_bits + 16 * several + 32 * k + 48
        + t * p * (9 + tag_bits + 32 * k + 32 * sizes.attributes * several)
    )  # fmt: skip
    flowlets = sizes.flowlet_slots * (t * p * (9 + 16 + 48 + tag_bits) + 10)
    ports = 48 * (n + 2) + 32 * (n + 1) * (sizes.attributes + sizes.measures_load) + 57 * n
    tag_tables = 32 * t + 2 * tag_bits * sizes.in_edges + 4 * tag_bits * t if sizes.tagged else 0
    return d * per_destination + flowlets + ports + tag_tables + _UNUSED_LPM_BITS


def published_kb(sizes: PublishedSizes) -> int:
    """The same in kB, cut off as the published figures are."""
    return published_bits(sizes) // BITS_PER_KB


def published_sizes(deployment: Deployment) -> list[PublishedSizes]:
    """Per switch, what the published accounting needs to know of this build."""
    graph, program = deployment.graph, deployment.programs[0]
    in_edges = [0] * len(graph.topology.switches)
    for row in graph.successors:
        for edge in row:
            in_edges[graph.nodes[edge.target].switch] += 1
    return [
        PublishedSizes(
            destinations=len(graph.topology.destinations),
            tags=max(1, end - start),
            classes=len(graph.policy.classes),
            attributes=len(program.metrics),
            arity=graph.policy.checked.arity,
            ports=len(graph.topology.ports[switch]),
            measures_load=program.measures_load,
            tagged=graph.max_tags > 1,
            in_edges=in_edges[switch],
            flowlet_slots=deployment.options.flowlet_slots,
        )
        for switch, (start, end) in enumerate(graph.node_ranges)
    ]


def state_statistics(deployment: Deployment) -> dict[str, Any]:
    """State and stages, JSON types only.

    `state_kb` is exact: the most that any program keeps in its cells. `state_kb_published` is the most that the
    published accounting charges any switch of this build.
    """
    most = max(map(published_bits, published_sizes(deployment)), default=0)
    return {
        "state_kb": round(max(p.state_bits for p in deployment.programs) / BITS_PER_KB, 3),
        "state_kb_published": round(most / BITS_PER_KB, 3),
        "per_program": {program.name: _program(program) for program in deployment.programs},
    }


def _program(program: SwitchProgram) -> dict[str, Any]:
    stages = budget(program)
    return {
        "state_bits": program.state_bits,
        "state_kb": round(program.state_bits / BITS_PER_KB, 3),
        "cells": len(program.plan.cells),
        "ingress_stages": stages.ingress_stages,
        "egress_stages": stages.egress_stages,
        "chip_stages": MAX_STAGES,
        "beyond_chip": list(stages.excesses),
    }


def entry_statistics(deployment: Deployment) -> dict[str, int]:
    """Entries and groups of all switches, and the most entries of one; makes every configuration to count it."""
    from contra.ir.entries import Configurator

    configurator = Configurator(deployment)
    entries, groups, most = 0, 0, 0
    for switch in deployment.graph.topology.switches:
        config = configurator.configure(switch.index)
        entries += len(config.entries)
        groups += len(config.groups)
        most = max(most, len(config.entries))
    return {"entries": entries, "most_entries": most, "groups": groups}
