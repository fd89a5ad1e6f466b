"""Whole networks of real BMv2 switches: convergence, failures, restarts, load, compliance. Margins are generous: the
switches share their machine with whatever else runs there."""

from __future__ import annotations

import hashlib
import json
import re
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.bmv2 import Bmv2Network
from support.single import SHIM, build, frame, ipv4
from support.siphash import halves

ROOT = Path(__file__).resolve().parents[2]
TOPOLOGIES = ROOT / "topologies"
PERIOD_S = 0.25


def eventually(holds: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether something comes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


@contextmanager
def running(folder: Path, period: float | None = PERIOD_S) -> Iterator[Bmv2Network]:
    with Bmv2Network(folder) as net:
        if period:
            net.start_clock(period)
        yield net


def execute(net: Bmv2Network, host: str, *command: str) -> subprocess.CompletedProcess[str]:
    """A command in the namespace of a host."""
    inside = ["ip", "netns", "exec", net.hosts[host].name, *command]
    return subprocess.run(inside, capture_output=True, text=True, check=False, timeout=60)


def address(net: Bmv2Network, host: str) -> str:
    return next(str(row.ip) for row in net.topology.hosts if row.name == host)


def reaches(net: Bmv2Network, source: str, target: str) -> bool:
    return execute(net, source, "ping", "-c", "1", "-W", "1", address(net, target)).returncode == 0


def unreached(net: Bmv2Network) -> list[str]:
    """Pairs of hosts (source>target) between which a ping gets no answer; all sources at once."""
    script = "for ip in $@; do ping -c 1 -W 2 $ip >/dev/null || echo $ip; done"
    started = {}
    for source in net.hosts:
        targets = [address(net, host) for host in net.hosts if host != source]
        command = ["ip", "netns", "exec", net.hosts[source].name, "sh", "-c", script, "sh", *targets]
        started[source] = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return [f"{source}>{line}" for source, process in started.items() for line in process.communicate()[0].split()]


# ------------------------------------------------------------------------------------------------ figure 5


def test_figure_5_golden_table(tmp_path: Path) -> None:
    """The paper's figure 5 (docs/protocol.md): loads put into registers, three rounds by hand, tables read back."""
    policy = "minimize(if A B D then 0 else if B .* D then path.util else inf)"
    # so long a period that the clock stands still: nothing decays or ages
    folder = build(policy, TOPOLOGIES / "figure5.json", tmp_path, probe_period_us=3_600_000_000)
    loads = {"AB": 0.5, "AC": 0.4, "BC": 0.2, "BD": 0.3, "CD": 0.1}
    with running(folder, period=None) as net:
        for (a, b), load in loads.items():
            for here, there in ((a, b), (b, a)):
                net.write(here, "link_load", net.hop(here, there), int(load * 50_000) << 32)
        cells = {cell["name"]: cell for cell in next(iter(net.manifest["programs"].values()))["cells"]}

        def field(switch: str, cell: str, index: int, name: str) -> int:
            value, at = net.register(switch, cell, index)[0], 0
            for each, bits in reversed(cells[cell]["fields"]):
                if each == name:
                    return value >> at & ((1 << bits) - 1)
                at += bits
            raise KeyError(name)

        widths = {name: dict(map(tuple, cell["fields"])) for name, cell in cells.items()}
        key_bits = widths["best_route"].get("tag", 0) + widths["best_route"].get("pid", 0)
        d = net.names.index("D")

        def routes(switch: str) -> set[tuple[float | None, str]]:
            """(utilisation, next hop) of every live FwdT entry for D."""
            found = set()
            for key in range(1 << key_bits):
                index = d << key_bits | key
                hop = field(switch, "fwd_next", index, "hop")
                if hop:
                    order = field(switch, "fwd_rank", index, "merit") ^ ((1 << widths["fwd_rank"]["merit"]) - 1)
                    name = next(other for other in "ABCD" if other != switch and linked(switch, other) == hop)
                    found.add((order / 50_000, name))
            return found

        def linked(a: str, b: str) -> int | None:
            return net.hop(a, b) if a + b in loads or b + a in loads else None

        def best(switch: str) -> str | None:
            """Next hop of the best route to D; None is inf."""
            if field(switch, "best_route", d, "merit") == 0:
                return None
            key = net.register(switch, "best_route", d)[0] & ((1 << key_bits) - 1)
            hop = field(switch, "fwd_next", d << key_bits | key, "hop")
            return next(other for other in "ABC D".replace(" ", "") if other != switch and linked(switch, other) == hop)

        expected = {
            "A": ({(0.4, "C"), (0.5, "B")}, "B"),
            "B": ({(0.3, "D"), (0.2, "C")}, "C"),
            "C": ({(0.1, "D")}, None),
        }
        for _ in range(3):
            net.tick()
            time.sleep(0.5)
        assert eventually(lambda: {s: (routes(s), best(s)) for s in "ABC"} == expected), {
            s: (routes(s), best(s)) for s in "ABC"
        }


# ------------------------------------------------------------------------------------------------ all pairs


@pytest.mark.parametrize(
    ("policy", "names"),
    [
        ("minimize(if path.util < .8 then (1, 0, path.util) else (2, path.len, path.util))", "congestion"),
        ("minimize(if .* (KSCY + IPLS) .* then path.util else inf)", "waypoint"),
    ],
    ids=["congestion-aware", "waypoint"],
)
def test_all_pairs_of_abilene_reach_each_other(policy: str, names: str, tmp_path: Path) -> None:
    folder = build(policy, TOPOLOGIES / "abilene.json", tmp_path, probe_period_us=int(PERIOD_S * 1e6))
    with running(folder) as net:
        assert eventually(lambda: not unreached(net), 25), unreached(net)


# ------------------------------------------------------------------------------------------------ failures


@pytest.fixture(scope="module")
def diamond(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Minimum utilisation on A-{B,C}-D with slow links, so that little traffic is load."""
    topology = json.loads((TOPOLOGIES / "diamond.json").read_text())
    for link in topology["links"]:
        link["capacity"] = "4Mbit"
    return build(
        "minimize(path.util)", topology, tmp_path_factory.mktemp("diamond"), probe_period_us=int(PERIOD_S * 1e6)
    )


class Pings:
    """A ping every 20 ms, in the background."""

    INTERVAL_S = 0.02

    def __init__(self, net: Bmv2Network, source: str, target: str) -> None:
        command = ["ip", "netns", "exec", net.hosts[source].name, "ping", "-n", "-i", str(self.INTERVAL_S)]
        self._process = subprocess.Popen([*command, address(net, target)], stdout=subprocess.PIPE, text=True)

    def stop(self) -> tuple[int, set[int]]:
        """How many were sent, and the sequence numbers that were answered."""
        self._process.send_signal(2)
        text = self._process.communicate()[0]
        sent = re.search(r"(\d+) packets transmitted", text)
        assert sent, text
        return int(sent[1]), {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl", text)}


def used_hop(net: Bmv2Network) -> str:
    """Which of B and C is A's next hop to D."""
    hop = net.register("A", "fwd_next", net.names.index("D"))[0]
    return next(name for name in "BC" if net.hop("A", name) == hop)


def test_a_cut_link_is_left_within_four_periods_and_used_again(diamond: Path) -> None:
    with running(diamond) as net:
        assert eventually(lambda: reaches(net, "hA", "hD"))
        way = used_hop(net)
        other = "C" if way == "B" else "B"
        pings = Pings(net, "hA", "hD")
        time.sleep(1)
        net.set_link("A", way, up=False)
        time.sleep(4)
        sent, answered = pings.stop()
        lost = sent - len(answered)
        assert lost * Pings.INTERVAL_S < 8 * PERIOD_S, f"{lost} of {sent} lost: twice the promised four periods"
        assert max(answered) > sent - 10
        net.set_link("A", way, up=True)
        net.set_link("A", other, up=False)
        assert eventually(lambda: used_hop(net) == way)
        assert eventually(lambda: reaches(net, "hA", "hD"))


@pytest.mark.parametrize("who", ["A", "B", "D"], ids=["source", "transit", "origin"])
def test_a_restarted_switch_is_believed_again(diamond: Path, who: str) -> None:
    with running(diamond) as net:
        assert eventually(lambda: reaches(net, "hA", "hD"))
        net.write("D", "origin_version", 0, 60_000)  # after this a restart looks like the past
        time.sleep(4 * PERIOD_S)
        net.restart(who)
        assert eventually(lambda: reaches(net, "hA", "hD") and reaches(net, "hA", "hB"))


# -------------------------------------------------------------------------------------------------- traffic


def test_routes_move_away_from_load(diamond: Path) -> None:
    """About 2 Mbit/s on links of 4: new flowlets take the other way, the old ones stay where they are."""
    with running(diamond) as net:
        assert eventually(lambda: reaches(net, "hA", "hD"))
        stop = threading.Event()
        sock = net.hosts["hA"].raw_socket("eth0")
        mac = bytes.fromhex(next(row.mac for row in net.topology.hosts if row.name == "hD").replace(":", ""))
        packet = frame(0x0800, ipv4(address(net, "hA"), address(net, "hD"), bytes(1000)), dst=mac)

        def send() -> None:
            while not stop.wait(0.004):
                sock.send(packet)

        sender = threading.Thread(target=send)
        sender.start()
        try:

            def loads() -> dict[str, int]:
                return {name: net.register("A", "link_load", net.hop("A", name))[0] >> 32 for name in "BC"}

            assert eventually(lambda: max(loads().values()) > 5_000), loads()
            loaded = max(loads().items(), key=lambda item: item[1])[0]
            away = eventually(lambda: used_hop(net) != loaded and loads()[loaded] > 5_000)
            assert away, (loaded, used_hop(net), loads())
        finally:
            stop.set()
            sender.join()
            sock.close()
        assert eventually(lambda: max(net.register("A", "link_load")) >= 0 and reaches(net, "hA", "hD"))


_TAKE = """
import hashlib, socket
server = socket.create_server(("0.0.0.0", 5001))
print("ready", flush=True)
peer, digest = server.accept()[0], hashlib.sha256()
while part := peer.recv(65536):
    digest.update(part)
print(digest.hexdigest())
"""
_GIVE = """
import socket, sys
with socket.create_connection((sys.argv[1], 5001), timeout=25) as peer:
    peer.sendall(bytes(i * i % 251 for i in range(300000)))
"""


def test_tcp_carries_data_with_right_checksums(diamond: Path) -> None:
    with running(diamond) as net:
        assert eventually(lambda: reaches(net, "hA", "hD"))
        inside = ["ip", "netns", "exec", net.hosts["hD"].name]
        with subprocess.Popen([*inside, sys.executable, "-c", _TAKE], stdout=subprocess.PIPE, text=True) as taker:
            assert taker.stdout is not None
            assert taker.stdout.readline() == "ready\n"
            try:
                gave = execute(net, "hA", sys.executable, "-c", _GIVE, address(net, "hD"))
                assert gave.returncode == 0, gave.stderr
                expected = hashlib.sha256(bytes(i * i % 251 for i in range(300_000))).hexdigest()
                assert taker.communicate(timeout=30)[0].strip() == expected
            finally:
                taker.kill()


# ----------------------------------------------------------------------------------------------- compliance

MESH = {
    "switches": {name: {} for name in "AWVBCD"},
    "hosts": {"hA": {"switch": "A"}, "hD": {"switch": "D"}},
    "links": [
        {"ends": list(ends), "capacity": "10Mbit", "latency": "10us"}
        for ends in ("AW", "AV", "AB", "BW", "WD", "VC", "CD", "BC", "BD", "WC")
    ],
}


class Watch:
    """Notes, for every numbered packet, the switches that it came into."""

    MARK = b"numbered"

    def __init__(self, net: Bmv2Network) -> None:
        self.seen: dict[int, set[str]] = {}
        self._stop = threading.Event()
        self._sockets: dict[socket.socket, str] = {}
        for link in net.topology.links:
            for end, port in ((link.a, link.a_port), (link.b, link.b_port)):
                self._sockets[net.socket_at(f"s{end}p{port}")] = net.names[end]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            for sock in select.select(list(self._sockets), [], [], 0.1)[0]:
                data, origin = sock.recvfrom(2048)
                if origin[2] != socket.PACKET_OUTGOING and data[12:14] == SHIM.to_bytes(2, "big") and self.MARK in data:
                    at = data.index(self.MARK) + len(self.MARK)
                    number = int.from_bytes(data[at : at + 4], "big")
                    self.seen.setdefault(number, set()).add(self._sockets[sock])

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        for sock in self._sockets:
            sock.close()


def test_every_delivered_packet_passed_the_waypoint_while_links_fail(tmp_path: Path) -> None:
    policy = "minimize(if .* (W + V) .* then path.util else inf)"
    period = 0.1
    folder = build(
        policy, MESH, tmp_path, probe_period_us=int(period * 1e6), flowlet_timeout_us=20_000, flowlet_slots=64
    )
    with running(folder, period) as net:
        assert eventually(lambda: reaches(net, "hA", "hD"))
        watch = Watch(net)
        sender, receiver = net.hosts["hA"].raw_socket("eth0"), net.hosts["hD"].raw_socket("eth0")
        receiver.settimeout(0.5)
        mac = bytes.fromhex(next(row.mac for row in net.topology.hosts if row.name == "hD").replace(":", ""))
        source, target = address(net, "hA"), address(net, "hD")
        delivered: set[int] = set()
        stop = threading.Event()

        def receive() -> None:
            while not stop.is_set():
                try:
                    data = receiver.recv(2048)
                except TimeoutError:
                    continue
                if Watch.MARK in data:
                    at = data.index(Watch.MARK) + len(Watch.MARK)
                    delivered.add(int.from_bytes(data[at : at + 4], "big"))

        listener = threading.Thread(target=receive)
        listener.start()
        cuts = iter(["AW", "WD", "AV", "VC", "BW", "CD"])
        cut: str | None = None
        for number in range(900):
            ports = (1000 + number % 7).to_bytes(2, "big") + b"\x00\x09"
            payload = ports + bytes(4) + Watch.MARK + number.to_bytes(4, "big")
            sender.send(frame(0x0800, ipv4(source, target, payload), dst=mac))
            if number % 150 == 75:
                if cut:
                    net.set_link(cut[0], cut[1], up=True)
                cut = next(cuts)
                net.set_link(cut[0], cut[1], up=False)
            time.sleep(0.01)
        time.sleep(1)
        stop.set()
        listener.join()
        watch.stop()
        sender.close()
        receiver.close()
    assert len(delivered) > 300
    stray = {
        number: watch.seen.get(number, set()) for number in delivered if not watch.seen.get(number, set()) & {"W", "V"}
    }
    assert not stray
    assert {frozenset(watch.seen[number]) for number in delivered} != {frozenset("WD")}, "nothing ever moved"


# ------------------------------------------------------------------------------------------------ authentication


def set_key(net: Bmv2Network, name: str, key: bytes) -> None:
    """The key of the probes, as the control plane sets it."""
    low, high = halves(key)
    answer = net.cli(name, f"table_set_default ContraIngress.probe_key ContraIngress.set_probe_key {low} {high}")
    assert "Error" not in answer
    assert "Invalid" not in answer


def test_authenticated_switches_hear_those_with_their_key(tmp_path: Path) -> None:
    """No key, no routes; one key, all routes; another key at B, and the others go round it until it has theirs."""
    options = {"probe_period_us": int(PERIOD_S * 1e6), "authenticate": True}
    folder = build("minimize((path.len, path.util))", TOPOLOGIES / "diamond.json", tmp_path, **options)
    with running(folder) as net:
        code = net.manifest["drop_reasons"].index("UNAUTHENTIC")
        assert eventually(lambda: all(net.counter(name, code) > 3 for name in net.names))
        assert len(unreached(net)) == 4 * 3
        for name in net.names:
            set_key(net, name, b"all keys")
        assert eventually(lambda: not unreached(net)), unreached(net)
        before = {name: net.counter(name, code) for name in net.names}
        time.sleep(4 * PERIOD_S)
        assert {name: net.counter(name, code) for name in net.names} == before
        set_key(net, "B", b"its own!")
        others = {f"{a}>{address(net, b)}" for a in net.hosts for b in net.hosts if "hB" in (a, b) and a != b}
        assert eventually(lambda: set(unreached(net)) == others), unreached(net)
        assert net.counter("A", code) > before["A"]
        set_key(net, "B", b"all keys")
        assert eventually(lambda: not unreached(net)), unreached(net)
