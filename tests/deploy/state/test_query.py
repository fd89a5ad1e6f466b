"""Query packets through the generated P4, held against the registers that they ask for."""

from __future__ import annotations

from random import Random

import pytest
from engine.support.builds import built
from engine.support.chaos import World
from engine.support.corpus import CASES, text_of
from engine.support.nets import network
from support.engine_packets import EnginePackets
from support.engine_state import EngineSource

from contra.deploy.state.errors import BadAnswer, NoSuchCell, QueriesLost, Unreadable
from contra.deploy.state.query import TRIES, WINDOW, Mailboxes, QuerySource
from contra.deploy.state.source import read_network
from contra.engine.simulation import Settings
from contra.options import ProtocolOptions

OPTIONS = ProtocolOptions(flowlet_slots=128)


def world(name: str) -> World:
    random, case = Random(5), CASES[name]
    made = built(text_of(name), network(random, case.needed.split(), case.ways), Settings(strict=True), OPTIONS)
    here = World(made, made.simulation(), random)
    here.run(3.4)
    return here


@pytest.mark.parametrize("name", ["p2_least_utilised", "p4_waypoint", "p8_congestion_aware", "flowlet_violation"])
@pytest.mark.parametrize("line", ["clean", "bad"])
def test_what_queries_tell_is_what_the_registers_hold(name: str, line: str) -> None:
    here = world(name)
    packets = EnginePackets(here.simulation, Random(1) if line == "bad" else None)
    direct = EngineSource(here.simulation)
    source = QuerySource(here.built.build, packets, direct.drops, patience=0.2 if line == "bad" else 5.0)
    cells = {cell.name for program in here.built.build.manifest.programs.values() for cell in program.cells}
    told = read_network(source, here.built.build, cells, switches=[0, 1, 2])
    held = read_network(direct, here.built.build, cells, switches=[0, 1, 2])
    assert not told.failures
    for number in (0, 1, 2):
        assert told.raws[number].cells == held.raws[number].cells
        assert told.raws[number].drops == held.raws[number].drops
    if line == "clean":
        assert packets.sent == sum(len(values) for raw in held.raws.values() for values in raw.cells.values())
        assert packets.most_waiting == WINDOW


def test_some_slots_in_any_order() -> None:
    here = world("p2_least_utilised")
    source = QuerySource(here.built.build, EnginePackets(here.simulation), lambda switch: ())
    wanted = [3, 0, 3, 1]
    expected = [here.simulation.states[0].read_register("fwd_seen", index) for index in wanted]
    assert list(source.read_at(0, "fwd_seen", wanted)) == expected
    assert list(source.read_at(0, "fwd_seen", [])) == []


class Deaf:
    """A switch that never answers."""

    def __init__(self, answer: bytes | None = None) -> None:
        self.sent: list[bytes] = []
        self.answer = answer

    def send(self, switch: int, packet: bytes) -> None:
        self.sent.append(packet)

    def receive(self, switch: int, timeout: float) -> bytes | None:
        return self.answer


def test_a_switch_that_never_answers_is_given_up_and_named() -> None:
    here, deaf = world("p2_least_utilised"), Deaf()
    source = QuerySource(here.built.build, deaf, lambda switch: (), patience=0.01)
    with pytest.raises(Unreadable) as caught:
        source.read(1, "flowlet")
    (found,) = caught.value.diagnostics
    assert isinstance(found, QueriesLost)
    assert (found.lost, found.asked, found.tries) == (128, 128, TRIES)
    assert found.switch == here.label(1)
    assert len(deaf.sent) == WINDOW * TRIES


def test_answers_that_cannot_be_are_told() -> None:
    here = world("p2_least_utilised")
    bits = here.built.build.switches[0].program.row.query_value_bits
    cells = [cell.name for cell in here.built.build.switches[0].program.row.cells]
    number = cells.index("fwd_next")
    lie = Deaf(bytes([2, number]) + bytes(4) + b"\xff" * (bits // 8) + bytes(4))
    with pytest.raises(Unreadable) as caught:
        QuerySource(here.built.build, lie, lambda switch: ()).read(0, "fwd_next")
    assert isinstance(caught.value.diagnostics[0], BadAnswer)


@pytest.mark.parametrize("junk", [b"", b"\2", b"\2\3\0\0\0\0", b"\1" * 40, b"\2" * 4, bytes(2000)])
def test_junk_is_no_answer(junk: bytes) -> None:
    here = world("p2_least_utilised")
    with pytest.raises(Unreadable) as caught:
        QuerySource(here.built.build, Deaf(junk), lambda switch: (), patience=0.01).read_at(0, "fwd_next", [1])
    assert isinstance(caught.value.diagnostics[0], QueriesLost)


@pytest.mark.parametrize(("cell", "index"), [("nonsense", 0), ("fwd_next", 1 << 20), ("fwd_next", -1)])
def test_what_does_not_exist_is_not_asked_for(cell: str, index: int) -> None:
    here, deaf = world("p2_least_utilised"), Deaf()
    with pytest.raises(Unreadable) as caught:
        QuerySource(here.built.build, deaf, lambda switch: ()).read_at(0, cell, [index])
    assert isinstance(caught.value.diagnostics[0], NoSuchCell)
    assert deaf.sent == []


def test_mailboxes_keep_answers_and_nothing_else() -> None:
    sent: list[tuple[int, bytes]] = []
    boxes = Mailboxes(2, lambda switch, packet: sent.append((switch, packet)))
    boxes.send(1, b"\3abc")
    boxes.sink(0)(b"\1delivered")
    boxes.sink(1)(b"\2answer")
    assert sent == [(1, b"\3abc")]
    assert boxes.receive(0, 0.0) is None
    assert boxes.receive(1, 1.0) == b"\2answer"
    assert boxes.receive(1, 0.0) is None
