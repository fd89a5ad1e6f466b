"""A build, running: programs compiled, switches filled, links and hosts connected, probe clocks ticking."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from contra.diagnostics import Reporter
from contra.engine.build import Build, BuiltSwitch, load
from contra.engine.keys import ProbeKey, keyed, probe_key
from contra.engine.model import HostPlan, LinkPlan, NetworkPlan, Shim, SwitchPlan
from contra.engine.network import Network
from contra.p4 import executable, typed
from contra.p4.code import RANDOM_STATE
from contra.p4.executable import Executable
from contra.p4.runtime import SwitchEntries
from contra.p4.state import SwitchState
from contra.p4.tables import Contents, Row
from contra.source import SourceFile
from contra.topology.model import Topology

PS_PER_NS = 1_000
PS_PER_US = 1_000_000
TICK = bytes([1]).ljust(46, b"\0")
"""The packet-out that ticks: opcode 1. What follows fills the probe up to Ethernet's least size (IEEE 802.3)."""
PROBE_TYPE, SHIM_TYPE = 0x88B5, 0x88B6
VLAN_TYPE = 0x8100
"""Of an 802.1Q tag."""
_TAGS = {"shim": SHIM_TYPE, "vlan": VLAN_TYPE}
"""Headers between Ethernet and the packet, by name: their EtherTypes."""
DEFAULT_QUEUE_PACKETS = 1_000
"""As in the paper's simulations."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a build is run. `queue_bytes`, `queue_packets`, `mark_packets` (ECN): 0 is no limit, no marks."""

    jit: bool = True
    strict: bool = False
    seed: int = 1
    queue_packets: int = DEFAULT_QUEUE_PACKETS
    queue_bytes: int = 0
    mark_packets: int = 0
    sample_ps: int = 0
    cache: bool = True


@dataclass(frozen=True, eq=False)
class Simulation:
    """A build in a simulated network. `links` are the places in the plan of each topology link's two directions."""

    build: Build
    settings: Settings
    network: Network
    states: tuple[SwitchState, ...]
    executables: tuple[Executable, ...]
    links: Mapping[tuple[int, int], int]
    """(switch, port) -> place in the plan of the direction that leaves there."""
    host_links: Mapping[str, tuple[int, int]]
    """Host -> places of the directions to the switch and to the host."""

    @property
    def topology(self) -> Topology:
        """The network."""
        return self.build.topology

    @property
    def period_ps(self) -> int:
        """The probe period."""
        return self.build.manifest.constants.probe_period_us * PS_PER_US

    def state(self, switch: str) -> SwitchState:
        """Registers, counters and tables of a switch."""
        return self.states[self.topology.by_name[switch]]


def open_simulation(folder: Path, reporter: Reporter, settings: Settings) -> Simulation:
    """Load a build and put it into a network whose clocks tick from time 0 on.

    Raises CompileError (CTR09xx, CTR10xx) where the build cannot run.
    """
    build, executables = open_build(folder, reporter, settings)
    return assemble(build, executables, settings)


def open_build(
    folder: Path, reporter: Reporter, settings: Settings
) -> tuple[Build, Mapping[typed.Program, Executable]]:
    """Load a build and compile its programs. Raises CompileError (CTR09xx, CTR10xx) where it cannot run."""
    shelf = _Shelf(settings)
    return load(folder, reporter, shelf.front), shelf.executables


def assemble(
    build: Build,
    executables: Mapping[typed.Program, Executable],
    settings: Settings,
    delays: Mapping[tuple[int, int], int] = MappingProxyType({}),
) -> Simulation:
    """Put a loaded build into a network. `delays`: of directions, by the (switch, port) where they leave, in ps."""
    running = tuple(executables[switch.program.typed] for switch in build.switches)
    key = probe_key(settings.seed)
    states = tuple(
        executable.new_switch(contents(switch.entries, executable.program, key))
        for switch, executable in zip(build.switches, running, strict=True)
    )
    _seed(build, states, settings.seed)
    switches = [
        _switch_plan(switch, executable, state)
        for switch, executable, state in zip(build.switches, running, states, strict=True)
    ]
    links, between, access = _links(build.topology, settings, delays)
    plan = NetworkPlan(
        switches=switches,
        hosts=[HostPlan(host.name) for host in build.topology.hosts],
        links=links,
        cpu_port=build.manifest.constants.cpu_port,
        probe_type=PROBE_TYPE,
        shim=_shim(running[0]),
        seed=settings.seed,
        sample_ps=settings.sample_ps,
        head_bytes=max(executable.depth + executable.growth for executable in running),
    )
    network = Network(plan, jit=settings.jit)
    simulation = Simulation(build, settings, network, states, running, between, access)
    _add_clocks(simulation)
    return simulation


def _add_clocks(simulation: Simulation) -> None:
    """Clocks of one period, spread over it: in a real network nothing makes them tick at the same time.

    Schemes without probes have none.
    """
    if not simulation.build.manifest.learns:
        return
    topology, period = simulation.topology, simulation.period_ps
    for number, index in enumerate(topology.destinations):
        phase = period * number // len(topology.destinations)
        simulation.network.add_clock(topology.switches[index].name, TICK, period_ps=period, phase_ps=phase)


class _Shelf:
    """Executables by program, made as the build is loaded."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.executables: dict[typed.Program, Executable] = {}

    def front(self, source: SourceFile, reporter: Reporter) -> typed.Program:
        """Read and compile a program."""
        settings = self.settings
        directory = cache_dir() if settings.cache else None
        made = executable.load(source, reporter, jit=settings.jit, strict=settings.strict, cache_dir=directory)
        self.executables[made.program] = made
        return made.program


def cache_dir() -> Path:
    """Where compiled programs are kept: $CONTRA_CACHE, else the user's cache folder (XDG Base Directory)."""
    own = os.environ.get("CONTRA_CACHE")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "contra"


# ------------------------------------------------------------------------------------------------ switches


def contents(entries: SwitchEntries, program: typed.Program, key: ProbeKey | None = None) -> dict[str, Contents]:
    """Runtime entries as tables hold them, with the key of the network's probes unless they give one."""
    found = {}
    for table in program.tables:
        if table.entries is None:
            positions = {use.action: position for position, use in enumerate(table.actions)}
            rows = tuple(
                Row(entry.keys, positions[entry.action], entry.arguments, entry.priority)
                for entry in entries.entries[table]
            )
            given = entries.defaults.get(table)
            default, data = (given.action, given.arguments) if given else (table.default, table.default_arguments)
            found[table.name] = Contents(rows, positions[default], data)
            if key is not None and given is None:
                found[table.name] = keyed(table, key) or found[table.name]
    return found


def _seed(build: Build, states: Iterable[SwitchState], seed: int) -> None:
    """Give each switch random numbers of its own, the same for the same seed; a restart begins with them again."""
    for switch, state in zip(build.switches, states, strict=True):
        if any(layout.name == RANDOM_STATE for layout in state.code.registers):
            data = sha256(f"random numbers {seed} {switch.switch.name}".encode()).digest()
            state.write_register(RANDOM_STATE, 0, int.from_bytes(data[:8], "little"))


def _switch_plan(switch: BuiltSwitch, program: Executable, state: SwitchState) -> SwitchPlan:
    groups, sessions = switch.entries.groups, switch.entries.sessions
    return SwitchPlan(
        switch.switch.name,
        program,
        state,
        {number: [(r.port, r.instance) for r in group.replicas] for number, group in groups.items()},
        {number: [(r.port, r.instance) for r in session.replicas] for number, session in sessions.items()},
    )


def _shim(program: Executable) -> Shim | None:
    """Where the next EtherType stands in the shim, or VLAN tag, from the program's own header."""
    for field in program.program.headers.fields:
        if field.name in _TAGS and isinstance(field.type, typed.HeaderType):
            bits = [(each.name, each.type.width) for each in field.type.fields if isinstance(each.type, typed.Bits)]
            before = 0
            for name, width in bits:
                if name == "next_type":
                    return Shim(_TAGS[field.name], before // 8, sum(width for _, width in bits) // 8)
                before += width
    return None


# ------------------------------------------------------------------------------------------------ links


def _links(
    topology: Topology, settings: Settings, delays: Mapping[tuple[int, int], int]
) -> tuple[list[LinkPlan], dict[tuple[int, int], int], dict[str, tuple[int, int]]]:
    links: list[LinkPlan] = []
    between: dict[tuple[int, int], int] = {}
    access: dict[str, tuple[int, int]] = {}
    names = [switch.name for switch in topology.switches]

    def add(source: str, source_port: int, target: str, target_port: int, rate: int, delay: int) -> int:
        links.append(
            LinkPlan(
                source,
                source_port,
                target,
                target_port,
                rate,
                delay,
                queue_bytes=settings.queue_bytes,
                queue_packets=settings.queue_packets,
                mark_packets=settings.mark_packets,
            )
        )
        return len(links) - 1

    for link in topology.links:
        a, b = names[link.a], names[link.b]
        usual = link.latency_ns * PS_PER_NS
        there, back = (link.a, link.a_port), (link.b, link.b_port)
        between[there] = add(a, link.a_port, b, link.b_port, link.capacity, delays.get(there, usual))
        between[back] = add(b, link.b_port, a, link.a_port, link.capacity, delays.get(back, usual))
    for host in topology.hosts:
        switch = names[host.switch]
        up = add(host.name, 0, switch, host.port, host.capacity, host.latency_ns * PS_PER_NS)
        down = add(switch, host.port, host.name, 0, host.capacity, host.latency_ns * PS_PER_NS)
        access[host.name] = (up, down)
    return links, between, access
