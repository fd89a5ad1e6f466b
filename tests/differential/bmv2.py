"""A real BMv2 in file mode, fed through named pipes: no root, no interfaces, one packet at a time.

simple_switch merges its input files by the times of their records, and looks one record ahead in each. So it takes
the next packet exactly when the record behind the last one is given to it, or that file ends. Before that is done, all
of its threads have come to rest: what a packet causes has happened when the next one comes, however busy the machine.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import struct
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from hashlib import sha256
from pathlib import Path

from differential import instrument
from differential.case import Case, Outcome
from support.bmv2 import CommandLine, cli_command, commands, missing_cli

_GLOBAL = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
_DEADLINE_S = 30.0


def missing() -> str | None:
    """Why BMv2 cannot run here, or None."""
    for tool in ("simple_switch", "p4c-bm2-ss"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    return missing_cli()


def compiled(text: str, cache: Path) -> Path:
    """The program for BMv2, by the real p4c; kept by text."""
    cache.mkdir(parents=True, exist_ok=True)
    program = cache / f"{sha256(text.encode()).hexdigest()}.json"
    if not program.exists():
        source = program.with_suffix(".p4")
        source.write_text(text)
        command = ["p4c-bm2-ss", "--p4v", "16", "-o", f"{program}.part", str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        Path(f"{program}.part").rename(program)
    return program


def run(case: Case, folder: Path, cache: Path) -> tuple[Case, Outcome]:
    """Run a case on BMv2; the case with the times that its packets really had, and what came of it."""
    program = compiled(case.text, cache)
    with FileSwitch(program, case.ports, folder) as switch:
        switch.load(case)
        switch.feed(case)
        registers, counters = switch.registers(), switch.counters()
        frames = switch.frames()
    log = instrument.times(registers[instrument.LOG], registers[instrument.COUNT][0])
    return case.timed(log), Outcome(frames, registers, counters)


class FileSwitch:
    """A running simple_switch that reads its packets from named pipes."""

    def __init__(self, program: Path, ports: Sequence[int], folder: Path) -> None:
        self._program, self._ports, self._folder = program, ports, folder
        self._layout = json.loads(program.read_text())
        self._pipes: dict[int, int] = {}
        self._kept = ExitStack()

    def __enter__(self) -> FileSwitch:
        flags: list[str] = []
        for port in self._ports:
            path = self._folder / f"{port}_in.pcap"
            path.unlink(missing_ok=True)
            os.mkfifo(path)
            self._pipes[port] = os.open(path, os.O_RDWR)
            os.write(self._pipes[port], _GLOBAL)
            flags += ["-i", f"{port}@{self._folder}/{port}"]
        thrift = _free_port()
        command = ["simple_switch", "--use-files", "0", *flags, "--thrift-port", str(thrift)]
        command += ["--log-file", str(self._folder / "switch"), "-L", "error", str(self._program)]
        try:
            self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self._kept.callback(self._process.wait)
            self._kept.callback(self._process.kill)
            self._line = CommandLine([*(cli_command() or []), "--thrift-port", str(thrift)])
            self._kept.callback(self._line.close)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()
        for pipe in self._pipes.values():
            os.close(pipe)
        self._pipes.clear()

    def load(self, case: Case) -> None:
        """Entries, groups, sessions and register writes; any refusal is an error."""
        lines = commands(self._layout, case.runtime)
        lines += [f"register_write {write.register} {write.index} {write.value}" for write in case.writes]
        answer = self._line.run(lines)
        if re.search(r"Error|Invalid|Unknown|Exception", answer):
            raise RuntimeError(f"{case.name}: {answer}")

    def feed(self, case: Case) -> None:
        """All packets, each at its time or later, when the switch is at rest."""
        rows: dict[int, deque[bytes]] = {port: deque() for port in self._ports}
        for number, packet in enumerate(case.packets):
            head = struct.pack("<IIII", 1 + number // 10**6, number % 10**6, len(packet.data), len(packet.data))
            rows[packet.port].append(head + packet.data)
        with closing(_Threads(self._process.pid)) as threads:
            self._feed(case, rows, threads)
        if self._process.poll() is not None:
            raise RuntimeError(f"{case.name}: simple_switch has ended")

    def _feed(self, case: Case, rows: Mapping[int, deque[bytes]], threads: _Threads) -> None:
        start = time.monotonic() - case.packets[0].time * 1e-6
        for port in self._ports:
            self._supply(port, rows[port])
        for before, packet in zip(case.packets, case.packets[1:], strict=False):
            threads.rest()
            time.sleep(max(0.0, start + packet.time * 1e-6 - time.monotonic()))
            self._supply(before.port, rows[before.port])
        threads.rest()

    def _supply(self, port: int, rows: deque[bytes]) -> None:
        if rows:
            os.write(self._pipes[port], rows.popleft())
        elif port in self._pipes:
            os.close(self._pipes.pop(port))

    def processor_ns(self) -> int:
        """Processor time of all its threads so far."""
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(path.read_text().split()[0]) for path in threads)

    def registers(self) -> dict[str, tuple[int, ...]]:
        """Every cell."""
        cells = {}
        for row in self._layout["register_arrays"]:
            name, mask = row["name"], (1 << row["bitwidth"]) - 1
            answer = self._line.run([f"register_read {name}"])
            text = re.search(rf"^{re.escape(name)}=(.*)$", answer, re.M)
            if text is None:
                raise RuntimeError(answer)
            cells[name] = tuple(int(part) & mask for part in text[1].split(","))
        return cells

    def counters(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """Packets and bytes of every counter that is an array."""
        cells = {}
        for row in self._layout["counter_arrays"]:
            if row["is_direct"]:
                continue
            answer = self._line.run([f"counter_read {row['name']} {index}" for index in range(row["size"])])
            found = re.findall(r"\((\d+) bytes, (\d+) packets\)", answer)
            if len(found) != row["size"]:
                raise RuntimeError(answer)
            cells[row["name"]] = tuple((int(packets), int(size)) for size, packets in found)
        return cells

    def frames(self) -> dict[int, tuple[bytes, ...]]:
        """What has left, by port."""
        return {port: _frames((self._folder / f"{port}_out.pcap").read_bytes()) for port in self._ports}


class _Threads:
    """The threads of a process; they rest when all sleep, and none has run between two looks."""

    def __init__(self, pid: int) -> None:
        self._status = [os.open(path / "status", os.O_RDONLY) for path in Path(f"/proc/{pid}/task").iterdir()]

    def close(self) -> None:
        for status in self._status:
            os.close(status)

    def rest(self) -> None:
        end = time.monotonic() + _DEADLINE_S
        before = None
        while time.monotonic() < end:
            now = self._look()
            if now is not None and now == before:
                return
            before = now
        raise RuntimeError("the switch does not come to rest")

    def _look(self) -> tuple[bytes, ...] | None:
        """How often each has run so far; None while one runs or waits for a processor."""
        runs = []
        for status in self._status:
            text = os.pread(status, 4096, 0)
            if b"State:\tS" not in text:
                return None
            runs.append(text.partition(b"voluntary_ctxt_switches:")[2])
        return tuple(runs)


def _frames(data: bytes) -> tuple[bytes, ...]:
    frames, at = [], len(_GLOBAL)
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frames.append(data[at + 16 : at + 16 + size])
        at += 16 + size
    return tuple(frames)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
