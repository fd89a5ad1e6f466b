"""Do switches know what the compiler says they should: live routes of each, against paths through the product graph."""

from __future__ import annotations

import json
import time
from typing import Any

import networkx as nx

from experiments.cases import FIVE, LARGE, Case
from experiments.net import Net
from experiments.options import Options
from experiments.report import Result
from experiments.runs import Measured, on_networks

PERIODS = 8
"""Until nothing is new any more."""
TRIES = 3
"""Looks at a switch that has not all: a look takes a while, in which a route may be between two probes."""

Key = tuple[str, int, int]
"""Destination switch, tag, probe class."""


def run(options: Options) -> Result:
    """Policies on networks, one after the other."""
    runs = on_networks("state", options, (LARGE, FIVE), lambda case, net: _measure(case, net))
    return Result(
        "state: live routes (FwdT) of all switches, against those that the product graph leads to",
        runs.rows,
        not runs.failures and all(row["right switches"] == row["switches"] for row in runs.rows),
        runs.details,
        runs.failures,
    )


def _measure(case: Case, net: Net) -> Measured:
    graph = json.loads((net.build / "graph" / "product.json").read_text(encoding="utf-8"))
    expected = routes_by_switch(graph)
    time.sleep(PERIODS * net.period_s)
    missing: dict[str, list[Key]] = {}
    extra: dict[str, list[Key]] = {}
    found = 0
    for switch in graph["switches"]:
        rows = _looked(net, switch, expected[switch])
        found += len(rows)
        missing |= {switch: sorted(expected[switch] - rows)} if expected[switch] - rows else {}
        extra |= {switch: sorted(rows - expected[switch])} if rows - expected[switch] else {}
    switches = len(graph["switches"])
    row = {
        "switches": switches,
        "right switches": switches - len(missing.keys() | extra.keys()),
        "routes by compiler": sum(map(len, expected.values())),
        "routes alive": found,
        "missing": sum(map(len, missing.values())),
        "extra": sum(map(len, extra.values())),
    }
    return [row], {"missing": missing, "extra": extra}


def _looked(net: Net, switch: str, expected: set[Key]) -> set[Key]:
    """Live routes of a switch; looked at again where some are missing."""
    for _ in range(TRIES):
        state = net.ask("show", switch)
        rows = {(row["dst"], row["tag"], row["pid"]) for row in state["routes"] if row["alive"]}
        if rows == expected:
            break
        time.sleep(net.period_s)
    return rows


def routes_by_switch(graph: dict[str, Any]) -> dict[str, set[Key]]:
    """What each switch should have a route for: probes start at the sending node of their destination and go along the
    edges of the product graph, but never on from their own switch (graph/product.json of a build)."""
    nodes = {row["node"]: row for row in graph["nodes"]}
    edges = [(row["from"], row["to"]) for row in graph["edges"]]
    expected: dict[str, set[Key]] = {switch: set() for switch in graph["switches"]}
    for destination, start in graph["sending"].items():
        ways = nx.DiGraph(edge for edge in edges if nodes[edge[1]]["switch"] != destination)
        reached = nx.descendants(ways, start) if start in ways else set()
        for node in reached - {start}:
            row = nodes[node]
            expected[row["switch"]] |= {(destination, row["tag"], pid) for pid in row["pids"]}
    return expected
