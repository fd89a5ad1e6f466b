"""The control plane asks for state by packets: every cell of every program, at any time, and nobody else can."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from engine.support.builds import built
from engine.support.chaos import World, add_flows, all_pairs, drops
from engine.support.nets import net
from engine.test_spoofing import registers

from contra.diagnostics import Reporter
from contra.driver import CompileRequest, compile
from contra.engine.simulation import Settings
from contra.options import ProtocolOptions

CPU = 510
QUERY, ANSWER = b"\3", b"\2"
NETWORK = net("A-B B-C C-D D-A A-E E-C E-F", "A C F")
POLICIES = {
    "one tag": "minimize(path.len)",
    "load": "minimize(path.util)",
    "wide": "minimize(if A .* then (path.lat, path.len, path.util) else if .* E .* then (path.len, 3, 0) else inf)",
    "classes": "minimize(if path.util < .8 then (1, 0, path.util) else (2, path.len, path.util))",
}


FEW_SLOTS = ProtocolOptions(flowlet_slots=64)


def world(policy: str) -> World:
    made = built(POLICIES[policy], NETWORK, Settings(strict=True), FEW_SLOTS)
    here = World(made, made.simulation(), Random(1))
    add_flows(here.simulation, all_pairs(here.topology), here.period // 7, size=700)
    return here


def query(here: World, switch: str, cell: int, index: int, behind: bytes = b"") -> bytes:
    """A query to a switch, as the manifest describes it."""
    value = bytes(width(here, switch))
    return QUERY + bytes([cell]) + index.to_bytes(4, "big") + value + behind


def width(here: World, switch: str) -> int:
    """Bytes of the value, from the widths of the program's registers."""
    return -(-max(layout.width for layout in here.simulation.state(switch).code.registers) // 8)


def answers(here: World) -> dict[str, list[bytes]]:
    """What controllers got, by switch."""
    found: dict[str, list[bytes]] = {}
    for packet in here.simulation.network.journal.controller():
        found.setdefault(packet.switch, []).append(packet.head)
    return found


def places(here: World, switch: str) -> Iterator[tuple[int, str, int]]:
    """All slots of a switch: number of the cell in the manifest's list, its name, slot."""
    index = here.topology.by_name[switch]
    for number, cell in enumerate(here.simulation.build.switches[index].program.row.cells):
        for slot in range(cell.slots):
            yield number, cell.name, slot


@pytest.mark.parametrize("policy", POLICIES)
def test_every_cell_is_told_at_any_time(policy: str) -> None:
    """Before the first probe, in the midst of convergence, under load: what the registers hold at that moment."""
    here, random = world(policy), Random(2)
    network, expected = here.simulation.network, dict[str, list[bytes]]()
    nonzero = set()
    for periods in (0.0, 0.6, 1.0, 3.3):
        here.run(periods)
        for switch in here.topology.switches:
            for number, name, slot in places(here, switch.name):
                behind = random.randbytes(random.choice((0, 0, 3, 60)))
                network.inject(network.now, switch.name, query(here, switch.name, number, slot, behind), port=CPU)
                value = here.simulation.state(switch.name).read_register(name, slot)
                nonzero |= {name} if value else set()
                told = bytes([number]) + slot.to_bytes(4, "big") + value.to_bytes(width(here, switch.name), "big")
                expected.setdefault(switch.name, []).append(ANSWER + told + behind)
        network.run(network.now)
    assert answers(here) == expected
    roles = {name for switch in here.simulation.build.switches for name in [switch.program.row.name]}
    assert roles == {"destination", "transit"}
    assert nonzero == {layout.name for state in here.simulation.states for layout in state.code.registers}
    assert drops(here.simulation, "QUERY") == 0


@pytest.mark.parametrize("policy", POLICIES)
def test_queries_change_nothing(policy: str) -> None:
    """With a great many of them, right and wrong ones, the network goes on as without."""
    here, random = world(policy), Random(3)
    here.run(3.4)
    network = here.simulation.network
    before = network.snapshot()
    here.run(1.5)
    expected, hops = registers(here), network.totals.packet_hops
    network.restore(before)
    asked = 0
    for switch in here.topology.switches:
        for _ in range(100):
            frame = query(here, switch.name, random.randrange(16), random.choice((0, 1, 9, 5_000, 2**32 - 1)))
            network.inject(network.now + random.randrange(here.period), switch.name, frame, port=CPU)
            asked += 1
    here.run(1.5)
    assert (registers(here), network.totals.packet_hops) == (expected, hops)
    assert sum(map(len, answers(here).values())) + drops(here.simulation, "QUERY") == asked


@pytest.mark.parametrize("policy", POLICIES)
def test_what_does_not_exist_is_dropped_and_counted(policy: str) -> None:
    here = world(policy)
    here.run(2.2)
    network, wrong = here.simulation.network, 0
    for switch, state in zip(here.simulation.build.switches, here.simulation.states, strict=True):
        cells = switch.program.row.cells
        assert [cell.name for cell in cells] == [layout.name for layout in state.code.registers]
        bad = [(number, cell.slots) for number, cell in enumerate(cells)]
        bad += [(number, cell.slots + 2**31) for number, cell in enumerate(cells)]
        bad += [(number, 2**32 - 1) for number, _ in enumerate(cells)]
        bad += [(len(cells), 0), (127, 0), (255, 0), (255, 2**32 - 1)]
        whole = query(here, switch.switch.name, 0, 0)
        frames = [query(here, switch.switch.name, *place) for place in bad]
        frames += [whole[:size] for size in range(1, len(whole))]
        for frame in frames:
            network.inject(network.now, switch.switch.name, frame, port=CPU)
        wrong += len(frames)
    network.run(network.now)
    here.run(0.1)
    assert drops(here.simulation, "QUERY") == wrong
    assert answers(here) == {}


@pytest.mark.parametrize("policy", POLICIES)
def test_nobody_else_can_ask(policy: str) -> None:
    """From hosts, neighbours and ports that lead nowhere, a query is noise; also as what the control plane has a
    switch treat as sent by a host."""
    here = world(policy)
    here.run(2.2)
    network = here.simulation.network
    expected, dropped = registers(here), drops(here.simulation, "QUERY")
    for switch in here.topology.switches:
        ports = [port.number for port in here.topology.ports[switch.index]]
        hosts = [host.port for host in here.topology.hosts_of[switch.index]]
        for port in (*ports, *hosts, 300, CPU):
            for cell in range(14):
                frame = query(here, switch.name, cell, 0).ljust(60, b"\0")
                network.inject(network.now, switch.name, b"\2" + frame if port == CPU else frame, port=port)
    network.run(network.now)
    assert registers(here) == expected
    assert answers(here) == {}
    assert drops(here.simulation, "QUERY") == dropped


@pytest.mark.parametrize("opcode", [0, 1, 2, 4, 255])
def test_transit_switches_know_nothing_but_queries(opcode: int) -> None:
    here = world("load")
    here.run(2.2)
    network, sent = here.simulation.network, 0
    expected, dropped = registers(here), drops(here.simulation, "UNKNOWN_PORT")
    for switch in here.topology.switches:
        if switch.index not in here.topology.destinations:
            network.inject(network.now, switch.name, bytes([opcode]) + bytes(59), port=CPU)
            sent += 1
    network.run(network.now)
    assert sent == 3
    assert (registers(here), answers(here)) == (expected, {})
    assert drops(here.simulation, "UNKNOWN_PORT") == dropped + sent


def test_the_manifest_says_how_wide_answers_are(tmp_path: Path) -> None:
    for policy in POLICIES.values():
        (tmp_path / "p.ctr").write_text(policy)
        (tmp_path / "t.json").write_text(NETWORK.json())
        out = tmp_path / "b"
        compile(CompileRequest(policy=tmp_path / "p.ctr", topology=str(tmp_path / "t.json"), out=out), Reporter())
        for program in json.loads((out / "manifest.json").read_text())["programs"].values():
            widest = max(cell["bits"] for cell in program["cells"])
            assert widest <= program["query_value_bits"] < widest + 8
            assert program["query_value_bits"] % 8 == 0
            text = (out / program["p4"]).read_text()
            assert f"bit<{program['query_value_bits']}> value;" in text
