"""An experiment, read and checked: what `contra exp run` works from."""

from __future__ import annotations

from dataclasses import dataclass, field

from contra.engine.transport import Transport
from contra.options import SIMULATION, ProtocolOptions
from contra.source import SourceFile, Span
from contra.topology.model import Topology
from contra.workload.distribution import Distribution
from contra.workload.model import Traffic

KINDS = {
    "fct": "flow completion times: TCP flows, as the workloads and loads say",
    "recovery": "UDP at a constant rate while links fail: throughput over time, and when it is back",
    "state": "bits of registers and tables of the switches, by network and scheme; nothing is run",
    "compile-time": "seconds of the compiler, by network and scheme; nothing is run",
}
"""Kinds of experiment with a line of help."""
SIMULATED = ("fct", "recovery")

FULL_LOADS = {
    "cut": "the smallest cut between all senders and all receivers is full, hosts' own links included",
    "senders": "the senders' own links are full",
}
"""What a load of 1 may mean; a rate is the third way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """What is compared: a policy's text, or the name of a baseline."""

    name: str
    policy: str = ""
    policy_name: str = ""
    baseline: str = ""
    options: ProtocolOptions = SIMULATION
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The queue of each port; 0 is no limit, no marks."""

    packets: int = 1000
    bytes: int = 0
    mark_packets: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Who may send to whom. Labels of hosts.

    `random_pairs`: so many pairs are drawn, by `pair_seed`, or by the seed of the run where that is None.
    """

    pattern: str = "random"
    senders: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    random_pairs: int = 0
    pair_seed: int | None = None
    fan_in: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A failure as the experiment names it, `A-B@2s..3s`; `links` are indices of the topology."""

    text: str
    links: tuple[int, ...]
    from_start: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fct:
    """What only flow completion times need. Times are ns."""

    workloads: tuple[Distribution, ...] = ()
    loads: tuple[float, ...] = ()
    full_load: str | int = "cut"
    flows: int = 2000
    trace: Traffic | None = None
    trace_name: str = ""
    limit_ns: int = 20 * 10**9
    """After the last start: flows that are not finished by then are given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What only recovery needs. Times are ns from the beginning of the run; the rate is that of all flows together."""

    rate: int = 4_250_000_000
    frame_bytes: int = 1500
    flows_per_pair: int = 1
    duration_ns: int = 20_000_000
    bin_ns: int = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A topology under the name that the table shows."""

    name: str
    topology: Topology


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A whole experiment. Every combination of network, scheme, workload, load and seed is a run."""

    file: SourceFile = field(repr=False)
    name: str
    title: str
    kind: str
    published: str
    networks: tuple[Network, ...]
    schemes: tuple[Scheme, ...]
    seeds: tuple[int, ...] = (1,)
    ends: Ends = Ends()
    outages: tuple[Outage, ...] = ()
    transport: Transport = field(default_factory=Transport)
    queue: Queue = Queue()
    warm_up_periods: int = 12
    fct: Fct = Fct()
    recovery: Recovery = Recovery()
    repeats: int = 3
    """Times that each compilation is measured."""
