"""A network of real BMv2 switches in one network namespace, for tests: loaded over Thrift from a build's artifacts.

No Mininet and no P4Runtime: the smallest thing that runs a build as it is. Hosts get namespaces of their own.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from contra.deploy.p4c import compile_programs
from contra.diagnostics import Reporter
from contra.topology import Defaults, load

_SITE_DIRS = sorted(Path("/usr/local/lib").glob("python3*/site-packages"))
_PYTHON = "/usr/bin/python3"
_CPU_PORT = 510
_MAX_PRIORITY = 10**6
_NUMBERS = count()


def cli_command() -> list[str] | None:
    """How simple_switch_CLI is started, or None."""
    cli = shutil.which("simple_switch_CLI")
    if cli is None or not Path(_PYTHON).exists():
        return None
    return [_PYTHON, cli]


def cli_environment() -> dict[str, str]:
    """Of its process: where its modules are."""
    return {**os.environ, "PYTHONPATH": ":".join(map(str, _SITE_DIRS))}


def missing() -> str | None:
    """Why these tests cannot run here, or None."""
    if os.geteuid() != 0:
        return "needs root (network namespaces)"
    for tool in ("simple_switch", "ip", "tc", "ethtool", "p4c-bm2-ss"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    return missing_cli()


def missing_cli() -> str | None:
    """Why simple_switch_CLI cannot be used, or None."""
    command = cli_command()
    if command is None:
        return "simple_switch_CLI is not installed"
    probe = subprocess.run([*command, "--help"], env=cli_environment(), capture_output=True, check=False)
    return None if probe.returncode == 0 else "simple_switch_CLI does not run (Thrift for Python is missing)"


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


class _Namespace:
    """A network namespace that Python threads can enter."""

    def __init__(self, name: str) -> None:
        self.name = name
        _run("ip", "netns", "add", name)
        self.execute("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
        self.execute("ip", "link", "set", "lo", "up")

    def execute(self, *command: str) -> str:
        return _run("ip", "netns", "exec", self.name, *command)

    def inside(self, make: Callable[[], socket.socket]) -> socket.socket:
        """A socket made in the namespace; where it is used later does not matter."""

        def run() -> socket.socket:
            libc = ctypes.CDLL(None, use_errno=True)
            with Path(f"/run/netns/{self.name}").open() as handle:
                if libc.setns(handle.fileno(), 0x40000000) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            return make()

        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(run).result()

    def raw_socket(self, interface: str) -> socket.socket:
        """An AF_PACKET socket on an interface of the namespace."""

        def make() -> socket.socket:
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            sock.bind((interface, 0))
            return sock

        return self.inside(make)

    def delete(self) -> None:
        with suppress(RuntimeError):
            _run("ip", "netns", "del", self.name)


class CommandLine:
    """A simple_switch_CLI that stays open: starting one costs more than all that it is asked."""

    _PROMPT = b"RuntimeCmd: "

    def __init__(self, command: list[str]) -> None:
        for _ in range(100):
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=cli_environment(),
                bufsize=0,
            )
            greeting = self._until(1)
            if greeting.endswith(self._PROMPT):
                return
            self.close()
            time.sleep(0.1)
        raise RuntimeError(f"{' '.join(command)}: {greeting.decode()}")

    def _until(self, prompts: int) -> bytes:
        assert self._process.stdout is not None
        heard = b""
        while heard.count(self._PROMPT) < prompts:
            part = self._process.stdout.read(65536)
            if not part:
                break
            heard += part
        return heard

    def run(self, lines: Sequence[str]) -> str:
        answers = []
        for start in range(0, len(lines), 50):
            batch = lines[start : start + 50]
            assert self._process.stdin is not None
            self._process.stdin.write("".join(f"{line}\n" for line in batch).encode())
            answers.append(self._until(len(batch)).decode())
        return "".join(answers).replace("RuntimeCmd: ", "")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class Bmv2Network:
    """Start with `with Bmv2Network(build) as net`; everything is taken down at the end."""

    def __init__(self, build: Path, thrift_base: int = 19090, only: tuple[str, ...] | None = None) -> None:
        """`only` names the switches to run; the links of the others end in interfaces without a switch behind them."""
        self.build = build
        self.manifest = json.loads((build / "manifest.json").read_text())
        self.topology = load(str(build / "topology.json"), Reporter(), defaults=Defaults(None, None))
        self.names = list(self.manifest["switches"])
        self.running = [name for name in self.names if only is None or name in only]
        self._tag = f"ct{os.getpid()}{next(_NUMBERS)}"
        self._thrift = {name: thrift_base + i for i, name in enumerate(self.names)}
        self._index = {name: i for i, name in enumerate(self.names)}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._namespaces: list[_Namespace] = []
        self._cpu: dict[str, socket.socket] = {}
        self._lines: dict[str, CommandLine] = {}
        self._clock: threading.Thread | None = None
        self._stop = threading.Event()
        self.hosts: dict[str, _Namespace] = {}

    # ------------------------------------------------------------------------------------- life

    def __enter__(self) -> Bmv2Network:
        try:
            self._compile()
            self._wire()
            for name in self.running:
                self._start(name)
            for name in self.running:
                self.load(name)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._clock:
            self._clock.join()
        for line in self._lines.values():
            line.close()
        for process in self._processes.values():
            process.kill()
            process.wait()
        for sock in self._cpu.values():
            sock.close()
        for namespace in reversed(self._namespaces):
            namespace.delete()

    def _compile(self) -> None:
        reporter = Reporter()
        compile_programs(self.build, reporter)
        reporter.check()

    def _namespace(self, suffix: str) -> _Namespace:
        namespace = _Namespace(f"{self._tag}{suffix}")
        self._namespaces.append(namespace)
        return namespace

    @cached_property
    def _space(self) -> _Namespace:
        return self._namespace("s")

    def _wire(self) -> None:
        self._ports: dict[str, dict[int, str]] = {name: {} for name in self.names}
        self._peer: dict[str, str] = {}
        for link in self.topology.links:
            interfaces = [f"s{link.a}p{link.a_port}", f"s{link.b}p{link.b_port}"]
            self._space.execute("ip", "link", "add", interfaces[0], "type", "veth", "peer", "name", interfaces[1])
            self._ports[self.names[link.a]][link.a_port] = interfaces[0]
            self._ports[self.names[link.b]][link.b_port] = interfaces[1]
            self._peer[interfaces[0]], self._peer[interfaces[1]] = interfaces[1], interfaces[0]
        for name in self.names:
            ends = (f"s{self._index[name]}cpu", f"s{self._index[name]}clk")
            self._space.execute("ip", "link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
            self._ports[name][_CPU_PORT] = ends[0]
        self._attach_hosts()
        listing = self._space.execute("ip", "-br", "link")
        for interface in re.findall(r"^(s\d+\w+)@?", listing, re.M):
            self._space.execute("ip", "link", "set", interface, "mtu", "1600", "up")
        for name in self.names:
            self._cpu[name] = self._space.raw_socket(f"s{self._index[name]}clk")

    def _attach_hosts(self) -> None:
        for row in self.topology.hosts:
            inside, outside = "eth0", f"s{row.switch}p{row.port}"
            host = self._namespace(f"h{row.index}")
            self._space.execute(
                "ip", "link", "add", outside, "type", "veth", "peer", "name", inside, "netns", host.name
            )
            host.execute("ip", "link", "set", inside, "address", row.mac, "up")
            host.execute("ip", "addr", "add", f"{row.ip}/{row.prefix_length}", "dev", inside)
            for feature in ("tx", "tso", "gso"):  # the switch copies frames as they are: checksums must be in them
                host.execute("ethtool", "-K", inside, feature, "off")
            self._ports[self.names[row.switch]][row.port] = outside
            self.hosts[row.name] = host

    def _start(self, name: str) -> None:
        program = self.manifest["switches"][name]["program"]
        interfaces = [f"{port}@{interface}" for port, interface in self._ports[name].items()]
        flags = [part for pair in interfaces for part in ("-i", pair)]
        command = ["ip", "netns", "exec", self._space.name, "simple_switch", *flags]
        command += ["--thrift-port", str(self._thrift[name]), "--log-file", str(self.build / f"{name}.log")]
        command += ["-L", "error", str(self.build / "programs" / f"{program}.json")]
        self._processes[name] = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    # ------------------------------------------------------------------------------------- control

    def cli(self, name: str, *lines: str) -> str:
        """Run commands in a switch's own command line; what they answer."""
        if name not in self._lines:
            command = ["ip", "netns", "exec", self._space.name, *(cli_command() or [])]
            self._lines[name] = CommandLine([*command, "--thrift-port", str(self._thrift[name])])
        return self._lines[name].run(lines)

    def load(self, name: str) -> None:
        """Load the runtime entries of a switch; any refusal is an error."""
        row = self.manifest["switches"][name]
        program = json.loads((self.build / "programs" / f"{row['program']}.json").read_text())
        runtime = json.loads((self.build / row["runtime"]).read_text())
        answer = self.cli(name, *commands(program, runtime))
        if "Error" in answer or "Invalid" in answer:
            raise RuntimeError(f"{name}: {answer}")

    def kill(self, name: str) -> None:
        """Kill a switch."""
        self._processes[name].kill()
        self._processes[name].wait()

    def restart(self, name: str) -> None:
        """Kill a switch and start it again, empty, then load it."""
        self.kill(name)
        self._lines.pop(name).close()
        self._start(name)
        self.load(name)

    def tick(self, *names: str) -> None:
        """One tick of the probe clock at the named switches, or at all."""
        for name in names or self.running:
            self._cpu[name].send(bytes([1]) + bytes(59))

    def start_clock(self, period: float) -> None:
        """Tick all switches from now on."""

        def run() -> None:
            due = time.monotonic()
            while not self._stop.is_set():
                self.tick()
                due += period
                self._stop.wait(max(0.0, due - time.monotonic()))

        self._clock = threading.Thread(target=run)
        self._clock.start()

    def register(self, name: str, register: str, index: int | None = None) -> list[int]:
        """A register, or one element of it as a one-element list."""
        where = "" if index is None else f" {index}"
        answer = self.cli(name, f"register_read {register}{where}")
        text = re.search(rf"^{register}(?:\[\d+\])?=(.*)$", answer, re.M)
        if text is None:
            raise RuntimeError(answer)
        return [int(part) for part in text[1].split(",")]

    def write(self, name: str, register: str, index: int, value: int) -> None:
        """Set one element of a register."""
        self.cli(name, f"register_write {register} {index} {value}")

    def counter(self, name: str, index: int) -> int:
        """Packets counted by one drop counter."""
        answer = self.cli(name, f"counter_read drops {index}")
        found = re.search(r"(\d+) packets", answer)
        if found is None:
            raise RuntimeError(answer)
        return int(found[1])

    def set_link(self, a: str, b: str, up: bool) -> None:
        """Cut or heal a link, both directions.

        The interfaces stay up and swallow what they are given: simple_switch stops to receive on all of its ports once
        one of its interfaces goes down.
        """
        interface = self.port_interface(a, b)
        for each in (interface, self._peer[interface]):
            action = ("del", "dev", each, "root") if up else ("replace", "dev", each, "root", "blackhole")
            self._space.execute("tc", "qdisc", *action)

    def port_interface(self, a: str, b: str) -> str:
        """The interface of switch a towards switch b (the first, where links are parallel)."""
        ends = {self._index[a], self._index[b]}
        link = next(link for link in self.topology.links if {link.a, link.b} == ends)
        return f"s{link.a}p{link.a_port}" if link.a == self._index[a] else f"s{link.b}p{link.b_port}"

    def hop(self, a: str, b: str) -> int:
        """The hop number of switch b at switch a."""
        port = int(self.port_interface(a, b).split("p")[1])
        runtime = json.loads((self.build / self.manifest["switches"][a]["runtime"]).read_text())
        for entry in runtime["table_entries"]:
            if entry["table"].endswith("hop_port") and entry["action_params"]["port"] == port:
                return int(entry["match"]["hop"])
        raise KeyError((a, b))

    def thrift_socket(self, name: str) -> socket.socket:
        """A connection to the Thrift server of a switch."""
        return self._space.inside(lambda: socket.create_connection(("127.0.0.1", self._thrift[name]), 3.0))

    def cpu_socket(self, name: str) -> socket.socket:
        """The control-plane port of a switch."""
        return self._cpu[name]

    def stop_clock(self) -> None:
        """No more ticks."""
        self._stop.set()
        if self._clock:
            self._clock.join()

    def socket_at(self, interface: str) -> socket.socket:
        """A raw socket on an interface of the switches' namespace."""
        return self._space.raw_socket(interface)

    def wire(self, name: str) -> dict[int, socket.socket]:
        """Raw sockets at the far ends of all ports of a switch, hosts and control plane included."""
        sockets = {}
        for port, interface in self._ports[name].items():
            if interface in self._peer:
                sockets[port] = self.socket_at(self._peer[interface])
        for row in self.topology.hosts:
            if self.names[row.switch] == name:
                sockets[row.port] = self.hosts[row.name].raw_socket("eth0")
        sockets[_CPU_PORT] = self._cpu[name]
        return sockets


def commands(program: Mapping[str, Any], runtime: Mapping[str, Any]) -> list[str]:
    """The entries as simple_switch_CLI takes them."""
    tables = {table["name"]: table for pipeline in program["pipelines"] for table in pipeline["tables"]}
    widths = _widths(program)
    params = {action["name"]: [p["name"] for p in action["runtime_data"]] for action in program["actions"]}
    lines = []
    for entry in runtime["table_entries"]:
        action, table = entry["action_name"], tables[entry["table"]]
        values = " ".join(str(entry["action_params"][name]) for name in params[action])
        if entry.get("default_action"):
            lines.append(f"table_set_default {entry['table']} {action} {values}")
            continue
        match = " ".join(_key(key, entry["match"], widths) for key in table["key"])
        # P4Runtime prefers the larger priority, BMv2's own interface the smaller
        priority = f" {_MAX_PRIORITY - entry['priority']}" if "priority" in entry else ""
        lines.append(f"table_add {entry['table']} {action} {match} => {values}{priority}")
    handle = 0
    for group in runtime["multicast_group_entries"]:
        number = group["multicast_group_id"]
        lines.append(f"mc_mgrp_create {number}")
        instances: dict[int, list[int]] = {}
        for replica in group["replicas"]:
            instances.setdefault(replica["instance"], []).append(replica["egress_port"])
        for instance, ports in instances.items():
            lines.append(f"mc_node_create {instance} {' '.join(map(str, ports))}")
            lines.append(f"mc_node_associate {number} {handle}")
            handle += 1
    for row in runtime.get("clone_session_entries", ()):
        (replica,) = row["replicas"]
        lines.append(f"mirroring_add {row['clone_session_id']} {replica['egress_port']}")
    return lines


def _widths(program: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    """Bits of every field."""
    kinds = {kind["name"]: {row[0]: row[1] for row in kind["fields"]} for kind in program["header_types"]}
    return {
        (header["name"], name): width
        for header in program["headers"]
        for name, width in kinds[header["header_type"]].items()
        if isinstance(width, int)
    }


def _key(key: Mapping[str, Any], match: Mapping[str, Any], widths: Mapping[tuple[str, str], int]) -> str:
    """One key; what the entry leaves out matches anything."""
    value, kind = match.get(key["name"]), key["match_type"]
    if kind == "exact":
        return str(value)
    if kind == "lpm":
        return f"{value[0]}/{value[1]}" if value else "0/0"
    if kind == "range":
        return f"{value[0]}->{value[1]}" if value else "0->0x" + "f" * 4
    if isinstance(value, int):  # optional
        return f"{value}&&&0x{(1 << widths[tuple(key['target'])]) - 1:x}"
    return f"{value[0]}&&&{value[1]}" if value else "0&&&0"
