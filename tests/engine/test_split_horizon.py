"""No probe goes back out of the port that it came in by, but as a hello of a transit switch; and rounds cost what
they should.
"""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from engine.support.builds import Edit, built, unchanged
from engine.support.chaos import OPTIONS, World, loads
from engine.support.corpus import CASES, text_of
from engine.support.examples import examples
from engine.support.nets import network
from engine.support.registers import Tables

from contra.engine.held import by_port, set_loads
from contra.engine.simulation import Settings

ONE_TAG = ("p1_shortest_path", "p2_least_utilised", "p3_widest_shortest", "p8_congestion_aware", "two_classes")
"""Policies without regexes. With tags a probe may turn round into another product node (docs/protocol.md)."""
PASS, ORIGIN, PID_BYTE = 15, 16, 20
"""Where a frame holds pass and origin, after Ethernet and format; and where the pid, after the version."""
MEASURE, HELLO = 0, 2


def assert_split_horizon(name: str, seed: int, edit: Edit = unchanged) -> None:
    """With still metrics, a switch passes on what its next hop says: to all neighbours but that one, once a round.

    That one gets as many hellos where a switch has no probes of its own, and none where it has.
    """
    random, case = Random(seed), CASES[name]
    net = network(random, case.needed.split(), case.ways, capacities=("10Gbit",), latencies=(0, 1_000), hosts=True)
    made = built(text_of(name), net, Settings(strict=True), OPTIONS, edit)
    here = World(made, made.simulation(), random)
    set_loads(here.simulation, by_port(made.build, loads(random, here.topology)))
    here.run(8.5)
    for place in here.simulation.links.values():
        here.simulation.network.capture(place, received=False)
    here.run(3)
    classes = len(here.simulation.build.manifest.orders)
    for switch in here.topology.switches:
        tables = Tables(here.simulation, switch.label)
        for port in here.topology.ports[switch.index]:
            frames = [packet.data for packet in here.simulation.network.journal.captured(switch.name, port.number)]
            sent = sorted((f[PASS], int.from_bytes(f[ORIGIN : ORIGIN + 2], "big"), _pid(f, classes)) for f in frames)
            transit = switch.index not in here.topology.destinations
            expected = []
            for origin, pid in product(here.topology.destinations, range(classes)):
                if origin == switch.index or tables.fwd(here.label(origin))[0, pid].port != port.number:
                    expected.append((MEASURE, origin, pid))
                elif transit:
                    expected.append((HELLO, origin, pid))
            message = f"{switch.label} port {port.number}: (pass, origin, class) of probes in 3 rounds"
            assert sent == sorted(3 * expected), f"{message}\n{here.story()}"


def _pid(frame: bytes, classes: int) -> int:
    return frame[PID_BYTE] >> 7 if classes > 1 else 0


@pytest.mark.parametrize("name", ONE_TAG)
@examples(1)
def test_no_probe_goes_back(name: str, seed: int) -> None:
    assert_split_horizon(name, seed)
