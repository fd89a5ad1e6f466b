"""What running switches know and have decided, decoded. Switches go by number; times are microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FwdRow:
    """A route: an entry of FwdT."""

    destination: int
    tag: int
    pid: int
    hop: int
    port: int | None
    """None where the entries do not know the hop: the state is of another build."""
    neighbour: int | None
    next_tag: int
    order: int | None
    """The order word by which it beat other probes; None where it was not read."""
    metrics: Mapping[str, int] | None
    """Counts of the metrics that the order compares, where it compares just metrics."""
    version: int | None
    age: int
    """Since it was last refreshed."""
    alive: bool
    """Refreshed within the expiry age: packets use it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BestRow:
    """What new packets to a destination take: an entry of BestT."""

    destination: int
    tag: int
    pid: int
    rank: tuple[int, ...] | None
    """Components of the policy's rank in counts; None is inf, or nothing known: packets are dropped."""
    age: int | None
    """Since it was last confirmed; None in programs without BestT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """A neighbour of a switch, and the link there in the direction away from the switch."""

    hop: int
    port: int
    neighbour: int
    link: int
    used: bool
    """Whether an allowed path uses it in this direction. Over other links no probe comes, and nothing is sent."""
    age: int | None
    """Since the neighbour's last probe; None: it was never heard."""
    alive: bool
    """Heard within the failure age: packets are sent there."""
    load: float | None
    """Share of the capacity; None in programs that do not measure it."""


@dataclass(frozen=True, slots=True)
class FlowletUse:
    """How full the flowlet table is: slots in use by flowlets that still live, used at some time, and in all."""

    live: int
    used: int
    slots: int


@dataclass(frozen=True, kw_only=True)
class SwitchView:
    """One switch at one time."""

    switch: int
    now: int | None
    """Its clock in ticks, as far as that can be told (see `Clocks`); None where it has never heard anything."""
    version: int | None
    """Of its own last probes; None in transit programs."""
    fwd: tuple[FwdRow, ...]
    best: tuple[BestRow, ...]
    links: tuple[LinkRow, ...]
    flowlets: FlowletUse | None
    drops: Mapping[str, int] | None
    """Packets dropped by reason."""

    def route(self, destination: int, tag: int, pid: int) -> FwdRow | None:
        """The route of a key, alive or not."""
        return next((r for r in self.fwd if (r.destination, r.tag, r.pid) == (destination, tag, pid)), None)


@dataclass(frozen=True, kw_only=True)
class NetworkView:
    """All switches that could be read, by number."""

    switches: Mapping[int, SwitchView]
