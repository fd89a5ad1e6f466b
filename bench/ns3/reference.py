"""Runs the model on a scenario."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.ns3.scenario import Job, Outcome, Paths, Setup, check, read_outcomes, scenario
from contra.topology.model import Topology


class ModelFailed(Exception):
    """The model ended with an error: the scenario, or ns-3's own assertions."""


@dataclass(frozen=True)
class Reference:
    """What ns-3 says of a run."""

    outcomes: tuple[Outcome, ...]
    packet_hops: int
    """Packets that switches received."""
    dropped: int
    log: tuple[str, ...] = ()
    """Of the flow that was watched: `TIME WHAT VALUE`, times in ps."""


def run(
    model: Path,
    topology: Topology,
    jobs: Sequence[Job],
    paths: Sequence[Paths],
    setup: Setup,
    *,
    watch: int | None = None,
) -> Reference:
    """Run ns-3 in a process of its own. `watch`: a flow whose log is wanted. Raises ModelFailed, ValueError."""
    check(jobs)
    with tempfile.TemporaryDirectory(prefix="contra-ns3-") as name:
        folder = Path(name)
        given, answer, log = folder / "scenario", folder / "results.csv", folder / "log"
        given.write_text("\n".join(scenario(topology, jobs, paths, setup)) + "\n", encoding="utf-8")
        command = [str(model), str(given), str(answer)]
        if watch is not None:
            command += [str(watch), str(log)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise ModelFailed(f"ns-3 ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
        totals = dict(line.split() for line in done.stdout.splitlines())
        return Reference(
            tuple(read_outcomes(answer)),
            int(totals["packet_hops"]),
            int(totals["dropped"]),
            tuple(log.read_text(encoding="utf-8").splitlines()) if watch is not None else (),
        )
