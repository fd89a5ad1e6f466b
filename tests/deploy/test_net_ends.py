"""However `contra net` ends, nothing of it is left: signals at many moments, two at a time, many cycles."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from support.certificates import chosen, make_certificates
from support.deployment import REPO, Deployment, diamond, missing, wait_for

from contra.cli.contrac import main as contrac

REASON = missing()
pytestmark = [
    pytest.mark.testbed,
    pytest.mark.slow,
    pytest.mark.skipif(REASON is not None, reason=str(REASON)),
]
INTRUDER = REPO / "tests" / "support" / "intruder.py"
PORTS = ("--grpc-port", "54271", "--thrift-port", "54371")
"""Switches in the namespace of the tests, where what is left would be seen; their names are nobody else's."""
CYCLES = 20


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ends")
    words = [str(REPO / "examples/congestion-aware.ctr"), str(diamond(folder, "ends"))]
    assert contrac([*words, "-q", "--p4c", "-o", str(folder / "build")]) == 0
    return folder / "build"


@pytest.fixture
def here(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Deployment]:
    """A place for networks; whatever happens, nothing is left there after a test."""
    deployment = Deployment(tmp_path / "run", f"{os.getpid()} {request.node.name}")
    deployment.run.mkdir()
    before = deployment.left()
    yield deployment
    if deployment.left() != before:
        deployment.net("down")
    assert deployment.settled(before) == before


@pytest.fixture(scope="module")
def seconds(build: Path, tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long a start takes here: the moments to try are spread over it."""
    deployment = Deployment(tmp_path_factory.mktemp("run"), f"{os.getpid()} seconds")
    begun = time.monotonic()
    assert deployment.net("up", str(build), *PORTS).returncode == 0
    took = time.monotonic() - begun
    assert deployment.net("down").returncode == 0
    return took


# ------------------------------------------------------------------------------------------------ signals


@pytest.mark.parametrize(
    ("number", "codes", "moments"),
    [
        (signal.SIGINT, {130, -signal.SIGINT}, 15),
        (signal.SIGTERM, {143, -signal.SIGTERM}, 5),
        (signal.SIGKILL, {-signal.SIGKILL}, 5),
    ],
    ids=["SIGINT", "SIGTERM", "SIGKILL"],
)
def test_the_command_is_ended_while_it_starts(
    build: Path, here: Deployment, seconds: float, number: int, codes: set[int], moments: int
) -> None:
    before, programs = here.left(), sorted((build / "programs").iterdir())
    started = 0
    for moment in range(moments):
        command = here.begin("up", str(build), *PORTS)
        time.sleep(seconds * moment / moments)
        os.killpg(command.pid, number)
        out, said = command.communicate(timeout=60)
        started += "taking down what was started" in said
        if "is up" in out:  # it was faster than before
            assert here.net("down").returncode == 0
        else:
            assert command.returncode in codes, said
        after = here.settled(before) if number == signal.SIGKILL else here.left()
        assert after == before, moment
        assert sorted((build / "programs").iterdir()) == programs
    assert started or number == signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_the_process_that_holds_the_network_is_ended_while_it_starts(
    build: Path, here: Deployment, number: int
) -> None:
    before = here.left()
    for moment in range(8):
        command = here.begin("up", str(build), *PORTS)
        wait_for(lambda: here.daemon() is not None, 60)
        time.sleep(0.25 * moment)
        daemon = here.daemon()
        assert daemon is not None
        os.kill(daemon, number)
        _, said = command.communicate(timeout=60)
        if command.returncode != 0:  # else it was up already
            assert command.returncode == 3, said
            assert ("CTR0819" if number == signal.SIGTERM else "CTR0809") in said
        if number == signal.SIGKILL:
            wait_for(lambda: not any("simple_switch" in each for each in here.processes()))  # they die with it
            assert here.net("down").returncode == 0
        assert here.settled(before) == before, moment


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_other_commands_are_ended(build: Path, here: Deployment, tmp_path: Path, number: int) -> None:
    """The network goes on, and nothing of the command does."""
    with here.up(build):
        for words in (
            ["ping"],
            ["capture", "-o", str(tmp_path / "all.pcapng")],
            ["exec", "hA", "--", "sleep", "1000"],
            ["apply", str(build)],
            ["verify"],
        ):
            for delay in (0.4, 2.0):
                command = here.begin(*words)
                time.sleep(delay)
                os.killpg(command.pid, number)
                command.communicate(timeout=60)
                own = (f"net {words[0]}", "net.tap", "tap.py", "ping -n", "sleep 1000")
                if number != signal.SIGKILL or words[0] != "exec":  # then that command belongs to nobody until `down`
                    wait_for(lambda: not any(word in each for each in here.processes() for word in own))  # noqa: B023
        assert "as compiled" in here.net("verify").stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_going_down_is_not_stopped(build: Path, here: Deployment, number: int) -> None:
    before = here.left()
    assert here.net("up", str(build), *PORTS).returncode == 0
    command = here.begin("down")
    wait_for(lambda: not (here.run / "contra" / "socket").exists() or command.poll() is not None, 60)
    os.killpg(command.pid, number)
    command.communicate(timeout=60)
    assert here.settled(before) == before


def test_killed_while_it_goes_down(build: Path, here: Deployment) -> None:
    before = here.left()
    for delay in (0.0, 0.05, 0.1, 0.2):
        assert here.net("up", str(build), *PORTS).returncode == 0
        daemon = here.daemon()
        assert daemon is not None
        command = here.begin("down")
        wait_for(lambda: not _listening(here) or command.poll() is not None, 60)  # noqa: B023
        time.sleep(delay)
        with suppress(ProcessLookupError):  # it was faster
            os.kill(daemon, signal.SIGKILL)
        command.communicate(timeout=60)
        assert here.net("down").returncode == 0
        assert here.settled(before) == before


def _listening(here: Deployment) -> bool:
    import socket

    with socket.socket(socket.AF_UNIX) as sock:
        return sock.connect_ex(str(here.run / "contra" / "socket")) == 0


# ------------------------------------------------------------------------------------------------ two at a time


def test_two_starts_at_once(build: Path, here: Deployment) -> None:
    commands = [here.begin("up", str(build), *PORTS) for _ in range(3)]
    said = [command.communicate(timeout=120) for command in commands]
    codes = sorted(command.returncode for command in commands)
    assert codes.count(0) >= 1, said  # who comes late enough is told that it runs already
    for command, (_, error) in zip(commands, said, strict=True):
        assert command.returncode == 0 or any(code in error for code in ("CTR1217", "CTR1231", "CTR12")), error
    assert "as compiled" in here.net("verify").stdout
    assert here.net("down").stdout == "contra is down\n"


def test_down_while_it_starts(build: Path, here: Deployment) -> None:
    before = here.left()
    command = here.begin("up", str(build), *PORTS)
    wait_for(lambda: here.daemon() is not None, 60)
    done = here.net("down")
    assert done.returncode == 0, done.stderr
    _, said = command.communicate(timeout=60)
    assert here.left() == before
    assert command.returncode == 3
    assert "CTR0819" in said


# ------------------------------------------------------------------------------------------------ what is in the way


def test_ports_and_interfaces_of_others(build: Path, here: Deployment) -> None:
    import socket

    before = here.left()
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", 54272))
        sock.listen()
        taken = here.net("up", str(build), *PORTS)
        assert taken.returncode == 3
        assert "CTR1220" in taken.stderr and f"(process {os.getpid()})" in taken.stderr
    names = ["ip", "link", "add", "endsA-eth1", "type", "veth", "peer", "name", "endsother"]
    subprocess.run(names, check=True)
    try:
        stale = here.net("up", str(build), *PORTS)
        assert stale.returncode == 3
        assert "CTR1219" in stale.stderr and "endsA-eth1" in stale.stderr
    finally:
        subprocess.run(["ip", "link", "delete", "endsother"], check=True)
    assert here.left() == before


def test_a_place_without_room(build: Path, here: Deployment, tmp_path: Path) -> None:
    """A file system of one page, full: said, and nothing is started."""
    place = tmp_path / "full"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", str(place)], check=True)
    try:
        (place / "all").write_bytes(bytes(4096))
        full = here.net("up", str(build), *PORTS, CONTRA_RUN=str(place))
        assert full.returncode == 3
        assert "CTR1232" in full.stderr and "No space left" in full.stderr
        assert [each.name for each in place.iterdir()] == ["all"]
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_another_controller_with_another_program(build: Path, here: Deployment, tmp_path: Path) -> None:
    """Told by status, verify and apply; one restart puts it right."""
    other = tmp_path / "other"
    words = [str(REPO / "examples/shortest-path.ctr"), str(REPO / "topologies/diamond.json"), "-q", "--p4c"]
    assert contrac([*words, "-o", str(other)]) == 0
    files = [str(other / "programs" / f"destination{suffix}") for suffix in (".p4info.txtpb", ".json")]
    with here.up(build):
        ledger = json.loads((here.run / "contra" / "ledger.json").read_text())
        inside = ["nsenter", "-t", str(ledger["switches"]["endsB"]["process"]["pid"]), "-n"]
        argv = [*inside, sys.executable, "-W", "ignore", str(INTRUDER), "127.0.0.1:50052", "2", "7", *files]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as intruder:
            assert intruder.stdout is not None and intruder.stdin is not None
            assert intruder.stdout.readline() == "0\n" and intruder.stdout.readline() == "pushed\n"
            assert "another controller (election id 7) is in charge" in here.net("status").stdout
            intruder.stdin.close()
        found = here.net("verify")
        assert found.returncode == 1 and "endsB: switch 'endsB' does not run program" in found.stdout
        applied = here.net("apply", str(build))
        assert applied.returncode == 3 and "CTR1104" in applied.stderr
        assert here.net("restart", "endsB").returncode == 0
        assert "as compiled" in here.net("verify").stdout
        assert "trouble" not in here.net("status").stdout


# ------------------------------------------------------------------------------------------------ TLS


@pytest.mark.parametrize("client", [False, True], ids=["server", "client"])
def test_tls(build: Path, here: Deployment, tmp_path: Path, client: bool) -> None:
    """Everything works over TLS; who comes without, or without a certificate of its own, is sent away."""
    keys = tmp_path / "keys"
    keys.mkdir()
    folder = chosen(make_certificates(keys), tmp_path / "tls", client=client)
    with here.up(build, "--tls", str(folder)):
        assert "as compiled" in here.net("verify").stdout
        assert here.net("restart", "endsA").returncode == 0
        assert "12 of 12 pairs of hosts answer" in here.net("ping").stdout
        ledger = json.loads((here.run / "contra" / "ledger.json").read_text())
        inside = ["nsenter", "-t", str(ledger["switches"]["endsB"]["process"]["pid"]), "-n"]
        argv = [*inside, sys.executable, "-W", "ignore", str(INTRUDER), "127.0.0.1:50052", "2", "7"]
        plain = subprocess.run(argv, input="", capture_output=True, text=True, timeout=60, check=False)
        assert plain.returncode != 0 and plain.stdout == ""
        unsigned = subprocess.run([*argv, "--ca", str(folder / "ca.crt")], input="", capture_output=True, text=True,
                                  timeout=60, check=False)  # fmt: skip
        assert (unsigned.returncode == 0) is not client


# ------------------------------------------------------------------------------------------------ again and again


def test_twenty_cycles(build: Path, here: Deployment) -> None:
    """Up, fail, heal, down: after each, processes, interfaces, namespaces and files are as before."""
    before = here.left()
    for cycle in range(CYCLES):
        started = here.net("up", str(build), *PORTS)
        assert started.returncode == 0, started.stderr
        assert here.net("fail", "endsA-endsB").returncode == 0
        status = json.loads(here.net("status", "--json").stdout)
        assert [link["name"] for link in status["links"] if not link["up"]] == ["endsA-endsB"]
        assert here.net("heal").returncode == 0
        assert here.net("down").returncode == 0
        assert here.left() == before, cycle
