"""What is installed of everything that Contra can use, what needs it, and the one command that gets it.

Only the group "compile" is needed to compile policies. Nothing here changes the machine, and no tool is
waited for longer than TIMEOUT_S.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from contra.render import paint

TIMEOUT_S = 10
"""Longest wait for one tool to tell its version."""

_APT = "apt install {}"
_PIP = "pip install 'contrac[testbed]'"
_TESTBED = "see bmv2-testbed/README.md"
_KERNEL = (
    ("veth", "virtual links", "veth", "drivers/net/veth", "CONFIG_VETH", False),
    ("htb", "link capacities", "sch_htb", "net/sched/sch_htb", "CONFIG_NET_SCH_HTB", False),
    ("netem", "link latencies", "sch_netem", "net/sched/sch_netem", "CONFIG_NET_SCH_NETEM", True),
)
_GROUPS = {
    "compile": "compile policies",
    "simulate": "contra run, trace, routes",
    "extras": "optional helpers",
    "p4c": "contrac --p4c, contra net",
    "testbed": "contra net: networks of real switches",
}
_READY = {
    "compile": (("compile",), "to compile"),
    "simulate": (("compile", "simulate"), "to simulate"),
    "deploy": (("compile", "p4c", "testbed"), "for real switches"),
}
"""What one may want to do: the groups that it takes, and its words in the verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that may be installed."""

    name: str
    group: str
    """compile, simulate, extras, p4c or testbed."""
    needed_for: str
    ok: bool
    detail: str
    """Version or place if it is there, what is missing if not."""
    fix: str
    optional: bool = False
    """Whether what the group is for works without it, save what it is `needed_for`."""


@dataclass(frozen=True, slots=True)
class _Check:
    name: str
    group: str
    needed_for: str
    fix: str
    look: Callable[[], tuple[bool, str]]
    optional: bool = False


def examine() -> list[Finding]:
    """Look for everything, in parallel."""
    checks = _checks()
    with ThreadPoolExecutor(max_workers=8) as pool:
        looked = list(pool.map(lambda check: check.look(), checks))
    return [
        Finding(
            name=c.name,
            group=c.group,
            needed_for=c.needed_for,
            ok=ok,
            detail=detail,
            fix="" if ok else c.fix,
            optional=c.optional,
        )
        for c, (ok, detail) in zip(checks, looked, strict=True)
    ]


def can_compile(findings: Sequence[Finding]) -> bool:
    """Whether everything that compiling needs is there."""
    return all(finding.ok for finding in findings if finding.group == "compile")


def lacking(findings: Sequence[Finding], purpose: str) -> list[str]:
    """What is missing for a purpose (a key of _READY) and not optional."""
    groups = _READY[purpose][0]
    return [each.name for each in findings if each.group in groups and not each.ok and not each.optional]


def as_json(findings: Sequence[Finding]) -> str:
    """The findings for programs."""
    ready = {purpose: not lacking(findings, purpose) for purpose in _READY}
    content = {"canCompile": can_compile(findings), "ready": ready, "findings": [asdict(each) for each in findings]}
    return json.dumps(content, indent=2) + "\n"


def as_table(findings: Sequence[Finding], color: bool = False) -> str:
    """The findings for people, by group."""
    width = max(len(finding.name) for finding in findings)
    rows: list[str] = []
    for group, title in _GROUPS.items():
        rows.append(f"{group}: {title}")
        for finding in (f for f in findings if f.group == group):
            mark = _mark(finding, color)
            rows.append(f"  {mark} {finding.name:<{width}}  {finding.detail}")
            if not finding.ok:
                rows.append(f"  {'':7} {'':<{width}}  for {finding.needed_for}: {finding.fix}")
        rows.append("")
    return "\n".join([*rows, *(_verdict(findings, purpose) for purpose in _READY), ""])


def _verdict(findings: Sequence[Finding], purpose: str) -> str:
    """Whether one can do it, and what else is to be got first."""
    words, missing = _READY[purpose][1], lacking(findings, purpose)
    if missing:
        return f"not ready {words}: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
    groups = _READY[purpose][0]
    without = [each.needed_for for each in findings if each.group in groups and not each.ok]
    return f"ready {words}" + (f", without {', '.join(without)}" if without else "")


def _mark(finding: Finding, color: bool) -> str:
    text = "ok     " if finding.ok else "without" if finding.optional else "missing"
    return paint(text, "good" if finding.ok else "bad") if color else text


# ------------------------------------------------------------------------------------------ the checks


def _checks() -> list[_Check]:
    return [*_compile_checks(), *_simulation_checks(), *_extra_checks(), *_p4c_checks(), *_testbed_checks()]


def _compile_checks() -> list[_Check]:
    python = _Check("python", "compile", "everything", "install Python 3.11 or newer", _python)
    return [
        python,
        *(
            _Check(name, "compile", purpose, "pip install contrac", _package(name))
            for name, purpose in (
                ("lark", "reading policies"),
                ("networkx", "reading and generating topologies"),
                ("jinja2", "writing P4"),
            )
        ),
    ]


def _simulation_checks() -> list[_Check]:
    return [
        _Check(name, "simulate", purpose, "pip install 'contrac[sim]'", _package(name), optional)
        for name, purpose, optional in (
            ("numpy", "simulations", False),
            ("numba", "simulations at full speed", True),
            ("llvmlite", "simulations at full speed", True),
            ("matplotlib", "contra run --picture", True),
        )
    ]


def _extra_checks() -> list[_Check]:
    return [
        _Check("topohub", "extras", "zoo:NAME topologies", "pip install 'contrac[topohub]'", _package("topohub"), True),
        _Check(
            "scapy",
            "extras",
            "the packet classes of a build",
            "pip install 'contrac[probes]'",
            _package("scapy"),
        ),
        *(
            _Check(name, "extras", purpose, "pip install 'contrac[diagnosis]'", _package(name), optional)
            for name, purpose, optional in (
                ("dd", "tables with overlapping entries in contra verify", True),
                ("scipy", "contra localize --method exact", True),
            )
        ),
        _Check("shtab", "extras", "contra completion", "pip install 'contrac[completion]'", _package("shtab")),
        _Check("graphviz dot", "extras", "contra graph --svg", _APT.format("graphviz"), _tool("dot", "-V")),
    ]


def _p4c_checks() -> list[_Check]:
    from contra.deploy.p4c import INSTALL

    return [_Check("p4c", "p4c", "compiling the generated P4", INSTALL, _tool("p4c-bm2-ss|p4c", "--version"))]


def _testbed_checks() -> list[_Check]:
    def of(name: str, purpose: str, fix: str, look: Callable[[], tuple[bool, str]], optional: bool = False) -> _Check:
        return _Check(name, "testbed", purpose, fix, look, optional)

    return [
        of("simple_switch_grpc", "running switches", _TESTBED, _tool("simple_switch_grpc", "--version")),
        of("p4runtime-shell", "filling switches", _PIP, _package("p4runtime-shell")),
        of("mininet", "the network around the switches", _mininet_fix(), _mininet),
        of("mnexec", "Mininet's hosts", _APT.format("mininet"), _tool("mnexec", "-v")),
        of("ip", "virtual links", _APT.format("iproute2"), _tool("ip", "-V")),
        of("tc", "link capacities", _APT.format("iproute2"), _tool("tc", "-V")),
        of("ethtool", "switching off checksum offload", _APT.format("ethtool"), _tool("ethtool", "--version")),
        of("setpriv", "ending switches with their network", _APT.format("util-linux"), _tool("setpriv", "--version")),
        of("ifconfig", "Mininet", _APT.format("net-tools"), _tool("ifconfig", "--version")),
        of("bash", "Mininet's hosts", _APT.format("bash"), _tool("bash", "--version")),
        of("grep", "Mininet", _APT.format("grep"), _tool("grep", "--version")),
        of("ping", "trying whether hosts reach each other", _APT.format("iputils-ping"), _tool("ping", "-V")),
        *(
            of(name, purpose, f"modprobe {module}, or a kernel with {option}", _kernel(module, path, option), optional)
            for name, purpose, module, path, option, optional in _KERNEL
        ),
        of("root", "making network namespaces", "run 'contra net' with sudo", _root),
        of("thrift", "reading state fast", _PIP, _package("thrift"), True),
        of("iperf3", "contra net traffic", _APT.format("iperf3"), _tool("iperf3", "--version"), True),
        of("dumpcap", "contra net capture", _APT.format("tshark"), _tool("dumpcap", "--version"), True),
        of("tshark", "looking at probes", _APT.format("tshark"), _tool("tshark|wireshark", "--version"), True),
        of("simple_switch", "differential tests", _TESTBED, _tool("simple_switch", "--version"), True),
    ]


# ---------------------------------------------------------------------------------------- how to look


def _python() -> tuple[bool, str]:
    found = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info >= (3, 11)
    return ok, found if ok else f"{found}, expected 3.11 or newer"


def _package(name: str) -> Callable[[], tuple[bool, str]]:
    module = name.replace("-", "_").replace("p4runtime_shell", "p4runtime_sh")

    def look() -> tuple[bool, str]:
        if find_spec(module) is None:
            return False, f"the Python package {name} is not installed"
        try:
            return True, metadata.version(name)
        except metadata.PackageNotFoundError:
            return True, "installed"

    return look


def _mininet() -> tuple[bool, str]:
    """Mininet's package may be there and still not import: for lack of setuptools, say."""
    from contra.deploy.network.preflight import mininet_trouble

    there, detail = _package("mininet")()
    trouble = mininet_trouble() if there else ""
    return (False, f"it cannot be imported: {trouble}") if trouble else (there, detail)


def _mininet_fix() -> str:
    """Debian's Mininet is invisible from a virtual environment; a link to its one folder is enough."""
    package = Path("/usr/lib/python3/dist-packages/mininet")
    if package.is_dir():
        return f"ln -s {package} {sysconfig.get_path('purelib')}/"
    return _APT.format("mininet")


def _tool(names: str, flag: str) -> Callable[[], tuple[bool, str]]:
    """Any of several programs, separated by |, with the line that tells its version."""

    def look() -> tuple[bool, str]:
        for name in names.split("|"):
            if path := shutil.which(name):
                return True, _version_line(path, flag) or path
        return False, f"no {names.replace('|', ' or ')} on the PATH"

    return look


def _version_line(path: str, flag: str) -> str:
    try:
        done = subprocess.run(
            [path, flag],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = (line.strip() for line in (done.stdout + done.stderr).splitlines())
    return next((line[:70] for line in lines if re.search(r"\d\.\d", line)), "")


def _kernel(module: str, path: str, option: str) -> Callable[[], tuple[bool, str]]:
    """A kernel module: loaded, built in, or there to be loaded; missing where the kernel does not tell."""

    def look() -> tuple[bool, str]:
        if (Path("/sys/module") / module).is_dir():
            return True, "loaded"
        folder = Path("/lib/modules") / os.uname().release
        try:
            built_in = (folder / "modules.builtin").read_text(encoding="utf-8")
        except OSError:
            built_in = ""
        if f"{path}.ko" in built_in:
            return True, "built into the kernel"
        if any((folder / "kernel").glob(f"{path}.ko*")):
            return True, "can be loaded"
        return _configured(option)

    return look


def _configured(option: str) -> tuple[bool, str]:
    """Kernels in containers often have no module files: the config is the last place to look."""
    try:
        import gzip

        with gzip.open("/proc/config.gz", "rt", encoding="utf-8", errors="replace") as file:
            value = next((line.strip()[-1] for line in file if line.startswith(option + "=")), "n")
    except OSError:
        return False, "the kernel does not say that it has it"
    return value in "ym", {"y": "built into the kernel", "m": "a module of the kernel"}.get(value, "not built")


def _root() -> tuple[bool, str]:
    if not hasattr(os, "geteuid"):
        return False, "no Unix"
    return os.geteuid() == 0, "yes" if os.geteuid() == 0 else "an ordinary user"
