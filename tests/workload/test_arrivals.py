"""Arrivals are Poisson, the load is what was asked for, and everything comes from the seed."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from contra.workload import Demand, Pattern, make_traffic
from contra.workload.arrivals import arrival_times
from contra.workload.catalogue import one_size, shipped
from contra.workload.chance import uniforms
from contra.workload.patterns import random_pairs

HOSTS = tuple(f"h{n}" for n in range(8))
PATTERN = Pattern(kind="random", senders=HOSTS[:4], receivers=HOSTS[4:])


def demand(**changes: Any) -> Demand:
    usual: dict[str, Any] = {
        "pattern": PATTERN,
        "sizes": shipped("web-search"),
        "load": 0.5,
        "capacity_bps": 40 * 10**9,
        "flows": 5000,
        "seed": 1,
    }
    return Demand(**usual | changes)


def distance(values: Any, line: Any) -> float:
    """Kolmogorov's statistic of sorted values against their distribution function, times the root of their number."""
    steps = np.arange(1, len(values) + 1) / len(values)
    return float(max(np.abs(steps - line).max(), np.abs(steps - 1 / len(values) - line).max()) * math.sqrt(len(values)))


def test_gaps_are_exponential() -> None:
    """Against 1 - exp(-x / mean), the mean being size / rate by hand: of 20 seeds hardly more than one exceeds 1.36,
    the bound at a level of 5 % (five or more: 0.3 %), none 2.2 (0.01 %)."""
    mean_ns = 1_711_250.5 * 8 / (0.5 * 40e9) * 1e9
    found = []
    for seed in range(20):
        gaps = np.sort(np.diff(arrival_times(demand(seed=seed), 20_000), prepend=0))
        found.append(distance(gaps, 1 - np.exp(-gaps / mean_ns)))
    assert sum(each > 1.36 for each in found) <= 4
    assert max(found) < 2.2


def test_gaps_do_not_depend_on_each_other() -> None:
    """Neighbouring gaps of a Poisson process are uncorrelated: at 50,000 the coefficient is below 0.02 at 5 sigma."""
    gaps = np.diff(arrival_times(demand(), 50_000))
    assert abs(np.corrcoef(gaps[1:], gaps[:-1])[0, 1]) < 0.0225


@pytest.mark.parametrize("load", [0.1, 0.9])
def test_the_offered_load_converges(load: float) -> None:
    """The relative error of n flows is about sqrt((1 + cv^2) / n), the coefficient of variation of sizes being 2.1."""
    for flows in (2_000, 50_000):
        offered = make_traffic(demand(load=load, flows=flows)).offered_bps / 40e9
        assert abs(offered / load - 1) < 4 * math.sqrt((1 + 2.1**2) / flows)


def test_the_offered_load_is_what_was_sent_until_the_last_start() -> None:
    traffic = make_traffic(demand(flows=50))
    sent = sum(flow.size for flow in traffic.flows)
    assert traffic.offered_bps == pytest.approx(8 * sent / (traffic.flows[-1].start_ns * 1e-9))


def test_a_seed_is_a_traffic() -> None:
    assert make_traffic(demand()) == make_traffic(demand())
    assert make_traffic(demand(seed=2)) != make_traffic(demand())


def test_other_loads_stretch_the_same_flows() -> None:
    slow, fast = make_traffic(demand(load=0.2)).flows, make_traffic(demand(load=0.8)).flows
    assert [(f.source, f.target, f.size) for f in slow] == [(f.source, f.target, f.size) for f in fast]
    assert all(abs(a.start_ns - 4 * b.start_ns) <= 3 for a, b in zip(slow, fast, strict=True))


def test_fewer_flows_are_the_first_ones() -> None:
    assert make_traffic(demand(flows=10)).flows == make_traffic(demand(flows=5000)).flows[:10]


def test_known_numbers() -> None:
    """PCG64 seeded by SeedSequence is stable for ever (NEP 19): the words are those of numpy 2.4."""
    words = np.random.PCG64(np.random.SeedSequence(1, spawn_key=(0,))).random_raw(3).tolist()
    assert uniforms(1, "sizes", 3).tolist() == [(word >> 11) / 2**53 for word in words]
    assert words == [12894911395248688958, 3215922745726220339, 11900336460650645987]


def test_streams_differ() -> None:
    streams = [
        tuple(uniforms(1, purpose, 5).tolist()) for purpose in ("sizes", "gaps", "senders", "receivers", "pairs")
    ]
    assert len(set(streams)) == 5


# ------------------------------------------------------------------------------------------------ patterns


def flows(kind: str, **changes: Any) -> Any:
    pattern = replace(PATTERN, kind=kind, **changes)
    return make_traffic(demand(pattern=pattern, sizes=one_size("10kB"), flows=4000)).flows


def test_random_uses_all_pairs_alike() -> None:
    """Chi-squared over 16 pairs: 15 degrees of freedom, 37.7 at a level of 0.1 %."""
    counts = Counter((flow.source, flow.target) for flow in flows("random"))
    assert set(counts) == {(a, b) for a in HOSTS[:4] for b in HOSTS[4:]}
    assert sum((count - 250) ** 2 / 250 for count in counts.values()) < 37.7


def test_nobody_sends_to_itself_and_all_others_are_alike() -> None:
    """56 ordered pairs: 55 degrees of freedom, 93.2 at a level of 0.1 %."""
    counts = Counter((flow.source, flow.target) for flow in flows("random", senders=HOSTS, receivers=HOSTS))
    assert set(counts) == {(a, b) for a in HOSTS for b in HOSTS if a != b}
    expected = 4000 / 56
    assert sum((count - expected) ** 2 / expected for count in counts.values()) < 93.2


def test_all_to_all_takes_turns() -> None:
    found = [(flow.source, flow.target) for flow in flows("all-to-all", senders=HOSTS, receivers=HOSTS)]
    every = {(a, b) for a in HOSTS for b in HOSTS if a != b}
    rounds = [found[start : start + 56] for start in range(0, 4000 - 56, 56)]
    assert all(set(each) == every for each in rounds)
    assert rounds[0] != rounds[1]


@pytest.mark.parametrize("receivers", [HOSTS[4:], HOSTS, HOSTS[2:6]])
def test_permutation(receivers: tuple[str, ...]) -> None:
    senders = HOSTS if receivers == HOSTS else HOSTS[:4]
    for seed in range(30):
        pattern = Pattern(kind="permutation", senders=senders, receivers=receivers)
        found = make_traffic(demand(pattern=pattern, flows=400, seed=seed)).flows
        pairs = {(flow.source, flow.target) for flow in found}
        assert {a for a, _ in pairs} == set(senders)
        assert len({b for _, b in pairs}) == len(pairs) == len(senders)
        assert all(a != b for a, b in pairs)


def test_incast() -> None:
    found = flows("incast", senders=HOSTS, receivers=HOSTS, fan_in=5)
    for group in (found[start : start + 5] for start in range(0, 4000, 5)):
        assert len({flow.start_ns for flow in group}) == 1
        assert len({flow.target for flow in group}) == 1
        assert len({flow.source for flow in group} - {group[0].target}) == 5


def test_incast_keeps_the_load() -> None:
    """Five flows at a time come five times less often: 10 kB at half of 40 Gbit/s is a group each 20 us."""
    found = flows("incast", fan_in=4)
    assert found[-1].start_ns == pytest.approx(1000 * 16_000, rel=4 / math.sqrt(1000))


def test_fixed_pairs() -> None:
    pairs = (("h0", "h5"), ("h1", "h2"))
    assert {(flow.source, flow.target) for flow in flows("pairs", pairs=pairs)} == set(pairs)


def test_random_pairs_share_no_host() -> None:
    drawn = {random_pairs(HOSTS, 4, seed) for seed in range(20)}
    assert len(drawn) > 15
    for pairs in drawn:
        assert len({host for pair in pairs for host in pair}) == 8


def test_mean_of_what_is_offered_uses_the_exact_mean() -> None:
    assert float(shipped("web-search").mean) == 1_711_250.5
    assert shipped("web-search").mean == Fraction(3_422_501, 2)
