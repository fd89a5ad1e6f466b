"""The Thrift client against a hand-made server, in good and bad moods."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from random import Random

import pytest
from engine.support.builds import Built, built
from engine.support.corpus import text_of
from engine.support.nets import net
from support.thrift_server import ThriftServer

pytest.importorskip("thrift")

from contra.deploy.state.errors import BadAnswer, NoSuchCell, SwitchSilent, TooWide, Unreadable
from contra.deploy.state.source import ByWidth, read_network
from contra.deploy.state.thrift import WIDEST, ThriftSource
from contra.options import ProtocolOptions

OPTIONS = ProtocolOptions(flowlet_slots=64)


@pytest.fixture(scope="module")
def made() -> Built:
    return built(text_of("p2_least_utilised"), net("A-B B-C C-A"), options=OPTIONS)


def registers(made: Built) -> dict[str, list[int]]:
    """Other values in every slot, as large as they may be."""
    random = Random(1)
    return {
        cell.name: [random.getrandbits(min(cell.bits, WIDEST)) for _ in range(cell.slots)]
        for cell in made.build.switches[0].program.row.cells
    }


@pytest.fixture
def server(made: Built) -> Iterator[ThriftServer]:
    reasons = len(made.build.manifest.drop_reasons)
    with ThriftServer(registers(made), {"ContraIngress.drops": [7 * number for number in range(reasons)]}) as running:
        yield running


def source(made: Built, server: ThriftServer, timeout: float = 2.0) -> ThriftSource:
    def connect(switch: int) -> socket.socket:
        return socket.create_connection(("127.0.0.1", server.port), timeout)

    return ThriftSource(made.build, [], connect)


def test_cells_and_counters(made: Built, server: ThriftServer) -> None:
    client = source(made, server)
    for name, values in server.registers.items():
        assert list(client.read(0, name)) == values
        assert list(client.read_at(0, name, [len(values) - 1, 0])) == [values[-1], values[0]]
    assert list(client.drops(0)) == list(server.counter["ContraIngress.drops"])
    assert server.connections == 1
    assert {method for method, _, _ in server.calls} == {"bm_register_read_all", "bm_register_read", "bm_counter_read"}
    client.close()


def test_a_counter_without_its_control(made: Built, server: ThriftServer) -> None:
    server.counter = {"drops": [3] * len(made.build.manifest.drop_reasons)}
    client = source(made, server)
    assert list(client.drops(0)) == [3] * len(made.build.manifest.drop_reasons)
    client.close()


def test_a_restarted_switch_is_asked_again(made: Built, server: ThriftServer) -> None:
    client = source(made, server)
    expected = client.read(0, "fwd_next")
    server.hang_up()
    assert client.read(0, "fwd_next") == expected
    assert server.connections == 2
    client.close()


@pytest.mark.parametrize(
    ("mood", "kind"),
    [
        ("silent", SwitchSilent),
        ("cut", SwitchSilent),
        ("http", BadAnswer),
        ("exception", BadAnswer),
        ("late", BadAnswer),
        ("empty", BadAnswer),
        ("huge", BadAnswer),
        ("negative", BadAnswer),
        ("strings", BadAnswer),
        ("short", NoSuchCell),
    ],
)
def test_bad_moods_are_told_and_pass(made: Built, server: ThriftServer, mood: str, kind: type) -> None:
    client = source(made, server, timeout=0.3)
    server.mood = mood
    with pytest.raises(Unreadable) as caught:
        client.read(0, "fwd_next")
    (found,) = caught.value.diagnostics
    assert isinstance(found, kind)
    assert found.switch == "A"
    server.mood = "good"
    assert list(client.read(0, "fwd_next")) == server.registers["fwd_next"]
    client.close()


def test_what_it_does_not_have(made: Built, server: ThriftServer) -> None:
    client = source(made, server)
    server.registers = {name: values for name, values in server.registers.items() if name != "fwd_seen"}
    for ask in (
        lambda: client.read(0, "fwd_seen"),
        lambda: client.read_at(0, "fwd_next", [10_000]),
        lambda: client.read(0, "nonsense"),
    ):
        with pytest.raises(Unreadable) as caught:
            ask()
        assert isinstance(caught.value.diagnostics[0], NoSuchCell)
    assert list(client.read(0, "fwd_next")) == server.registers["fwd_next"]
    client.close()


def test_nobody_there(made: Built) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreadable) as caught:
        ThriftSource(made.build, [port]).read(0, "fwd_next")
    assert isinstance(caught.value.diagnostics[0], SwitchSilent)
    assert "refused" in caught.value.diagnostics[0].title_text()


def test_one_dead_switch_does_not_hide_the_others(made: Built, server: ThriftServer) -> None:
    def connect(switch: int) -> socket.socket:
        if switch == 1:
            raise ConnectionRefusedError(111, "Connection refused")
        return socket.create_connection(("127.0.0.1", server.port), 2.0)

    client = ThriftSource(made.build, [], connect)
    reading = read_network(client, made.build, ["fwd_next"])
    assert sorted(reading.raws) == [0, 2]
    assert [each.code for each in reading.failures[1]] == ["CTR1301"]
    client.close()


WIDE = "minimize(if A .* then (path.lat, path.len, path.util) else if .* B .* then (path.len, 3, 0) else inf)"


def test_cells_too_wide_go_the_other_way(server: ThriftServer) -> None:
    """BMv2 hands out 64 bits with sign; larger values come as the largest of those, so they are not asked for."""
    wide = built(WIDE, net("A-B B-C C-A"), options=OPTIONS)
    cells = {cell.name: cell.bits for cell in wide.build.switches[0].program.row.cells}
    assert cells["fwd_rank"] > WIDEST >= cells["fwd_next"]
    narrow = source(wide, server)
    with pytest.raises(Unreadable) as caught:
        narrow.read(0, "fwd_rank")
    assert isinstance(caught.value.diagnostics[0], TooWide)

    class Other:
        def read(self, switch: int, cell: str) -> list[int]:
            return [cells[cell]]

        def read_at(self, switch: int, cell: str, indices: list[int]) -> list[int]:
            return [cells[cell] for _ in indices]

        def drops(self, switch: int) -> list[int]:
            raise AssertionError("counters fit Thrift")

    both = ByWidth(wide.build, narrow, Other(), WIDEST)
    server.registers = {**server.registers, "fwd_next": [1] * 2 ** cells_slots(wide, "fwd_next")}
    assert list(both.read(0, "fwd_rank")) == [cells["fwd_rank"]]
    assert list(both.read_at(0, "fwd_rank", [1, 2])) == [cells["fwd_rank"]] * 2
    assert set(both.read(0, "fwd_next")) == {1}
    assert len(both.drops(0)) == len(wide.build.manifest.drop_reasons)
    narrow.close()


def cells_slots(made: Built, name: str) -> int:
    """Bits that number the slots of a cell."""
    cells = made.build.switches[0].program.row.cells
    return next(cell.slots for cell in cells if cell.name == name).bit_length() - 1
