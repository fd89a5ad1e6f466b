"""A neighbour that has nothing to tell is not taken for dead: what split horizon holds back goes out as a hello.

Under policies by load, a switch that starts no probes may have all its best paths through one neighbour. Without
hellos that neighbour would hear nothing, leave its link after the failure age, and pin flowlets without gaps anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from engine.support.builds import Built, Edit, built, unchanged
from engine.support.chaos import OPTIONS, World, add_flows, all_pairs, drops
from engine.support.corpus import text_of
from engine.support.nets import Net, net
from engine.test_spoofing import registers

from contra.engine.held import hops
from contra.engine.simulation import Settings, Simulation
from contra.options import ProtocolOptions

LONG_PINS = replace(OPTIONS, pin_periods=32)
NETWORKS = {
    "ring": net("A-B B-C C-D D-E E-A", "A C"),
    "leaf-spine": net("L1-S1 L1-S2 L1-S3 L2-S1 L2-S2 L2-S3", "L1 L2"),
    "three leaves": net("L1-S1 L1-S2 L2-S1 L2-S2 L3-S1 L3-S2", "L1 L2 L3"),
}
CAPACITY = "100Mbit"
SIZE, PER_PERIOD = 500, 10
"""40 % of a link for each flow, in packets without a gap that ends a flowlet."""
LOOKS = 20
"""At the ages of all links, in a period."""
ROUND = 0.25
PROBE, PASS, ORIGIN = b"\x88\xb5", 15, slice(16, 18)
"""Where a frame holds what probes carry, behind Ethernet."""
HELLO = 2


def world(
    network: Net,
    policy: str = "minimize(path.util)",
    edit: Edit = unchanged,
    options: ProtocolOptions = LONG_PINS,
) -> World:
    links = tuple(replace(link, capacity=CAPACITY) for link in network.links)
    made = built(policy, replace(network, links=links), Settings(strict=True), options, edit)
    return World(made, made.simulation(), Random(1))


def silences(here: World) -> Iterator[tuple[str, int, float]]:
    """Switch, port and periods since the neighbour there was heard, of every port that leads to a switch."""
    tick = here.simulation.build.manifest.constants.clock_tick_us * 1_000_000
    now = here.simulation.network.now
    for switch, state in zip(here.simulation.build.switches, here.simulation.states, strict=True):
        for port, hop in hops(switch.entries).items():
            heard = state.read_register("link_seen", hop) * tick
            yield switch.switch.label, port, (now - heard) / here.period


def nobody_is_taken_for_dead(name: str, edit: Edit = unchanged, options: ProtocolOptions = LONG_PINS) -> None:
    """Flows without gaps, whose load turns best paths away from them: they stay where they are, and lose nothing."""
    here = world(NETWORKS[name], edit=edit, options=options)
    here.run(4)
    network = here.simulation.network
    gap = here.period // PER_PERIOD
    flows = add_flows(here.simulation, all_pairs(here.topology), gap, size=SIZE, poisson=False)
    start = network.now
    while network.now < start + 24 * here.period:
        here.run(1 / LOOKS)
        for switch, port, periods in silences(here):
            assert periods < 1 + ROUND, f"{switch} port {port} heard nothing for {periods:.2f} periods\n{here.story()}"
    changes = [change for change in network.journal.paths() if change.before]
    assert not changes, f"{len(changes)} changes of path\n{here.story()}"
    for flow in flows:
        totals = network.flow_totals(flow.number)
        assert not totals.lost
        assert totals.received >= totals.sent - 3 >= 23 * PER_PERIOD


@pytest.mark.parametrize("name", NETWORKS)
def test_a_silent_neighbour_is_not_dead(name: str) -> None:
    nobody_is_taken_for_dead(name)


def test_authenticated_hellos_are_believed() -> None:
    nobody_is_taken_for_dead("leaf-spine", options=replace(LONG_PINS, authenticate=True))


def test_the_load_really_turns_best_paths_away() -> None:
    """What makes the test above one: at some time all that a spine knows leads to one leaf."""
    here = world(NETWORKS["leaf-spine"])
    here.run(4)
    add_flows(here.simulation, all_pairs(here.topology)[:1], here.period // PER_PERIOD, size=SIZE, poisson=False)
    lonely = 0
    for _ in range(24 * LOOKS):
        here.run(1 / LOOKS)
        for switch, state in zip(here.simulation.build.switches, here.simulation.states, strict=True):
            if switch.program.row.name == "transit":
                ports = {state.read_register("fwd_next", index) for index in here.topology.destinations}
                lonely += len(ports) == 1
    assert lonely >= LOOKS


# ------------------------------------------------------------------------------------------------ which programs


@pytest.mark.parametrize(
    ("policy", "network", "expected"),
    [
        ("minimize(path.util)", net("A-B B-C C-A"), {"destination": False}),
        ("minimize(path.util)", net("A-B B-C C-A", "A B"), {"destination": False, "transit": True}),
        # Nobody may go to A or B: they start no probes, and pass on those of D
        ("minimize(if .* D then path.util else inf)", net("A-B B-D A-D"), {"destination": True}),
        # With tags: C's own probes go to both neighbours at the node where they start; D's come to another one
        (text_of("p4_waypoint"), net("F1-A A-B B-F2 F2-F1"), {"destination": False}),
        (text_of("any_path_through_w"), net("A-B B-C C-A A-W W-B"), {"destination": False}),
        (text_of("one_pair_only"), net("S-A A-D S-D"), {"destination": True}),
    ],
)
def test_programs_say_hello_where_own_probes_do_not_reach(policy: str, network: Net, expected: dict[str, bool]) -> None:
    made = built(policy, network)
    found = {name: "hdr.probe.pass = PASS_HELLO" in _text(made, name) for name in made.build.programs}
    assert found == expected


def _text(made: Built, name: str) -> str:
    return made.build.programs[name].source.text


# ------------------------------------------------------------------------------------------------ on the wire


def sent(simulation: Simulation) -> Iterator[tuple[str, int, bytes]]:
    """All frames that were captured as they left: switch, port, frame."""
    for switch, port in simulation.links:
        name = simulation.topology.switches[switch].name
        for packet in simulation.network.journal.captured(name, port):
            yield name, port, packet.data


@pytest.mark.parametrize("name", ["p2_least_utilised", "p4_waypoint", "flowlet_violation"])
def test_hellos_are_not_answered(name: str) -> None:
    nobody_answers(name)


def nobody_answers(name: str, edit: Edit = unchanged) -> None:
    """Whoever hears a hello remembers when, and that is all: no cell besides, no frame, no drop."""
    switches = "S A B C D E F F1 F2"
    ring = net("S-A A-B B-C C-D D-E E-F F-F1 F1-F2 F2-S S-C A-E B-D", "S D")
    assert set(ring.switches) == set(switches.split())
    here = world(ring, text_of(name), edit)
    here.run(8.3)
    random = Random(2)
    network = here.simulation.network
    before = network.snapshot()
    here.run(0.05)
    expected, copied, dropped = registers(here), network.totals.copied, _all_drops(here)
    network.restore(before)
    injected = 0
    for switch in here.topology.switches:
        for port in here.topology.ports[switch.index]:
            for origin in range(max(here.topology.destinations) + 1):
                frame = bytes(12) + PROBE + bytes([1, HELLO, 0, origin]) + random.randbytes(20) + bytes(26)
                network.inject(network.now, switch.name, frame, port=port.number)
                injected += 1
    at = network.now
    here.run(0.05)
    assert (network.totals.copied, _all_drops(here)) == (copied, dropped)
    assert injected > 100
    _assert_links_alone(here, registers(here), expected, at)


def _all_drops(here: World) -> list[int]:
    return [drops(here.simulation, reason) for reason in here.simulation.build.manifest.drop_reasons]


def _assert_links_alone(here: World, found: list[list[int]], expected: list[list[int]], at: int) -> None:
    """Every difference is in `link_seen`, of a hop that there is, and is the time of the hellos."""
    tick = here.simulation.build.manifest.constants.clock_tick_us * 1_000_000
    names = [layout.name for state in here.simulation.states for layout in state.code.registers]
    changed = 0
    for name, cells, others in zip(names, found, expected, strict=True):
        if name != "link_seen":
            assert cells == others, name
            continue
        for cell, other in zip(cells, others, strict=True):
            assert cell >= other
            if cell != other:
                assert cell == at // tick
                changed += 1
    assert changed >= 10


@pytest.mark.parametrize("said", [1, 3, 4, 128, 255])
def test_what_no_switch_says_is_dropped(said: int) -> None:
    """A probe from a neighbour that is neither to be measured nor a hello changes nothing, the age of its link
    included, whatever its origin."""
    here = world(NETWORKS["leaf-spine"])
    here.run(8.5)
    network = here.simulation.network
    before = network.snapshot()
    here.run(0.05)
    expected, dropped = registers(here), drops(here.simulation, "PROBE")
    network.restore(before)
    injected = 0
    for switch in here.topology.switches:
        for port in here.topology.ports[switch.index]:
            for origin in here.topology.destinations:
                frame = bytes(12) + PROBE + bytes([1, said, 0, origin]) + b"\x7f\xff" + bytes(40)
                network.inject(network.now, switch.name, frame, port=port.number)
                injected += 1
    here.run(0.05)
    assert registers(here) == expected
    assert drops(here.simulation, "PROBE") == dropped + injected


@pytest.mark.parametrize("origin", [200, 0x8000, 0xFFFF])
def test_hellos_of_impossible_origins_are_dropped(origin: int) -> None:
    here = world(NETWORKS["ring"])
    here.run(8.5)
    expected, dropped = registers(here), drops(here.simulation, "PROBE")
    network, injected = here.simulation.network, 0
    for switch in here.topology.switches:
        for port in here.topology.ports[switch.index]:
            frame = bytes(12) + PROBE + bytes([1, HELLO]) + origin.to_bytes(2, "big") + bytes(42)
            network.inject(network.now, switch.name, frame, port=port.number)
            injected += 1
    here.run(0.0001)
    assert registers(here) == expected
    assert drops(here.simulation, "PROBE") == dropped + injected


@pytest.mark.parametrize("name", NETWORKS)
def test_hellos_go_back_alone(name: str) -> None:
    """One for each probe that is passed on, back by the port that it came in by; none is passed on itself."""
    here = world(NETWORKS[name])
    here.run(8.5)
    for place in here.simulation.links.values():
        here.simulation.network.capture(place, received=False)
    here.run(3)
    hellos = [(switch, port) for switch, port, frame in sent(here.simulation) if frame[PASS] == HELLO]
    transit = [s.name for s in here.topology.switches if s.index not in here.topology.destinations]
    assert {switch for switch, _ in hellos} == set(transit)
    assert len(hellos) == 3 * len(transit) * len(here.topology.destinations)
