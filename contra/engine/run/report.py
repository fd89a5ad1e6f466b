"""What happened, as data. Times are picoseconds, rates bit/s; -1 or None is "not known"."""

from __future__ import annotations

from dataclasses import dataclass

from contra.engine.results import LinkTotals

Path = tuple[str, ...]
"""Names of switches, from source to destination."""


@dataclass(frozen=True, kw_only=True)
class Convergence:
    """How long the switches took to decide, and how often they decided otherwise later."""

    learns: bool
    """Switches learn ways from probes; else all ways stand in table entries, and nothing is ever decided."""
    quiet_ps: int
    """Only probes were under way until then."""
    last_change_ps: int | None
    """Last change of any decision in that time; None for none at all."""
    converged: bool
    """Nothing changed in the last two probe periods of that time."""
    after_failures: int
    """Best choices (of a switch, for a destination) that changed soon after a failure or repair."""
    under_load: int
    """Others that changed while flows were under way."""


@dataclass(frozen=True, kw_only=True)
class BestPath:
    """The best path of a pair of switches, None for none: before the first flow or failure, and at the end."""

    source: str
    destination: str
    first: Path | None
    last: Path | None


@dataclass(frozen=True, kw_only=True)
class UsedPath:
    """A way that packets of a flow took."""

    path: Path
    packets: int
    first_ps: int
    """Arrival of the first packet."""


@dataclass(frozen=True, kw_only=True)
class FlowReport:
    """A row of the traffic: all its flows together."""

    name: str
    source: str
    target: str
    source_switch: str
    target_switch: str
    flows: int
    rate: int
    frame_bytes: int
    start_ps: int
    stop_ps: int | None
    sent: int
    delivered: int
    lost: int
    under_way: int
    astray: int
    late: int
    """Arrived after a packet that was sent later."""
    looped: int
    """Delivered after a second visit to a switch."""
    delay_mean_ps: int
    delay_max_ps: int
    throughput: int
    """Mean from the start of the flow to its stop, or the end of the run."""
    path_changes: int
    paths: tuple[UsedPath, ...]


@dataclass(frozen=True, kw_only=True)
class Drop:
    """Packets that were lost for a reason. `by` is "program" (its counter says why) or "network"."""

    by: str
    reason: str
    data: int
    probes: int


@dataclass(frozen=True, kw_only=True)
class Probes:
    """What probes cost on the links between switches."""

    packets: int
    bytes: int
    share: float
    """Of all bytes on these links."""
    per_link_second: float
    """Packets per direction of a link and second."""
    bits_per_link_second: float
    bits_per_second: float
    """In the whole network."""


@dataclass(frozen=True, kw_only=True)
class Loops:
    """Data packets that visited a switch twice."""

    packets: int
    longest: int
    """Most switches that a data packet visited, each visit counted."""
    example: Path | None
    """Of a delivered one."""
    tags: bool
    """The policy has tags: a packet may come to a switch again with another tag, on its way from a waypoint, say."""


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """What a failure did to a flow (the worst one of its row)."""

    flow: str
    interrupted: int
    """Flows of the row that were."""
    silent_ps: int | None
    """Between the last delivery before and the first one after; None if none came any more."""
    recovered_ps: int | None
    """From the failure to that first delivery."""
    missing: int
    """Packets of the row that were sent in between and did not arrive."""
    before: Path | None
    after: Path | None


@dataclass(frozen=True, kw_only=True)
class FailureReport:
    """A failure and the flows that it interrupted."""

    name: str
    start_ps: int
    stop_ps: int | None
    recoveries: tuple[Recovery, ...]


@dataclass(frozen=True, kw_only=True)
class LinkReport:
    """One direction of a link between switches. Loads are shares of the capacity, probes included."""

    source: str
    source_port: int
    target: str
    target_port: int
    capacity: int
    mean: float
    """Over the time of the flows."""
    peak: float
    """In the busiest of the pictures' intervals."""
    totals: LinkTotals


@dataclass(frozen=True, kw_only=True)
class FaultReport:
    """What P4 leaves undefined, done by a program: how often at a place, first where and when."""

    kind: str
    place: str
    switch: str
    time_ps: int
    times: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """All of a run."""

    build: str
    scheme: str
    """`contra`, or that of a baseline."""
    topology: str
    switches: int
    links: int
    hosts: int
    period_ps: int
    time_ps: int
    planned_ps: int
    interrupted: bool
    packet_hops: int
    events: int
    seconds: float
    """Of the wall clock, loading not included."""
    strict: bool
    convergence: Convergence
    pairs: tuple[BestPath, ...]
    pairs_total: int
    flows: tuple[FlowReport, ...]
    drops: tuple[Drop, ...]
    probes: Probes
    loops: Loops
    failures: tuple[FailureReport, ...]
    busiest: tuple[LinkReport, ...]
    """All directions, the busiest first."""
    faults: tuple[FaultReport, ...]
