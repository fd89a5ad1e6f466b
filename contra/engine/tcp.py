"""TCP flows in a simulation: put in, run, read out. `contra.engine.transport` says what TCP is like.

Each flow has a connection of its own, opened at its start: handshake, data, and the end of the flow (FIN) with the last
segment; the receiver acknowledges it and never closes its own direction. A flow is finished when the sender hears that
its last byte has arrived.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from contra.diagnostics import Reporter, report, shown
from contra.engine.connections import HEAD_BYTES, Connection, End, burst, tables
from contra.engine.core import connections as at
from contra.engine.core.layout import L_LIMIT_BYTES, L_LIMIT_PACKETS, L_MARK_BYTES, L_MARK_PACKETS, LINK, N_UNFINISHED
from contra.engine.errors import BadFlow, NoSuchHost
from contra.engine.network import Network
from contra.engine.simulation import Simulation
from contra.engine.transport import Transport, check_transport
from contra.suggest import nearest

LONGEST_FLOW = 1 << 40
"""Bytes."""


@dataclass(frozen=True, slots=True)
class TcpFlow:
    """A flow from a host to a host: bytes of payload, start in virtual picoseconds."""

    source: str
    target: str
    size: int
    start_ps: int


@dataclass(frozen=True)
class TcpResults:
    """One int64 value per flow in each array, in the order in which the flows were given. Times are picoseconds.

    `finish_ps` is when the sender heard that the last byte had arrived, `received_ps` when it had arrived; -1 if not.
    """

    start_ps: Any
    finish_ps: Any
    received_ps: Any
    size: Any
    segments_sent: Any
    """Of data, those sent again included."""
    retransmitted: Any
    timeouts: Any
    """Of the retransmission timer, the handshake's included."""
    fast_recoveries: Any
    late: Any
    """Segments that came after one that was sent later."""
    segments_received: Any
    """Of data, those that came twice included."""
    hops: Any
    """Switches that these had visited, in all."""
    looped: Any
    """Those of them that had visited a switch twice."""
    lost: Any
    """Packets of the connection that the network dropped, acknowledgements included."""
    astray: Any
    """Packets that came to another host, or damaged."""

    @property
    def finished(self) -> Any:
        """Whether each flow is: an array of bool."""
        return self.finish_ps >= 0


_COLUMNS = {
    "start_ps": at.C_START,
    "finish_ps": at.C_FINISH,
    "received_ps": at.R_FINISH,
    "size": at.C_SIZE,
    "segments_sent": at.C_SENT,
    "retransmitted": at.C_RETRANSMITTED,
    "timeouts": at.C_TIMEOUTS,
    "fast_recoveries": at.C_RECOVERIES,
    "late": at.R_LATE,
    "segments_received": at.R_RECEIVED,
    "hops": at.R_HOPS,
    "looped": at.R_LOOPED,
    "lost": at.C_LOST,
    "astray": at.R_ASTRAY,
}


class TcpRun:
    """The TCP flows of a network. `order[connection]` is the place of a flow among those given."""

    def __init__(self, network: Network, connections: Sequence[Connection], transport: Transport) -> None:
        self.network, self.transport = network, transport
        self.total = len(connections)
        self.order = sorted(range(self.total), key=lambda flow: connections[flow].start_ps)
        sorted_by_start = [connections[flow] for flow in self.order]
        made = tables(sorted_by_start, transport, network.plan.seed)
        network.add_connections(made, head_bytes=HEAD_BYTES, burst=burst(transport))
        if transport.host_queue == "fifo":
            for link in {connection.source.link for connection in connections}:
                network.row("links", LINK, link)[[L_LIMIT_BYTES, L_LIMIT_PACKETS, L_MARK_BYTES, L_MARK_PACKETS]] = 0

    @property
    def finished(self) -> int:
        """Flows that are finished."""
        return int((self._column(at.C_FINISH) >= 0).sum())

    @property
    def over(self) -> bool:
        """Whether every flow is finished or has given up."""
        return int(self.network.arrays["net"][N_UNFINISHED]) == 0

    def run(self, limit_ps: int) -> None:
        """Run until the last flow is finished (or has given up), or to the limit in virtual time if that is earlier.

        It comes back before if the network was told to pause; called again, it goes on.
        """
        if not self.over:
            self.network.run(limit_ps, finish=True)

    def results(self) -> TcpResults:
        """What is known of each flow by now."""
        found = {}
        for name, field in _COLUMNS.items():
            found[name] = np.empty(self.total, np.int64)
            found[name][self.order] = self._column(field)
        return TcpResults(**found)

    def _column(self, field: int) -> Any:
        return self.network.arrays["connections"].reshape(-1, at.CONNECTION)[:, field]


def add_flows(simulation: Simulation, flows: Sequence[TcpFlow], transport: Transport) -> TcpRun:
    """Put TCP flows into a simulation, once. Source ports and sequence numbers come from the simulation's seed.

    Raises CompileError (CTR1060 to 1063) where the transport or a flow cannot be.
    """
    reporter = Reporter()
    check_transport(transport, reporter)
    network, ends = simulation.network, _ends(simulation)
    if len(network.arrays["connections"]):
        raise ValueError("this simulation has TCP flows already")
    for number, flow in enumerate(flows, 1):
        _check(number, flow, ends.keys(), network.now, reporter)
    reporter.check()
    return TcpRun(network, [Connection(ends[f.source], ends[f.target], f.size, f.start_ps) for f in flows], transport)


def _ends(simulation: Simulation) -> dict[str, End]:
    network = simulation.network
    return {
        host.name: End(
            network.nodes[host.name],
            bytes.fromhex(host.mac.replace(":", "")),
            host.ip.packed,
            simulation.host_links[host.name][0],
        )
        for host in simulation.topology.hosts
    }


def _check(number: int, flow: TcpFlow, hosts: Any, now: int, reporter: Reporter) -> None:
    unknown = [name for name in (flow.source, flow.target) if name not in hosts]
    for name in unknown:
        near = nearest(name, hosts)
        report(reporter, NoSuchHost(number=number, name=shown(name), near=f", did you mean '{near}'?" if near else ""))
    if unknown:
        return
    what = ""
    if flow.source == flow.target:
        what = "both ends are one host"
    elif not 1 <= flow.size <= LONGEST_FLOW:
        what = f"a size of {flow.size} bytes is not from 1 to {LONGEST_FLOW}"
    elif flow.start_ps < now:
        what = f"a start at {flow.start_ps} ps is past: it is {now} ps"
    if what:
        report(reporter, BadFlow(number=number, source=flow.source, target=flow.target, what=what))
