"""With still metrics no decision changes once the network has converged, whatever the order in which probes arrive."""

from __future__ import annotations

from random import Random

import pytest
from engine.support.builds import Edit, built, unchanged
from engine.support.chaos import OPTIONS, World, loads
from engine.support.corpus import CASES, FEW, text_of
from engine.support.examples import examples
from engine.support.nets import network
from engine.support.verdict import assert_optimal

from contra.engine.decisions import Decisions
from contra.engine.held import by_port, set_loads
from contra.engine.model import Impairment
from contra.engine.simulation import Settings

ROUNDS = 100
READS = 8
"""Looks at all registers that decide, in a period."""


def assert_steady(name: str, seed: int, edit: Edit = unchanged) -> None:
    """Delays are other ones on every link, and each probe is late by its own amount: less than half a period in all,
    so that rounds do not overlap."""
    random, case = Random(seed), CASES[name]
    delays = (0, 1_000, 5_000, 15_000, 25_000)
    net = network(random, case.needed.split(), case.ways, capacities=("10Gbit",), latencies=delays, hosts=True)
    made = built(text_of(name), net, Settings(strict=True, seed=seed % 1000), OPTIONS, edit)
    here = World(made, made.simulation(), random)
    for place in here.simulation.links.values():
        late = Impairment(reorder=0.7, jitter_ps=here.period // 50, duplicate=0.1, probes_only=True)
        here.simulation.network.impair(place, late)
    states = loads(random, here.topology)
    set_loads(here.simulation, by_port(made.build, states))
    here.run(8)
    decisions = Decisions(here.simulation)
    before = decisions.read()
    for number in range(ROUNDS * READS):
        here.run(1 / READS)
        if decisions.read() != before:
            raise AssertionError(f"a decision changes after {number / READS:.2f} more rounds\n{here.story()}")
    assert_optimal(made, states, here.simulation, here.story)


@pytest.mark.parametrize("name", FEW)
@examples(1)
def test_best_paths_stay(name: str, seed: int) -> None:
    assert_steady(name, seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
@examples(30)
def test_best_paths_stay_many(name: str, seed: int) -> None:
    assert_steady(name, seed)
