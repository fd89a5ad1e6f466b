"""What this package produces: flows. Sizes are bytes of payload, times whole ns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flow:
    """Bytes from a host to another one."""

    source: str
    target: str
    size: int
    start_ns: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """The flows of a run, in order of their starts.

    `offered_bps`: their payload over the time from the beginning of the arrivals to the last start, bit/s; 0 where all
    start at once.
    """

    flows: tuple[Flow, ...]
    offered_bps: float


def offered_bps(flows: tuple[Flow, ...], begin_ns: int = 0) -> float:
    """Payload of flows over the time from `begin_ns` to the last start."""
    if not flows:
        return 0.0
    span_ns = max(flow.start_ns for flow in flows) - begin_ns
    return 8e9 * sum(flow.size for flow in flows) / span_ns if span_ns > 0 else 0.0
