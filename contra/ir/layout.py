"""Widths, clock and metric formats: how the numbers of a policy become bits."""

from __future__ import annotations

from fractions import Fraction

from contra.check.model import AttributeInfo
from contra.ir.model import Clock, ProbeMetric, Widths
from contra.options import ProtocolOptions
from contra.product.graph import ProductGraph

LOAD_FULL = 50_000
"""Count of a link that carries its capacity: 80 % is exactly 40000, and 16 bits leave room for 131 %."""
LOAD_LIMIT = 65_534
"""Largest load; one less than all ones, which is inf."""
NOT_HELD = 65_535
"""`held_util` of a link whose load is measured; any other value is taken in place of the estimate."""
LOAD_FRACTION_BITS = 32
"""Bits below the load in the estimator, so that slow windows on fast links still count single bytes."""
TICKS_PER_PERIOD = 256
"""A probe period lasts at least this many clock ticks (fewer only below 256 us): resolution of all time-outs."""

_STEPS = {
    "len": (8, Fraction(1), 255, "links"),
    "lat": (32, Fraction(1, 1000), 2**32 - 1, "ns"),
    "util": (16, Fraction(1, LOAD_FULL), LOAD_LIMIT, f"1/{LOAD_FULL} of the capacity"),
}
_LONGEST_UNIT = 40
_DECLARED_STEP = Fraction(1, 1000)
DECLARED_UNIT = "1/1000"
"""How counts of declared attributes begin to name their unit."""


def bits_for(count: int) -> int:
    """Bits that number `count` things from 0; 0 where there is one thing or none."""
    return max(0, count - 1).bit_length()


def probe_metric(attribute: AttributeInfo) -> ProbeMetric:
    """The format in which probes carry an attribute."""
    bits, step, limit, unit = _STEPS.get(
        attribute.name,
        (32, _DECLARED_STEP, 2**32 - 1, f"{DECLARED_UNIT} {_comment_safe(attribute.unit)}".rstrip()),
    )
    return ProbeMetric(attribute.name, bits, attribute.combine, step, limit, unit)


def _comment_safe(unit: str) -> str:
    """A unit as it may stand in generated text: one line, and the last of a comment does not escape its end."""
    printable = "".join(char if char.isprintable() else " " for char in unit)
    return printable[:_LONGEST_UNIT].rstrip("\\ ")


def widths(graph: ProductGraph) -> Widths:
    """The widths that all programs of the network share."""
    topology = graph.topology
    degree = max((len(row) for row in topology.ports), default=0)
    return Widths(
        destination=max(1, bits_for(max(topology.destinations, default=0) + 1)),
        tag=bits_for(graph.max_tags),
        pid=bits_for(len(graph.policy.classes)),
        hop=8 if degree < 2**8 else 16,
        neighbours=bits_for(degree + 1),
        rule=8 if len(graph.policy.rules) <= 2**8 else 16,
        hosts=topology.host_bits,
    )


def clock(options: ProtocolOptions) -> Clock:
    """Time-outs in ticks: hardware rule 12, with the tick chosen so that a period has at least 256 of them.

    A route may be taken over from a next hop that missed one refresh and half a period: late enough for a refresh
    that jitters, early enough to heal in two periods (our rule 1).
    """
    shift = max(0, bits_for(options.probe_period_us // TICKS_PER_PERIOD + 1) - 1)
    period = options.probe_period_us >> shift
    return Clock(
        shift=shift,
        probe_period=period,
        takeover_age=period + period // 2,
        expiry_age=period * options.expiry_periods,
        failure_age=period * options.failure_periods,
        pin_age=period * options.pin_periods,
        flowlet_timeout=max(1, options.flowlet_timeout_us >> shift),
        tau_bits=max(1, bits_for(period * options.probe_metrics_tau_periods)),
    )


def load_weight(capacity: int, clock: Clock) -> int:
    """Load that one byte adds to a link of `capacity` bit/s, in 2^-32 counts.

    A full link adds capacity * tau / 8 bytes while the estimate decays once, and shall then read LOAD_FULL. Fits 48
    bits for every link of 1 kbit/s and more.
    """
    tau_us = clock.tick_us << clock.tau_bits
    bytes_per_tau = Fraction(capacity * tau_us, 8 * 1_000_000)
    weight: int = round(LOAD_FULL * 2**LOAD_FRACTION_BITS / bytes_per_tau)
    return min(2**48 - 1, max(1, weight))
