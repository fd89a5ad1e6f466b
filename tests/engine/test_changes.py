"""While metrics change, links fail, switches restart and probes are lost: compliance, and no endless loops.

Every packet that is delivered has walked a path that the policy can rank. No packet visits more switches than its TTL
allows. When changes end, packets stop looping within the stated time, and soon take optimal paths again.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from engine.support.builds import built, unchanged, Edit
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
)
from engine.support.corpus import CASES, text_of
from engine.support.nets import nets
from engine.support.verdict import assert_optimal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contra.engine.held import by_port, hold, set_loads
from contra.engine.simulation import Settings

QUIET = settings(suppress_health_check=list(HealthCheck), print_blob=False)


def world(name: str, data: st.DataObject, edit: Edit = unchanged) -> World:
    case = CASES[name]
    net = data.draw(nets(case.needed.split(), case.ways, latencies=(0, 1_000, 2_000, 7_919, 20_000), hosts=True))
    seed = data.draw(st.integers(0, 2**31))
    made = built(text_of(name), net, Settings(strict=True, seed=seed, queue_packets=30), OPTIONS, edit)
    return World(made, made.simulation(), Random(seed))


def assert_compliant(here: World) -> None:
    judge = Compliance(here.built.policy, here.topology)
    for delivery in here.deliveries():
        wrong = judge.fault(delivery.trail)
        if wrong:
            when = delivery.time_ps / here.period
            raise AssertionError(f"delivered to {delivery.host} at {when:.2f} periods: {wrong}\n{here.story()}")
        assert delivery.hops <= TTL


@pytest.mark.parametrize("name", CASES)
@settings(QUIET, max_examples=2)
@given(data=st.data())
def test_compliant_and_calm_again(name: str, data: st.DataObject) -> None:
    here = world(name, data)
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
    assert network.totals.longest_trail <= TTL
    assert_optimal(here.built, final, simulation)
