"""One real BMv2 switch between raw sockets: frames in, frames out, registers, and a clock that tests can turn.

Ages are turned instead of waited for: with a probe period of a minute nothing ages during a test, and a time stamp in a
register can be set back. That nothing more leaves is known without waiting too: packets keep their order, so when the
markers sent behind a frame have come out of all ports, so has everything that the frame caused.
"""

from __future__ import annotations

import json
import select
import socket
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from support.bmv2 import Bmv2Network

from contra.diagnostics import Reporter
from contra.driver import CompileRequest, compile
from contra.options import ProtocolOptions

PERIOD_US = 60_000_000
CPU = 510
PROBE, SHIM, IPV4, ARP = 0x88B5, 0x88B6, 0x0800, 0x0806
HOST_MAC, OTHER_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
MARKER = b"the last frame"
"""Short: behind a probe, the switch cuts what goes beyond the smallest frame."""


def build(policy: str, topology: Path | dict, folder: Path, **options: int) -> Path:
    """Compile a policy text for a topology; the folder of the build."""
    source = folder / "policy.ctr"
    source.write_text(policy)
    if isinstance(topology, dict):
        (folder / "topo.json").write_text(json.dumps(topology))
        topology = folder / "topo.json"
    reporter = Reporter()
    request = CompileRequest(
        policy=source, topology=str(topology), out=folder / "build", options=ProtocolOptions(**options)
    )
    compile(request, reporter)
    reporter.check()
    return folder / "build"


def frame(ether_type: int, payload: bytes, dst: bytes = OTHER_MAC, src: bytes = HOST_MAC) -> bytes:
    """An Ethernet frame, filled up to 60 bytes."""
    return (dst + src + ether_type.to_bytes(2, "big") + payload).ljust(60, b"\0")


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    total = sum(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(
    src: str,
    dst: str,
    payload: bytes = bytes(8),
    *,
    ttl: int = 64,
    protocol: int = 17,
    fragment: int = 0,
    options: bytes = b"",
) -> bytes:
    """An IPv4 packet with a right checksum; `fragment` is flags and offset."""
    head = bytearray(20)
    head[0] = 0x45 + len(options) // 4
    head[2:4] = (20 + len(options) + len(payload)).to_bytes(2, "big")
    head[4:6] = b"\x12\x34"
    head[6:8] = fragment.to_bytes(2, "big")
    head[8], head[9] = ttl, protocol
    head[12:16], head[16:20] = socket.inet_aton(src), socket.inet_aton(dst)
    whole = bytes(head) + options
    return whole[:10] + checksum(whole).to_bytes(2, "big") + whole[12:] + payload


@dataclass(frozen=True)
class Layout:
    """A header as `build/tools` and the P4 describe it: (field, bits) in wire order."""

    fields: tuple[tuple[str, int], ...]

    @property
    def size(self) -> int:
        return sum(bits for _, bits in self.fields) // 8

    def pack(self, **values: int) -> bytes:
        word = 0
        for name, bits in self.fields:
            word = word << bits | values.pop(name, 0) & ((1 << bits) - 1)
        assert not values, f"no such fields: {values}"
        return word.to_bytes(self.size, "big")

    def unpack(self, data: bytes) -> dict[str, int]:
        word, values = int.from_bytes(data[: self.size], "big"), {}
        for name, bits in reversed(self.fields):
            values[name] = word & ((1 << bits) - 1)
            word >>= bits
        return values


def layouts(text: str) -> dict[str, Layout]:
    """Probe, shim and query, read from the text of a generated program."""
    found = {}
    for name in ("probe", "shim", "query"):
        body = text.split(f"header {name}_t {{", 1)[1].split("}", 1)[0]
        rows = [line.split(";")[0].split() for line in body.splitlines() if ";" in line]
        found[name] = Layout(tuple((field, int(kind[4:-1])) for kind, field in rows))
    return found


class SingleSwitch:
    """The switch `S` of a build, alone."""

    def __init__(self, build: Path, name: str = "S") -> None:
        self.name = name
        self.net = Bmv2Network(build, only=(name,))
        text = (build / "switches" / name / f"{name}.p4").read_text()
        self.probe, self.shim = layouts(text)["probe"], layouts(text)["shim"]
        shift = int(text.split("CLOCK_SHIFT = ")[1].split(";")[0])
        self.period = PERIOD_US >> shift

    def __enter__(self) -> SingleSwitch:
        self.net.__enter__()
        self.wire = self.net.wire(self.name)
        runtime = json.loads((self.net.build / self.net.manifest["switches"][self.name]["runtime"]).read_text())
        self.entries = runtime["table_entries"]
        groups = {row["multicast_group_id"]: row["replicas"] for row in runtime["multicast_group_entries"]}
        self._told = Counter(replica["egress_port"] for replica in groups[1])
        self.neighbours = [port.number for port in self.net.topology.ports[self._index]]
        self.hosts = {row.port: row for row in self.net.topology.hosts_of[self._index]}
        for row in self.hosts.values():  # the kernel behind the port shall not answer
            self.net.hosts[row.name].execute("ip", "addr", "flush", "dev", "eth0")
        return self

    def __exit__(self, *_: object) -> None:
        for port, sock in self.wire.items():
            if port != CPU:
                sock.close()
        self.net.__exit__()

    @property
    def _index(self) -> int:
        return self.net.names.index(self.name)

    # --------------------------------------------------------------------------------------- frames

    def send(self, port: int, *frames: bytes) -> dict[int, list[bytes]]:
        """Frames into a port; what they make leave, by port. The markers are taken out."""
        for each in frames:
            self.wire[port].send(each)
        self.wire[CPU].send(bytes([1]) + MARKER + bytes(24))
        waiting = Counter(self._told)
        for number, host in self.hosts.items():
            inner = frame(IPV4, ipv4("10.99.99.99", str(host.ip), MARKER, protocol=253))
            self.wire[CPU].send(bytes([2]) + inner)
            waiting[number] += 1
        left: dict[int, list[bytes]] = {}
        deadline = time.monotonic() + 20
        while waiting:
            ready, _, _ = select.select(
                [self.wire[p] for p in (*waiting, CPU)], [], [], max(0, deadline - time.monotonic())
            )
            assert ready, f"no marker from ports {set(waiting)}; so far {left}"
            for number in [p for p in (*waiting, CPU) if self.wire[p] in ready]:
                data = self.wire[number].recv(2048)
                if MARKER in data:
                    waiting[number] -= 1
                    if not waiting[number]:
                        del waiting[number]
                else:
                    left.setdefault(number, []).append(data)
        return left

    def probes(self, port: int, **fields: int) -> dict[int, list[dict[str, int]]]:
        """A probe into a port; the probes that leave, by port."""
        body = self.probe.pack(**{"format": 1, **fields})
        left = self.send(port, frame(PROBE, body))
        return {p: [self.probe.unpack(data[14:]) for data in frames] for p, frames in left.items()}

    # --------------------------------------------------------------------------------------- state

    def read(self, register: str, index: int = 0) -> int:
        return self.net.register(self.name, register, index)[0]

    def write(self, register: str, index: int, value: int) -> None:
        self.net.write(self.name, register, index, value)

    def age(self, register: str, index: int, periods: float, field_bits: int = 32) -> None:
        """Make a time stamp (in the low bits of a cell) older by so many probe periods."""
        value = self.read(register, index)
        mask = (1 << field_bits) - 1
        self.write(register, index, value & ~mask | (value - int(periods * self.period)) & mask)

    def clear(self) -> None:
        """Forget everything, as a switch that has just started."""
        runtime = json.loads(
            (self.net.build / "programs" / f"{self.net.manifest['switches'][self.name]['program']}.json").read_text()
        )
        self.net.cli(self.name, *(f"register_reset {array['name']}" for array in runtime["register_arrays"]))
        self.net.cli(self.name, "counter_reset drops")

    def drops(self, reason: str) -> int:
        names = [row["name"] if isinstance(row, dict) else row for row in self.net.manifest["drop_reasons"]]
        return self.net.counter(self.name, names.index(reason))
