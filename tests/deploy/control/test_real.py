"""The control plane against the real simple_switch_grpc: loading, verifying, changing, TLS, dying; and the fake switch
against the real one, refusal by refusal.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import grpc
import pytest
from google.rpc import code_pb2, status_pb2
from p4.v1 import p4runtime_pb2, p4runtime_pb2_grpc
from support.bmv2 import CommandLine, cli_command, missing_cli
from support.certificates import make_certificates
from support.control import QUICK, default, port_key, small, to_port
from support.control import holding as small_holding
from support.p4runtime_server import FakeServer

from contra.deploy.control.client import Address, Kind, Pipeline, SwitchError, Tls
from contra.deploy.control.desired import Adjustments, desired
from contra.deploy.control.differ import changes
from contra.deploy.control.errors import ControlError
from contra.deploy.control.journal import Journal, read_journal
from contra.deploy.control.model import Action, Altered, EntryKey, Holding, Match, Operation, Update
from contra.deploy.control.p4runtime import connect, load_pipeline
from contra.deploy.control.session import SwitchSession
from contra.deploy.control.writer import Applied
from contra.deploy.p4c import compile_programs
from contra.deploy.plan import Plan, Settings, make_plan
from contra.deploy.state.query import PACKET_IN_ANSWER, PACKET_OUT_QUERY
from contra.diagnostics import Reporter
from contra.driver import CompileRequest, compile
from contra.engine.build import Build, load
from contra.options import ProtocolOptions

ROOT = Path(__file__).parent.parent.parent.parent
TOOLS = ("simple_switch_grpc", "p4c-bm2-ss")
ABSENT = [tool for tool in TOOLS if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.bmv2,
    pytest.mark.slow,
    pytest.mark.skipif(bool(ABSENT), reason=f"{' and '.join(ABSENT)} not installed"),
]
DEVICE = 3
PATIENT = replace(QUICK, connect_s=20, request_s=20, pipeline_s=30, retry_s=0.02)


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RealSwitch:
    """One simple_switch_grpc without interfaces."""

    def __init__(self, *arguments: str) -> None:
        self.port, self.thrift = free_port(), free_port()
        self.arguments = arguments
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        command = ["simple_switch_grpc", "--no-p4", "--device-id", str(DEVICE), "--thrift-port", str(self.thrift)]
        command += ["-L", "off", "--", "--grpc-server-addr", self.address, "--cpu-port", "510", *self.arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()

    def thrift_cli(self, *lines: str) -> str:
        """What the switch's own command line answers."""
        reason = missing_cli()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.thrift)) != 0:
                reason = "this simple_switch_grpc was built without Thrift"
        if reason is not None:
            pytest.skip(reason)
        line = CommandLine([*(cli_command() or []), "--thrift-port", str(self.thrift)])
        try:
            return line.run(lines)
        finally:
            line.close()


def switches() -> set[str]:
    """Those among the children of this process."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            text = path.read_text(encoding="utf-8")
            parent = text[text.rindex(")") + 2 :].split()[1]
            if "(simple_switch" in text and int(parent) == os.getpid():
                found.add(path.parent.name)
    return found


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    before = switches()
    yield
    assert switches() == before


@pytest.fixture
def switch() -> Iterator[RealSwitch]:
    made = RealSwitch()
    yield made
    made.kill()


def compiled(folder: Path, policy: str, topology: str | dict[str, Any] = "abilene", **options: Any) -> Build:
    """An example, compiled by contrac and p4c."""
    if isinstance(topology, dict):
        source = folder.with_suffix(".json")
        source.write_text(json.dumps(topology), encoding="utf-8")
    else:
        source = ROOT / "topologies" / f"{topology}.json"
    request = CompileRequest(
        policy=ROOT / "examples" / f"{policy}.ctr", topology=str(source), out=folder, options=ProtocolOptions(**options)
    )
    compile(request, Reporter())
    compile_programs(folder, Reporter())
    return load(folder, Reporter())


@pytest.fixture(scope="module")
def abilene(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return compiled(tmp_path_factory.mktemp("builds") / "ca", "congestion-aware")


def plan_of(build: Build) -> Plan:
    return make_plan(build, Settings(scale=Fraction(1, 500)), Reporter())


def load_all(session: SwitchSession, wanted: Holding) -> Applied:
    session.push()
    return session.apply(wanted)


@pytest.fixture
def session_at(tmp_path: Path) -> Iterator[Callable[..., SwitchSession]]:
    """`session_at(switch, build)`: connected to the real switch, which plays switch 0 of the build."""
    made: list[SwitchSession] = []

    def make(switch: RealSwitch, build: Build, **options: Any) -> SwitchSession:
        row = plan_of(build).switches[0]
        address = Address(target=switch.address, device_id=options.get("device", DEVICE), tls=options.get("tls"))
        session = SwitchSession(
            row.switch.name,
            address,
            load_pipeline(row.p4info, row.json),
            row.program,
            Journal(tmp_path / "journal.jsonl", "real", "0" * 12),
            connect,
            options.get("packets", lambda packet: None),
            options.get("deadlines", PATIENT),
        )
        made.append(session)
        session.connect()
        return session

    yield make
    for session in made:
        session.close()
        session.journal.close()


def failing(kind: Kind, code: str, step: Callable[..., object], *arguments: object) -> Any:
    with pytest.raises(ControlError) as caught:
        step(*arguments)
    (diagnostic,) = caught.value.diagnostics
    assert (caught.value.kind, diagnostic.code) == (kind, code), (diagnostic.title_text(), diagnostic.note_texts())
    return diagnostic


# ---------------------------------------------------------------------------------------------- loading


def test_every_switch_of_abilene(switch: RealSwitch, abilene: Build, session_at: Callable[..., SwitchSession]) -> None:
    """One process becomes each of the eleven switches in turn, by the difference to the one before."""
    session, plan = session_at(switch, abilene), plan_of(abilene)
    session.push()
    for index in range(len(abilene.switches)):
        wanted = desired(abilene, plan, index)
        session.apply(wanted)
        assert session.read().contents == wanted.contents
        assert not session.verify(wanted)
        assert session.apply(wanted).total == 0


@pytest.mark.parametrize("policy", ["waypoint", "minimum-utilisation"])
def test_other_policies(
    switch: RealSwitch, tmp_path: Path, policy: str, session_at: Callable[..., SwitchSession]
) -> None:
    build = compiled(tmp_path / "b", policy, authenticate=policy == "waypoint")
    session = session_at(switch, build)
    wanted = desired(build, plan_of(build), 0, Adjustments(probe_key=(1, 2**32 - 1)))
    applied = load_all(session, wanted)
    assert applied.inserted == build.switches[0].entries.count - 1 + len(build.switches[0].entries.groups)
    assert applied.modified == 1 + (policy == "waypoint"), "identity, and the key"
    assert not session.verify(wanted)


def test_apply_changes_a_running_switch(
    switch: RealSwitch, abilene: Build, tmp_path: Path, session_at: Callable[..., SwitchSession]
) -> None:
    """The same network with other capacities: the program stays, and what it has counted."""
    text = (ROOT / "topologies" / "abilene.json").read_text(encoding="utf-8")
    assert '"10Gbit"' in text
    slower = json.loads(text.replace('"10Gbit"', '"4Gbit"'))
    other = compiled(tmp_path / "b", "congestion-aware", slower)
    session, plan = session_at(switch, abilene), plan_of(abilene)
    load_all(session, desired(abilene, plan, 0))
    session.packet_out(b"\x02" + bytes(60))  # as from a host, and no address in it: dropped
    wait_until(lambda: sum(session.counter("drops")) == 1)
    wanted = desired(other, plan_of(other), 0)
    hop_ports = [key for key in wanted.contents if isinstance(key, EntryKey) and key.table.endswith("hop_port")]
    applied = session.apply(wanted)
    assert (applied.inserted, applied.modified, applied.deleted) == (0, len(hop_ports), 0)
    assert sum(session.counter("drops")) == 1
    records = read_journal(session.journal.path, Reporter())
    assert [record.action for record in records].count("pipeline") == 1
    assert [record.object["table"] for record in records if record.action == "modify"][-len(hop_ports) :] == [
        "ContraIngress.route.hop_port"
    ] * len(hop_ports)


def test_ticks_and_queries(switch: RealSwitch, abilene: Build, session_at: Callable[..., SwitchSession]) -> None:
    answers: queue.Queue[bytes] = queue.Queue()
    session = session_at(switch, abilene, packets=answers.put)
    load_all(session, desired(abilene, plan_of(abilene), 0))
    manifest = json.loads((abilene.folder / "manifest.json").read_text(encoding="utf-8"))
    row = manifest["programs"]["destination"]
    cell = [each["name"] for each in row["cells"]].index("origin_version")
    size = row["query_value_bits"] // 8
    question = bytes([PACKET_OUT_QUERY, cell]) + bytes(4) + bytes(size)

    def version() -> int:
        session.packet_out(question)
        answer = answers.get(timeout=10)
        assert answer[: len(question) - size] == bytes([PACKET_IN_ANSWER]) + question[1 : len(question) - size]
        return int.from_bytes(answer[len(question) - size : len(question)], "big")

    assert version() == 0
    for _ in range(3):
        session.tick()
    wait_until(lambda: version() == 3)


# ------------------------------------------------------------------------------------------- interference


HOP_PORT = "ContraIngress.route.hop_port"


def test_an_entry_that_another_controller_changed(
    switch: RealSwitch, abilene: Build, session_at: Callable[..., SwitchSession]
) -> None:
    session, wanted = session_at(switch, abilene), desired(abilene, plan_of(abilene), 0)
    load_all(session, wanted)
    key = EntryKey(HOP_PORT, (Match("hop", "exact", 1),))
    extra = EntryKey(HOP_PORT, (Match("hop", "exact", 200),))
    content = Action("ContraIngress.route.to_port", (("port", 7), ("weight", 99)))
    names = session.target.pipeline.names
    stronger = Address(target=switch.address, device_id=DEVICE, election_id=2)
    other = connect(stronger, names, lambda packet: None, PATIENT, Event())
    other.write([Update(Operation.MODIFY, key, content), Update(Operation.INSERT, extra, content)])
    failing(Kind.NOT_PRIMARY, "CTR1102", session.apply, wanted)
    other.close()
    difference = session.verify(wanted)
    assert difference.missing == ()
    assert difference.extra == (extra,)
    assert difference.altered == (Altered(key, wanted.contents[key], content),)
    assert wanted.provenance[key]["link"]
    session.connect()
    applied = session.apply(wanted)
    assert (applied.inserted, applied.modified, applied.deleted) == (0, 1, 1)


def test_an_entry_that_was_changed_by_thrift(
    switch: RealSwitch, abilene: Build, session_at: Callable[..., SwitchSession]
) -> None:
    session, wanted = session_at(switch, abilene), desired(abilene, plan_of(abilene), 0)
    load_all(session, wanted)
    assert "Error" not in switch.thrift_cli(f"table_modify {HOP_PORT} ContraIngress.route.to_port 0 7 99")
    (altered,) = session.verify(wanted).altered
    assert dict(altered.found.parameters) == {"port": 7, "weight": 99}  # type: ignore[union-attr]
    assert session.apply(wanted).modified == 1
    assert "Error" not in switch.thrift_cli(f"table_add {HOP_PORT} ContraIngress.route.to_port 200 => 1 1")
    diagnostic = failing(Kind.REFUSED, "CTR1112", session.verify, wanted)
    assert "out-of-sync" in diagnostic.reason


def test_another_controller(switch: RealSwitch, abilene: Build, session_at: Callable[..., SwitchSession]) -> None:
    first = session_at(switch, abilene)
    load_all(first, desired(abilene, plan_of(abilene), 0))
    failing(Kind.NOT_PRIMARY, "CTR1102", session_at, switch, abilene)
    first.tick()


def test_another_program(
    switch: RealSwitch, abilene: Build, tmp_path: Path, session_at: Callable[..., SwitchSession]
) -> None:
    old = compiled(tmp_path / "old", "waypoint")
    session = session_at(switch, old)
    load_all(session, desired(old, plan_of(old), 0))
    session.close()
    newer = session_at(switch, abilene)
    diagnostic = failing(Kind.WRONG_PIPELINE, "CTR1104", newer.apply, desired(abilene, plan_of(abilene), 0))
    assert "table 'ContraIngress.decide.product_node' has other keys" in diagnostic.reasons


def test_another_device(switch: RealSwitch, abilene: Build, session_at: Callable[..., SwitchSession]) -> None:
    wrong = session_at(switch, abilene, device=DEVICE + 1)
    failing(Kind.WRONG_DEVICE, "CTR1103", wrong.push)


# ------------------------------------------------------------------------------------------------- dying


def test_killed_while_entries_are_written(
    switch: RealSwitch, abilene: Build, session_at: Callable[..., SwitchSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_at(switch, abilene)
    session.push()
    write = session.client.write

    def and_die(updates: Any) -> None:
        write(updates)
        switch.kill()

    monkeypatch.setattr(session.client, "write", and_die)
    failing(Kind.GONE, "CTR1110", session.apply, desired(abilene, plan_of(abilene), 0))
    failing(Kind.DIED, "CTR1110", session.tick)
    switch.start()
    session.connect()
    load_all(session, desired(abilene, plan_of(abilene), 0))


def test_stopped(switch: RealSwitch, abilene: Build, session_at: Callable[..., SwitchSession]) -> None:
    session = session_at(switch, abilene, deadlines=replace(PATIENT, request_s=0.2))
    session.push()
    switch.process.send_signal(signal.SIGSTOP)
    failing(Kind.TIMEOUT, "CTR1109", session.apply, desired(abilene, plan_of(abilene), 0))
    switch.process.send_signal(signal.SIGCONT)
    session.apply(desired(abilene, plan_of(abilene), 0))


# --------------------------------------------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def secure(folder: Path, *more: str) -> RealSwitch:
    files = ["--grpc-server-cert", str(folder / "server.crt"), "--grpc-server-key", str(folder / "server.key")]
    return RealSwitch("--grpc-server-ssl", *files, "--grpc-server-cacert", str(folder / "ca.crt"), *more)


def test_tls(abilene: Build, certificates: Path, session_at: Callable[..., SwitchSession]) -> None:
    switch = secure(certificates)
    try:
        session = session_at(switch, abilene, tls=Tls(certificates / "ca.crt"))
        wanted = desired(abilene, plan_of(abilene), 0)
        load_all(session, wanted)
        assert not session.verify(wanted)
        session.close()
        other = Tls(certificates / "other.crt")
        diagnostic = failing(Kind.UNREACHABLE, "CTR1101", partial(session_at, switch, abilene, tls=other))
        assert "certificates belong together" in diagnostic.advice
        brief = replace(PATIENT, connect_s=1)
        failing(Kind.UNREACHABLE, "CTR1101", partial(session_at, switch, abilene, deadlines=brief))
    finally:
        switch.kill()


def test_tls_with_certificates_of_controllers(
    abilene: Build, certificates: Path, session_at: Callable[..., SwitchSession]
) -> None:
    switch = secure(certificates, "--grpc-server-with-client-auth")
    try:
        own = Tls(certificates / "ca.crt", certificates / "client.crt", certificates / "client.key")
        session_at(switch, abilene, tls=own).close()
        brief, none = replace(PATIENT, connect_s=1), Tls(certificates / "ca.crt")
        failing(Kind.UNREACHABLE, "CTR1101", partial(session_at, switch, abilene, tls=none, deadlines=brief))
    finally:
        switch.kill()


# ---------------------------------------------------------------------------------- the fake and the real


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


def connected(address: str) -> Any:
    where = Address(target=address, device_id=DEVICE)
    return connect(where, small().names, lambda packet: None, PATIENT, Event())


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


def wait_until(condition: Callable[[], bool]) -> None:
    """Something that the switch does soon."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_default_actions_are_read_even_where_nobody_set_them(switch: RealSwitch) -> None:
    client = connected(switch.address)
    client.push(small())
    assert set(client.read().contents) == {default("In.identity"), default("In.routes")}
    client.close()
