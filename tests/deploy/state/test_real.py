"""State of real BMv2 switches: by Thrift, by query packets, and as their own command line has it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import pytest
from engine.support.corpus import text_of
from engine.support.nets import Net, net
from support.bmv2 import Bmv2Network, missing

from contra.deploy.state.decode import Decoder, states_of
from contra.deploy.state.query import QuerySource
from contra.deploy.state.routes import End, compare, live_routes
from contra.deploy.state.source import ROUTING, ByWidth, StateSource, read_network, read_switch
from contra.deploy.state.thrift import WIDEST, ThriftSource
from contra.diagnostics import Reporter
from contra.driver import CompileRequest, compile
from contra.engine.build import Build, load
from contra.engine.held import by_port, hold, settle
from contra.engine.inputs import at_rest
from contra.engine.policy import policy_of
from contra.engine.routes import routes
from contra.engine.simulation import Settings, open_build
from contra.options import ProtocolOptions

REASON = missing()
pytestmark = [
    pytest.mark.bmv2,
    pytest.mark.slow,
    pytest.mark.skipif(REASON is not None, reason=REASON or ""),
]
OPTIONS = ProtocolOptions(flowlet_slots=64)
WIDE = "minimize(if A .* then (path.lat, path.len, path.util) else if .* B .* then (path.len, 3, 0) else inf)"
NETWORK = net("A-B B-C C-D D-A", "A C D")
CASES = {
    "load": (text_of("p8_congestion_aware"), NETWORK),
    "wide": (WIDE, NETWORK),
    "waypoint": (text_of("p4_waypoint"), net("F1-A A-F2 F2-B B-F1 A-B", "A B")),
}


class CpuPorts:
    """Packets at the control-plane ports."""

    def __init__(self, running: Bmv2Network) -> None:
        self.running = running

    def send(self, switch: int, packet: bytes) -> None:
        self.running.cpu_socket(self.running.names[switch]).send(packet)

    def receive(self, switch: int, timeout: float) -> bytes | None:
        sock = self.running.cpu_socket(self.running.names[switch])
        sock.settimeout(max(timeout, 0.001))
        try:
            return sock.recv(2048)
        except TimeoutError:
            return None


@dataclass
class Real:
    """A running network with everything that reads it."""

    folder: Path
    running: Bmv2Network
    build: Build
    thrift: ThriftSource
    queries: QuerySource
    both: StateSource


@pytest.fixture(params=list(CASES))
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Real]:
    policy, network = CASES[request.param]
    made = compiled(tmp_path, policy, network)
    with Bmv2Network(tmp_path / "b", thrift_base=19790) as running:
        thrift = ThriftSource(made, [], lambda switch: running.thrift_socket(running.names[switch]))
        queries = QuerySource(made, CpuPorts(running), thrift.drops)
        running.start_clock(0.256)
        time.sleep(3)
        yield Real(tmp_path, running, made, thrift, queries, ByWidth(made, thrift, queries, WIDEST))
        thrift.close()


def compiled(folder: Path, policy: str, network: Net) -> Build:
    with chdir(folder):
        Path("p.ctr").write_text(policy)
        Path("t.json").write_text(network.json())
        compile(CompileRequest(policy=Path("p.ctr"), topology="t.json", out=Path("b"), options=OPTIONS), Reporter())
    return load(folder / "b", Reporter())


def test_the_same_by_thrift_by_queries_and_by_the_command_line(real: Real) -> None:
    real.running.stop_clock()
    time.sleep(0.5)
    compared = wide = 0
    for number, switch in enumerate(real.build.switches):
        for cell in switch.program.row.cells:
            asked = list(real.queries.read(number, cell.name))
            shown = real.running.register(switch.switch.name, cell.name)
            # The command line has the numbers from Thrift: the largest of 64 bits with sign stands for all above
            assert shown == [min(value, 2**63 - 1) for value in asked], cell.name
            wide += max(asked) > 2**63
            if cell.bits <= WIDEST:
                assert list(real.thrift.read(number, cell.name)) == asked
                compared += any(asked)
        reasons = range(len(real.build.manifest.drop_reasons))
        assert list(real.thrift.drops(number)) == [real.running.counter(switch.switch.name, index) for index in reasons]
    assert compared > 5 * len(real.build.switches)
    if any(cell.bits > WIDEST for cell in real.build.switches[0].program.row.cells):
        assert wide


def test_routes_of_real_switches_are_those_of_the_engine(real: Real) -> None:
    reading = read_network(real.both, real.build, ROUTING)
    assert not reading.failures
    view = Decoder(real.build).network(reading)
    found = live_routes(real.build, policy_of(real.build), view, states_of(real.build, view))
    built, executables = open_build(real.folder / "b", Reporter(), Settings())
    states = at_rest(built.topology)
    simulation = hold(built, executables, Settings(), by_port(built, states))
    assert settle(simulation) is not None
    expected = routes(simulation, policy_of(built), states)
    assert compare([each.route for each in found], expected) == []
    assert all(each.end is End.ARRIVED for each in found)


def test_a_dead_switch_is_seen_by_its_neighbours_and_told(real: Real) -> None:
    victim = next(iter(real.running.names))
    number = real.build.topology.by_name[victim]
    real.running.kill(victim)
    time.sleep(1.5)
    decoder = Decoder(real.build)
    reading = read_network(real.thrift, real.build, ["fwd_next", "fwd_seen", "link_seen"])
    assert [each.code for each in reading.failures[number]] == ["CTR1301"]
    view = decoder.network(reading)
    for each in view.switches.values():
        for row in each.links:
            assert row.alive == (row.neighbour != number)


def test_a_switch_that_hears_nothing_ages(real: Real) -> None:
    """Its clock cannot be read: from the second look on it is known to go on."""
    decoder = Decoder(real.build)
    real.running.stop_clock()
    time.sleep(0.3)
    first = decoder.switch(read_switch(real.both, real.build, 0))
    assert all(row.alive for row in first.links)
    time.sleep(1.0)
    second = decoder.switch(read_switch(real.both, real.build, 0))
    assert not any(row.alive for row in second.links)
    assert not any(row.alive for row in second.fwd)
