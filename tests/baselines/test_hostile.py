"""What nobody should send: every frame is dropped and counted, for the right reason, and does nothing else."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from random import Random

import pytest
from support.baselines import (
    FAT_TREE,
    SCHEMES,
    all_pairs,
    compiled,
    drops,
    host,
    opened,
    shipped,
    trails,
)

from contra.engine.frames import udp_head
from contra.engine.results import Journal
from contra.engine.simulation import Settings, Simulation

EDGE, NEXT = "e1_1", "a1_1"
MS = 10**9


@pytest.fixture(scope="module", params=SCHEMES)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    build = compiled(request.param, shipped(FAT_TREE), tmp_path_factory.mktemp("build"))
    made = opened(build, Settings(jit=False, strict=True))
    made.network.run(30 * MS)
    return made


@pytest.fixture
def simulation(running: Simulation) -> Iterator[Simulation]:
    """As it was, for each test."""
    before = running.network.snapshot()
    yield running
    running.network.restore(before)


def scheme(simulation: Simulation) -> str:
    return simulation.build.manifest.scheme


def good(simulation: Simulation, target: str = "h3_1_1") -> bytes:
    topology = simulation.topology
    return udp_head(topology, host(topology, "h1_1_1"), host(topology, target), (7, 9), 100, ecn=False)


def outcome(simulation: Simulation, frame: bytes, port: int, switch: str = EDGE) -> tuple[dict[str, int], int]:
    """New drops of the programs, and frames that came to any host, after a frame into a port of a switch."""
    network, before = simulation.network, drops(simulation)
    for place in [down for _, down in simulation.host_links.values()]:
        network.capture(place, received=False)
    journal = len(captured(simulation))
    network.inject(network.now, switch, frame, port=port, size=max(len(frame), 60))
    network.run(network.now + 2 * MS)
    after = drops(simulation)
    new = {reason: count - before.get(reason, 0) for reason, count in after.items() if count != before.get(reason, 0)}
    assert list(Journal(network).faults()) == []
    return new, len(captured(simulation)) - journal


def captured(simulation: Simulation) -> list[object]:
    places = [simulation.network.plan.links[down] for _, down in simulation.host_links.values()]
    journal = Journal(simulation.network)
    return [packet for place in places for packet in journal.captured(place.source, place.source_port)]


def host_port(simulation: Simulation) -> int:
    return next(row.port for row in simulation.topology.hosts if row.name == "h1_1_1")


def probe(origin: int, util: int = 0) -> bytes:
    return bytes(12) + b"\x88\xb5\x01" + struct.pack(">HH", origin, util) + bytes(41)


def test_a_good_packet_arrives(simulation: Simulation) -> None:
    assert outcome(simulation, good(simulation), host_port(simulation)) == ({}, 1)


def test_a_host_sends_a_probe(simulation: Simulation) -> None:
    reason = "SPOOFED" if scheme(simulation) == "hula" else "UNKNOWN_DESTINATION"
    registers = [state.register(row.name) for state in simulation.states for row in state.code.registers]
    simulation.network.suspend()
    assert outcome(simulation, probe(12), host_port(simulation)) == ({reason: 1}, 0)
    assert registers == [state.register(row.name) for state in simulation.states for row in state.code.registers]


@pytest.mark.parametrize("control", [0x0001, 0x0FFF, 0xE001])
def test_a_host_sends_a_tag(simulation: Simulation, control: int) -> None:
    frame = good(simulation)
    tagged = frame[:12] + struct.pack(">HH", 0x8100, control) + frame[12:]
    reason = "SPOOFED" if scheme(simulation) == "spain" else "UNKNOWN_DESTINATION"
    assert outcome(simulation, tagged, host_port(simulation)) == ({reason: 1}, 0)


def test_a_switch_sends_without_or_with_a_strange_tag(simulation: Simulation) -> None:
    frame, port = good(simulation), 2
    if scheme(simulation) != "spain":
        assert outcome(simulation, frame, port)[1] == 1, "nothing tells it from another switch's"
        return
    assert outcome(simulation, frame, port) == ({"UNTAGGED": 1}, 0)
    strange = frame[:12] + struct.pack(">HH", 0x8100, 4000) + frame[12:]
    assert outcome(simulation, strange, port) == ({"NO_ROUTE": 1}, 0)
    double = frame[:12] + struct.pack(">HHHH", 0x8100, 1, 0x8100, 1) + frame[12:]
    assert outcome(simulation, double, port) == ({"UNKNOWN_DESTINATION": 1}, 0)


def test_a_port_that_leads_nowhere(simulation: Simulation) -> None:
    for frame in (good(simulation), probe(12), b"\0" * 60):
        assert outcome(simulation, frame, 77) == ({"UNKNOWN_PORT": 1}, 0)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\x86\xdd" + bytes(60), "UNKNOWN_DESTINATION"),
        (b"\x12\x34" + bytes(60), "UNKNOWN_DESTINATION"),
        (b"\x08\x00" + b"\x45\x00", "UNKNOWN_DESTINATION"),
        (b"\x08\x06" + bytes(4), "UNKNOWN_DESTINATION"),
        (b"\x88\xb5", "UNKNOWN_DESTINATION"),
        (b"\x88\xb5\x02" + bytes(60), "UNKNOWN_DESTINATION"),
        (b"", "UNKNOWN_DESTINATION"),
    ],
)
def test_what_is_no_packet_that_we_carry(simulation: Simulation, payload: bytes, reason: str) -> None:
    network, before = simulation.network, drops(simulation)
    network.inject(network.now, EDGE, bytes(12) + payload, port=host_port(simulation))
    network.run(network.now + MS)
    assert drops(simulation) == {**before, reason: before.get(reason, 0) + 1}


@pytest.mark.parametrize(
    ("address", "reasons"),
    [
        ("8.8.8.8", {"UNKNOWN_DESTINATION"}),
        ("10.255.255.1", {"NO_ROUTE", "UNKNOWN_DESTINATION"}),
        ("10.0.4.1", {"NO_ROUTE"}),
        ("10.0.12.77", {"UNKNOWN_HOST"}),
        ("10.0.16.77", {"UNKNOWN_HOST"}),
        ("255.255.255.255", {"UNKNOWN_DESTINATION"}),
        ("0.0.0.0", {"UNKNOWN_DESTINATION"}),
    ],
)
def test_an_address_that_nobody_has(simulation: Simulation, address: str, reasons: set[str]) -> None:
    """10.0.4.1 is that of a switch without hosts; switches 12 and 16 have hosts."""
    frame = bytearray(good(simulation))
    frame[30:34] = bytes(map(int, address.split(".")))
    new, arrived = outcome(simulation, bytes(frame), host_port(simulation))
    assert arrived == 0 and list(new.values()) == [1] and set(new) <= reasons


@pytest.mark.parametrize("ttl", [0, 1])
def test_a_ttl_that_has_run_out(simulation: Simulation, ttl: int) -> None:
    frame = bytearray(good(simulation))
    frame[22] = ttl
    assert outcome(simulation, bytes(frame), host_port(simulation)) == ({"TTL": 1}, 0)
    frame = bytearray(good(simulation, "h1_1_2"))
    frame[22] = ttl
    assert outcome(simulation, bytes(frame), host_port(simulation)) == ({}, 1), "within a switch no TTL is looked at"


def test_probes_that_cannot_be(simulation: Simulation) -> None:
    """Between switches: our own come back, and origins beyond all numbers."""
    if scheme(simulation) != "hula":
        return
    simulation.network.suspend()
    own = simulation.topology.by_name[EDGE]
    for origin in (own, 32, 0x8000, 0xFFFF):
        assert outcome(simulation, probe(origin), 1) == ({"PROBE": 1}, 0)


def test_anything_at_all(simulation: Simulation) -> None:
    """500 frames of nonsense into any port: no fault in strict mode, and afterwards all hosts hear each other."""
    random, network = Random(5), simulation.network
    kinds = (0x0800, 0x0806, 0x88B5, 0x88B6, 0x8100)
    for _ in range(500):
        switch = random.choice(simulation.topology.switches).name
        data = bytearray(random.randbytes(random.choice((1, 13, 14, 20, 34, 60, 90))))
        if random.random() < 0.8 and len(data) > 13:
            data[12:14] = random.choice(kinds).to_bytes(2, "big")
        if random.random() < 0.3 and len(data) > 15:
            data[14:16] = b"\x01\x00"
        network.inject(network.now, switch, bytes(data), port=random.choice((1, 2, 3, 4, 5, 510)))
        network.run(network.now + MS // 20)
    network.run(network.now + 60 * MS)
    assert list(Journal(network).faults()) == []
    assert None not in trails(simulation, all_pairs(simulation.topology))
