"""One switch between veth pairs, its neighbours played by this process; what `speed` runs, in a namespace of its own.

    unshare --net python one_switch.py < plan.json

The switch is S of topologies/line.json: port 1 leads to T1, port 2 to T2, port 3 to a host. Frames go in at one port
and are counted as they come out at another. Never more than WINDOW are under way, so none is lost, and the rate is
what the switch carries. Probes of the neighbours come once a period, as from real ones.
"""

from __future__ import annotations

import importlib.util
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

PACKET_OUTGOING = 4
WINDOW = 32
FLOWS = 16
FRAME = 128
"""Bytes of an IPv4 frame, Ethernet header included."""
SWITCH = 1
T1, S, T2 = 0, 1, 2
TO_T1, TO_T2, TO_HOST = 1, 2, 3
HOST_ADDRESS = "10.0.{}.2"
PROBE_TO = "01:80:c2:00:00:0e"
_WARM_S = 0.5
_SILENCE_S = 0.2
_MTU = "1600"


class Port:
    """The far end of a port of the switch."""

    def __init__(self, interface: str) -> None:
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.settimeout(_SILENCE_S)
        self.socket.bind((interface, 3))

    def drain(self) -> None:
        """Forget what has come."""
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(2048)
        except BlockingIOError:
            self.socket.settimeout(_SILENCE_S)


def interfaces(names: Mapping[int, str]) -> dict[int, Port]:
    """A veth pair for each port; the near end has the name that the switch is given."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    quiet = ["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"]
    subprocess.run(quiet, check=True)
    for port, name in names.items():
        far = f"far{port}"
        subprocess.run(["ip", "link", "add", name, "mtu", _MTU, "type", "veth", "peer", far, "mtu", _MTU], check=True)
        for end in (name, far):
            subprocess.run(["ip", "link", "set", end, "up"], check=True)
    return {port: Port(f"far{port}") for port in names}


# ---------------------------------------------------------------------------------------------------------- frames


def frames(kind: str, headers: Any | None) -> list[bytes]:
    """What goes in: frames of a few flows. `headers` are the classes of a build; None: plain IPv4."""
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether

    source, target = {"first": (S, T2), "transit": (T1, T2), "last": (T1, S)}[kind]
    made = []
    for flow in range(FLOWS):
        packet = IP(src=HOST_ADDRESS.format(source), dst=HOST_ADDRESS.format(target)) / UDP(sport=4000 + flow, dport=9)
        packet /= bytes(FRAME - 14 - 20 - 8)
        if headers is not None and kind != "first":
            packet = headers.ContraShim(destination=target, flow=flow * 257) / packet
            made.append(bytes(Ether(src="02:00:00:00:00:00", dst="02:00:00:00:00:01", type=0x88B6) / packet))
        else:
            made.append(bytes(Ether(src="02:00:00:00:00:00", dst="02:00:00:00:00:01") / packet))
    return made


def probes(headers: Any, origin: int, version: int, classes: int) -> list[bytes]:
    """A round of probes as a neighbour starts them."""
    from scapy.layers.l2 import Ether

    pids = [{"pid": pid} for pid in range(classes)] if classes > 1 else [{}]
    ether = Ether(src=f"02:00:00:00:00:{origin:02x}", dst=PROBE_TO, type=0x88B5)
    return [bytes(ether / headers.ContraProbe(origin=origin, version=version, **pid)) for pid in pids]


def header_classes(build: Path) -> Any:
    """The scapy classes that the compiler has written."""
    spec = importlib.util.spec_from_file_location("contra_headers", build / "tools" / "contra_headers.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def neighbours(ports: Mapping[int, Port], headers: Any, period_s: float, classes: int) -> Iterator[None]:
    """Both neighbours start probes, once a period, while the block runs."""
    ended = Event()

    def work() -> None:
        version = 1
        while not ended.wait(period_s):
            for port, origin in ((TO_T1, T1), (TO_T2, T2)):
                for frame in probes(headers, origin, version, classes):
                    ports[port].socket.send(frame)
            version += 1

    thread = Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


# ------------------------------------------------------------------------------------------------------- the switch


@contextmanager
def running(plan: Mapping[str, Any], program: Mapping[str, Any]) -> Iterator[None]:
    """The switch with a program and its entries."""
    pipe = subprocess.DEVNULL
    process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *plan["command"]], stdout=pipe, stderr=pipe)
    try:
        _load(plan, program)
        yield
    finally:
        process.kill()
        process.wait()


def _load(plan: Mapping[str, Any], program: Mapping[str, Any]) -> None:
    """Program and entries over P4Runtime, by the modules that `contra net` uses."""
    from contra.deploy.control import p4runtime
    from contra.deploy.control.client import Address
    from contra.deploy.control.desired import desired
    from contra.deploy.control.journal import Journal
    from contra.deploy.control.session import SwitchSession
    from contra.deploy.plan import Settings, make_plan
    from contra.diagnostics import Reporter
    from contra.engine.build import load

    pipeline = p4runtime.load_pipeline(Path(program["p4info"]), Path(program["json"]))
    address = Address(target=plan["server"], device_id=plan["device"])
    journal = Journal(Path(plan["journal"]), "speed", "")
    session = SwitchSession("S", address, pipeline, program["name"], journal, p4runtime.connect)
    try:
        session.connect()
        session.push()
        if program["build"]:
            build = load(Path(program["build"]), Reporter())
            session.apply(desired(build, make_plan(build, Settings(), Reporter()), SWITCH))
    finally:
        session.close()
        journal.close()


# ------------------------------------------------------------------------------------------------------ measuring


def rate(into: Port, out: Port, sent: Sequence[bytes], length: int, seconds: float) -> dict[str, float]:
    """Frames of this length that come out per second, with WINDOW of them under way; and how many got lost."""
    out.drain()
    number = 0
    for _ in range(WINDOW):
        into.socket.send(sent[number % FLOWS])
        number += 1
    begun, received, lost = time.perf_counter(), 0, 0
    end = begun + seconds
    buffer = bytearray(4096)
    while (now := time.perf_counter()) < end:
        try:
            size, address = out.socket.recvfrom_into(buffer)
        except TimeoutError:
            lost += WINDOW
            for _ in range(WINDOW):
                into.socket.send(sent[number % FLOWS])
                number += 1
            continue
        if size == length and address[2] != PACKET_OUTGOING:
            received += 1
            into.socket.send(sent[number % FLOWS])
            number += 1
    return {"per_second": received / (now - begun), "lost": lost}


def measure(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All programs, one after the other, all ways through the switch; as often as the plan says."""
    ports = interfaces({int(port): name for port, name in plan["interfaces"].items()})
    found = []
    for turn in range(plan["turns"]):
        for program in plan["programs"]:
            with running(plan, program):
                rows = _measure(ports, program, plan["seconds"])
            found += [{"turn": turn, "program": program["name"], **row} for row in rows]
    return found


def _measure(ports: Mapping[int, Port], program: Mapping[str, Any], seconds: float) -> list[dict[str, Any]]:
    if not program["build"]:
        return _ways(ports, None, 0, seconds)
    headers = header_classes(Path(program["build"]))
    shim = len(headers.ContraShim())
    with neighbours(ports, headers, program["period_s"], program["classes"]):
        time.sleep(4 * program["period_s"])
        return _ways(ports, headers, shim, seconds)


def _ways(ports: Mapping[int, Port], headers: Any | None, shim: int, seconds: float) -> list[dict[str, Any]]:
    """From a host, between switches, to a host."""
    ways = {
        "first": (TO_HOST, TO_T2, FRAME + shim),
        "transit": (TO_T1, TO_T2, FRAME + shim),
        "last": (TO_T1, TO_HOST, FRAME),
    }
    rows = []
    for kind, (into, out, length) in ways.items():
        made = frames(kind, headers)
        rate(ports[into], ports[out], made, length, _WARM_S)
        rows.append({"way": kind, **rate(ports[into], ports[out], made, length, seconds)})
    return rows


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(json.load(sys.stdin))) + "\n")
