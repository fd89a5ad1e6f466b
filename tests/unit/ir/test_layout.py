"""Clock and load estimator: the numbers against the times and rates that they stand for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies.networks import network
from support.builds import lowered

from contra.check.model import AttributeInfo, Combine
from contra.ir.layout import LOAD_FRACTION_BITS, LOAD_FULL, LOAD_LIMIT, bits_for, clock, load_weight, probe_metric
from contra.ir.model import Clock
from contra.options import SIMULATION, ProtocolOptions

PERIODS = st.integers(1, 3_600_000_000) | st.sampled_from([1, 255, 256, 257, 511, 512, 1000, 256_000, 1_000_000])


@settings(deadline=None, max_examples=200)
@given(PERIODS, st.integers(1, 64), st.integers(1, 64))
def test_every_age_is_under_half_the_wrap(period: int, expiry: int, failure: int) -> None:
    options = ProtocolOptions(
        probe_period_us=period, expiry_periods=expiry, failure_periods=failure, flowlet_timeout_us=period * expiry
    )
    made = clock(options)
    ages = (made.takeover_age, made.expiry_age, made.failure_age, made.flowlet_timeout, 1 << made.tau_bits)
    assert all(0 < age < 2**31 for age in ages)


@settings(deadline=None, max_examples=200)
@given(PERIODS)
def test_a_tick_is_at_most_the_256th_of_a_period(period: int) -> None:
    made = clock(ProtocolOptions(probe_period_us=period))
    assert made.tick_us == 1 or made.tick_us * 256 <= period
    assert made.probe_period * made.tick_us <= period < (made.probe_period + 1) * made.tick_us
    assert made.tick_us * 512 > period


@settings(deadline=None, max_examples=200)
@given(PERIODS)
def test_times_in_ticks_are_the_times_asked_for(period: int) -> None:
    """Within a tick a period: the rounding of the period counts as often as there are periods."""
    made = clock(ProtocolOptions(probe_period_us=period, expiry_periods=3, failure_periods=5, pin_periods=64))
    assert abs(made.pin_age * made.tick_us - 64 * period) <= 64 * made.tick_us
    assert made.pin_age < 2**15
    assert abs(made.expiry_age * made.tick_us - 3 * period) <= 3 * made.tick_us
    assert abs(made.failure_age * made.tick_us - 5 * period) <= 5 * made.tick_us
    assert made.probe_period <= made.takeover_age <= 2 * made.probe_period
    tau = made.tick_us << made.tau_bits
    assert period <= tau <= 4 * period or made.tick_us * 2 >= tau


def test_the_clocks_of_the_two_sets_of_constants() -> None:
    assert clock(ProtocolOptions()) == Clock(9, 500, 750, 1500, 1500, 16000, 97, 10)
    assert clock(SIMULATION) == Clock(0, 256, 384, 768, 768, 8192, 200, 9)


@pytest.mark.parametrize(("count", "bits"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (256, 8), (257, 9)])
def test_bits_for(count: int, bits: int) -> None:
    assert bits_for(count) == bits


def test_metric_formats() -> None:
    band = probe_metric(AttributeInfo("band", Combine.MIN, "Gbit/s"))
    assert (band.field, band.bits, band.limit, band.start) == ("attr_band", 32, 2**32 - 1, 2**32 - 1)
    util = probe_metric(AttributeInfo("util", Combine.MAX))
    assert (util.field, util.bits, util.start, util.limit) == ("util", 16, 0, 65_534)
    assert util.limit * util.step > 1


@pytest.mark.parametrize("unit", ["a\nb", "x\\", "\0", "\r#include </etc/passwd>", "é" * 200, "\u2028//"])
def test_units_are_safe_in_a_comment(unit: str) -> None:
    made = probe_metric(AttributeInfo("cost", Combine.SUM, unit)).unit
    assert made.isprintable()
    assert not made.endswith("\\")
    assert len(made) <= 60


# ------------------------------------------------------------------------------------------------- load


class Estimator:
    """U <- bytes + U - U * dt / tau (docs/protocol.md) in floating point, decaying in 64 steps a tau."""

    def __init__(self, tau_us: float, weight: int) -> None:
        self.tau_us, self.weight = tau_us, weight
        self.load, self.last = 0.0, 0.0

    def decayed(self, now_us: float) -> float:
        """What is left at a time, in counts."""
        step = self.tau_us / 64
        age = (now_us - self.last) // step * step
        return self.load * max(0.0, 1 - age / self.tau_us)

    def count(self, now_us: float, size: int) -> None:
        """A packet of `size` bytes is sent."""
        step = self.tau_us / 64
        self.load = self.decayed(now_us) + size * self.weight / 2**LOAD_FRACTION_BITS
        self.last += (now_us - self.last) // step * step


@pytest.mark.parametrize("period_us", [256, 1000, 10_000, 256_000])
@pytest.mark.parametrize(("capacity", "size"), [(10**10, 1500), (4 * 10**10, 9000), (10**9, 64), (10**8, 64)])
def test_a_link_that_sends_at_capacity_reads_full(period_us: int, capacity: int, size: int) -> None:
    made = clock(ProtocolOptions(probe_period_us=period_us))
    tau_us = made.tick_us << made.tau_bits
    gap_us = size * 8 * 1e6 / capacity
    if tau_us / gap_us > 50_000:  # count bursts of packets as one, to keep the test quick
        burst = int(tau_us / gap_us / 5000)
        gap_us, size = gap_us * burst, size * burst
    estimator = Estimator(tau_us, load_weight(capacity, made))
    now, seen = 0.0, []
    while now < 12 * tau_us:
        now += gap_us
        if now > 10 * tau_us:
            seen.append(estimator.decayed(now))
        estimator.count(now, size)
    mean = sum(seen) / len(seen)
    assert abs(mean / LOAD_FULL - 1) < 0.02
    spread = 1 / 64 + gap_us / tau_us
    assert min(seen) > LOAD_FULL * (1 - 1.2 * spread - 0.001)
    assert max(seen) < LOAD_FULL * (1 + 1.2 * spread + 0.001)


@settings(deadline=None, max_examples=200)
@given(st.integers(1000, 10**13), PERIODS)
def test_a_weight_fits_its_48_bits_and_is_fine_enough(capacity: int, period: int) -> None:
    made = clock(ProtocolOptions(probe_period_us=period))
    weight = load_weight(capacity, made)
    assert 0 < weight < 2**48
    bytes_per_tau = capacity * (made.tick_us << made.tau_bits) / 8e6
    exact = LOAD_FULL * 2**LOAD_FRACTION_BITS / bytes_per_tau
    assert weight == 2**48 - 1 or abs(weight - exact) <= 0.5 + exact * 1e-9 or weight == 1


def test_no_sum_of_the_estimator_wraps() -> None:
    """The largest load, the largest packet and the largest weight in 64 bits; a stored load in 48."""
    assert (LOAD_LIMIT << LOAD_FRACTION_BITS) + (2**48 - 1) * (2**14 - 1) < 2**64
    assert LOAD_LIMIT << LOAD_FRACTION_BITS < 2**48


def test_weights_follow_each_links_own_capacity() -> None:
    made = clock(ProtocolOptions())
    assert load_weight(10**10, made) == round(load_weight(10**9, made) / 10)


# ----------------------------------------------------------------------------------------------- widths


@pytest.mark.parametrize(("neighbours", "hop", "index"), [(1, 8, 1), (3, 8, 2), (254, 8, 8), (255, 8, 8), (256, 16, 9)])
def test_hops_grow_to_16_bits_with_more_than_255_neighbours(neighbours: int, hop: int, index: int) -> None:
    names = ["hub", *(f"n{i}" for i in range(neighbours))]
    star = network(names, [("hub", name) for name in names[1:]])
    shared = lowered("minimize(path.len)", star).programs[0].widths
    assert (shared.hop, shared.neighbours) == (hop, index)
    assert 1 << shared.neighbours > neighbours
    assert shared.destination == bits_for(neighbours + 1)


def test_host_bits_come_from_the_topology() -> None:
    topology = replace(network("AB", ["AB"]), host_bits=10)  # type: ignore[list-item]
    assert lowered("minimize(path.len)", topology).programs[0].widths.hosts == 10
