"""What is missing is told all at once, and each with a way out."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.builds import topology_of
from support.plans import plan_of

from contra.deploy.errors import ToolError
from contra.deploy.network import hosts, kernel, ledger, ports, preflight
from contra.deploy.network.ledger import HostEntry
from contra.deploy.network.preflight import TOOLS, Machine
from contra.deploy.network.processes import Process
from contra.deploy.plan import Plan, Settings
from contra.diagnostics import CompileError, Diagnostic, Reporter, Severity

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")

NETWORK: dict[str, Any] = {
    "switches": {"a": {}, "b": {}, "c": {}},
    "hosts": {"h": {"switch": "a", "latency": "0ns"}},
    "links": [
        {"ends": ["a", "b"], "latency": "1ms"},
        {"ends": ["b", "c"], "latency": "0ns"},
        {"ends": ["a", "c"], "latency": "1us"},
    ],
}
FINE = Machine(
    root=True,
    tools=frozenset([*TOOLS, "p4c"]),
    features=frozenset(kernel.FEATURES),
    mininet="",
    files=1_000_000,
)


def plan(folder: Path, **settings: Any) -> Plan:
    return plan_of(topology_of(NETWORK), Settings(**settings), folder)


def found(plan: Plan, folder: Path, machine: Machine = FINE) -> list[Diagnostic]:
    reporter = Reporter()
    preflight.check(plan, reporter, folder / "run" / "net", machine)
    return reporter.diagnostics


def test_nothing_is_missing(tmp_path: Path) -> None:
    assert found(plan(tmp_path), tmp_path) == []


def test_everything_is_missing_and_said_at_once(tmp_path: Path) -> None:
    bare = Machine(root=False, tools=frozenset(), features=frozenset(), mininet="No module named 'mininet'", files=10)
    problems = found(plan(tmp_path), tmp_path, bare)
    missing = sorted(problem.tool for problem in problems if problem.code == "CTR0801")  # type: ignore[attr-defined]
    assert missing == sorted(TOOLS)
    rest = [problem.code for problem in problems if problem.code != "CTR0801"]
    kernels = ["CTR1212"] * 3
    assert rest == ["CTR1210", "CTR1211", *kernels, "CTR1213", "CTR1214", "CTR1215"]
    assert all(problem.help_texts() for problem in problems)


def test_missing_netem_is_a_warning_that_counts(tmp_path: Path) -> None:
    (problem,) = found(plan(tmp_path), tmp_path, replace(FINE, features=FINE.features - {"netem"}))
    assert problem.severity is Severity.WARNING
    assert problem.note_texts()[0].startswith("2 of 4 links")


def test_programs_that_nobody_compiled(tmp_path: Path) -> None:
    machine = replace(FINE, tools=FINE.tools - {"p4c"})
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("destination.p4", "destination.json"):
        (programs / name).write_text("")
    (problem,) = found(plan(tmp_path), tmp_path, machine)
    assert problem.code == "CTR1215" and "not compiled: destination" in problem.title_text()
    (programs / "destination.p4info.txtpb").write_text("")
    assert found(plan(tmp_path), tmp_path, machine) == []
    os.utime(programs / "destination.p4", (2**32, 2**32))
    (problem,) = found(plan(tmp_path), tmp_path, machine)
    assert "older than its P4: destination" in problem.title_text()
    assert found(plan(tmp_path), tmp_path) == []  # with p4c it is compiled again


def test_certificates_that_are_missing(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "ca.crt").write_text("")
    (problem,) = found(plan(tmp_path, tls=keys), tmp_path)
    assert problem.code == "CTR1216" and problem.title_text().endswith("server.crt, server.key")
    for name in ("server.crt", "server.key"):
        (keys / name).write_text("")
    assert [each.code for each in found(plan(tmp_path, tls=keys), tmp_path)] == ["CTR1221"]  # there, and empty
    (keys / "client.crt").write_text("")
    (problem,) = found(plan(tmp_path, tls=keys), tmp_path)
    assert problem.title_text().endswith(": client.key")


def test_deployments_that_run_or_were_left_behind(tmp_path: Path) -> None:
    wrote = ledger.create(tmp_path / "run" / "net", Path("/b"), (), ledger.new_token(), isolated=True)
    (problem,) = found(plan(tmp_path), tmp_path)
    assert problem.code == "CTR1217" and f"process {os.getpid()}" in problem.title_text()
    wrote.written(owner=Process(wrote.owner.pid, wrote.owner.start + 1))
    (problem,) = found(plan(tmp_path), tmp_path)
    assert problem.code == "CTR1218" and "down" in problem.help_texts()[0]


def test_interfaces_of_others(tmp_path: Path) -> None:
    wrote = ledger.create(tmp_path / "run" / "two", Path("/b"), ["a-eth1"], ledger.new_token(), isolated=False)
    theirs = replace(FINE, interfaces={"a-eth1": wrote.interfaces[0].mac, "lo": "00:00:00:00:00:00"})
    (problem,) = found(plan(tmp_path), tmp_path, theirs)
    assert problem.code == "CTR1219" and "'two'" in problem.help_texts()[0]
    unknown = replace(FINE, interfaces={"a-eth1": "02:00:00:00:00:01", "b-eth1": "02:00:00:00:00:02"})
    (problem,) = found(plan(tmp_path), tmp_path, unknown)
    assert "a-eth1, b-eth1" in problem.title_text() and "not ours" in problem.help_texts()[0]


def test_ports_in_use(tmp_path: Path) -> None:
    machine = replace(FINE, taken={50051: "python3 (process 7)", 9092: ""})
    one, other = found(plan(tmp_path), tmp_path, machine)
    assert (one.code, other.code) == ("CTR1220", "CTR1220")
    assert one.title_text() == "ports that the switches need for P4Runtime are in use: 50051"
    assert one.note_texts() == ("used by python3 (process 7)",)
    assert "Thrift" in other.title_text() and other.note_texts() == ()


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock


def test_a_port_in_use_and_its_user(server: socket.socket) -> None:
    port = server.getsockname()[1]
    assert ports.taken([port]) == [port]
    assert ports.holder(port).endswith(f"(process {os.getpid()})")
    server.close()
    assert ports.taken([port]) == []
    assert ports.holder(port) == ""


def test_this_machine_is_examined_without_a_change(tmp_path: Path) -> None:
    machine = preflight.examine(plan(tmp_path, isolated=True))
    assert machine.root is (os.geteuid() == 0)
    assert machine.taken == {} and machine.interfaces == {}
    assert machine.files > 0


# ------------------------------------------------------------------------------------------------ hosts by name


def with_hosts(folder: Path) -> ledger.Ledger:
    wrote = ledger.create(folder / "net", Path("/b"), (), ledger.new_token(), isolated=True)
    names = {"Zurich": "Zürich", "hB": "hB"}
    rows = {
        name: HostEntry(process=Process(2**22 - 1, 1), index=1 - i, label=label, address="10.0.0.2", interface="x")
        for i, (name, label) in enumerate(names.items())
    }
    return wrote.written(hosts=rows)


def test_hosts_by_label_and_by_name(tmp_path: Path) -> None:
    wrote = with_hosts(tmp_path)
    assert [host.label for host in hosts.running_hosts(wrote)] == ["hB", "Zürich"]
    assert hosts.find_host(wrote, "Zürich") == hosts.find_host(wrote, "Zurich")


def test_unknown_hosts_and_hosts_that_have_gone(tmp_path: Path) -> None:
    wrote = with_hosts(tmp_path)
    with pytest.raises(CompileError) as error:
        hosts.find_host(wrote, "hb")
    (problem,) = error.value.diagnostics
    assert problem.code == "CTR1241"
    assert problem.help_texts() == ("did you mean 'hB'?", "its hosts are: hB, Zürich")
    with pytest.raises(ToolError) as error:
        hosts.execute(hosts.find_host(wrote, "hB"), ["true"])
    assert [each.code for each in error.value.diagnostics] == ["CTR1240"]
