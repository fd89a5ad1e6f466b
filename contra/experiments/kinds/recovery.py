"""Recovery: UDP at a constant rate while links fail, throughput over time, and how long until it is back.

Throughput is counted in frames that reach their hosts. It is back when the mean over WINDOW bins is at least SHARE of
what it was before the first failure, and every later mean within the run up to the next failure or repair is too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contra.diagnostics import Reporter
from contra.engine.core import layout as at
from contra.engine.inputs import Endpoint, Flow
from contra.engine.run.experiment import Experiment
from contra.engine.run.plan import make_plan
from contra.engine.simulation import PS_PER_NS, Simulation
from contra.experiments.kinds.measures import Clock
from contra.experiments.kinds.network import carried, open_network, read_failures
from contra.experiments.tasks import Outcome, RecoveryTask

SHARE = 0.95
WINDOW = 4
"""Bins: one bin alone holds few packets, and one more or less of them is several percent."""

Rates = NDArray[np.float64]


def measure(task: RecoveryTask, build: Path) -> Outcome:
    """Run a task, bin by bin."""
    simulation = open_network(build, task.queue, task.seed)
    failures = read_failures(task.failures, simulation.topology)
    begin_ns = task.warm_up_periods * simulation.period_ps // PS_PER_NS
    until_ns = max(task.recovery.duration_ns, begin_ns + task.recovery.bin_ns)
    flows = _flows(task, simulation, begin_ns)
    plan = make_plan(simulation.topology, simulation.period_ps, flows, failures, until_ns, Reporter())
    Experiment(simulation, plan)
    clock = Clock()
    ends_ns, rates, delivered = _throughput(simulation, task.recovery.bin_ns, begin_ns, until_ns)
    cuts = sorted(failure.start_ns for failure in failures if failure.start_ns >= begin_ns)
    shocks = sorted({*cuts, *(failure.stop_ns for failure in failures if failure.stop_ns)})
    measures = {
        "flows": len(delivered),
        "finished": int((delivered > 0).sum()),
        "duration_s": (until_ns - begin_ns) / 1e9,
        "cut_us": cuts[0] / 1000 if cuts else None,
        **recovered(ends_ns, rates, cuts[0] if cuts else None, shocks, task.recovery.bin_ns),
        **_packets(simulation),
        **clock.columns(),
    }
    series = {
        "time_us": [round(each / 1000, 3) for each in ends_ns],
        "throughput_bps": [round(float(each)) for each in rates],
        "bin_us": task.recovery.bin_ns / 1000,
    }
    return Outcome(measures=measures, series=series)


def _flows(task: RecoveryTask, simulation: Simulation, begin_ns: int) -> list[Flow]:
    """The rate is shared out evenly among the pairs and their flows."""
    hosts = {host.label: Endpoint(host.switch, host.index) for host in simulation.topology.hosts}
    each = task.recovery.rate // (len(task.pairs) * task.recovery.flows_per_pair)
    return [
        Flow(
            source=hosts[source],
            target=hosts[target],
            rate=each,
            frame_bytes=task.recovery.frame_bytes,
            start_ns=begin_ns,
            flows=task.recovery.flows_per_pair,
        )
        for source, target in task.pairs
    ]


def _throughput(
    simulation: Simulation, bin_ns: int, begin_ns: int, until_ns: int
) -> tuple[list[int], Rates, NDArray[np.int64]]:
    """Ends of the bins in ns, bit/s in each, and packets that each flow delivered in all."""
    network = simulation.network
    ends = list(range(begin_ns + bin_ns, until_ns + 1, bin_ns))
    network.run(begin_ns * PS_PER_NS)
    totals = [_received(simulation, at.F_BYTES).sum()]
    for end in ends:
        network.run(end * PS_PER_NS)
        network.arrays["net"][[at.N_JOURNAL, at.N_BLOB]] = 0
        totals.append(_received(simulation, at.F_BYTES).sum())
    return ends, np.diff(totals) * 8e9 / bin_ns, _received(simulation, at.F_RECEIVED)


def _received(simulation: Simulation, field: int) -> Any:
    return simulation.network.arrays["flows"].reshape(-1, at.FLOW)[:, field].copy()


def recovered(
    ends_ns: Sequence[int], rates: Rates, cut_ns: int | None, shocks: Sequence[int], bin_ns: int
) -> dict[str, Any]:
    """Throughput before the cut, the deepest dip after it, and the time from the cut until it was back.

    `recovery_us` is None where it did not come back before the next failure or repair, 0 where it never fell.
    """
    found: dict[str, Any] = dict.fromkeys(("throughput_before_bps", "throughput_dip_bps", "recovery_us"))
    if cut_ns is None:
        return found
    ends = np.array(ends_ns)
    limit = min([each for each in shocks if each > cut_ns], default=int(ends[-1]))
    before = rates[(ends <= cut_ns) & (ends > ends[0] + WINDOW * bin_ns)]  # the first packets are still under way
    after = np.flatnonzero((ends > cut_ns) & (ends <= limit))
    if not len(before) or len(after) < WINDOW:
        return found
    usual = float(before.mean())
    means = np.convolve(rates[after], np.full(WINDOW, 1 / WINDOW), "valid")
    low = np.flatnonzero(means < SHARE * usual)
    found["throughput_before_bps"] = round(usual)
    found["throughput_dip_bps"] = round(float(means.min()))
    if not len(low):
        found["recovery_us"] = 0.0
    elif low[-1] + 1 < len(means):
        first = int(ends[after[low[-1] + 1]]) - bin_ns  # the start of the first window that is good, as are all later
        found["recovery_us"] = max(first - cut_ns, 0) / 1000
    return found


def _packets(simulation: Simulation) -> dict[str, Any]:
    """Counters of the whole run."""
    network = simulation.network
    rows = network.arrays["flows"].reshape(-1, at.FLOW)
    links = carried(simulation)
    return {
        "sent": int(rows[:, at.F_SENT].sum()),
        "delivered": int(rows[:, at.F_RECEIVED].sum()),
        "late": int(rows[:, at.F_LATE].sum()),
        "packets_looped": int(rows[:, at.F_LOOPED].sum()),
        "probe_bytes": links.probe_bytes,
        "header_bytes": links.header_bytes,
        "data_bytes": links.data_bytes,
        "packet_hops": network.totals.packet_hops,
    }
