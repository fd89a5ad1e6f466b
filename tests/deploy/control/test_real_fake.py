"""The fake switch against the real simple_switch_grpc, refusal by refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from threading import Event
from typing import Any

import grpc
import pytest
from google.rpc import code_pb2, status_pb2
from p4.v1 import p4runtime_pb2, p4runtime_pb2_grpc
from support.control import default, port_key, small, to_port
from support.control import holding as small_holding
from support.p4runtime_server import FakeServer
from support.real_switch import DEVICE, PATIENT, REAL, RealSwitch, connected

from contra.deploy.control.client import Address, Pipeline, SwitchError
from contra.deploy.control.differ import changes
from contra.deploy.control.model import Holding, Operation, Update
from contra.deploy.control.p4runtime import connect

pytestmark = REAL


def entry(table: str, action: str = "", **parts: Any) -> Any:
    """A raw update: (field, kind, values...) in `match`, (number, value) in `params`."""
    names = small().names
    update = p4runtime_pb2.Update(type=parts.get("type", p4runtime_pb2.Update.INSERT))
    message = update.entity.table_entry
    message.table_id = names.tables[table].id if table else 0x02FFFFFF
    for field, kind, *values in parts.get("match", ()):
        part = getattr(message.match.add(field_id=field), kind)
        for name, value in zip(("value",) if len(values) == 1 else SECOND[kind], values, strict=True):
            setattr(part, name, value)
    message.priority = parts.get("priority", 0)
    message.is_default_action = parts.get("default", False)
    if action:
        message.action.action.action_id = names.actions[action].id if "." in action or action == "NoAction" else 5
        for number, value in parts.get("params", ()):
            message.action.action.params.add(param_id=number, value=value)
    return update


SECOND = {"lpm": ("value", "prefix_len"), "ternary": ("value", "mask"), "range": ("low", "high")}
PORT = (1, "exact", b"\x01")
PORTS = partial(entry, "In.ports")
ROUTES = partial(entry, "In.routes", "NoAction")
FILTERS = partial(entry, "In.filters", "NoAction")
GOOD = [(1, b"\x01"), (2, b"\x02")]
MODIFY, DELETE = p4runtime_pb2.Update.MODIFY, p4runtime_pb2.Update.DELETE


def group(number: int, *replicas: tuple[int, int], type: int = p4runtime_pb2.Update.INSERT) -> Any:
    update = p4runtime_pb2.Update(type=type)
    message = update.entity.packet_replication_engine_entry.multicast_group_entry
    message.multicast_group_id = number
    for port, instance in replicas:
        message.replicas.add(egress_port=port, instance=instance)
    return update


def register() -> Any:
    update = p4runtime_pb2.Update(type=MODIFY)
    update.entity.register_entry.register_id = 1
    return update


CASES: dict[str, list[Any]] = {
    "good": [PORTS("In.to_port", match=[PORT], params=GOOD)],
    "no such table": [entry("", "NoAction", match=[PORT])],
    "no such action": [PORTS("what", match=[PORT])],
    "action of another table": [PORTS("NoAction", match=[PORT])],
    "action for defaults only": [PORTS("In.deny", match=[PORT])],
    "no action": [PORTS(match=[PORT])],
    "no key": [PORTS("In.to_cpu")],
    "no such key": [PORTS("In.to_cpu", match=[(9, "exact", b"\x01")])],
    "one key too many": [PORTS("In.to_cpu", match=[PORT, (2, "exact", b"\x01")])],
    "other kind of match": [PORTS("In.to_cpu", match=[(1, "optional", b"\x01")])],
    "key too large": [PORTS("In.to_cpu", match=[(1, "exact", b"\x02\x00")])],
    "priority where none decides": [PORTS("In.to_cpu", match=[PORT], priority=1)],
    "no parameters": [PORTS("In.to_port", match=[PORT])],
    "no such parameter": [PORTS("In.to_port", match=[PORT], params=[(1, b"\x01"), (7, b"\x01")])],
    "parameter too large": [PORTS("In.to_port", match=[PORT], params=[(1, b"\x02\x00"), (2, b"\x01")])],
    "prefix 0": [ROUTES(match=[(1, "lpm", b"\x00", 0)])],
    "prefix too long": [ROUTES(match=[(1, "lpm", b"\x01", 33)])],
    "bits behind the prefix": [ROUTES(match=[(1, "lpm", b"\x0a\x00\x00\x01", 8)])],
    "everything by prefix": [ROUTES()],
    "mask 0": [FILTERS(match=[(1, "ternary", b"\x00", b"\x00")], priority=1)],
    "bits outside the mask": [FILTERS(match=[(1, "ternary", b"\x03", b"\x01")], priority=1)],
    "range upside down": [FILTERS(match=[(2, "range", b"\x05", b"\x04")], priority=1)],
    "range of all": [FILTERS(match=[(2, "range", b"\x00", b"\xff\xff")], priority=1)],
    "no priority": [FILTERS(match=[(1, "ternary", b"\x01", b"\x01")])],
    "same key, other priority": [FILTERS(priority=1), FILTERS(priority=2), FILTERS(priority=2)],
    "constant table": [entry("In.fixed", "In.to_cpu", match=[(1, "exact", b"\x01")])],
    "modify a constant entry": [entry("In.fixed", "NoAction", match=[(1, "exact", b"\x88\xb5")], type=MODIFY)],
    "delete a constant entry": [entry("In.fixed", match=[(1, "exact", b"\x88\xb5")], type=DELETE)],
    "insert a constant entry": [entry("In.fixed", "NoAction", match=[(1, "exact", b"\x88\xb5")])],
    "length of 0": [FILTERS(match=[(3, "optional", b"\x00")], priority=1)],
    "constant default": [PORTS("In.deny", default=True, type=MODIFY)],
    "default inserted": [entry("In.identity", "NoAction", default=True)],
    "default deleted": [entry("In.identity", "NoAction", default=True, type=DELETE)],
    "default with a key": [ROUTES(default=True, type=MODIFY, match=[(1, "lpm", b"\x0a\x00\x00\x00", 8)])],
    "default with a priority": [ROUTES(default=True, type=MODIFY, priority=1)],
    "default": [ROUTES(default=True, type=MODIFY)],
    "twice": [PORTS("In.to_cpu", match=[PORT])] * 2,
    "modify nothing": [PORTS("In.to_cpu", match=[PORT], type=MODIFY)],
    "delete nothing": [PORTS(match=[PORT], type=DELETE)],
    "some of many": [
        PORTS("In.to_cpu", match=[PORT]),
        PORTS("In.to_cpu", match=[PORT]),
        PORTS("In.to_cpu", match=[(1, "exact", b"\x02")]),
        PORTS(match=[(1, "exact", b"\x03")], type=DELETE),
        PORTS(match=[PORT], type=DELETE),
    ],
    "table full": [PORTS("In.to_cpu", match=[(1, "exact", bytes([port]))]) for port in range(10)],
    "no operation": [PORTS("In.to_cpu", match=[PORT], type=0)],
    "group 0": [group(0, (1, 1))],
    "group twice": [group(1, (1, 1)), group(1, (1, 1))],
    "replica twice": [group(1, (1, 1), (1, 1))],
    "empty group": [group(1)],
    "modify no group": [group(1, (1, 1), type=MODIFY)],
    "delete no group": [group(1, type=DELETE)],
    "groups": [group(1, (1, 1), (2, 1)), group(1, (3, 4), type=MODIFY), group(1, type=DELETE)],
    "register": [register()],
}


class Raw:
    """Requests as they are, to a switch whose controller somebody is."""

    def __init__(self, address: str, device: int) -> None:
        self.channel = grpc.insecure_channel(address)
        self.stub = p4runtime_pb2_grpc.P4RuntimeStub(self.channel)
        self.device = device

    def write(self, updates: list[Any]) -> tuple[str, list[str]]:
        """The code of a batch, and of each update up to the last that failed."""
        request = p4runtime_pb2.WriteRequest(device_id=self.device)
        request.election_id.low = 1
        request.updates.extend(updates)
        try:
            self.stub.Write(request, timeout=10)
        except grpc.RpcError as error:
            return error.code().name, self.codes(error)
        return "OK", []

    def codes(self, error: Any) -> list[str]:
        details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
        found = []
        for each in status_pb2.Status.FromString(details or b"").details:
            message = p4runtime_pb2.Error()
            assert each.Unpack(message)
            found.append(code_pb2.Code.Name(message.canonical_code))
        return found


@pytest.fixture(scope="module")
def both() -> Iterator[Callable[[list[Any]], tuple[Any, Any, Holding, Holding]]]:
    """`both(updates)`: what the real and the fake switch answer when both are empty, and what they hold then."""
    real = RealSwitch()
    with FakeServer(DEVICE) as fake:
        clients = [connected(each.address) for each in (real, fake)]
        raws = [Raw(each.address, DEVICE) for each in (real, fake)]

        def ask(updates: list[Any]) -> tuple[Any, Any, Holding, Holding]:
            for client in clients:
                client.push(small())
            answers = [raw.write(updates) for raw in raws]
            return answers[0], answers[1], clients[0].read(), clients[1].read()

        yield ask
        for client, raw in zip(clients, raws, strict=True):
            raw.channel.close()
            client.close()
    real.kill()


@pytest.mark.parametrize("case", CASES)
def test_the_fake_answers_as_the_real_one(both: Callable[..., Any], case: str) -> None:
    real, fake, real_holding, fake_holding = both(CASES[case])
    assert fake == real
    assert fake_holding == real_holding


def test_everything_at_once_on_the_small_program(switch: RealSwitch) -> None:
    """The holding that the other tests use has something of every kind; a real switch takes it and gives it back."""
    client = connected(switch.address)
    client.push(small())
    for batch in changes(client.read(), small_holding()):
        client.write(batch)
    assert client.read() == small_holding()
    client.close()


def test_what_both_say_before_there_is_a_program(switch: RealSwitch) -> None:
    with FakeServer(DEVICE) as fake:
        said = []
        for address in (switch.address, fake.address):
            client = connected(address)
            row: list[Any] = [client.running().names]
            steps = [
                client.read,
                lambda client=client: client.write([Update(Operation.INSERT, port_key(1), to_port(1))]),
                lambda client=client: client.push(broken()),
            ]
            for step in steps:
                with pytest.raises(SwitchError) as caught:
                    step()
                row.append((caught.value.kind, caught.value.code))
            for election in (0, 1):
                with pytest.raises(SwitchError) as caught:
                    connect(
                        Address(target=address, device_id=DEVICE, election_id=election),
                        small().names,
                        print,
                        PATIENT,
                        Event(),
                    )
                row.append((caught.value.kind, caught.value.code))
            said.append(row)
            client.close()
        assert said[0] == said[1]
        assert said[0][0] is None


def broken() -> Pipeline:
    """A program whose JSON is cut short."""
    message = p4runtime_pb2.ForwardingPipelineConfig.FromString(small().config)
    message.p4_device_config = message.p4_device_config[: len(message.p4_device_config) // 2]
    return Pipeline(names=small().names, cookie=1, config=message.SerializeToString())


def test_default_actions_are_read_even_where_nobody_set_them(switch: RealSwitch) -> None:
    client = connected(switch.address)
    client.push(small())
    assert set(client.read().contents) == {default("In.identity"), default("In.routes")}
    client.close()
