"""The event core and the programs as machine code and as plain Python do the same, to the last bit and picosecond."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from engine.support.builds import built
from engine.support.chaos import EVENTS, OPTIONS, World, add_flows, all_pairs, change_loads
from engine.support.corpus import CASES, text_of
from engine.support.examples import examples
from engine.support.nets import network

from contra.engine.results import Totals
from contra.engine.simulation import Settings

SAMPLE = ("p8_congestion_aware", "p4_waypoint", "flowlet_violation", "p7_source_local")


def after_changes(
    name: str, seed: int, *, jit: bool
) -> tuple[Totals, list[list[int]], list[list[tuple[int, int]]], bytes]:
    """Counters, registers, the programs' own counters, and the whole journal, after a few eventful periods."""
    random, case = Random(seed), CASES[name]
    net = network(random, case.needed.split(), case.ways, capacities=("100Mbit", "10Gbit"), hosts=True)
    made = built(text_of(name), net, Settings(strict=True, seed=seed % 1000, queue_packets=10, jit=jit), OPTIONS)
    here = World(made, made.simulation(), random)
    simulated = here.simulation.network
    simulated.log(delivered=True, heads=True, drops=True)
    if random.random() < 0.5:
        change_loads(here)
    add_flows(here.simulation, all_pairs(here.topology)[:8], here.period // 5)
    for _ in range(6):
        here.run(random.choice((0.3, 1, 2)))
        random.choice(EVENTS)(here)
    here.run(1)
    states = here.simulation.states
    registers = [state.register(layout.name) for state in states for layout in state.code.registers]
    counters = [[state.counter(c.name, i) for i in range(c.size)] for state in states for c in state.code.counters]
    journal = here.simulation.network.journal
    rows = np.concatenate([journal.rows(kind) for kind in range(10)])
    return simulated.totals, registers, counters, rows.tobytes()


@pytest.mark.parametrize("name", SAMPLE)
@examples(1)
def test_the_same_unjitted(name: str, seed: int) -> None:
    machine, python = (after_changes(name, seed, jit=jit) for jit in (True, False))
    assert machine[0].faults == 0
    assert machine[0].packet_hops > 100
    for one, other, what in zip(machine, python, ("totals", "registers", "counters", "journals"), strict=True):
        assert one == other, f"{what} differ between machine code and Python: {name}, seed {seed}"
