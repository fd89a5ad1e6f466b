"""Flow completion times: TCP flows through a build, until the last of them is finished."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from contra.engine.simulation import PS_PER_NS, Simulation
from contra.engine.tcp import TcpFlow, TcpResults, add_flows
from contra.experiments.kinds.measures import Clock, Ideal, completion, flow_list
from contra.experiments.kinds.network import apply_failures, carried, open_network, read_failures
from contra.experiments.tasks import FctTask, Outcome
from contra.workload import Traffic, make_traffic, offered_bps

PS_PER_S = 10**12


def measure(task: FctTask, build: Path) -> Outcome:
    """Run a task and count. The flows begin when the probes have had `warm_up_periods` to find all paths."""
    simulation = open_network(build, task.queue, task.seed)
    apply_failures(simulation, read_failures(task.failures, simulation.topology))
    traffic = traffic_of(task)
    begin_ps = task.warm_up_periods * simulation.period_ps
    names = {host.label: host.name for host in simulation.topology.hosts}
    flows = [
        TcpFlow(names[flow.source], names[flow.target], flow.size, begin_ps + flow.start_ns * PS_PER_NS)
        for flow in traffic.flows
    ]
    tcp = add_flows(simulation, flows, task.transport)
    clock = Clock()
    tcp.run(max(flow.start_ps for flow in flows) + task.limit_ns * PS_PER_NS)
    return Outcome(
        measures={**_measures(task, simulation, traffic, tcp.results(), begin_ps), **clock.columns()},
        flows=_flow_list(task, simulation, traffic, tcp.results()),
    )


def traffic_of(task: FctTask) -> Traffic:
    """The flows of a run: the same for every scheme."""
    if task.demand is None:
        return Traffic(task.trace, offered_bps(task.trace))
    return make_traffic(task.demand)


def _measures(
    task: FctTask, simulation: Simulation, traffic: Traffic, results: TcpResults, begin_ps: int
) -> dict[str, Any]:
    fct_ps, slowdown = _times(task, simulation, traffic, results)
    finished = results.finished
    last_ps = int(results.finish_ps.max()) if finished.all() else simulation.network.now
    links = carried(simulation)
    return {
        "flows": len(fct_ps),
        "finished": int(finished.sum()),
        "offered_load": round(traffic.offered_bps / task.demand.capacity_bps, 6) if task.demand else None,
        "offered_bps": round(traffic.offered_bps),
        "duration_s": (last_ps - begin_ps) / PS_PER_S,
        **completion(fct_ps, results.size, task.large_bytes, slowdown),
        "timeouts": int(results.timeouts.sum()),
        "retransmitted": int(results.retransmitted.sum()),
        "late": int(results.late.sum()),
        "packets_looped": int(results.looped.sum()),
        "data_packets": int(results.segments_sent.sum()),
        "probe_bytes": links.probe_bytes,
        "header_bytes": links.header_bytes,
        "data_bytes": links.data_bytes,
        "hops_mean": round((links.data_packets + links.sent) / links.sent, 6) if links.sent else None,
        "queue_max_bytes": links.queue_bytes,
        "dropped_full": links.full,
        "packet_hops": simulation.network.totals.packet_hops,
    }


def _times(task: FctTask, simulation: Simulation, traffic: Traffic, results: TcpResults) -> tuple[Any, Any]:
    """Completion times, -1 where unfinished, and how many times the least possible ones they are."""
    ideal = Ideal(simulation.topology, task.transport.segment_bytes)
    least = np.array([ideal.time_ps(flow.source, flow.target, flow.size) for flow in traffic.flows], np.int64)
    fct_ps = np.where(results.finished, results.finish_ps - results.start_ps, -1)
    return fct_ps, np.where(results.finished, fct_ps / least, np.nan)


def _flow_list(task: FctTask, simulation: Simulation, traffic: Traffic, results: TcpResults) -> bytes:
    """One row per flow, in order of their starts; times from the beginning of the arrivals. -1: unfinished."""
    flows = traffic.flows
    fct_ps, slowdown = _times(task, simulation, traffic, results)
    columns: dict[str, Any] = {
        "start_ns": [flow.start_ns for flow in flows],
        "source": [flow.source for flow in flows],
        "target": [flow.target for flow in flows],
        "size": [flow.size for flow in flows],
        "fct_ns": np.where(fct_ps >= 0, fct_ps // PS_PER_NS, -1).tolist(),
        "slowdown": ["" if np.isnan(each) else f"{each:.4f}" for each in slowdown],
    }
    for name in ("segments_sent", "retransmitted", "timeouts", "fast_recoveries", "late", "looped"):
        columns[name] = getattr(results, name).tolist()
    return flow_list(columns)
