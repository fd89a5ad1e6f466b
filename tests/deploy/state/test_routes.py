"""Routes read from cells, held against packets through the engine: the same path for every pair, switch by switch."""

from __future__ import annotations

from random import Random

import pytest
from engine.support.builds import built
from engine.support.corpus import CASES, FEW, text_of
from engine.support.examples import examples
from engine.support.nets import metrics, network, on_grid
from engine.support.verdict import held
from support.engine_state import EngineSource

from contra.deploy.state.decode import Decoder
from contra.deploy.state.routes import compare, live_routes
from contra.deploy.state.source import read_network
from contra.engine.routes import routes


def assert_same_routes(name: str, seed: int) -> None:
    random, case = Random(seed), CASES[name]
    made = built(text_of(name), network(random, case.needed.split(), case.ways))
    states = metrics(random, made.build.topology, on_grid)
    simulation = held(made, states)
    reading = read_network(EngineSource(simulation), made.build)
    assert not reading.failures
    found = live_routes(made.build, made.policy, Decoder(made.build).network(reading), states)
    expected = routes(simulation, made.policy, states)
    assert [each.route for each in found] == expected
    assert compare([each.route for each in found], expected) == []


@pytest.mark.parametrize("name", CASES)
@examples(2)
def test_routes_are_those_of_packets(name: str, seed: int) -> None:
    assert_same_routes(name, seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", FEW)
@examples(30)
def test_routes_are_those_of_packets_many(name: str, seed: int) -> None:
    assert_same_routes(name, seed)
