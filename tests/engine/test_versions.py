"""Versions that wrap, origins that start anew: serial number arithmetic and the end of old entries."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from engine.support.builds import Edit, built, unchanged
from engine.support.chaos import OPTIONS, World, loads
from engine.support.corpus import CASES, FEW, text_of
from engine.support.examples import examples
from engine.support.nets import network
from engine.support.registers import Tables
from engine.support.verdict import assert_optimal

from contra.engine.decisions import Decisions
from contra.engine.held import by_port, set_loads
from contra.engine.inputs import LinkState, at_rest
from contra.engine.simulation import Settings

VERSIONS = 1 << 16
"""The field has 16 bits."""


def started_at(name: str, seed: int, version: int, edit: Edit = unchanged) -> tuple[World, tuple[LinkState, ...]]:
    """A network all of whose origins have sent `version` rounds before; nothing is known of them yet."""
    random, case = Random(seed), CASES[name]
    net = network(
        random, case.needed.split(), case.ways, capacities=("10Gbit",), latencies=(0, 1_000, 8_000), hosts=True
    )
    made = built(text_of(name), net, Settings(strict=True), OPTIONS, edit)
    here = World(made, made.simulation(), random)
    for index in here.topology.destinations:
        here.simulation.states[index].write_register("origin_version", 0, version)
    states = loads(random, here.topology)
    set_loads(here.simulation, by_port(made.build, states))
    here.note(f"all origins are at version {version}")
    return here, states


def assert_wraps(name: str, seed: int, edit: Edit = unchanged) -> None:
    """The network converges below the wrap, and no decision changes while versions pass it. Loads that change just
    then are followed as fast as ever."""
    here, states = started_at(name, seed, VERSIONS - 15, edit)
    here.run(10)
    assert_optimal(here.built, states, here.simulation, here.story)
    decisions = Decisions(here.simulation)
    before = decisions.read()
    for _ in range(40):
        here.run(0.25)
        assert decisions.read() == before, f"a decision changes at the wrap\n{here.story()}"
    origin = here.simulation.states[here.topology.destinations[0]]
    assert origin.read_register("origin_version", 0) == 20 - 15 + 1  # the clocks ticked at 0 too
    states = loads(here.random, here.topology)
    set_loads(here.simulation, by_port(here.built.build, states))
    here.run(3.25)
    assert_optimal(here.built, states, here.simulation, here.story)


@pytest.mark.parametrize("name", FEW)
@examples(1)
def test_versions_wrap(name: str, seed: int) -> None:
    assert_wraps(name, seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
@examples(15)
def test_versions_wrap_many(name: str, seed: int) -> None:
    assert_wraps(name, seed)


@pytest.mark.parametrize("version", [5, 32_757, 32_768, VERSIONS - 12])
@pytest.mark.parametrize("name", ["p2_least_utilised", "p4_waypoint", "p8_congestion_aware"])
def test_a_switch_reboots_back_at_version_0(name: str, version: int) -> None:
    reboots(name, version)


def reboots(name: str, version: int, edit: Edit = unchanged) -> None:
    """Its probes are believed after the expiry time: in the fourth round at the latest, best keys in the fifth."""
    here, states = started_at(name, version, version, edit)
    here.run(10.3)
    for switch in here.random.sample(here.topology.switches, 3):
        here.simulation.network.restart(here.simulation.network.now, switch.name)
        here.note(f"{switch.label} restarts")
        here.run(5.25)
        assert_optimal(here.built, states, here.simulation, here.story)
        here.run(0.5)


def test_versions_are_passed_on() -> None:
    """What the tests above rest on: entries hold the versions that their origin gave out."""
    here, _ = started_at("p2_least_utilised", 1, VERSIONS - 3)
    here.run(8.5)
    sources = [here.label(index) for index in here.topology.destinations[:2]]
    entries = Tables(here.simulation, sources[0]).fwd(sources[1])
    assert {entry.version for entry in entries.values()} == {9 - 3}


@pytest.mark.parametrize("name", ["p2_least_utilised", "p4_waypoint", "p8_congestion_aware"])
def test_late_probes_change_nothing(name: str) -> None:
    late_probes(name, 1)


def late_probes(name: str, seed: int, edit: Edit = unchanged) -> None:
    """All probes of a round from when the network was idle come once more, some rounds later, under load: none of
    the better metrics is believed. Loads are held, so their cells are written all the time; links are alive anyway."""
    here, _ = started_at(name, seed, VERSIONS - 10, edit)
    network, topology = here.simulation.network, here.topology
    idle = tuple(replace(state, util=Fraction(0)) for state in at_rest(topology))
    set_loads(here.simulation, by_port(here.built.build, idle))
    here.run(7.5)
    for place in here.simulation.links.values():
        network.capture(place, sent=False)
    here.run(1)
    for place in here.simulation.links.values():
        network.capture(place, sent=False, received=False)
    frames = [
        (topology.switches[index].name, port.number, packet.data)
        for index, ports in enumerate(topology.ports)
        for port in ports
        for packet in network.journal.captured(topology.switches[index].name, port.number)
    ]
    assert frames
    busy = tuple(replace(state, util=Fraction(7, 10)) for state in idle)
    set_loads(here.simulation, by_port(here.built.build, busy))
    here.run(4)
    now, soon = network.snapshot(), network.now + here.period // 5
    network.run(soon)
    expected = decided(here)
    network.restore(now)
    for node, port, frame in frames:
        network.inject(network.now, node, frame, port=port)
    network.run(soon)
    assert decided(here) == expected, f"a probe of an earlier round is believed\n{here.story()}"


def decided(here: World) -> list[list[int]]:
    """All registers but those of links."""
    return [
        state.register(layout.name)
        for state in here.simulation.states
        for layout in state.code.registers
        if not layout.name.startswith("link_")
    ]
