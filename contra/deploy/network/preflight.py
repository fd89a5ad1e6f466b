"""Everything that a network needs, looked at before anything is made: all that is missing, at once."""

from __future__ import annotations

import importlib
import os
import resource
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from contra.deploy.errors import ToolMissing
from contra.deploy.network import certificates, kernel, ledger, ports, wiring
from contra.deploy.network.errors import (
    AlreadyRunning,
    InterfaceExists,
    KernelLacks,
    LeftBehind,
    LogsShowKey,
    MininetUnusable,
    NeverCompiled,
    NoLatency,
    NotRoot,
    PortTaken,
    TlsFileMissing,
    TlsUnusable,
    TooFewFiles,
)
from contra.deploy.network.tools import PLAIN
from contra.deploy.p4c import INSTALL
from contra.deploy.plan import Plan
from contra.diagnostics import Diagnostic, Reporter

_TESTBED = "see bmv2-testbed/README.md"
TOOLS = {
    "simple_switch_grpc": ("running switches", f"install BMv2 with P4Runtime: {_TESTBED}"),
    "mnexec": ("running hosts", "apt install mininet"),
    "ip": ("making links", "apt install iproute2"),
    "tc": ("limiting links", "apt install iproute2"),
    "ethtool": ("checksums in packets", "apt install ethtool"),
    "setpriv": ("switches that end with their network", "apt install util-linux (2.33 or newer)"),
    "ifconfig": ("Mininet", "apt install net-tools"),
    "grep": ("Mininet", "apt install grep"),
    "bash": ("running hosts", "apt install bash"),
    "ping": ("trying whether all hosts reach each other", "apt install iputils-ping"),
}
"""Programs that must be there: what for, and how to get them."""

FILES_PER_NODE = 4
"""Open files of the process that holds a network, per switch and host."""
FILES_BESIDE = 200


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine has, as far as it matters here; tests make their own."""

    root: bool
    tools: frozenset[str]
    """Those of TOOLS, and p4c."""
    features: frozenset[str]
    """Those of `kernel.FEATURES`."""
    mininet: str
    """Why it cannot be used; empty if it can."""
    files: int
    """How many a process may open."""
    taken: dict[int, str] = field(default_factory=dict)
    """Ports in use in the namespace of the switches, with who uses them."""
    interfaces: dict[str, str] = field(default_factory=dict)
    """Interfaces there, with their addresses."""


def check(plan: Plan, reporter: Reporter, folder: Path | None = None, machine: Machine | None = None) -> None:
    """Report all that keeps a plan from being made real (CTR0801, CTR1210 to CTR1222); nothing is changed.

    A kernel without netem is a warning. `folder` is that of the deployment, as in `Network`.
    """
    found = machine or examine(plan)
    own = folder or ledger.ROOT / plan.settings.name
    for problem in (
        *_machine(plan, found),
        *_build(plan, found),
        *_tls(plan),
        *_logs(plan),
        *_deployment(own),
        *_interfaces(plan, found, own),
        *_ports(plan, found),
    ):
        reporter.report(problem)


def files_needed(nodes: int) -> int:
    """Open files of the process that holds a network of so many switches and hosts."""
    return FILES_BESIDE + FILES_PER_NODE * nodes


def examine(plan: Plan) -> Machine:
    """This machine."""
    root = os.geteuid() == 0
    isolated = plan.settings.isolated
    wanted = [port for row in plan.switches for port in (row.grpc_port, row.thrift_port)]
    tools = frozenset(name for name in (*TOOLS, "p4c", "p4c-bm2-ss") if shutil.which(name))
    return Machine(
        root=root,
        tools=tools,
        features=kernel.features() if root and {"ip", "tc"} <= tools else frozenset(kernel.FEATURES),
        mininet=mininet_trouble(),
        files=resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        taken={} if isolated else {port: ports.holder(port) for port in ports.taken(wanted)},
        interfaces={} if isolated or "ip" not in tools else present_interfaces(),
    )


def mininet_trouble() -> str:
    """Why Mininet's Python package cannot be used here; empty if it can."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            importlib.import_module("mininet.net")
        except ImportError as error:
            return str(error)
    return ""


def present_interfaces() -> dict[str, str]:
    """Names and addresses of the interfaces of this thread's namespace. Raises ToolError."""
    rows = PLAIN.query(["ip", "-json", "link", "show"])
    return {str(row["ifname"]): str(row.get("address", "")) for row in rows if "ifname" in row}


def _machine(plan: Plan, found: Machine) -> Iterator[Diagnostic]:
    if not found.root:
        yield NotRoot()
    for tool, (purpose, fix) in TOOLS.items():
        if tool not in found.tools:
            yield ToolMissing(tool=tool, purpose=purpose, fix=fix)
    if found.mininet:
        yield MininetUnusable(reason=found.mininet)
    for feature in ("veth", "htb", "blackhole"):
        if feature not in found.features:
            yield KernelLacks(feature=feature)
    late = [each.link.latency_ns for each in plan.links] + [each.host.latency_ns for each in plan.hosts]
    count = sum(latency > 0 for latency in late)
    if count and "netem" not in found.features:
        yield NoLatency(count=count, total=len(late))
    needed = files_needed(len(plan.switches) + len(plan.hosts))
    if found.files != resource.RLIM_INFINITY and found.files < needed:
        yield TooFewFiles(needed=needed, found=found.files)


def _build(plan: Plan, found: Machine) -> Iterator[Diagnostic]:
    """Programs that nobody has compiled, where nobody can."""
    if found.tools & {"p4c", "p4c-bm2-ss"}:
        return
    lacking, old = [], []
    for row in {each.program: each for each in plan.switches}.values():
        try:
            made = min(file.stat().st_mtime_ns for file in (row.json, row.p4info))
            if made < row.json.with_suffix(".p4").stat().st_mtime_ns:
                old.append(row.program)
        except OSError:
            lacking.append(row.program)
    for names, how in ((lacking, "not compiled"), (old, "older than its P4")):
        if names:
            yield NeverCompiled(folder=str(plan.build.folder), programs=", ".join(names), how=how, fix=INSTALL)


def _tls(plan: Plan) -> Iterator[Diagnostic]:
    folder = plan.settings.tls
    if folder is None:
        return
    missing = [name for name in certificates.files_needed(folder) if not (folder / name).is_file()]
    if missing:
        yield TlsFileMissing(folder=str(folder), files=", ".join(missing))
    elif (trouble := certificates.trouble(folder)) is not None:
        yield TlsUnusable(file=str(folder / trouble.file), reason=trouble.reason)


def _logs(plan: Plan) -> Iterator[Diagnostic]:
    """Logs in which the probe key would stand."""
    level = plan.settings.log_level
    if level in ("debug", "trace") and plan.build.manifest.constants.authenticate:
        yield LogsShowKey(level=level)


def _deployment(folder: Path) -> Iterator[Diagnostic]:
    there = ledger.read(folder)
    if there is None:
        return
    if there.left_behind:
        yield LeftBehind(name=there.name, build=there.build)
    else:
        yield AlreadyRunning(name=there.name, build=there.build, pid=there.owner.pid)


def _interfaces(plan: Plan, found: Machine, own: Path) -> Iterator[Diagnostic]:
    stale = [name for name in wiring.switch_interfaces(plan) if name in found.interfaces]
    if not stale:
        return
    owners = {
        (row.name, row.mac): each.name
        for each in (ledger.read(own.parent / name) for name in ledger.names(own.parent))
        if each is not None
        for row in each.interfaces
    }
    of = {owners.get((name, found.interfaces[name]), "") for name in stale}
    if of == {own.name}:  # which has its own message
        return
    shown_names = ", ".join(stale[:4]) + (f" and {len(stale) - 4} more" if len(stale) > 4 else "")
    yield InterfaceExists(names=shown_names, owner=next(iter(of)) if len(of) == 1 else "")


def _ports(plan: Plan, found: Machine) -> Iterator[Diagnostic]:
    servers = {"P4Runtime": [row.grpc_port for row in plan.switches]}
    servers["Thrift"] = [row.thrift_port for row in plan.switches]
    for server, wanted in servers.items():
        taken = [port for port in wanted if port in found.taken]
        if taken:
            holders = sorted({found.taken[port] for port in taken} - {""})
            yield PortTaken(
                server=server, ports=", ".join(map(str, taken[:6])), count=len(taken), by=", ".join(holders[:3])
            )
