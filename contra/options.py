"""What the user chooses about the protocol. Times are microseconds; defaults are the paper's Mininet column.

Source of the defaults: Contra (NSDI 2020) section 6 and the constants of its emulation.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolOptions:
    """Constants of the probe protocol; they end up as named constants in the generated P4."""

    probe_period_us: int = 256_000
    flowlet_timeout_us: int = 50_000
    expiry_periods: int = 3
    """An FwdT or BestT entry that was not refreshed for this many probe periods is dead."""
    failure_periods: int = 3
    """A port that heard no probe for this many probe periods has failed."""
    pin_periods: int = 32
    """A flowlet without a gap is pinned anew after this many probe periods, at most 64; long, since it may reorder."""
    loop_threshold: int = 3
    """Largest minus smallest TTL of a flowlet, in hops, above which a loop is suspected."""
    flowlet_slots: int = 1024
    """Number of slots of the flowlet and loop tables; a power of two."""
    authenticate: bool = False
    """Whether probes carry a keyed hash, and are believed only with it."""
    probe_metrics_tau_periods: int = 2
    """Time constant of the utilisation estimate, in probe periods (rounded up to a power of two of clock ticks)."""


SIMULATION = ProtocolOptions(probe_period_us=256, flowlet_timeout_us=200)
"""The constants for 10-40 Gbit/s."""
