"""All of it together, on the embedded engine in place of real switches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest
from engine.support.builds import Built, built
from engine.support.corpus import text_of
from engine.support.nets import net
from support.engine_packets import EnginePackets
from support.engine_state import EngineSource

from contra.deploy.plan import Plan, Settings, SwitchPlan
from contra.deploy.state import source
from contra.deploy.state.errors import SwitchSilent, Unreadable
from contra.deploy.state.query import QuerySource
from contra.deploy.state.reader import StateReader, source_of
from contra.deploy.state.snapshot import snapshot_of
from contra.deploy.state.source import ByWidth
from contra.engine.inputs import at_rest
from contra.engine.routes import routes
from contra.engine.simulation import Simulation

RING = net("A-B B-C C-D D-A", "A C D")


def running(name: str = "p8_congestion_aware") -> tuple[Built, Simulation]:
    made = built(text_of(name), RING)
    simulation = made.simulation()
    simulation.network.run(6 * simulation.period_ps)
    return made, simulation


class OneDead(EngineSource):
    """Switch 1 does not answer."""

    def read(self, switch: int, cell: str) -> Sequence[int]:
        if switch == 1:
            raise Unreadable([SwitchSilent(switch="B", way="over Thrift", reason="Connection refused")])
        return super().read(switch, cell)


def test_a_look_and_a_snapshot() -> None:
    made, simulation = running()
    reader = StateReader(made.build, EngineSource(simulation))
    look = reader.look()
    assert look.converged
    expected = routes(simulation, made.policy, at_rest(made.build.topology))
    assert [each.route for each in look.routes] == expected
    shot = reader.snapshot(look, "ring", cut=[2])
    assert snapshot_of(shot.json()) == shot
    assert [(link.a, link.b, link.state) for link in shot.links] == [
        ("A", "B", "up"),
        ("B", "C", "up"),
        ("C", "D", "cut"),
        ("D", "A", "up"),
    ]
    assert [(p.source, p.target, p.visited, p.end) for p in shot.paths] == [
        (each.source, each.target, each.path, "") for each in expected
    ]
    assert {link.there for link in shot.links} == {0.0}
    given = reader.snapshot(look, "ring", loads={(0, 1): 0.25})
    assert (given.links[0].there, given.links[0].back) == (0.25, None)


def test_before_anything_is_known_it_has_not_converged() -> None:
    made = built(text_of("p8_congestion_aware"), RING)
    look = StateReader(made.build, EngineSource(made.simulation())).look()
    assert not look.converged
    assert {each.end.value for each in look.routes} == {"no path known"}


def test_a_dead_switch_is_told_and_the_rest_is_shown() -> None:
    made, simulation = running("p1_shortest_path")
    reader = StateReader(made.build, OneDead(simulation))
    look = reader.look()
    assert not look.converged
    assert list(look.failures) == [1]
    ways = {(each.route.source, each.route.target): each.text for each in look.routes}
    assert ways["A", "D"] == "A D"
    through = [text for text in ways.values() if " B" in text]
    assert all("switch not readable at B" in text for text in through)
    (trouble,) = reader.snapshot(look, "ring").troubles
    assert trouble == "the state of switch 'B' cannot be read over Thrift: Connection refused"
    with pytest.raises(Unreadable):
        reader.switch(1)
    assert reader.switch(0).fwd


def plan_of(made: Built, thrift: bool) -> Plan:
    """A plan as far as reading state needs one."""
    switches = tuple(
        SwitchPlan(
            switch=switch,
            program="destination",
            json=made.build.folder,
            p4info=made.build.folder,
            device_id=1 + switch.index,
            grpc_port=1,
            thrift_port=2 + switch.index,
            interfaces=(),
        )
        for switch in made.build.topology.switches
    )
    settings = replace(Settings(), thrift=thrift)
    return Plan(build=made.build, settings=settings, scale=None, switches=switches, links=(), hosts=())  # type: ignore[arg-type]


def test_by_thrift_where_there_is_thrift_else_by_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "time", SimpleNamespace(monotonic=lambda: 10.0))  # it stands still in the engine too
    made, simulation = running()
    direct = EngineSource(simulation)
    packets = EnginePackets(simulation)
    assert isinstance(source_of(plan_of(made, True), packets, direct.drops), ByWidth)
    queries = source_of(plan_of(made, False), packets, direct.drops)
    assert isinstance(queries, QuerySource)
    by_queries = StateReader(made.build, queries).look()
    by_memory = StateReader(made.build, direct).look()
    assert by_queries.view == by_memory.view
    assert by_queries.routes == by_memory.routes
