"""Numbers about flows: completion times, and how much longer they are than on an idle network."""

from __future__ import annotations

import csv
import gzip
import io
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contra.topology.model import Host, Topology
from contra.workload.distribution import SMALL_BYTES

HEAD_BYTES = 54
"""Ethernet, IPv4 and TCP without options, of each segment."""
PS_PER_US, PS_PER_NS = 10**6, 10**3

Times = NDArray[np.int64]


class Clock:
    """What a run costs, from its making on."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def columns(self) -> dict[str, float]:
        """Seconds of the wall clock, and of a processor."""
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        return {"seconds": round(wall, 3), "cpu_seconds": round(cpu, 3)}


def completion(fct_ps: Times, sizes: Times, large_bytes: int, slowdown: NDArray[np.float64]) -> dict[str, Any]:
    """Columns of the table about completion times, in us; all of them None where a flow is unfinished (negative)."""
    whole = bool(len(fct_ps)) and bool((fct_ps >= 0).all())
    times = fct_ps / PS_PER_US
    small, large = times[sizes <= SMALL_BYTES], times[sizes >= large_bytes]
    found = {
        "fct_mean_us": _mean(times),
        "fct_p50_us": _percentile(times, 50),
        "fct_p95_us": _percentile(times, 95),
        "fct_p99_us": _percentile(times, 99),
        "fct_small_mean_us": _mean(small),
        "fct_small_p99_us": _percentile(small, 99),
        "fct_large_mean_us": _mean(large),
        "slowdown_mean": _mean(slowdown),
        "slowdown_p99": _percentile(slowdown, 99),
    }
    return found if whole else dict.fromkeys(found)


def _mean(values: NDArray[np.float64]) -> float | None:
    return round(float(values.mean()), 6) if len(values) else None


def _percentile(values: NDArray[np.float64], percent: int) -> float | None:
    """Interpolated linearly between the nearest flows, as numpy does by default."""
    return round(float(np.percentile(values, percent)), 6) if len(values) else None


class Ideal:
    """How long a flow would take alone: two round trips, for the handshake and for the data, and all its bytes by the
    narrowest link of the widest path. A lower bound: what switches add by storing whole packets is left out.
    """

    def __init__(self, topology: Topology, segment_bytes: int) -> None:
        self.topology, self.segment_bytes = topology, segment_bytes
        self.hosts: Mapping[str, Host] = {host.label: host for host in topology.hosts}
        self._latency = _distances(topology)
        self._width: dict[int, dict[int, int]] = {}

    def time_ps(self, source: str, target: str, size: int) -> int:
        """Picoseconds of a flow of `size` bytes."""
        ends = self.hosts[source], self.hosts[target]
        one_way_ns = sum(host.latency_ns for host in ends) + self._latency[ends[0].switch][ends[1].switch]
        rate = min(*(host.capacity for host in ends), self._widest(ends[0].switch, ends[1].switch))
        wire = size + HEAD_BYTES * -(-size // self.segment_bytes)
        return 4 * one_way_ns * PS_PER_NS + wire * 8 * 10**12 // rate

    def _widest(self, source: int, target: int) -> int:
        if source not in self._width:
            self._width[source] = _widths(self.topology, source)
        return self._width[source][target]


def _distances(topology: Topology) -> Mapping[int, Mapping[int, int]]:
    """Smallest sum of latencies between switches, ns."""
    import networkx

    graph: networkx.MultiGraph[int] = networkx.MultiGraph()
    graph.add_nodes_from(range(len(topology.switches)))
    graph.add_edges_from((link.a, link.b, {"weight": link.latency_ns}) for link in topology.links)
    sources = {host.switch for host in topology.hosts}
    lengths = networkx.single_source_dijkstra_path_length
    return {each: {node: int(length) for node, length in lengths(graph, each).items()} for each in sources}


def _widths(topology: Topology, source: int) -> dict[int, int]:
    """Capacity of the narrowest link of the widest path to each switch; to itself without limit."""
    found = {source: 1 << 62}
    links = sorted(topology.links, key=lambda link: -link.capacity)
    while len(found) < len(topology.switches):
        link = next(link for link in links if (link.a in found) != (link.b in found))
        inner, outer = (link.a, link.b) if link.a in found else (link.b, link.a)
        found[outer] = min(found[inner], link.capacity)
    return found


def flow_list(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """Columns as gzipped CSV; the same bytes for the same flows."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return gzip.compress(text.getvalue().encode(), mtime=0)
