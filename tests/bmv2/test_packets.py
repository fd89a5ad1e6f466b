"""What one real switch does with every kind of packet: hosts', neighbours', strangers', broken ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.single import ARP, CPU, HOST_MAC, IPV4, PERIOD_US, PROBE, SHIM, SingleSwitch, build, checksum, frame, ipv4

TOPOLOGY = {
    "switches": {name: {} for name in "SXYDZ"},
    "hosts": {"hS": {"switch": "S"}, "hD": {"switch": "D"}, "hZ": {"switch": "Z"}},
    "links": [
        {"ends": ends, "capacity": "10Gbit", "latency": "10us"}
        for ends in (["S", "X"], ["S", "X"], ["S", "Y"], ["X", "D"], ["Y", "D"], ["X", "Z"])
    ],
}
X1, X2, Y = 1, 2, 3
FLOWLET_US = 20_000_000


class Bench:
    """A switch S with routes to D over X and Y."""

    def __init__(self, switch: SingleSwitch) -> None:
        self.switch = switch
        names = switch.net.names
        self.self, self.d, self.z = (names.index(name) for name in "SDZ")
        hosts = {row.name: row for row in switch.net.topology.hosts}
        self.host_port = hosts["hS"].port
        self.host_mac = bytes.fromhex(hosts["hS"].mac.replace(":", ""))
        self.ip = {name: str(row.ip) for name, row in hosts.items()}
        self.version = 0

    def routes(self, x: int = 3, y: int = 5) -> None:
        """A fresh switch that has heard of D over X1 and Y with these lengths."""
        self.switch.clear()
        self.version = 1
        self.hear(X1, x)
        self.hear(Y, y)

    def hear(self, port: int, length: int, origin: int | None = None) -> None:
        origin = self.d if origin is None else origin
        self.switch.probes(port, origin=origin, version=self.version, len=length - 1)

    def data(self, **fields: int) -> bytes:
        """A data packet with a shim, for D unless told otherwise."""
        inner = ipv4("10.0.9.9", self.ip["hD"], b"12345678" + bytes(20))
        fields = {"format": 1, "ttl": 60, "destination": self.d, "next_type": IPV4, **fields}
        return frame(SHIM, self.switch.shim.pack(**fields) + inner)

    def hop(self, port: int) -> int:
        row = next(e for e in self.switch.entries if e["table"].endswith("ingress_port") and e["match"]["port"] == port)
        return row["action_params"]["hop"]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    policy = "minimize((path.len, path.util))"
    folder = build(
        policy,
        TOPOLOGY,
        tmp_path_factory.mktemp("switch"),
        probe_period_us=PERIOD_US,
        flowlet_timeout_us=FLOWLET_US,
        flowlet_slots=16,
    )
    with SingleSwitch(folder) as switch:
        yield Bench(switch)


def from_host(bench: Bench, packet: bytes, ether_type: int = IPV4) -> dict[int, list[bytes]]:
    return bench.switch.send(bench.host_port, frame(ether_type, packet))


# ------------------------------------------------------------------------------------------------ from hosts


def test_a_packet_from_a_host_leaves_over_the_best_next_hop_with_a_shim(bench: Bench) -> None:
    bench.routes()
    packet = ipv4(bench.ip["hS"], bench.ip["hD"], b"abcdefgh", ttl=17)
    left = from_host(bench, packet)
    assert list(left) == [X1]
    (data,) = left[X1]
    assert data[12:14] == SHIM.to_bytes(2, "big")
    shim = bench.switch.shim.unpack(data[14:])
    assert (shim["format"], shim["ttl"], shim["destination"], shim["next_type"]) == (1, 16, bench.d, IPV4)
    assert data[14 + bench.switch.shim.size :].startswith(packet)


def test_arp_is_carried(bench: Bench) -> None:
    bench.routes()
    request = (
        bytes.fromhex("0001080006040001") + HOST_MAC + bytes(4) + bytes(6) + bytes(map(int, bench.ip["hD"].split(".")))
    )
    left = bench.switch.send(bench.host_port, frame(ARP, request, dst=b"\xff" * 6))
    assert list(left) == [X1]
    assert bench.switch.shim.unpack(left[X1][0][14:])["next_type"] == ARP


@pytest.mark.parametrize(
    ("packet", "ether_type", "reason"),
    [
        (ipv4("10.0.0.1", "192.0.2.1"), IPV4, "UNKNOWN_DESTINATION"),
        (ipv4("10.0.0.1", "255.255.255.255"), IPV4, "UNKNOWN_DESTINATION"),
        (ipv4("10.0.0.1", "224.0.0.251"), IPV4, "UNKNOWN_DESTINATION"),
        (ipv4("10.0.0.1", "10.255.255.1"), IPV4, "UNKNOWN_DESTINATION"),
        (bytes.fromhex("60000000000011ff") + bytes(40), 0x86DD, "UNKNOWN_DESTINATION"),
        (b"", IPV4, "UNKNOWN_DESTINATION"),
        (bytes(46), 0x1234, "UNKNOWN_DESTINATION"),
    ],
    ids=["outside", "broadcast", "multicast", "no such switch", "IPv6", "empty IPv4", "unknown type"],
)
def test_what_hosts_may_not_send_is_dropped_and_counted(
    bench: Bench, packet: bytes, ether_type: int, reason: str
) -> None:
    bench.routes()
    assert from_host(bench, packet, ether_type) == {}
    assert bench.switch.drops(reason) == 1


@pytest.mark.parametrize("length", range(14, 60, 5))
@pytest.mark.parametrize("ether_type", [PROBE, SHIM, IPV4, ARP])
def test_truncated_frames_are_dropped(bench: Bench, ether_type: int, length: int) -> None:
    bench.routes()
    for port in (bench.host_port, X1):
        whole = {
            PROBE: bench.switch.probe.pack(format=1, origin=bench.d, version=9, len=1),
            SHIM: bench.switch.shim.pack(format=1, ttl=9, destination=bench.self, next_type=IPV4),
        }.get(ether_type, ipv4("10.0.0.1", "192.0.2.1") if ether_type == IPV4 else bytes(28))
        cut = frame(ether_type, whole)[: min(length, 14 + len(whole) - 1)]
        assert bench.switch.send(port, cut) == {}


def test_ttl_ends_packets(bench: Bench) -> None:
    bench.routes()
    for ttl in (0, 1):
        assert from_host(bench, ipv4(bench.ip["hS"], bench.ip["hD"], ttl=ttl)) == {}
        assert bench.switch.send(X2, bench.data(ttl=ttl)) == {}
    assert bench.switch.drops("TTL") == 4
    assert list(bench.switch.send(X2, bench.data(ttl=2))) == [X1]


def test_a_destination_without_route_is_dropped_and_counted(bench: Bench) -> None:
    bench.routes()
    assert from_host(bench, ipv4(bench.ip["hS"], bench.ip["hZ"])) == {}
    assert bench.switch.send(Y, bench.data(destination=bench.z)) == {}
    assert bench.switch.drops("NO_ROUTE") == 2


def test_an_expired_route_is_not_used(bench: Bench) -> None:
    bench.routes()
    bench.switch.age("fwd_seen", bench.d, 4)
    assert from_host(bench, ipv4(bench.ip["hS"], bench.ip["hD"])) == {}
    assert bench.switch.drops("NO_ROUTE") == 1


def test_options_and_fragments(bench: Bench) -> None:
    """Options are carried as they are; all fragments of a packet have one flow, whatever stands where ports would."""
    bench.routes()
    flows = set()
    for fragment, payload in ((0x2000, b"\x12\x34\x56\x78abcd"), (0x2001, b"efghijkl"), (0x0002, b"mnopqrst")):
        left = from_host(bench, ipv4(bench.ip["hS"], bench.ip["hD"], payload, fragment=fragment))
        flows.add(bench.switch.shim.unpack(left[X1][0][14:])["flow"])
    assert len(flows) == 1
    packet = ipv4(bench.ip["hS"], bench.ip["hD"], b"abcdefgh", options=b"\x94\x04\x00\x00")
    (data,) = from_host(bench, packet)[X1]
    assert packet in data


def test_flows_differ_by_ports(bench: Bench) -> None:
    bench.routes()
    flows = set()
    for source in range(16):
        left = from_host(bench, ipv4(bench.ip["hS"], bench.ip["hD"], bytes([0, source, 0, 80, 0, 0, 0, 0])))
        flows.add(bench.switch.shim.unpack(left[X1][0][14:])["flow"])
    assert len(flows) == 16


@pytest.mark.parametrize("kind", [PROBE, SHIM])
def test_hosts_cannot_speak_contra(bench: Bench, kind: int) -> None:
    bench.routes()
    before = bench.switch.read("fwd_rank", bench.d)
    body = {
        PROBE: bench.switch.probe.pack(format=1, origin=bench.d, version=2, len=0),
        SHIM: bench.switch.shim.pack(format=1, ttl=9, destination=bench.d, next_type=IPV4),
    }[kind]
    assert bench.switch.send(bench.host_port, frame(kind, body)) == {}
    assert bench.switch.drops("SPOOFED") == 1
    assert bench.switch.read("fwd_rank", bench.d) == before


# -------------------------------------------------------------------------------------------- from neighbours


@pytest.mark.parametrize("options", [b"", b"\x94\x04\x00\x00"], ids=["plain", "options"])
def test_the_last_switch_delivers_with_a_right_checksum(bench: Bench, options: bytes) -> None:
    bench.routes()
    for ttl, left_over in ((64, 60), (255, 1), (2, 1), (64, 64)):
        packet = ipv4("10.0.9.9", bench.ip["hS"], b"payload!", ttl=ttl, options=options)
        shim = bench.switch.shim.pack(format=1, ttl=left_over, destination=bench.self, next_type=IPV4)
        left = bench.switch.send(Y, frame(SHIM, shim + packet))
        assert list(left) == [bench.host_port]
        (data,) = left[bench.host_port]
        assert data[:6] == bench.host_mac
        assert data[12:14] == IPV4.to_bytes(2, "big")
        head = data[14 : 14 + 20 + len(options)]
        assert (head[8], checksum(head)) == (left_over, 0)
        assert data[14 + len(head) :].startswith(b"payload!")


def test_a_host_that_does_not_exist(bench: Bench) -> None:
    bench.routes()
    nobody = bench.ip["hS"].rsplit(".", 1)[0] + ".77"
    shim = bench.switch.shim.pack(format=1, ttl=9, destination=bench.self, next_type=IPV4)
    assert bench.switch.send(Y, frame(SHIM, shim + ipv4("10.0.9.9", nobody))) == {}
    assert bench.switch.drops("UNKNOWN_HOST") == 1


def test_the_switch_answers_to_its_own_address_at_the_control_plane(bench: Bench) -> None:
    bench.routes()
    own = str(bench.switch.net.topology.switches[bench.self].address)
    left = from_host(bench, ipv4(bench.ip["hS"], own))
    assert list(left) == [CPU]
    assert left[CPU][0][0] == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"origin": "self"}, "PROBE"),
        ({"origin": 0xFFFF}, "PROBE"),
        ({"origin": "d", "format": 9}, "UNTAGGED"),
    ],
    ids=["our own", "impossible origin", "unknown format"],
)
def test_impossible_probes(bench: Bench, fields: dict[str, int | str], reason: str) -> None:
    bench.routes()
    resolved = {k: {"self": bench.self, "d": bench.d}.get(str(v), v) for k, v in fields.items()}
    assert bench.switch.probes(X1, **{"version": 99, "len": 0, **resolved}) == {}
    assert bench.switch.drops(reason) == 1


def test_data_out_of_range_and_untagged(bench: Bench) -> None:
    bench.routes()
    assert bench.switch.send(X1, bench.data(destination=0x8000 | bench.d)) == {}
    assert bench.switch.drops("UNKNOWN_DESTINATION") == 1
    assert bench.switch.send(X1, frame(IPV4, ipv4("10.0.0.1", bench.ip["hS"]))) == {}
    assert bench.switch.send(X1, bench.data(format=2)) == {}
    assert bench.switch.drops("UNTAGGED") == 2


def test_probes_leave_by_every_other_port_parallel_links_too(bench: Bench) -> None:
    bench.switch.clear()
    left = bench.switch.probes(X1, origin=bench.d, version=1, len=2)
    assert set(left) == {X2, Y}


# ---------------------------------------------------------------------------------------------------- flowlets


def out_port(left: dict[int, list[bytes]]) -> int:
    (port,) = left
    return port


def slot_of(bench: Bench) -> int:
    """The only flowlet slot in use."""
    used = [i for i, value in enumerate(bench.switch.net.register("S", "flowlet")) if value]
    assert len(used) == 1
    return used[0]


def test_a_flowlet_keeps_its_way_until_a_gap(bench: Bench) -> None:
    bench.routes(x=3, y=5)
    packet = ipv4(bench.ip["hS"], bench.ip["hD"])
    assert out_port(from_host(bench, packet)) == X1
    bench.version = 2
    bench.hear(Y, 2)  # now better
    assert bench.switch.read("fwd_next", bench.d) == bench.hop(Y)
    assert out_port(from_host(bench, packet)) == X1
    bench.switch.age("flowlet", slot_of(bench), 1.1 * FLOWLET_US / PERIOD_US)
    assert out_port(from_host(bench, packet)) == Y


def test_a_flowlet_leaves_a_dead_port_at_once(bench: Bench) -> None:
    bench.routes()
    packet = ipv4(bench.ip["hS"], bench.ip["hD"])
    assert out_port(from_host(bench, packet)) == X1
    bench.version = 2
    bench.hear(Y, 2)
    bench.switch.age("link_seen", bench.hop(X1), 4)
    for _ in range(2):
        assert out_port(from_host(bench, packet)) == Y
    assert bench.switch.drops("NO_ROUTE") == 0


def test_a_route_over_a_dead_port_is_not_used(bench: Bench) -> None:
    bench.routes()
    bench.switch.age("link_seen", bench.hop(X1), 4)
    assert from_host(bench, ipv4(bench.ip["hS"], bench.ip["hD"])) == {}
    assert bench.switch.drops("NO_ROUTE") == 1


def test_a_falling_ttl_breaks_the_pin(bench: Bench) -> None:
    """Largest minus smallest TTL above 3 hops (docs/protocol.md): a loop is suspected."""
    bench.routes()
    assert out_port(bench.switch.send(X2, bench.data(ttl=30))) == X1
    bench.version = 2
    bench.hear(Y, 2)
    for ttl in (29, 28, 27):
        assert out_port(bench.switch.send(X2, bench.data(ttl=ttl))) == X1
    assert out_port(bench.switch.send(X2, bench.data(ttl=26))) == Y
    assert out_port(bench.switch.send(X2, bench.data(ttl=25))) == Y


def test_a_collision_of_destinations_moves_neither(bench: Bench) -> None:
    """Flows to D and Z that share a slot: D's keeps its pin, Z's follows its own route all the time."""
    bench.routes()
    bench.hear(Y, 4, origin=bench.z)
    tenant = {}
    for flow in range(64):
        for destination in (bench.d, bench.z):
            bench.switch.net.cli("S", "register_reset flowlet")
            bench.switch.send(X2, bench.data(flow=flow, destination=destination))
            tenant.setdefault(slot_of(bench), {}).setdefault(destination, flow)
        found = next((flows for flows in tenant.values() if len(flows) == 2), None)
        if found:
            break
    assert found, "no two flows share a slot"
    bench.switch.net.cli("S", "register_reset flowlet")
    bench.routes()
    bench.hear(Y, 4, origin=bench.z)
    assert out_port(bench.switch.send(X2, bench.data(flow=found[bench.d]))) == X1
    bench.version = 2
    bench.hear(Y, 2)
    for _ in range(3):
        assert out_port(bench.switch.send(X2, bench.data(flow=found[bench.z], destination=bench.z))) == Y
        assert out_port(bench.switch.send(X2, bench.data(flow=found[bench.d]))) == X1


# ------------------------------------------------------------------------------------------------- utilisation


def test_load_is_bytes_over_capacity_and_probes_are_not_counted(bench: Bench) -> None:
    """`util` of a probe is the load of the link towards its sender: 48-bit cell, high 16 bits in 1/50000."""
    bench.routes()
    bench.switch.net.cli("S", "register_reset link_load")
    assert bench.switch.read("link_load", bench.hop(X1)) == 0
    shim = bench.switch.shim.pack(format=1, ttl=9, destination=bench.d, next_type=0x1234)
    data = frame(SHIM, shim).ljust(1000, b"x")
    bench.switch.send(X2, data)
    bench.switch.send(X2, data)
    weight = next(
        e["action_params"]["weight"]
        for e in bench.switch.entries
        if e["table"].endswith("hop_port") and e["match"]["hop"] == bench.hop(X1)
    )
    assert abs(bench.switch.read("link_load", bench.hop(X1)) - 2 * 1000 * weight) <= 1000 * weight // 64
    bench.switch.write("link_load", bench.hop(X1), 25_000 << 32)
    bench.version = 2
    left = bench.switch.probes(X1, origin=bench.d, version=2, len=2, util=100)
    assert {copy["util"] for copies in left.values() for copy in copies} == {25_000}
    left = bench.switch.probes(X1, origin=bench.z, version=2, len=2, util=30_000)
    assert {copy["util"] for copies in left.values() for copy in copies} == {30_000}
