"""Cases: the same flows in both simulators, and the files that keep what came out."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from bench.ns3 import ours, reference
from bench.ns3.flows import ANY, poisson, sizes
from bench.ns3.paths import random_paths
from bench.ns3.scenario import PS_PER_S, PS_PER_US, Outcome
from contra.diagnostics import Reporter
from contra.engine.simulation import Settings
from contra.engine.transport import Transport
from contra.resources import resource_dir
from contra.topology import load
from contra.topology.model import Topology

START_PS = 1_000 * PS_PER_US
"""The first flow may come from then on."""
LIMIT_PS = 60 * PS_PER_S


@dataclass(frozen=True, kw_only=True)
class Case:
    """One run of each simulator. `name` is that of its files; cases that differ in the seed alone share `title`."""

    title: str
    scheme: str = "ecmp"
    topology: str = "fattree-k4"
    """A shipped one, or a file."""
    workload: str = "web-search"
    scale: float = 0.2
    """Of the sizes."""
    load: float = 0.3
    flows: int = 1000
    seed: int = 1
    senders: tuple[str, ...] = ANY
    receivers: tuple[str, ...] = ANY
    same_paths: bool = True
    """ns-3 sends each flow the way that it takes in the engine; else it draws ways of its own."""
    queue_packets: int = 200
    mark_packets: int = 0
    transport: Transport = field(default_factory=Transport)
    ns3: dict[str, Any] = field(default_factory=dict)
    """What is different in ns-3: fields of Setup."""

    @property
    def name(self) -> str:
        """Of its files."""
        words = "".join(letter if letter.isalnum() else "-" for letter in self.title.lower())
        return f"{'-'.join(filter(None, words.split('-')))}-{self.seed}"


@dataclass(frozen=True)
class Row:
    """A flow in both. -1 is a flow that did not finish."""

    size: int
    start_ps: int
    ours_fct_ps: int
    ns3_fct_ps: int
    ours_retransmitted: int
    ns3_retransmitted: int
    ours_timeouts: int
    ns3_timeouts: int
    ours_fast_recoveries: int
    ns3_fast_recoveries: int


@dataclass(frozen=True)
class Done:
    """What came out of a case."""

    case: Case
    rows: tuple[Row, ...]
    totals: dict[str, int]
    """`ours_` and `ns3_`: `packet_hops`, `dropped`."""

    def times_us(self, side: str) -> list[float]:
        """Flow completion times of `ours` or `ns3`."""
        return [getattr(row, f"{side}_fct_ps") / PS_PER_US for row in self.rows]

    @property
    def unfinished(self) -> int:
        """Flows that at least one of the two did not finish."""
        return sum(row.ours_fct_ps < 0 or row.ns3_fct_ps < 0 for row in self.rows)


def topology_of(case: Case) -> Topology:
    """Raises CompileError."""
    path = resource_dir("topologies") / f"{case.topology}.json"
    return load(str(path) if path.exists() else case.topology, Reporter())


def run(case: Case, model: Path) -> Done:
    """Run both. Raises CompileError, ModelFailed, ValueError."""
    topology = topology_of(case)
    jobs = poisson(
        topology,
        sizes(case.workload, case.scale),
        case.load,
        case.flows,
        case.seed,
        senders=case.senders,
        receivers=case.receivers,
        start_ps=START_PS,
    )
    settings = Settings(seed=case.seed, queue_packets=case.queue_packets, mark_packets=case.mark_packets)
    with tempfile.TemporaryDirectory(prefix="contra-ns3-") as folder:
        build = ours.build(case.scheme, topology, Path(folder))
        experiment = ours.Experiment(build, jobs, case.transport, settings)
    ways = experiment.paths() if case.same_paths else random_paths(topology, jobs, case.seed)
    mine = experiment.run(LIMIT_PS)
    setup = replace(ours.setup_of(case.transport, settings, LIMIT_PS), **case.ns3)
    theirs = reference.run(model, topology, jobs, ways, setup)
    rows = tuple(_row(a, b) for a, b in zip(mine.outcomes, theirs.outcomes, strict=True))
    totals = {
        "ours_packet_hops": mine.packet_hops,
        "ns3_packet_hops": theirs.packet_hops,
        "ours_dropped": mine.dropped,
        "ns3_dropped": theirs.dropped,
    }
    return Done(case, rows, totals)


def _row(a: Outcome, b: Outcome) -> Row:
    times = [each.finish_ps - each.start_ps if each.finished else -1 for each in (a, b)]
    counts = [getattr(each, name) for name in ("retransmitted", "timeouts", "fast_recoveries") for each in (a, b)]
    return Row(a.size, a.start_ps, *times, *counts)


# ------------------------------------------------------------------------------------------------ files


def save(done: Done, folder: Path) -> None:
    """Write NAME.csv, a row for each flow, and NAME.json."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{done.case.name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([each.name for each in fields(Row)])
        writer.writerows([getattr(row, each.name) for each in fields(Row)] for row in done.rows)
    text = json.dumps({"case": asdict(done.case), "totals": done.totals}, indent=2)
    (folder / f"{done.case.name}.json").write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> Done:
    """What `save` wrote, by the path of its JSON file. Raises ValueError where it is something else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        case = dict(value["case"], transport=Transport(**value["case"]["transport"]))
        case.update({name: tuple(case[name]) for name in ("senders", "receivers")})
        with path.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
            rows = tuple(Row(**{name: int(text) for name, text in row.items()}) for row in csv.DictReader(file))
        return Done(Case(**case), rows, value["totals"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no result of a comparison: {error}") from error


def read_all(folder: Path) -> list[Done]:
    """All results of a folder, by name."""
    return [read(path) for path in sorted(folder.glob("*.json"))]


def run_all(cases: Sequence[Case], model: Path, folder: Path, said: Callable[[Case, Done], None]) -> None:
    """Run the cases whose results are not there yet."""
    for case in cases:
        if not (folder / f"{case.name}.json").exists():
            done = run(case, model)
            save(done, folder)
            said(case, done)
