"""Frames that nobody should send: forged probes and shims from hosts, own probes that come back, odd bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest
from engine.support.builds import Edit, built, unchanged
from engine.support.chaos import OPTIONS, World, drops
from engine.support.corpus import CASES, text_of
from engine.support.nets import network
from engine.support.verdict import assert_optimal

from contra.engine.inputs import LinkState, at_rest
from contra.engine.simulation import Settings

PROBE, SHIM = b"\x88\xb5", b"\x88\xb6"
NAMES = ("p2_least_utilised", "p4_waypoint", "p8_congestion_aware")


Make = Callable[[World, Random, int], bytes]


def calm_world(name: str, seed: int, edit: Edit = unchanged) -> tuple[World, tuple[LinkState, ...]]:
    """A network that has converged, without traffic; loads are not held, for that would write registers."""
    random, case = Random(seed), CASES[name]
    net = network(random, case.needed.split(), case.ways, capacities=("10Gbit",), latencies=(0, 1_000), hosts=True)
    made = built(text_of(name), net, Settings(strict=True), OPTIONS, edit)
    here = World(made, made.simulation(), random)
    here.run(8.5)
    return here, at_rest(here.topology)


def registers(here: World) -> list[list[int]]:
    """All registers of all switches."""
    return [state.register(layout.name) for state in here.simulation.states for layout in state.code.registers]


def seen(here: World, reason: str) -> tuple[list[list[int]], int, int, int]:
    """Registers, drops for a reason, copies and packet-hops a fifth of a period from now."""
    network = here.simulation.network
    network.run(network.now + here.period // 5)
    return registers(here), drops(here.simulation, reason), network.totals.copied, network.totals.packet_hops


def assert_ignored(here: World, frames: Iterator[tuple[str, int, bytes]], reason: str) -> None:
    """All goes on as without the frames: no register differs, nothing more is sent, each is counted with the reason."""
    network, sent = here.simulation.network, 0
    now = network.snapshot()
    expected, counted, copies, hops = seen(here, reason)
    network.restore(now)
    for node, port, frame in frames:
        network.inject(network.now, node, frame, port=port)
        sent += 1
    found, counted_now, copies_now, hops_now = seen(here, reason)
    assert found == expected, "a forged frame changed a register"
    assert counted_now == counted + sent
    assert copies_now == copies
    assert hops_now - hops in (0, sent), "a forged frame went on to another switch"


def probe(here: World, random: Random, origin: int) -> bytes:
    """A probe as good as can be: any version, tag and class, all metrics 0, then what makes it long enough."""
    versions = (0, 1, 9, 10, 11, 40_000, random.randrange(1 << 16))
    head = bytes([1, random.choice((0, 0, 1))]) + origin.to_bytes(2, "big") + random.choice(versions).to_bytes(2, "big")
    keys = bytes([random.choice((0, 0x40, 0x80, random.randrange(256)))])
    return bytes(12) + PROBE + head + keys + bytes(40)


def shim(here: World, random: Random, destination: int) -> bytes:
    """A data packet that claims to be under way already."""
    head = bytes([1, random.choice((1, 2, 64, 255))]) + destination.to_bytes(2, "big")
    return bytes(12) + SHIM + head + random.randbytes(3) + b"\x08\x00" + b"\x45" + bytes(60)


@pytest.mark.parametrize("make", [probe, shim])
@pytest.mark.parametrize("name", NAMES)
def test_a_host_sends_forged_probes_and_shims(name: str, make: Make) -> None:
    forged_by_hosts(name, 3, unchanged, make)


def forged_by_hosts(name: str, seed: int, edit: Edit, make: Make = probe) -> None:
    here, states = calm_world(name, seed, edit)
    random = Random(1)

    def frames() -> Iterator[tuple[str, int, bytes]]:
        for host in here.topology.hosts:
            for origin in (*range(len(here.topology.switches)), 200, 65_535):
                yield host.name, 0, make(here, random, origin)

    assert_ignored(here, frames(), "SPOOFED")
    here.run(2)
    assert_optimal(here.built, states, here.simulation, here.story)


@pytest.mark.parametrize("make", [probe, shim])
@pytest.mark.parametrize("name", NAMES)
def test_the_controller_sends_forged_probes_and_shims(name: str, make: Make) -> None:
    """Behind the opcode of a packet-out that is treated as sent by a host."""
    here, _ = calm_world(name, 4)
    random, cpu = Random(2), here.simulation.build.manifest.constants.cpu_port

    def frames() -> Iterator[tuple[str, int, bytes]]:
        for index in here.topology.destinations:
            for origin in range(len(here.topology.switches)):
                yield here.topology.switches[index].name, cpu, b"\x02" + make(here, random, origin)

    assert_ignored(here, frames(), "SPOOFED")


@pytest.mark.parametrize("name", NAMES)
def test_own_probes_and_impossible_origins(name: str) -> None:
    own_probes(name, 5)


def own_probes(name: str, seed: int, edit: Edit = unchanged) -> None:
    """From a neighbour, a probe of the switch's own, or from beyond the numbers in use: dropped before anything is
    read. (Transit switches have no probes of their own.)"""
    here, states = calm_world(name, seed, edit)
    random = Random(3)

    def frames() -> Iterator[tuple[str, int, bytes]]:
        for switch in here.topology.switches:
            own = [switch.index] if switch.index in here.topology.destinations else []
            for port in here.topology.ports[switch.index]:
                for origin in (*own, 1_000, 65_535):
                    yield switch.name, port.number, probe(here, random, origin)

    assert_ignored(here, frames(), "PROBE")
    here.run(2)
    assert_optimal(here.built, states, here.simulation, here.story)


@pytest.mark.parametrize("make", [probe, shim])
def test_ports_that_lead_nowhere(make: Make) -> None:
    here, _ = calm_world("p4_waypoint", 6)
    random = Random(4)

    def frames() -> Iterator[tuple[str, int, bytes]]:
        for switch in here.topology.switches:
            for origin in range(len(here.topology.switches)):
                yield switch.name, 300, make(here, random, origin)

    assert_ignored(here, frames(), "UNKNOWN_PORT")
