"""What the readers of this package produce.

Times are ns of virtual time, rates bit/s; switches, hosts and links go by their index in the topology.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """The metrics of one direction of a link."""

    link: int
    forward: bool
    """From `link.a` to `link.b`, else the other way."""
    util: Fraction = Fraction(0)
    """Of the capacity."""
    latency_ns: int
    up: bool = True
    attributes: tuple[tuple[str, Fraction], ...] = ()
    """Of the declared attributes, ordered by name; all of them."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where packets start or end: a host, or the own address of a switch (`host` None)."""

    switch: int
    host: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """UDP at a constant rate."""

    source: Endpoint
    target: Endpoint
    rate: int
    """bit/s of Ethernet frames, of each of the `flows`."""
    frame_bytes: int
    """Ethernet header included, as the host sends it."""
    start_ns: int | None = None
    """None: when the network has had time to converge."""
    stop_ns: int | None = None
    """None: as long as the simulation runs."""
    flows: int = 1
    """How many such flows, each from a UDP port of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFailure:
    """Links that are down in both directions for a time."""

    links: tuple[int, ...]
    start_ns: int
    stop_ns: int | None
    """None: they stay down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchFailure:
    """A switch that is off for a time and then restarts with empty state."""

    switch: int
    start_ns: int
    stop_ns: int | None


Failure = LinkFailure | SwitchFailure
