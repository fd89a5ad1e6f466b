"""Captured TCP, read by scapy and by tshark: checksums, flags, windows, options; no complaints."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from pathlib import Path

import pytest
from engine.support.pipes import GIGABIT, US, Pipe, flows, link

from contra.engine.capture import Packet, pcap
from contra.engine.core.segments import complement
from contra.engine.model import Impairment
from contra.engine.network import Network
from contra.engine.tcp import TcpRun
from contra.engine.transport import Transport

SIZE = 40 * 1460 + 7


def captured(control: str, loss: float = 0.0) -> tuple[TcpRun, list[Packet]]:
    """Three flows as the left switch's ports to their hosts see them; payloads are zeros."""
    network: Network = Pipe(hosts=2, rate=2 * GIGABIT, mark=3, seed=5).network()
    network.impair(link(network, "left", "right"), Impairment(loss=loss))
    for host in ("l0", "l1"):
        network.capture(link(network, host, "left"), sent=False)
        network.capture(link(network, "left", host), received=False)
    wanted = [("l0", "r0", SIZE, 0), ("l1", "r1", 1, 5 * US), ("l0", "r1", 1460, 7 * US)]
    run = flows(network, wanted, Transport(congestion_control=control))
    run.run(10**12)
    assert run.finished == 3
    journal = network.journal
    packets = [*journal.captured("left", 2), *journal.captured("left", 3)]
    return run, sorted(packets, key=lambda packet: packet.time_ps)


def whole(packet: Packet) -> bytes:
    return packet.data.ljust(packet.size, b"\0")


@pytest.mark.parametrize("control", ["newreno", "dctcp"])
def test_scapy_computes_the_same_checksums(control: str) -> None:
    """IPv4's and TCP's, of whole packets; a packet whose checksums are deleted is built anew with the same bytes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from scapy.layers.inet import IP, TCP
        from scapy.layers.l2 import Ether
    _, packets = captured(control)
    kinds = set()
    for packet in packets:
        frame = Ether(whole(packet))
        kinds.add(str(frame[TCP].flags))
        assert (frame[IP].ttl, frame[IP].flags, frame[IP].ihl) == (64, "DF", 5)
        length = frame[IP].len
        again = Ether(whole(packet))
        del again[IP].chksum, again[TCP].chksum
        assert bytes(again)[: 14 + length] == whole(packet)[: 14 + length]
        if frame[TCP].flags.S:
            assert frame[TCP].options == [("MSS", 1460), ("NOP", None), ("WScale", 6)]
    common = {"FPA", "A"} | ({"S", "SA"} if control == "newreno" else {"SEC", "SAE", "AE"})
    assert common <= kinds


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize(("control", "loss"), [("newreno", 0.0), ("dctcp", 0.0), ("newreno", 0.1)])
def test_tshark_has_no_complaints(tmp_path: Path, control: str, loss: float) -> None:
    """Expert information of warnings and errors: none, but on what was lost; windows are scaled, streams complete."""
    run, packets = captured(control, loss)
    path = tmp_path / "tcp.pcap"
    path.write_bytes(b"".join(pcap([Packet(p.time_ps, whole(p), p.size) for p in packets])))
    names = (
        "tcp.stream",
        "tcp.len",
        "tcp.seq",
        "tcp.ack",
        "tcp.window_size",
        "tcp.checksum.status",
        "ip.checksum.status",
    )
    names += ("_ws.expert.message", "_ws.malformed", "tcp.analysis.retransmission")
    checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    command = ["tshark", "-r", str(path), *checks, "-Tfields", "-Eseparator=|", *(f"-e{name}" for name in names)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [dict(zip(names, line.split("|"), strict=True)) for line in done.stdout.splitlines()]
    assert len(rows) == len(packets)
    assert {(row["tcp.checksum.status"], row["ip.checksum.status"]) for row in rows} == {("1", "1")}
    assert not any(row["_ws.malformed"] for row in rows)
    said = {row["_ws.expert.message"] for row in rows}
    harmless = ("Connection establish", "Connection finish", "This frame undergoes the connection closing")
    unusual = {text for text in said if text and not text.startswith(harmless)}
    assert bool(unusual) == (loss > 0), unusual
    assert all("retransmission" in text or "Duplicate" in text or "out-of-order" in text for text in unusual)
    assert {row["tcp.window_size"] for row in rows} == {"65535", str(2 << 20)}
    ends = {row["tcp.stream"]: int(row["tcp.ack"]) for row in rows if row["tcp.len"] == "0"}
    assert sorted(ends.values()) == [3, 1462, SIZE + 2]
    again = sum(bool(row["tcp.analysis.retransmission"]) for row in rows)
    assert (again > 0) == (int(run.results().retransmitted.sum()) > 0)


@pytest.mark.parametrize("total", [0, 1, 0xFFFF, 0x10000, 0x1FFFF, 0xFFFFF, 20 * 0xFFFF])
def test_sums_are_folded_to_the_end(total: int) -> None:
    """RFC 1071: the sum modulo 65535, of which 0 is 65535 but for a sum of nothing; then its complement."""
    folded = total if total == 0 else (total - 1) % 0xFFFF + 1
    assert complement(total) == 0xFFFF - folded
