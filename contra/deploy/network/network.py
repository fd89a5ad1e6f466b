"""A running network of a plan: hosts, links and switches, and what can be done to them."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from contra.deploy.errors import ToolError
from contra.deploy.network import counters, kernel, ledger, namespaces, processes, shaping, wiring
from contra.deploy.network.capture import Capture, places
from contra.deploy.network.counters import Traffic
from contra.deploy.network.hosts import RunningHost, running_hosts
from contra.deploy.network.ledger import HostEntry, Ledger, SwitchEntry
from contra.deploy.network.preflight import files_needed
from contra.deploy.network.processes import Process
from contra.deploy.network.switches import Exit, SwitchProcess, command
from contra.deploy.network.tools import PLAIN, Tools
from contra.deploy.plan import HostPlan, Plan

Progress = Callable[[str, int, int], None]
"""What is being done, how much of it is done, out of how much. Called in the thread of the network."""

_T = TypeVar("_T")
_WATCH_S = 0.2


class Cancelled(Exception):
    """The network was stopped while it started."""


class Network:
    """The network of a plan; `with Network(plan) as network:` starts and stops it.

    All methods block, and may be called from any thread; they raise ToolError. Everything is done by one thread of its
    own, in the namespace of the switches, which also is the parent of the switches: they die with it, whatever happens
    to this process. An isolated network takes the thread that calls `start` into that namespace, and `stop` back, so
    that this thread, and those that it starts, reach the servers of the switches.
    """

    def __init__(self, plan: Plan, folder: Path | None = None, on_exit: Callable[[Exit], None] | None = None) -> None:
        """`folder` holds ledger and logs, by default /run/contra/NAME; `on_exit` hears of switches that end."""
        self.plan = plan
        self.folder = folder or ledger.ROOT / plan.settings.name
        self.on_exit = on_exit
        self.mininet: Any = None
        """The `mininet.net.Mininet` object, once started."""
        self._ledger: Ledger | None = None
        self._switches: list[SwitchProcess] = []
        self._latency = False
        self._tools = PLAIN
        self._captures: list[Capture] = []
        self._numbers = count(1)
        self._cut: set[tuple[int, int]] = set()
        self._worker: ThreadPoolExecutor | None = None
        self._watcher: threading.Thread | None = None
        self._stopping = threading.Event()
        self._home: tuple[int, int] | None = None

    def __enter__(self) -> Network:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ------------------------------------------------------------------------------------------------ life

    def start(self, progress: Progress = lambda what, done, total: None) -> None:
        """Make everything, in about as long as it takes to say so; nothing is left behind when it fails.

        Switches run without a program afterwards. Raises ToolError, and whatever interrupts it.
        """
        self._stopping.clear()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="contra-network")
        try:
            self._do(self._open)
            self._join_namespace()
            self._do(lambda: self._build(progress))
        except BaseException:
            self.stop()
            raise
        self._watcher = threading.Thread(target=self._watch, name="contra-watch", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Take everything down that `start` made; does nothing when nothing is up. Raises ToolError (CTR1233)."""
        self._stopping.set()
        if self._watcher is not None and self._watcher is not threading.current_thread():
            self._watcher.join()
        self._watcher = None
        worker, self._worker = self._worker, None
        if worker is None:
            return
        try:
            worker.submit(self._remove).result()
        finally:
            worker.shutdown()
            self._leave_namespace()

    @property
    def ledger(self) -> Ledger:
        """What was made; only while it is up."""
        assert self._ledger is not None, "the network is not up"
        return self._ledger

    @property
    def hosts(self) -> tuple[RunningHost, ...]:
        """The hosts, in the order of the topology."""
        return running_hosts(self.ledger)

    # ------------------------------------------------------------------------------------------------ switches

    def switch_alive(self, switch: int) -> bool:
        """Whether the process of a switch runs."""
        return self._switches[switch].process is not None

    def kill(self, switch: int) -> None:
        """Kill the process of a switch; its links stay."""
        self._do(self._switches[switch].kill)

    def restart(self, switch: int) -> None:
        """Kill the process of a switch and start it again, without a program; its links stay."""
        self._do(lambda: self._restart(switch))

    def log(self, switch: int) -> str:
        """The last lines of the log of a switch."""
        return self._switches[switch].tail()

    # ------------------------------------------------------------------------------------------------ links

    def fail(self, link: int, sender: int | None = None) -> None:
        """Cut a link (by its number), in both directions or only what switch `sender` sends; may be done again."""
        self._do(lambda: self._set_link(link, self._ends(link, sender), cut=True))

    def heal(self, link: int, sender: int | None = None) -> None:
        """Take a cut back; may be done again."""
        self._do(lambda: self._set_link(link, self._ends(link, sender), cut=False))

    @property
    def cut(self) -> frozenset[tuple[int, int]]:
        """What is cut: (number of the link, switch that sends)."""
        links = self.plan.build.topology.links
        return frozenset((link, (links[link].a, links[link].b)[end]) for link, end in self._cut)

    def interface_counters(self) -> Mapping[str, Traffic]:
        """What the interfaces of the switches have sent and received since they were made."""
        own = set(wiring.switch_interfaces(self.plan))
        return {name: row for name, row in self._do(counters.read).items() if name in own}

    def capture(
        self, file: Path, links: Sequence[int] | None = None, hosts: Sequence[int] = (), megabytes: int = 1000
    ) -> Capture:
        """Capture on links (by number; all unless named) and links of hosts until `stop` or until the file is full."""
        rows = range(len(self.plan.links)) if links is None else links
        where = places(self.plan, rows, hosts)
        log = self.ledger.folder / f"capture-{next(self._numbers)}.txt"
        own = self.ledger.environment()
        running = self._do(lambda: Capture(where, file.resolve(), megabytes, log, own))
        self._captures.append(running)
        return running

    # ------------------------------------------------------------------------------------------------ in the thread

    def _do(self, work: Callable[[], _T]) -> _T:
        """Do something in the thread of the network."""
        if self._worker is None:
            raise RuntimeError("the network is not up")
        return self._worker.submit(work).result()

    def _check_stop(self) -> None:
        if self._stopping.is_set():
            raise Cancelled

    def _open(self) -> None:
        """The namespace, and the ledger before anything that it has to know."""
        allow_files(len(self.plan.switches) + len(self.plan.hosts))
        settings = self.plan.settings
        if settings.isolated:
            namespaces.isolate()
            PLAIN.batch("ip", ["link set dev lo up"])
        names = wiring.switch_interfaces(self.plan)
        token, build = ledger.new_token(), self.plan.build.folder.resolve()
        self._ledger = ledger.create(self.folder, build, names, token, isolated=settings.isolated)

    def _build(self, progress: Progress) -> None:
        from contra.deploy.network import mn

        addresses = {each.name: each.mac for each in self.ledger.interfaces}
        logs = self.ledger.folder / "logs"
        logs.mkdir(exist_ok=True)
        environment = self.ledger.environment()
        self._tools = Tools(environment)
        self._switches = [self._switch_process(index, environment, logs) for index in range(len(self.plan.switches))]
        self._cut, self._latency = set(), "netem" in kernel.features()

        def made(done: int, total: int) -> None:
            self._check_stop()
            progress("hosts", done, total)

        self.mininet = mn.make_network(self.plan, environment, self._switches, logs / "mininet.txt", made)
        shells = {row.host.name: self.mininet[row.host.name].pid for row in self.plan.hosts}
        self._ledger = self.ledger.written(
            hosts={row.host.name: _entry(row, shells[row.host.name]) for row in self.plan.hosts}
        )
        self._check_stop()
        self._wire(addresses, shells, progress)
        mn.add_links(self.mininet, self.plan, addresses)
        self._start_switches(progress)

    def _wire(self, addresses: Mapping[str, str], shells: Mapping[str, int], progress: Progress) -> None:
        names = wiring.switch_interfaces(self.plan)
        total = len(names) + len(self.plan.hosts)
        progress("links", 0, total)
        self._tools.batch("ip", wiring.add_commands(self.plan, addresses, shells))
        for done, name in enumerate(names):
            self._check_stop()
            wiring.disable_ipv6(name)
            wiring.disable_offloads(name, self._tools)
            progress("links", done + 1, total)
        shapes = [shape for link in self.plan.links for shape in shaping.link_shapes(link, latency=self._latency)]
        host_shapes = [shaping.host_shapes(row, latency=self._latency) for row in self.plan.hosts]
        shaping.shape_all([*shapes, *(outer for _, outer in host_shapes)], self._tools)
        self._tools.batch("ip", wiring.up_commands(self.plan))
        for done, (row, (own, _)) in enumerate(zip(self.plan.hosts, host_shapes, strict=True)):
            self._check_stop()
            with namespaces.inside(shells[row.host.name]):
                wiring.disable_ipv6(row.interface)
                wiring.disable_offloads(row.interface, self._tools)
                shaping.shape_all([own], self._tools)
                self._tools.batch("ip", wiring.host_commands(row))
            progress("links", len(names) + done + 1, total)

    def _switch_process(self, index: int, environment: Mapping[str, str], logs: Path) -> SwitchProcess:
        row = self.plan.switches[index]
        argv = command(row, self.plan.settings, self.plan.build.topology.cpu_port, logs)
        return SwitchProcess(row, argv, environment, logs / f"{row.switch.name}.txt")

    def _start_switches(self, progress: Progress) -> None:
        for process in self._switches:
            self._check_stop()
            self.mininet[process.row.switch.name].start()
        for done, process in enumerate(self._switches):
            progress("switches", done, len(self._switches))
            self._check_stop()
            process.wait()
        progress("switches", len(self._switches), len(self._switches))
        self._write_switches()

    def _restart(self, switch: int) -> None:
        process = self._switches[switch]
        process.kill()
        process.start()
        process.wait()
        self._write_switches()

    def _write_switches(self) -> None:
        rows = {
            each.row.switch.name: SwitchEntry(process=process, index=each.row.switch.index, log=str(each.log))
            for each in self._switches
            if (process := each.process) is not None
        }
        self._ledger = self.ledger.written(switches=rows)

    def _ends(self, link: int, sender: int | None) -> tuple[int, ...]:
        """Which ends of a link send: 0 is at a, 1 at b."""
        row = self.plan.links[link].link
        return tuple(end for end, switch in enumerate((row.a, row.b)) if sender in (None, switch))

    def _set_link(self, link: int, ends: Iterable[int], *, cut: bool) -> None:
        shapes = shaping.link_shapes(self.plan.links[link], latency=self._latency)
        make = shaping.cut_command if cut else shaping.heal_command
        places = {(link, end) for end in ends if ((link, end) in self._cut) is not cut}
        self._tools.batch("tc", [make(shapes[end]) for _, end in sorted(places)])
        self._cut = self._cut | places if cut else self._cut - places

    def _remove(self) -> None:
        for capture in self._captures:
            with suppress(ToolError):
                if capture.running:
                    capture.stop()
        self._captures = []
        for process in self._switches:
            process.kill_soon()
        for process in self._switches:
            process.kill()
        for node in self.mininet.hosts + self.mininet.switches if self.mininet is not None else []:
            with suppress(OSError):
                node.terminate()
        self._switches, self.mininet = [], None
        if self._ledger is not None:
            ledger.remove(self._ledger)
            self._ledger = None

    # ------------------------------------------------------------------------------------------------ threads

    def _watch(self) -> None:
        """Tell of switches that end, once each, and keep logs short."""
        told: set[int] = set()
        while not self._stopping.wait(_WATCH_S):
            for index, process in enumerate(self._switches):
                code = process.code
                if code is None:
                    told.discard(index)
                elif process.wanted and index not in told:
                    told.add(index)
                    if self.on_exit is not None:
                        self.on_exit(Exit(index, code, process.tail()))
                process.bound_log()

    def _join_namespace(self) -> None:
        if self.plan.settings.isolated:
            self._home = (threading.get_ident(), namespaces.opened())
            native = self._do(threading.get_native_id)
            descriptor = os.open(f"/proc/self/task/{native}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            try:
                namespaces.enter(descriptor)
            finally:
                os.close(descriptor)

    def _leave_namespace(self) -> None:
        if self._home is not None:
            thread, descriptor = self._home
            self._home = None
            try:
                if thread == threading.get_ident():
                    namespaces.enter(descriptor)
            finally:
                os.close(descriptor)


def allow_files(nodes: int) -> None:
    """Let this process open as many files as a network needs, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = files_needed(nodes)
    if soft != resource.RLIM_INFINITY and soft < needed:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed if hard == resource.RLIM_INFINITY else hard, hard))


def _entry(row: HostPlan, pid: int) -> HostEntry:
    process = Process(pid, processes.started(pid) or 0)
    host = row.host
    return HostEntry(process=process, index=host.index, label=host.label, address=str(host.ip), interface=row.interface)
