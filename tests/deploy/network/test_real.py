"""Real networks: Mininet, BMv2, tc, dumpcap and iperf3, in namespaces of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pytest
from support.real_machine import (
    DRIVE,
    EVERYTHING,
    FRAME,
    REAL,
    REPO,
    ask,
    in_new_namespace,
    machine,
    plan_of,
    same,
    wait_for,
)

from contra.deploy.errors import ToolError
from contra.deploy.network import hosts, ledger, namespaces, preflight, traffic
from contra.deploy.network.network import Network
from contra.deploy.network.switches import Exit
from contra.diagnostics import Reporter

pytestmark = REAL


# --------------------------------------------------------------------------------------------------- what is made


def test_a_network_is_as_planned_and_goes_without_a_trace(
    build: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    plan = plan_of(build, scale=Fraction(1, 1000))
    before = machine(tmp_path)
    steps: list[tuple[str, int, int]] = []
    network = Network(plan, tmp_path / "net")
    network.start(lambda *step: steps.append(step))
    try:
        assert all(network.switch_alive(index) for index in range(4))
        links = {row.split(": ")[1].split("@")[0]: row for row in ask("ip", "-o", "link").splitlines()}
        assert sorted(links) == sorted(["lo", *(name for row in plan.switches for _, name in row.interfaces)])
        for link in plan.links:
            for name in link.interfaces:
                assert "mtu 1536" in links[name] and "LOWER_UP" in links[name]
                assert "rate 10Mbit" in ask("tc", "class", "show", "dev", name)
        assert ask("ip", "-6", "address", "show", "scope", "link") == ""
        for row in plan.switches:
            for _, name in row.interfaces:
                assert_offloads_off(ask("ethtool", "-k", name))
                assert Path(f"/sys/class/net/{name}").exists() is False  # this thread's /sys is the machine's
        for host, planned in zip(network.hosts, plan.hosts, strict=True):
            inside = ["mnexec", "-a", str(host.process.pid)]
            assert f"inet {planned.host.ip}/8" in ask(*inside, "ip", "address")
            assert planned.host.mac in ask(*inside, "ip", "link")
            assert "inet6" not in ask(*inside, "ip", "address", "show", "dev", host.interface)
            assert_offloads_off(ask(*inside, "ethtool", "-k", host.interface))
            assert "rate 10Mbit" in ask(*inside, "tc", "class", "show", "dev", host.interface)
        assert steps[-1] == ("switches", 4, 4)
        assert "error" not in network.log(0).lower() and "No such file" not in network.log(0)
    finally:
        network.stop()
    network.stop()  # once more does no harm
    same(before, machine(tmp_path))
    assert capfd.readouterr() == ("", "")


def assert_offloads_off(text: str) -> None:
    features = dict(line.strip().split(": ") for line in text.splitlines()[1:])
    for name in ("rx-checksumming", "tx-checksumming", "scatter-gather", "tcp-segmentation-offload"):
        assert features[name] == "off", name
    assert features["generic-segmentation-offload"] == features["generic-receive-offload"] == "off"


def test_a_network_in_the_namespace_of_the_caller(build: Path, tmp_path: Path) -> None:
    def work() -> None:
        plan = plan_of(build, isolated=False)
        before = machine(tmp_path)
        with Network(plan, tmp_path / "net") as network:
            names = {row.split(": ")[1].split("@")[0] for row in ask("ip", "-o", "link").splitlines()}
            assert {name for row in plan.switches for _, name in row.interfaces} < names
            reporter = Reporter()
            preflight.check(plan, reporter, tmp_path / "other")
            found = {problem.code for problem in reporter.diagnostics}
            assert {"CTR1219", "CTR1220"} <= found
            with pytest.raises(ToolError, match="runs already"):
                Network(plan, tmp_path / "net").start()
            assert network.switch_alive(3)
        same(before, machine(tmp_path))

    in_new_namespace(work)


def test_two_isolated_networks_side_by_side(build: Path, tmp_path: Path) -> None:
    """The same names, ports and addresses, each in a namespace of its own."""
    before = machine(tmp_path)
    inodes = []

    def work(name: str) -> Callable[[], None]:
        def run() -> None:
            with Network(plan_of(build, name=name), tmp_path / name) as network:
                inodes.append(network.ledger.namespace)
                barrier.wait(60)

        return run

    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=work(name)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(inodes)) == 2 and namespaces.inode() not in inodes
    same(before, machine(tmp_path))


# ---------------------------------------------------------------------------------------------- links and switches


@contextmanager
def raw_socket(interface: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERYTHING)) as sock:
        sock.bind((interface, 0))
        sock.settimeout(0.3)
        yield sock


def passes(source: str, target: str) -> bool:
    """Whether a frame sent at one interface arrives at the other."""
    with raw_socket(source) as sender, raw_socket(target) as receiver:
        sender.send(FRAME)
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            try:
                data, (_, _, kind, *_) = receiver.recvfrom(2000)
            except TimeoutError:
                return False
            if data == FRAME and kind != socket.PACKET_OUTGOING:
                return True
        return False


def test_links_are_cut_and_healed(build: Path, tmp_path: Path) -> None:
    plan = plan_of(build)
    link, other = plan.links[1], plan.links[0]
    a, b = link.interfaces
    with Network(plan, tmp_path / "net") as network:

        def state() -> tuple[bool, bool]:
            return passes(a, b), passes(b, a)

        assert state() == (True, True)
        for _ in range(2):
            network.fail(1)
            assert state() == (False, False)
        assert passes(*other.interfaces)
        assert network.cut == {(1, link.link.a), (1, link.link.b)}
        network.heal(1, link.link.b)
        assert state() == (False, True)
        network.fail(1, link.link.b)
        network.heal(1, link.link.a)
        assert state() == (True, False)
        for _ in range(2):
            network.heal(1)
            assert state() == (True, True)
        assert network.cut == frozenset()
        shown = ask("tc", "qdisc", "show", "dev", a)
        assert "htb" in shown and "pfifo 10: parent 5:1 limit 64p" in shown
        counts = network.interface_counters()
        assert counts[a].sent_packets >= 3 and counts[b].received_packets >= 3
        assert set(counts) == {name for row in plan.switches for _, name in row.interfaces}


def test_switches_that_end_are_noticed_and_restarted(build: Path, tmp_path: Path) -> None:
    exits: list[Exit] = []
    with Network(plan_of(build), tmp_path / "net", exits.append) as network:
        first = network.ledger.switches["C"].process
        os.kill(first.pid, 15)
        wait_for(lambda: bool(exits))
        assert (exits[0].switch, exits[0].code) == (2, -15)
        assert "Adding interface C-eth1 as port 1" in exits[0].log
        assert not network.switch_alive(2)
        network.restart(2)
        assert network.switch_alive(2)
        assert network.ledger.switches["C"].process not in (first, None)
        network.kill(0)
        assert not network.switch_alive(0)
        network.restart(0)
        # the interfaces have stayed
        assert passes("A-eth1", "B-eth1")
    assert [exit.switch for exit in exits] == [2]


def test_a_port_that_is_taken_stops_the_start(build: Path, tmp_path: Path) -> None:
    """Found by the switch itself, where nobody looked before; nothing is left."""

    def work() -> None:
        before = machine(tmp_path)
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 50053))
            sock.listen()
            network = Network(plan_of(build, isolated=False), tmp_path / "net")
            with pytest.raises(ToolError) as error:
                network.start()
            (problem,) = error.value.diagnostics
            assert problem.code == "CTR1220" and "50053" in problem.title_text()
            assert f"(process {os.getpid()})" in problem.note_texts()[0]
        same(before, machine(tmp_path))

    in_new_namespace(work)


# ------------------------------------------------------------------------------------------------------- traffic


class Driver:
    """Loads the switches and ticks their clocks, in a process of its own."""

    def __init__(self, build: Path) -> None:
        command = [sys.executable, "-W", "ignore", str(DRIVE), str(build), "50051"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready()

    def ready(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def reload(self, switch: int) -> None:
        assert self.process.stdin is not None
        print(switch, file=self.process.stdin, flush=True)
        self.ready()

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def working(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Network, Driver]]:
    """A network that forwards, 2 Mbit/s on all links."""
    plan = plan_of(build, scale=Fraction(1, 5000))
    with Network(plan, tmp_path_factory.mktemp("run") / "net") as network:
        driver = Driver(build)
        try:
            wait_for(lambda: all(row.received for row in hosts.ping_all(network.hosts, 1)))
            yield network, driver
        finally:
            driver.close()


def test_all_hosts_reach_each_other(working: tuple[Network, Driver]) -> None:
    network, _ = working
    steps: list[tuple[int, int]] = []
    pings = hosts.ping_all(network.hosts, 2, progress=lambda *step: steps.append(step))
    names = [host.label for host in network.hosts]
    assert [(each.source, each.target) for each in pings] == [(a, b) for a in names for b in names if a != b]
    assert all(each.received == each.sent == 2 and each.rtt_ms for each in pings)
    assert steps == [(done + 1, 12) for done in range(12)]


def test_commands_on_hosts(working: tuple[Network, Driver], tmp_path: Path) -> None:
    network, _ = working
    wrote = ledger.read(network.ledger.folder)
    assert wrote is not None
    host = hosts.find_host(wrote, "hC")
    file = tmp_path / "said"
    assert hosts.execute(host, ["sh", "-c", f"ip -br -4 address show dev hC-eth0 > {file}"]) == 0
    assert host.address in file.read_text()
    assert hosts.execute(host, ["sh", "-c", "exit 7"]) == 7
    assert hosts.execute(host, ["no-such-command-at-all"]) == hosts.NOT_FOUND
    assert hosts.execute(host, ["sh", "-c", "kill -9 $$"]) == 137
    assert hosts.execute(host, ["ping", "-c", "1", "-W", "1", "-q", "10.99.0.9"]) == 1


def test_tcp_and_udp(working: tuple[Network, Driver]) -> None:
    network, _ = working
    source, target = network.hosts[0], network.hosts[3]
    tcp = traffic.send(source, target, seconds=2)
    assert 0 < tcp.received_rate <= 2_000_000
    assert tcp.retransmits is not None and tcp.reorderings is not None and len(tcp.intervals) >= 2
    udp = traffic.send(source, target, "udp", 400_000, 2)
    assert udp.packets and udp.lost is not None and udp.lost < udp.packets
    many = traffic.send(source, target, "udp", 6_000_000, 2)
    assert many.lost and many.packets
    # what arrived is what the link carries: 2 Mbit/s, and not three times as much
    assert (many.packets - many.lost) * traffic.DATAGRAM * 8 <= 2_000_000 * (many.seconds + 2)
    left = ask("ps", "-eo", "args").count("iperf3 -s -4 -1")
    assert left == 0


def test_traffic_that_does_not_get_through(working: tuple[Network, Driver]) -> None:
    network, _ = working
    for link in range(4):
        network.fail(link)
    with pytest.raises(ToolError) as error:
        traffic.send(network.hosts[0], network.hosts[3], seconds=1)
    assert [each.code for each in error.value.diagnostics] == ["CTR1242"]
    for link in range(4):
        network.heal(link)
    wait_for(lambda: all(row.received for row in hosts.ping_all(network.hosts, 1)))


def fields(file: Path, build: Path, *names: str, only: str) -> list[list[str]]:
    flags = [part for name in names for part in ("-e", name)]
    script = build / "tools" / "contra.lua"
    command = ["tshark", "-X", f"lua_script:{script}", "-r", str(file), "-Y", only, "-T", "fields", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_captures(working: tuple[Network, Driver], build: Path, tmp_path: Path) -> None:
    """Every frame once, where it came in; probes with their fields; a ping followed over both directions."""
    network, _ = working
    file = tmp_path / "all.pcapng"
    running = network.capture(file, hosts=range(4))
    (heard,) = [hosts.ping(network.hosts[0], network.hosts[3], 3)]
    time.sleep(1)
    done = running.stop()
    assert heard.received == 3 and not running.running
    interfaces = [name for link in network.plan.links for name in link.interfaces]
    assert done.lost == 0 and set(done.packets) >= set(interfaces)

    probes = fields(file, build, "frame.interface_name", "contra_probe.origin", "contra_probe.len", only="contra_probe")
    assert {row[0] for row in probes} == set(interfaces)
    assert {row[1] for row in probes} == {"0", "1", "2", "3"}
    neighbour = {
        end: link.link.b if end == link.interfaces[0] else link.link.a
        for link in network.plan.links
        for end in link.interfaces
    }
    # probes on their first link come from their origin: each is where it arrived, not where it was sent
    first = min(int(links) for _, _, links in probes)
    fresh = [(name, int(origin)) for name, origin, links in probes if int(links) == first]
    assert {name for name, _ in fresh} == set(interfaces)
    assert all(origin == neighbour[name] for name, origin in fresh)

    pings = fields(file, build, "frame.interface_name", "icmp.type", "icmp.seq", only="icmp")
    ends = {network.plan.hosts[index].switch_interface for index in (0, 3)}
    per_ping = {(kind, number): [] for kind in "80" for number in "123"}
    for name, kind, number in pings:
        per_ping[kind, number].append(name)
    for names in per_ping.values():
        # two links between switches, and both hosts' links
        assert len(names) == len(set(names)) == 4 and ends < set(names)
    described = ask("capinfos", "-M", str(file))
    assert "A:1 from B:1" in described and "D:3 and hD" in described


def test_a_capture_ends_with_a_full_file(working: tuple[Network, Driver], tmp_path: Path) -> None:
    network, _ = working
    running = network.capture(tmp_path / "full.pcapng", links=[0], hosts=[0], megabytes=1)
    (tmp_path / "second").mkdir()
    while running.running:
        traffic.send(network.hosts[0], network.hosts[1], "udp", 3_000_000, 3)
    assert running.stop().packets["A-eth1"] > 0
    assert (tmp_path / "full.pcapng").stat().st_size < 2_000_000
    with pytest.raises(ToolError) as error:
        network.capture(tmp_path / "no such folder" / "x.pcapng")
    assert [each.code for each in error.value.diagnostics] == ["CTR1243"]


def test_a_restarted_switch_works_again(working: tuple[Network, Driver]) -> None:
    network, driver = working
    network.restart(1)
    driver.reload(1)
    wait_for(lambda: all(row.received for row in hosts.ping_all(network.hosts, 1)))


# -------------------------------------------------------------------------------------------------------- Mininet


TOPO = """
import sys
import mininet.net
from contra.deploy.network import namespaces
from contra.deploy.network.topo import topos
namespaces.isolate()
mininet.net.Mininet.inited = True
network = mininet.net.Mininet(topo=topos["contra"](sys.argv[1]), controller=None)
network.start()
for switch in network.switches:
    switch.process.wait()
print(sorted(str(intf) for switch in network.switches for intf in switch.intfList()))
print(network.get("hA").cmd("ip -br -4 address show dev hA-eth0"))
network.stop()
"""


def test_the_topology_for_mininet(build: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", TOPO, str(build)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPO)
    names = [name for row in plan_of(build).switches for _, name in row.interfaces]
    assert eval(done.stdout.splitlines()[0]) == sorted([*names, *["lo"] * 4])
    assert "10.0.0.2/8" in done.stdout
