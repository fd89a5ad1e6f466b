"""While metrics change, links fail, switches restart and probes are lost: compliance, and no endless loops.

Every packet that is delivered has walked a path that the policy can rank. No packet visits more switches than its TTL
allows. When changes end, packets stop looping within the stated time, and soon take optimal paths again.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from engine.support.builds import Edit, built, unchanged
from engine.support.chaos import (
    EVENTS,
    OPTIONS,
    TTL,
    Compliance,
    World,
    add_flows,
    all_pairs,
    calm,
    change_loads,
    drops,
    flip_link,
    loads,
    looped,
)
from engine.support.corpus import CASES, text_of
from engine.support.examples import examples
from engine.support.nets import network
from engine.support.verdict import assert_optimal

from contra.engine.held import by_port, set_loads
from contra.engine.simulation import Settings

CAPACITIES = ("10Gbit", "40Gbit")
"""So much that traffic does not hold up probes."""
LATENCIES = (0, 1_000, 2_000, 7_919, 20_000)
"""In ns: the longest way takes less than half a period."""


def world(name: str, seed: int, edit: Edit = unchanged, capacities: Sequence[str] = CAPACITIES) -> World:
    random, case = Random(seed), CASES[name]
    net = network(random, case.needed.split(), case.ways, capacities=capacities, latencies=LATENCIES, hosts=True)
    made = built(text_of(name), net, Settings(strict=True, seed=seed % 1000, queue_packets=30), OPTIONS, edit)
    return World(made, made.simulation(), random)


def assert_compliant(here: World) -> None:
    judge = Compliance(here.built.policy, here.topology)
    for delivery in here.deliveries():
        wrong = judge.fault(delivery.trail)
        if wrong:
            when = delivery.time_ps / here.period
            raise AssertionError(f"delivered to {delivery.host} at {when:.2f} periods: {wrong}\n{here.story()}")
        assert delivery.hops <= TTL


@pytest.mark.parametrize("name", CASES)
@examples(2)
def test_compliant_and_calm_again(name: str, seed: int) -> None:
    through_changes(world(name, seed))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
@examples(40)
def test_compliant_and_calm_again_many(name: str, seed: int) -> None:
    through_changes(world(name, seed))


def through_changes(here: World) -> None:
    """Anything may happen for a while; then the network is left alone."""
    simulation, network, random = here.simulation, here.simulation.network, here.random
    network.log(delivered=True)
    change_loads(here)
    add_flows(simulation, all_pairs(here.topology), here.period // random.choice((2, 5, 20)))
    here.run(5)
    for _ in range(30):
        random.choice(EVENTS)(here)
        here.run(random.choice((0.1, 0.5, 1, 2, 4)))
    assert_compliant(here)
    calm(here)
    final = loads(random, here.topology)
    set_loads(simulation, by_port(here.built.build, final))
    here.run(6)
    before = drops(simulation, "TTL")
    here.run(6)
    assert drops(simulation, "TTL") == before, f"packets still loop\n{here.story()}"
    assert_compliant(here)
    assert_no_loops(here, since=network.now - 6 * here.period)
    assert network.totals.longest_trail <= TTL
    assert_optimal(here.built, final, simulation, here.story)


def assert_no_loops(here: World, since: int) -> None:
    """Packets sent since a time did nothing twice."""
    names = [switch.name for switch in here.topology.switches]
    trails = {delivery.trail for delivery in here.deliveries() if delivery.born_ps > since}
    for trail in trails:
        walk = [names[index] for index in trail]
        assert not looped(here.built.policy, walk), f"{' '.join(walk)} has a loop\n{here.story()}"


@pytest.mark.parametrize("name", ["p2_least_utilised", "p4_waypoint", "p8_congestion_aware", "flowlet_violation"])
@examples(2)
def test_compliant_under_load(name: str, seed: int) -> None:
    under_load(name, seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
@examples(15)
def test_compliant_under_load_many(name: str, seed: int) -> None:
    under_load(name, seed)


def under_load(name: str, seed: int, edit: Edit = unchanged) -> None:
    """Links that are too narrow for the traffic, which is what their utilisation comes from: queues fill, and probes
    are late or lost with all else. While links fail too."""
    here = world(name, seed, edit, capacities=("100Mbit", "1Gbit"))
    here.simulation.network.log(delivered=True)
    pairs = all_pairs(here.topology)
    add_flows(here.simulation, pairs, here.period // 20, size=1000)
    here.run(10)
    for _ in range(8):
        flip_link(here)
        here.run(here.random.choice((0.5, 2, 4)))
    assert_compliant(here)
    assert here.simulation.network.totals.longest_trail <= TTL
