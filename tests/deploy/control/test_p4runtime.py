"""The adapter against a fake switch: every way in which a connection or a request can fail, and nothing that leaks."""

from __future__ import annotations

import logging
import queue
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from p4.v1 import p4runtime_pb2
from support.certificates import make_certificates
from support.control import FIXTURES, QUICK, default, holding, port_key, small, to_port
from support.p4runtime_server import Answer, Die, FakeServer, Hang
from support.p4runtime_tables import Refused

from contra.deploy.control.client import Address, Client, Deadlines, Kind, Pipeline, SwitchError, Tls
from contra.deploy.control.differ import changes
from contra.deploy.control.model import Action, EntryKey, Holding, Match, Operation, Update
from contra.deploy.control.names import differences
from contra.deploy.control.p4runtime import connect, load_pipeline, same_shape
from contra.deploy.errors import ToolError

NEVER = threading.Event()


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(device_id=3) as fake:
        yield fake


@pytest.fixture(autouse=True)
def nothing_leaks(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Threads end with their connection; the libraries neither print nor log nor set up logging."""
    handlers = list(logging.getLogger().handlers)
    yield
    deadline = time.monotonic() + 5
    while any(thread.name.startswith("p4runtime") for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "the thread of a connection outlives it"
        time.sleep(0.01)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records
    assert logging.getLogger().handlers == handlers


@pytest.fixture
def connected() -> Iterator[Callable[..., Client]]:
    """`connected(server)`: a client that is closed after the test."""
    made: list[Client] = []

    def make(server: FakeServer, election: int = 1, device: int = 3, **options: object) -> Client:
        address = Address(target=server.address, device_id=device, election_id=election, tls=options.get("tls"))  # type: ignore[arg-type]
        sink = options.get("sink", lambda packet: None)
        deadlines = options.get("deadlines", QUICK)
        made.append(connect(address, small().names, sink, deadlines, NEVER))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def ready(server: FakeServer, connected: Callable[..., Client]) -> Client:
    """Connected, with the program pushed."""
    client = connected(server)
    client.push(small())
    return client


def failing(kind: Kind, step: Callable[..., object], *arguments: object) -> SwitchError:
    """The failure of a step, of the right kind."""
    with pytest.raises(SwitchError) as caught:
        step(*arguments)
    assert caught.value.kind is kind, caught.value
    assert isinstance(caught.value.code, str)
    return caught.value


def insert(port: int) -> Update:
    return Update(Operation.INSERT, port_key(port), to_port(port))


# ------------------------------------------------------------------------------------------- connecting


def test_it_waits_for_a_switch_that_comes_up_late(connected: Callable[..., Client]) -> None:
    with FakeServer(device_id=3) as fake:
        fake.kill()
        fake._server.stop(None).wait()
        late = threading.Timer(0.3, fake.start)
        late.start()
        client = connected(fake)
        late.join()
        assert client.alive() is None


def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = Address(target=f"127.0.0.1:{port}", device_id=3)
    error = failing(Kind.UNREACHABLE, connect, address, small().names, print, replace(QUICK, connect_s=0.1), NEVER)
    assert error.message == f"nobody listens at 127.0.0.1:{port}: Connection refused"


@pytest.mark.parametrize(
    "target", ["nonsense", "127.0.0.1:99999", "unix:/nowhere/at/all", "", "no.such.host.invalid:1"]
)
def test_addresses_that_lead_nowhere(target: str) -> None:
    address = Address(target=target, device_id=3)
    failing(Kind.UNREACHABLE, connect, address, small().names, print, replace(QUICK, connect_s=0.05), NEVER)


def test_somebody_else_listens_there() -> None:
    """A server that accepts connections and says nothing, as a wrong port would."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = Address(target=f"127.0.0.1:{other.getsockname()[1]}", device_id=3)
        with pytest.raises(SwitchError) as caught:
            connect(address, small().names, print, replace(QUICK, connect_s=0.3), NEVER)
        assert caught.value.kind in (Kind.TIMEOUT, Kind.UNREACHABLE)


def test_waiting_can_be_ended(server: FakeServer) -> None:
    server.kill()
    server._server.stop(None).wait()
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    started = time.monotonic()
    address = Address(target=server.address, device_id=3)
    failing(Kind.UNREACHABLE, connect, address, small().names, print, Deadlines(connect_s=60), stop)
    assert time.monotonic() - started < 30, "it did not wait for its deadline"


def test_a_second_controller_is_refused(server: FakeServer, connected: Callable[..., Client]) -> None:
    connected(server, election=5)
    assert "election id 5" in failing(Kind.NOT_PRIMARY, connected, server, 4).message
    assert "already exists" in failing(Kind.NOT_PRIMARY, connected, server, 5).message


def test_a_stronger_controller_takes_over(server: FakeServer, ready: Client, connected: Callable[..., Client]) -> None:
    other = connected(server, election=9)
    wait_until(lambda: ready.alive() is not None)
    assert (
        failing(Kind.NOT_PRIMARY, ready.write, [insert(1)]).message == "another controller (election id 9) is in charge"
    )
    failing(Kind.NOT_PRIMARY, ready.packet_out, b"\x01")
    failing(Kind.NOT_PRIMARY, ready.push, small())
    assert isinstance(ready.read(), Holding), "reading is everybody's right"
    other.write([insert(1)])


def test_the_server_itself_says_who_may_write(server: FakeServer, ready: Client) -> None:
    """Mastership lost, and the message that says so still under way."""
    server.switch.connections[0].election_id = 77
    failing(Kind.NOT_PRIMARY, ready.write, [insert(1)])


def test_an_answer_for_another_device(server: FakeServer, connected: Callable[..., Client]) -> None:
    server.switch.answers_device = 4
    assert failing(Kind.WRONG_DEVICE, connected, server).message == "it answers for device 4, not for 3"


def test_another_device_that_is_found_out_by_the_push(server: FakeServer, connected: Callable[..., Client]) -> None:
    client = connected(server, device=9)
    assert client.running().names is None
    failing(Kind.WRONG_DEVICE, client.push, small())


def test_a_switch_that_does_not_take_controllers(server: FakeServer, connected: Callable[..., Client]) -> None:
    server.switch.deaf = True
    failing(Kind.TIMEOUT, lambda: connected(server, deadlines=replace(QUICK, connect_s=0.2)))


# --------------------------------------------------------------------------------------------- programs


def test_what_runs(server: FakeServer, connected: Callable[..., Client]) -> None:
    client = connected(server)
    assert client.running().names is None
    client.push(small())
    running = client.running()
    assert running.cookie == small().cookie
    assert running.names == small().names
    assert list(differences(small().names, small().names)) == []


def edited(edit: Callable[[str], str]) -> Pipeline:
    """The small program with another P4Info."""
    text = (FIXTURES / "small.p4info.txtpb").read_text(encoding="utf-8")
    changed = edit(text)
    assert changed != text
    folder = FIXTURES.parent / "__pycache__"
    folder.mkdir(exist_ok=True)
    path = folder / "edited.p4info.txtpb"
    path.write_text(changed, encoding="utf-8")
    try:
        return load_pipeline(path, FIXTURES / "small.json")
    finally:
        path.unlink()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("size: 8", "size: 9", "table 'In.ports' has size 9 instead of 8"),
        ('name: "weight"', 'name: "heft"', "action 'In.to_port' has other parameters"),
        ('name: "In.drops"', 'name: "In.losses"', "it has no counter 'In.drops'"),
        ('name: "reason"', 'name: "cause"', "header packet_in has other fields"),
        ("match_type: LPM", "match_type: EXACT", "table 'In.routes' has other keys"),
    ],
)
def test_an_old_p4info_is_told_from_ours(old: str, new: str, said: str) -> None:
    assert said in list(differences(small().names, edited(lambda text: text.replace(old, new)).names))


def test_one_more_table() -> None:
    more = edited(lambda text: text.replace('name: "In.identity"', 'name: "In.another"'))
    assert list(differences(small().names, more.names)) == [
        "it has no table 'In.identity'",
        "its table 'In.another' is not of ours",
    ]


def test_a_cookie_is_the_program(tmp_path: Path) -> None:
    config = tmp_path / "small.json"
    config.write_bytes((FIXTURES / "small.json").read_bytes() + b"\n")
    info = FIXTURES / "small.p4info.txtpb"
    assert load_pipeline(info, config).cookie != small().cookie
    assert load_pipeline(info, FIXTURES / "small.json").cookie == small().cookie


def test_files_that_are_none(tmp_path: Path) -> None:
    bad = tmp_path / "bad.txtpb"
    bad.write_text("tables { what", encoding="utf-8")
    with pytest.raises(ToolError, match="1:14"):
        load_pipeline(bad, FIXTURES / "small.json")
    bad.write_bytes(b"\xff\xfe")
    with pytest.raises(ToolError, match=r"program 'bad' was not compiled: .* cannot be read: 'utf-8'"):
        load_pipeline(bad, FIXTURES / "small.json")
    with pytest.raises(ToolError, match=r"program 'small' was not compiled: .*No such file or directory"):
        load_pipeline(FIXTURES / "small.p4info.txtpb", tmp_path / "none.json")


def _seven_lines_on(found: re.Match[str]) -> str:
    return re.sub(r"\d+", lambda number: str(int(number[0]) + 7), found[0])


def test_programs_of_one_shape(tmp_path: Path) -> None:
    """Other comments and places in the text are no other program; another table size, constant or default is."""
    info, config = FIXTURES / "small.p4info.txtpb", FIXTURES / "small.json"
    text = config.read_text(encoding="utf-8")

    def like(changed: str) -> bool:
        other = tmp_path / config.name
        other.write_text(changed, encoding="utf-8")
        return same_shape((info, config), (info, other))

    assert like(text)
    assert like(text.replace('"line" : 12', '"line" : 13').replace("small.p4", "other.p4"))
    assert not like(text.replace('"0x88b5"', '"0x88b7"'))
    shifted = re.sub(r"\bsmall(\d+)\b|\btbl_small(\d+)\b", _seven_lines_on, text)
    assert shifted != text, "p4c calls actions and tables by their line"
    assert like(shifted)
    assert not like(text.replace('"small84"', '"small92"'))
    assert not like(text.replace('"max_size" : 16', '"max_size" : 17'))
    with pytest.raises(ToolError, match="cannot be read"):
        like("{")
    with pytest.raises(ToolError, match="cannot be read"):
        like("[" * 100_000)


def test_a_program_that_the_switch_refuses(server: FakeServer, connected: Callable[..., Client]) -> None:
    client = connected(server)
    message = p4runtime_pb2.ForwardingPipelineConfig.FromString(small().config)
    message.p4_device_config = b"{"
    bad = Pipeline(names=small().names, cookie=1, config=message.SerializeToString())
    failing(Kind.WRONG_PIPELINE, client.push, bad)


def test_no_program_yet(server: FakeServer, connected: Callable[..., Client]) -> None:
    client = connected(server)
    failing(Kind.WRONG_PIPELINE, client.write, [insert(1)])
    failing(Kind.WRONG_PIPELINE, client.read)


# ---------------------------------------------------------------------------------------------- entries


def test_what_is_written_is_read(server: FakeServer, ready: Client) -> None:
    fresh = ready.read()
    assert fresh.contents == {default("In.identity"): Action("NoAction"), default("In.routes"): Action("In.deny")}
    for batch in changes(fresh, holding()):
        ready.write(batch)
    assert ready.read() == holding()


def test_constants_of_the_program_are_not_read(server: FakeServer, ready: Client) -> None:
    assert server.switch.tables is not None
    assert len(server.switch.tables.entries[small().names.tables["In.fixed"].id]) == 2
    assert not [key for key in ready.read().contents if getattr(key, "table", "") == "In.fixed"]


def test_refusals_name_their_updates(server: FakeServer, ready: Client) -> None:
    ready.write([insert(2)])
    bad = Update(Operation.INSERT, EntryKey("In.ports"), to_port(1))
    batch = [insert(1), insert(2), insert(3), bad, Update(Operation.DELETE, port_key(9), None), insert(4)]
    error = failing(Kind.REFUSED, ready.write, batch)
    assert [(refusal.update, refusal.code) for refusal in error.refusals] == [
        (batch[1], "ALREADY_EXISTS"),
        (batch[3], "INVALID_ARGUMENT"),
        (batch[4], "NOT_FOUND"),
    ]
    held = ready.read().contents
    assert all(port_key(port) in held for port in (1, 2, 3, 4)), "the others were carried out"


def test_no_room(server: FakeServer, ready: Client) -> None:
    assert server.switch.tables is not None
    server.switch.tables.full_code = "RESOURCE_EXHAUSTED"
    error = failing(Kind.EXHAUSTED, ready.write, [insert(port) for port in range(10)])
    assert [refusal.update.key for refusal in error.refusals] == [port_key(8), port_key(9)]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("RESOURCE_EXHAUSTED", Kind.EXHAUSTED),
        ("UNAVAILABLE", Kind.DIED),
        ("CANCELLED", Kind.DIED),
        ("PERMISSION_DENIED", Kind.NOT_PRIMARY),
        ("UNIMPLEMENTED", Kind.REFUSED),
        ("INTERNAL", Kind.REFUSED),
        ("UNKNOWN", Kind.REFUSED),
        ("FAILED_PRECONDITION", Kind.WRONG_PIPELINE),
        ("DEADLINE_EXCEEDED", Kind.TIMEOUT),
    ],
)
def test_codes_of_whole_requests(server: FakeServer, ready: Client, code: str, kind: Kind) -> None:
    server.switch.write_faults.append(Answer(code))
    server.switch.read_faults.append(Answer(code))
    assert failing(kind, ready.write, [insert(1)]).code == code
    assert failing(kind, ready.read).code == code
    ready.write([insert(1)])  # and the connection goes on


def test_every_request_has_a_deadline(server: FakeServer, connected: Callable[..., Client]) -> None:
    hasty = connected(server, deadlines=replace(QUICK, pipeline_s=0.2))
    server.switch.push_faults.append(Hang())
    failing(Kind.TIMEOUT, hasty.push, small())
    hasty.close()
    client = connected(server, deadlines=replace(QUICK, request_s=0.2))
    client.push(small())
    server.switch.write_faults.append(Hang())
    server.switch.read_faults.append(Hang())
    failing(Kind.TIMEOUT, client.write, [insert(1)])
    failing(Kind.TIMEOUT, client.read)


def test_a_switch_dies_in_the_middle_of_a_batch(server: FakeServer, ready: Client) -> None:
    server.switch.write_faults.append(Die(after=2))
    failing(Kind.DIED, ready.write, [insert(port) for port in range(1, 5)])
    wait_until(lambda: ready.alive() is not None)
    failing(Kind.DIED, ready.write, [insert(1)])
    failing(Kind.DIED, ready.packet_out, b"\x01")


def test_a_closed_connection_says_so(ready: Client) -> None:
    ready.close()
    ready.close()
    assert failing(Kind.DIED, ready.write, [insert(1)]).message == "the connection was closed"


def test_counters(server: FakeServer, ready: Client) -> None:
    assert server.switch.tables is not None
    (counts,) = server.switch.tables.counters.values()
    counts[:] = [5, 0, 7, 2**40]
    assert ready.counter("In.drops") == [5, 0, 7, 2**40]
    failing(Kind.WRONG_PIPELINE, ready.counter, "In.what")


def test_values_go_out_in_canonical_form(server: FakeServer, ready: Client) -> None:
    """The fake refuses anything else; here is the proof that it would."""
    assert server.switch.tables is not None
    update = p4runtime_pb2.Update(type=p4runtime_pb2.Update.INSERT)
    entry = update.entity.table_entry
    entry.table_id = small().names.tables["In.ports"].id
    entry.match.add(field_id=1).exact.value = b"\x00\x01"
    entry.action.action.action_id = small().names.actions["In.to_cpu"].id
    with pytest.raises(Refused):
        server.switch.tables.apply(update)
    entry.match[0].exact.value = b"\x01"
    server.switch.tables.apply(update)


# ---------------------------------------------------------------------------------------------- packets


def test_packets_both_ways(server: FakeServer, connected: Callable[..., Client]) -> None:
    got: queue.Queue[bytes] = queue.Queue()
    client = connected(server, sink=got.put)
    client.push(small())
    client.packet_out(b"\x01")
    client.packet_out(b"\x03\x00\x00\x00\x00\x07" + bytes(1400))
    assert server.switch.packets.get(timeout=5) == b"\x01"
    assert server.switch.packets.get(timeout=5) == b"\x03\x00\x00\x00\x00\x07" + bytes(1400)
    server.switch.packet_in(b"\x02\x00\xff")
    assert got.get(timeout=5) == b"\x02\x00\xff"


# -------------------------------------------------------------------------------------------------- TLS


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def secure_server(folder: Path, client: bool = False) -> FakeServer:
    pair = ((folder / "server.key").read_bytes(), (folder / "server.crt").read_bytes())
    root = (folder / "ca.crt").read_bytes() if client else None
    return FakeServer(3, grpc.ssl_server_credentials([pair], root, require_client_auth=client))


def test_tls(certificates: Path, connected: Callable[..., Client]) -> None:
    with secure_server(certificates) as server:
        client = connected(server, tls=Tls(certificates / "ca.crt"))
        client.push(small())
        assert client.running().cookie == small().cookie
        client.close()


def test_tls_with_a_certificate_of_our_own(certificates: Path, connected: Callable[..., Client]) -> None:
    with secure_server(certificates, client=True) as server:
        own = Tls(certificates / "ca.crt", certificates / "client.crt", certificates / "client.key")
        connected(server, tls=own).close()
        brief = replace(QUICK, connect_s=0.5)
        failing(Kind.UNREACHABLE, lambda: connected(server, tls=Tls(certificates / "ca.crt"), deadlines=brief))


def test_certificates_that_do_not_belong_together(certificates: Path, connected: Callable[..., Client]) -> None:
    with secure_server(certificates) as server:
        error = failing(Kind.UNREACHABLE, lambda: connected(server, tls=Tls(certificates / "other.crt")))
        assert "certificate" in error.message.lower()


def test_tls_on_one_side_only(certificates: Path, server: FakeServer, connected: Callable[..., Client]) -> None:
    brief = replace(QUICK, connect_s=0.5)
    with secure_server(certificates) as secure:
        failing(Kind.UNREACHABLE, lambda: connected(secure, deadlines=brief))
    failing(Kind.UNREACHABLE, lambda: connected(server, tls=Tls(certificates / "ca.crt"), deadlines=brief))


def test_certificates_that_are_not_there(server: FakeServer, connected: Callable[..., Client]) -> None:
    error = failing(Kind.UNREACHABLE, lambda: connected(server, tls=Tls(Path("/nowhere/ca.crt"))))
    assert error.message == "cannot read the certificate '/nowhere/ca.crt': No such file or directory"


def wait_until(condition: Callable[[], bool]) -> None:
    """Something that another thread does soon."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_matches_that_do_not_fit_are_refused_by_the_fake(server: FakeServer, ready: Client) -> None:
    """Each of these is refused by PI as well (test_real.py)."""
    bad = [
        EntryKey("In.ports", (Match("port", "exact", 512),)),
        EntryKey("In.routes", (Match("address", "lpm", 1, 8),)),
        EntryKey("In.filters", (Match("kind", "ternary", 1, 1),), 0),
    ]
    for key in bad:
        failing(Kind.REFUSED, ready.write, [Update(Operation.INSERT, key, Action("In.deny"))])
