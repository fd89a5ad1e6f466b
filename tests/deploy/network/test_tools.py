"""What hosts, iperf3, dumpcap and switches print or are told, and tools that fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from scapy.utils import RawPcapNgReader
from support.plans import plan_of

from contra.deploy.errors import ToolError
from contra.deploy.network import capture, counters, hosts, switches, tap, tools, traffic
from contra.deploy.plan import Settings
from contra.diagnostics import Reporter
from contra.topology import Defaults, load

TOPOLOGIES = Path(__file__).parent.parent.parent.parent / "topologies"

PING = """PING 10.0.1.2 (10.0.1.2) 56(84) bytes of data.

--- 10.0.1.2 ping statistics ---
3 packets transmitted, 3 received, 0% packet loss, time 402ms
rtt min/avg/max/mdev = 2.048/20.478/33.231/13.266 ms
"""
SILENT = """PING 10.1.0.2 (10.1.0.2) 56(84) bytes of data.

--- 10.1.0.2 ping statistics ---
2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 1013ms
pipe 2
"""


def test_pings() -> None:
    heard = hosts.parse_ping("a", "b", PING)
    assert (heard.sent, heard.received, heard.rtt_ms) == (3, 3, (2.048, 20.478, 33.231))
    assert (hosts.parse_ping("a", "b", PING.replace("3 received", "1 received")).received) == 1


def test_pings_into_the_void() -> None:
    text = SILENT.replace("+2 errors, ", "")
    assert hosts.parse_ping("a", "b", text) == hosts.Ping(source="a", target="b", sent=2, received=0, rtt_ms=None)
    assert hosts.parse_ping("a", "b", SILENT).received == 0


def test_ping_that_fails_itself() -> None:
    with pytest.raises(ToolError, match="from 'a' to 'b'"):
        hosts.parse_ping("a", "b", "", "ping: socket: Operation not permitted")


INTERVAL = {"sum": {"start": 0, "end": 1.0, "bits_per_second": 3e6}}


def test_report_of_a_tcp_flow() -> None:
    end = {
        "streams": [{"sender": {"retransmits": 5}, "receiver": {}}],
        "sum_sent": {"seconds": 4.0, "bits_per_second": 3.4e6, "retransmits": 5},
        "sum_received": {"seconds": 4.1, "bits_per_second": 2.8e6},
    }
    flow = traffic.parse_flow("a", "b", "tcp", {"intervals": [INTERVAL], "end": end}, 7, 2)
    assert (flow.sent_rate, flow.received_rate, flow.retransmits) == (3.4e6, 2.8e6, 5)
    assert (flow.out_of_order, flow.reorderings, flow.lost, flow.jitter_ms) == (7, 2, None, None)
    assert flow.intervals == ((0.0, 3e6),)


def test_report_of_a_udp_flow() -> None:
    end = {
        "streams": [{"udp": {"out_of_order": 3}}, {"udp": {"out_of_order": 1}}],
        "sum": {"seconds": 3, "bits_per_second": 5e6, "jitter_ms": 1.5, "lost_packets": 76, "packets": 1339},
        "sum_sent": {"seconds": 3, "bits_per_second": 5e6},
        "sum_received": {"seconds": 3.1, "bits_per_second": 3e6},
    }
    flow = traffic.parse_flow("a", "b", "udp", {"intervals": [], "end": end}, 99, 99)
    assert (flow.packets, flow.lost, flow.jitter_ms, flow.out_of_order) == (1339, 76, 1.5, 4)
    assert (flow.retransmits, flow.reorderings) == (None, None)
    assert (flow.sent_rate, flow.received_rate) == (5e6, 3e6)


def test_counters_of_tcp(tmp_path: Path) -> None:
    file = tmp_path / "netstat"
    file.write_text("TcpExt: SyncookiesSent TCPOFOQueue\nTcpExt: 0 12\nIpExt: InOctets\nIpExt: 345\n")
    assert traffic.read_netstat(file) == {"SyncookiesSent": 0, "TCPOFOQueue": 12, "InOctets": 345}
    assert traffic.read_netstat(tmp_path / "none") == {}


def test_a_capture_as_another_library_reads_it(tmp_path: Path) -> None:
    rows = [{"interface": "s1-eth1", "description": "s1:1 from Zürich:2"}, {"interface": "s2-eth13", "description": ""}]
    frames: list[tap.Frame] = [
        (1_700_000_000_123_456_789, 1, True, bytes(range(61))),
        (1_700_000_000_123_456_790, 0, False, bytes(64)),
    ]
    file = tmp_path / "x.pcapng"
    blocks = [tap.header_blocks(rows), *map(tap.packet_block, frames), tap.statistics_block(0, 5, 2)]
    file.write_bytes(b"".join(blocks))
    with RawPcapNgReader(str(file)) as reader:
        read = list(reader)
    assert [data for data, _ in read] == [frame[3] for frame in frames]
    assert [meta.ifname for _, meta in read] == [b"s2-eth13", b"s1-eth1"]
    assert [(meta.tshigh << 32) + meta.tslow for _, meta in read] == [frame[0] for frame in frames]
    assert [meta.tsresol for _, meta in read] == [10**9] * 2
    assert [meta.direction for _, meta in read] == [1, 2]


def test_places_of_a_capture() -> None:
    plan = plan_of(load(str(TOPOLOGIES / "diamond.json"), Reporter(), defaults=Defaults()))
    found = capture.places(plan, [2], [3])
    assert [(place.interface, place.inbound) for place in found] == [
        ("B-eth2", True),
        ("D-eth1", True),
        ("D-eth3", False),
    ]
    assert [place.description for place in found] == ["B:2 from D:1", "D:1 from B:2", "D:3 and hD"]


DEV = """Inter-|   Receive                            |  Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed
    lo:    1       2    0    0    0     0          0         0     3       4    0    0    0     0       0          0
s1-eth1: 100      10    0    0    0     0          0         0   200      20    0    5    0     0       0          0
"""


def test_counters_of_interfaces(tmp_path: Path) -> None:
    (tmp_path / "dev").write_text(DEV)
    assert counters.read(tmp_path / "dev") == {"s1-eth1": counters.Traffic(100, 10, 200, 20)}


def test_command_line_of_a_switch(tmp_path: Path) -> None:
    plan = plan_of(load(str(TOPOLOGIES / "diamond.json"), Reporter(), defaults=Defaults()))
    argv = switches.command(plan.switches[1], Settings(), 510, tmp_path)
    own, target = argv[: argv.index("--", 4)], argv[argv.index("--", 4) + 1 :]
    assert own[own.index("simple_switch_grpc") :] == [
        *("simple_switch_grpc", "--no-p4", "--device-id", "2"),
        *("-i", "1@B-eth1", "-i", "2@B-eth2", "-i", "3@B-eth3", "--thrift-port", "9091"),
        *("--log-level", "off"),
    ]
    assert target == ["--grpc-server-addr", "127.0.0.1:50052", "--cpu-port", "510"]


@pytest.mark.parametrize("mutual", [False, True])
def test_certificates_of_a_switch(tmp_path: Path, mutual: bool) -> None:
    if mutual:
        (tmp_path / "client.crt").write_text("")
    flags = switches.tls_flags(tmp_path)
    assert flags[:3] == ["--grpc-server-ssl", "--grpc-server-cert", str(tmp_path / "server.crt")]
    assert ("--grpc-server-with-client-auth" in flags) is mutual
    assert switches.tls_flags(None) == []


def test_logs_are_cut_back_to_their_end(tmp_path: Path) -> None:
    plan = plan_of(load(str(TOPOLOGIES / "diamond.json"), Reporter(), defaults=Defaults()))
    log = tmp_path / "log.txt"
    process = switches.SwitchProcess(plan.switches[0], ["true"], {}, log)
    assert process.tail() == "  (nothing)"
    log.write_text("".join(f"line {i}\n" for i in range(300_000)))
    process.bound_log()
    assert log.stat().st_size <= switches.LOG_BYTES // 4
    assert process.tail().splitlines() == [f"  line {i}" for i in range(299_980, 300_000)]
    size = log.stat().st_size
    process.bound_log()
    assert log.stat().st_size == size


def test_a_switch_that_ends_at_once(tmp_path: Path) -> None:
    plan = plan_of(load(str(TOPOLOGIES / "diamond.json"), Reporter(), defaults=Defaults()))
    argv = ["sh", "-c", "echo bad luck >&2; exit 3"]
    process = switches.SwitchProcess(plan.switches[0], argv, {"PATH": "/usr/bin:/bin"}, tmp_path / "log.txt")
    process.start()
    with pytest.raises(ToolError) as error:
        process.wait(10)
    (problem,) = error.value.diagnostics
    assert problem.code == "CTR1235"
    assert problem.title_text() == "the switch 'A' ended by itself with 3"
    assert "bad luck" in problem.note_texts()[0]
    assert process.process is None
    process.kill()


def test_a_switch_that_does_not_listen(tmp_path: Path) -> None:
    topology = load(str(TOPOLOGIES / "diamond.json"), Reporter(), defaults=Defaults())
    plan = plan_of(topology, Settings(grpc_base=1))  # where nobody listens
    process = switches.SwitchProcess(plan.switches[0], ["sleep", "60"], {"PATH": "/usr/bin:/bin"}, tmp_path / "log.txt")
    process.start()
    with pytest.raises(ToolError) as error:
        process.wait(0.1)
    assert [each.code for each in error.value.diagnostics] == ["CTR1236"]
    assert process.process is not None
    process.kill()
    assert process.process is None


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    plan = plan_of(load(str(TOPOLOGIES / "diamond.json"), Reporter(), defaults=Defaults()))
    process = switches.SwitchProcess(plan.switches[0], [str(tmp_path / "none")], {}, tmp_path / "log.txt")
    with pytest.raises(ToolError) as error:
        process.start()
    assert [each.code for each in error.value.diagnostics] == ["CTR0806"]


def test_tools_that_fail_say_what_was_asked() -> None:
    with pytest.raises(ToolError) as error:
        tools.PLAIN.run(["sh", "-c", "echo no such thing >&2; exit 2"])
    (problem,) = error.value.diagnostics
    assert problem.code == "CTR0806" and "no such thing" in problem.note_texts()[0]
    with pytest.raises(ToolError) as error:
        tools.PLAIN.run(["no-such-tool-at-all"])
    with pytest.raises(ToolError) as error:
        tools.PLAIN.run(["sleep", "5"], timeout_s=0.1)
    assert [each.code for each in error.value.diagnostics] == ["CTR0804"]


def test_a_batch_names_the_command_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "ip"
    fake.write_text("#!/bin/sh\necho 'RTNETLINK answers: File exists' >&2; echo 'Command failed -:2' >&2; exit 1\n")
    fake.chmod(0o755)
    with pytest.raises(ToolError) as error:
        tools.PLAIN.batch(str(fake), ["link add name a", "link add name b", "link add name c"])
    (problem,) = error.value.diagnostics
    assert "link add name b" in problem.title_text()
    tools.PLAIN.batch(str(fake), [])  # nothing to do
