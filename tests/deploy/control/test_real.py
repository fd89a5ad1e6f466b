"""The control plane against the real simple_switch_grpc: loading, verifying, changing, TLS, dying."""

from __future__ import annotations

import json
import queue
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from support.certificates import make_certificates
from support.real_switch import DEVICE, PATIENT, REAL, RealSwitch, wait_until

from contra.deploy.control.client import Address, Kind, Tls
from contra.deploy.control.desired import Adjustments, desired
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
pytestmark = REAL


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
