"""Builds in folders, and what happens in them, as plain Python."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contra.cli.contrac import main as contrac
from contra.diagnostics import Reporter
from contra.engine.inputs import read_failure, read_traffic
from contra.engine.run.capture import PortCaptures
from contra.engine.run.collect import collect, make_pairs
from contra.engine.run.experiment import Experiment, Observation, Watcher
from contra.engine.run.plan import make_plan
from contra.engine.run.report import Report
from contra.engine.simulation import Settings, open_simulation

MS = 10**9
"""In picoseconds."""
DIAMOND: dict[str, Any] = {
    "switches": {"A": {}, "B": {}, "C": {}, "D": {}},
    "hosts": {name: {"switch": name[1], "capacity": "10Gbit", "latency": "10us"} for name in ("hA", "hD")},
    "links": [
        {"ends": ["A", "B"], "capacity": "10Gbit", "latency": "10us"},
        {"ends": ["A", "C"], "capacity": "10Gbit", "latency": "1ms"},
        {"ends": ["B", "D"], "capacity": "10Gbit", "latency": "10us"},
        {"ends": ["C", "D"], "capacity": "10Gbit", "latency": "1ms"},
    ],
}
"""A fast way by B, a slow one by C."""
STUB: dict[str, Any] = {
    "switches": {"A": {}, "B": {}, "D": {}, "W": {}},
    "hosts": {name: {"switch": name[1]} for name in ("hA", "hD")},
    "links": [{"ends": ["B", end], "capacity": "10Gbit", "latency": "10us"} for end in "ADW"],
}
"""W is a dead end behind B."""


def build(folder: Path, policy: str, topology: dict[str, Any]) -> Path:
    """Compile with a probe period of 10 ms."""
    (folder / "policy.ctr").write_text(policy)
    (folder / "net.json").write_text(json.dumps(topology))
    options = ["--probe-period", "10ms", "--flowlet-timeout", "5ms", "-q"]
    made = folder / "build"
    assert contrac([str(folder / "policy.ctr"), str(folder / "net.json"), "-o", str(made), *options]) == 0
    return made


def observe(
    folder: Path,
    *,
    for_ms: int | None = 500,
    traffic: Sequence[str] = (),
    fail: Sequence[str] = (),
    settings: Settings | None = None,
    pcap: Path | None = None,
    watch: Watcher | None = None,
) -> tuple[Observation, Report]:
    """Run a build, unjitted unless the settings say otherwise."""
    reporter = Reporter()
    simulation = open_simulation(folder, reporter, settings or Settings(jit=False))
    topology = simulation.topology
    flows = [flow for text in traffic for flow in read_traffic(text, topology, reporter)]
    failures = [read_failure(text, topology, reporter) for text in fail]
    lasts = None if for_ms is None else for_ms * 10**6
    plan = make_plan(topology, simulation.period_ps, flows, failures, lasts, reporter)
    pairs = make_pairs(topology, [(flow.source, flow.target) for flow in flows])
    captures = PortCaptures(simulation, pcap) if pcap else None
    seen = Experiment(simulation, plan, pairs, captures).run(watch)
    return seen, collect(seen, pairs)
