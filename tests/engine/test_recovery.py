"""How long after a change packets flow again, and take optimal paths again, in probe periods.

Let P be the period and R the time that a probe takes over the longest way (here below P/4; the period has to be at
least half a round trip). A *round* is what starts with one tick of the clocks. Why the bounds hold:

* *Metrics change: 3 P + R.* The first round that starts after the change comes within P. In it every entry is
  refreshed by its own next hop, so from its end no entry promises more than there is. Hence the second round brings
  every FwdT entry to its optimum, and the third BestT, which may have passed over a better key while its own looked
  better than it was.
* *A link or a neighbour fails: 2 P + R until packets have a way, 4 P + R until it is optimal.* Entries that lost their
  next hop are not refreshed in the first round. In the second one they are two periods old, more than the 1.5 P after
  which anybody may take over: at its end no entry leads over the failed link. From there it is as above, a round for
  FwdT and a round for BestT.
* *A flowlet without gaps: 2 P + R and `PIN_AGE`.* Every switch has a way that does not use the failed link within
  2 P + R; a pin set just before that is kept for `PIN_AGE`. (At the switch beside the failure only until the link was
  silent for `FAILURE_AGE`, 3 P + R.) Tests compile with a `PIN_AGE` of 3 P, or of the default 32 P, where the bound
  holds if the policy allows all paths: the switch beside the failure then has a way, if there is one at all.
* *A link comes back: P + R.* All entries are true, so what the first round tells is compared rightly.
* *A switch restarts with empty state: 5 P + R.* It knows everything again after a round. Its own probes begin with
  version 1 again, and count as outdated until the last entry made by the old ones has expired: that is after more
  than 3 P, so in the fourth round; BestT may need a fifth.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from engine.support.builds import Edit, built, unchanged
from engine.support.chaos import OPTIONS, World, add_flows, all_pairs, drops, loads, place_of
from engine.support.corpus import CASES, FEW, text_of
from engine.support.examples import examples
from engine.support.nets import network
from engine.support.verdict import Judged, assert_delivered, assert_optimal

from contra.engine.held import by_port, set_loads
from contra.engine.inputs import LinkState
from contra.engine.simulation import Settings
from contra.options import ProtocolOptions

LATENCIES = (0, 500, 1_000, 7_919)
CAPACITIES = ("10Gbit", "40Gbit")
ROUND = 0.25
"""R, in periods."""
METRICS, WAY, FAILURE, BACK, RESTART, GAPLESS, SILENCE = 3, 2, 4, 1, 5, 5, 3


def calm_world(
    name: str, seed: int, edit: Edit = unchanged, options: ProtocolOptions = OPTIONS
) -> tuple[World, tuple[LinkState, ...]]:
    """A network that has converged."""
    random, case = Random(seed), CASES[name]
    net = network(random, case.needed.split(), case.ways, capacities=CAPACITIES, latencies=LATENCIES, hosts=True)
    made = built(text_of(name), net, Settings(strict=True), options, edit)
    here = World(made, made.simulation(), random)
    states = changed_loads(here)
    here.run(8 + random.random())
    return here, states


def changed_loads(here: World) -> tuple[LinkState, ...]:
    states = loads(here.random, here.topology)
    set_loads(here.simulation, by_port(here.built.build, states))
    here.note("loads change")
    return states


def all_but(states: tuple[LinkState, ...], link: int) -> tuple[LinkState, ...]:
    """The metrics while a link is down."""
    return tuple(state for state in states if state.link != link)


def set_link(here: World, link: int, up: bool) -> None:
    network = here.simulation.network
    for place in here.directions(link):
        network.set_link(network.now, place, up)
    here.note(f"{place_of(here, link)} {'up' if up else 'down'}")


@pytest.mark.parametrize("name", FEW)
@examples(1)
def test_within_the_stated_periods(name: str, seed: int) -> None:
    stated(name, seed)


def stated(name: str, seed: int, edit: Edit = unchanged) -> None:
    here, states = calm_world(name, seed, edit)
    assert_optimal(here.built, states, here.simulation, here.story)
    for _ in range(3):
        states = changed_loads(here)
        here.run(METRICS + ROUND)
        assert_optimal(here.built, states, here.simulation, here.story)
        here.run(here.random.random())

        link = here.random.randrange(len(here.topology.links))
        set_link(here, link, False)
        left = all_but(states, link)
        here.run(WAY + ROUND)
        assert_delivered(here.built, left, here.simulation, here.story)
        here.run(FAILURE - WAY)
        assert_optimal(here.built, left, here.simulation, here.story)
        here.run(here.random.random())

        set_link(here, link, True)
        here.run(BACK + ROUND)
        assert_optimal(here.built, states, here.simulation, here.story)
        here.run(here.random.random())

        switch = here.random.choice(here.topology.switches)
        here.simulation.network.restart(here.simulation.network.now, switch.name)
        here.note(f"{switch.label} restarts")
        here.run(RESTART + ROUND)
        assert_optimal(here.built, states, here.simulation, here.story)
        here.run(here.random.random())


# ------------------------------------------------------------------------------------------------ flows


LONG_PINS = replace(OPTIONS, pin_periods=32)
GAPS = {"with gaps": (2, WAY, OPTIONS), "without gaps": (10, GAPLESS, OPTIONS), "long pins": (10, SILENCE, LONG_PINS)}
"""Packets a period (a flowlet ends after 0.15 of one), periods until all arrive again, and constants."""
UNCONSTRAINED = ("p1_shortest_path", "p2_least_utilised", "p3_widest_shortest", "p8_congestion_aware", "two_classes")


def lost_after_failure(name: str, seed: int, kind: str, edit: Edit = unchanged) -> None:
    """A link fails under traffic; every packet sent later than stated arrives, where there is a way."""
    per_period, periods, options = GAPS[kind]
    here, states = calm_world(name, seed, edit, options)
    network = here.simulation.network
    network.log(delivered=True)
    flows = add_flows(here.simulation, all_pairs(here.topology), here.period // per_period, poisson=False)
    here.run(4 + here.random.random())
    link = here.random.randrange(len(here.topology.links))
    set_link(here, link, False)
    failed = network.now
    here.run(12)
    until = network.now - here.period // 2
    judged = Judged(here.built, all_but(states, link), here.simulation, here.story)
    born: dict[int, list[int]] = {flow.number: [] for flow in flows}
    for delivery in here.deliveries():
        born[delivery.flow].append(delivery.born_ps)
    for flow in flows:
        pair = (flow.source.switch, flow.target.switch)
        if judged.least(pair).is_infinite:
            continue
        first = round(failed + (periods + ROUND) * here.period)
        expected = (until - first) // (here.period // per_period)
        arrived = sum(first <= time < until for time in born[flow.number])
        if arrived < expected:
            judged.fail(pair, f"{arrived} of {expected} packets arrived that were sent {periods} periods after")


@pytest.mark.parametrize("name", FEW)
@examples(1)
def test_flows_with_gaps_recover(name: str, seed: int) -> None:
    lost_after_failure(name, seed, "with gaps")


@pytest.mark.parametrize("name", FEW)
@examples(1)
def test_flows_without_gaps_recover(name: str, seed: int) -> None:
    lost_after_failure(name, seed, "without gaps")


@pytest.mark.parametrize("name", UNCONSTRAINED)
@examples(1)
def test_flows_with_long_pins_recover(name: str, seed: int) -> None:
    lost_after_failure(name, seed, "long pins")


# -------------------------------------------------------------------------------------------- nothing left


EXPIRY = 3


def dropped_at_once(name: str, seed: int, edit: Edit = unchanged) -> None:
    """A destination loses all its links: once its entries have expired, packets for it go no further than the switch
    where they enter, and are counted there."""
    here, _ = calm_world(name, seed, edit)
    network, topology = here.simulation.network, here.topology
    target = here.random.choice(topology.destinations)
    flows = add_flows(here.simulation, all_pairs(topology), here.period // 2, poisson=False)
    here.run(2 + here.random.random())
    for port in topology.ports[target]:
        set_link(here, port.link, False)
    here.run(EXPIRY + ROUND)
    network.log(drops=True, delivered=True)
    since, counted = network.now, drops(here.simulation, "NO_ROUTE")
    here.run(4)
    source = {flow.number: here.topology.switches[flow.source.switch].name for flow in flows}
    lost = {flow.number for flow in flows if flow.target.switch == target}
    losses = [loss for loss in network.journal.losses() if loss.flow in lost and loss.time_ps > since]
    for loss in losses:
        if loss.node != source[loss.flow]:
            wrong = (
                f"a packet from {source[loss.flow]} to {here.label(target)} is dropped at {loss.node}: {loss.reason}"
            )
            raise AssertionError(f"{wrong}\n{here.story()}")
    assert len(losses) >= 7 * len(lost)
    assert drops(here.simulation, "NO_ROUTE") - counted >= len(losses)
    assert not [delivery for delivery in network.journal.deliveries() if delivery.flow in lost]


@pytest.mark.parametrize("name", FEW)
@examples(1)
def test_an_isolated_destination(name: str, seed: int) -> None:
    dropped_at_once(name, seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
@examples(25)
def test_recovery_many(name: str, seed: int) -> None:
    stated(name, seed)
    lost_after_failure(name, seed, "with gaps")
    lost_after_failure(name, seed, "without gaps")
    if name in UNCONSTRAINED:
        lost_after_failure(name, seed, "long pins")
    dropped_at_once(name, seed)
