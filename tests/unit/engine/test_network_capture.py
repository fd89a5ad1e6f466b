"""Captures, read by scapy and by tshark."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from pathlib import Path

import pytest
from support.fake import chain, frame

from contra.engine.capture import pcap
from contra.engine.network import Network


def captured(path: Path) -> Path:
    """Two packets, one longer than its bytes, seen at s0's port 2; the second is sent at 8 us + 1 us + 2 s."""
    network = Network(chain(2, False), jit=False)
    for port in range(len(network.plan.links)):
        network.capture(port)
    network.inject(0, "h0", frame(1, size=70))
    network.inject(2 * 10**12, "h0", frame(1, size=60), size=1000)
    network.inject(2 * 10**12 + 10**9, "h1", frame(0, size=61))
    network.run(3 * 10**12)
    path.write_bytes(b"".join(pcap(network.journal.captured("s0", 2))))
    return path


def test_scapy_reads_a_capture(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from scapy.utils import RawPcapReader

    with RawPcapReader(str(captured(tmp_path / "s0-2.pcap"))) as reader:
        assert reader.nano
        packets = list(reader)
    assert [data for data, _ in packets] == [frame(1, size=70), frame(1, size=60), frame(0, size=61)]
    # Sent after 560 ns and 8 us on the first link plus 1 us; received after two links of 488 + 1000 ns
    times = [(meta.sec, meta.usec) for _, meta in packets]
    assert times == [(0, 1560), (2, 9000), (2, 1000000 + 2 * 1488)]
    assert [meta.wirelen for _, meta in packets] == [70, 1000, 61]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_reads_a_capture(tmp_path: Path) -> None:
    fields = ["-Tfields", "-eframe.len", "-eframe.cap_len", "-eframe.time_relative", "-eeth.dst"]
    done = subprocess.run(
        ["tshark", "-r", str(captured(tmp_path / "s0-2.pcap")), *fields], capture_output=True, text=True, check=True
    )
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[:2] for row in rows] == [["70", "70"], ["1000", "60"], ["61", "61"]]
    assert [row[3] for row in rows] == ["02:00:00:00:00:01"] * 2 + ["02:00:00:00:00:00"]
    assert float(rows[1][2]) == pytest.approx(2 + 9000e-9 - 1560e-9, abs=1e-9)
