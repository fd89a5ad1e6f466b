"""The embedded engine on a case: one switch, every port on a wire of its own, no time spent anywhere."""

from __future__ import annotations

import json
from pathlib import Path

from differential.case import Case, Outcome

from contra.diagnostics import Reporter
from contra.engine.model import HostPlan, LinkPlan, NetworkPlan, SwitchPlan
from contra.engine.network import Network
from contra.engine.results import Journal
from contra.engine.simulation import contents
from contra.p4 import abi, executable
from contra.p4.executable import Executable
from contra.p4.runtime import read_entries
from contra.p4.state import SwitchState
from contra.source import SourceFile

_US = 10**6  # in picoseconds
_SWITCH = "S"
_FAULTS = {getattr(abi, name): name for name in dir(abi) if name.startswith("FAULT_")}


def run(case: Case, *, jit: bool, cache: Path | None = None) -> Outcome:
    """Give a switch the packets of a case at their times; what comes of it."""
    return _run(case, executable_of(case, jit=jit, cache=cache), jit)[0]


def run_strictly(case: Case) -> tuple[Outcome, list[str]]:
    """The same unjitted, and what P4 leaves undefined that the program did: each thing once, with its place."""
    program = executable_of(case, jit=False, strict=True)
    outcome, journal = _run(case, program, jit=False)
    return outcome, sorted({f"{_FAULTS[fault.code]}: {program.places[fault.place]}" for fault in journal.faults()})


def executable_of(case: Case, *, jit: bool, strict: bool = False, cache: Path | None = None) -> Executable:
    """The case's program, ready to run."""
    reporter = Reporter()
    source = SourceFile(f"{case.name}.p4", case.text)
    program = executable.load(source, reporter, jit=jit, strict=strict, cache_dir=cache)
    reporter.check()
    return program


def _run(case: Case, program: Executable, jit: bool) -> tuple[Outcome, Journal]:
    reporter = Reporter()
    runtime = SourceFile("runtime.json", json.dumps(case.runtime))
    entries = read_entries(runtime, program.program, reporter)
    reporter.check()
    state = program.new_switch(contents(entries, program.program))
    groups = {number: [(r.port, r.instance) for r in group.replicas] for number, group in entries.groups.items()}
    sessions = {number: [(r.port, r.instance) for r in one.replicas] for number, one in entries.sessions.items()}
    plan = NetworkPlan(
        switches=[SwitchPlan(_SWITCH, program, state, groups, sessions)],
        hosts=[HostPlan(f"h{port}") for port in case.ports],
        links=[link for port in case.ports for link in _wires(port)],
        head_bytes=program.depth + program.growth,
    )
    network = Network(plan, jit=jit)
    for link in range(1, len(plan.links), 2):
        network.capture(link, received=False)
    for write in case.writes:
        state.write_register(write.register, write.index, write.value)
    for packet in case.packets:
        network.inject(packet.time * _US, _SWITCH, packet.data, port=packet.port)
    network.run(case.packets[-1].time * _US + 1)
    journal = Journal(network)
    return _outcome(case, journal, state), journal


def _wires(port: int) -> tuple[LinkPlan, LinkPlan]:
    host = f"h{port}"
    return LinkPlan(host, 0, _SWITCH, port, 0, 0), LinkPlan(_SWITCH, port, host, 0, 0, 0)


def _outcome(case: Case, journal: Journal, state: SwitchState) -> Outcome:
    frames = {}
    for port in case.ports:
        packets = journal.captured(_SWITCH, port)
        frames[port] = tuple(packet.data + bytes(packet.size - len(packet.data)) for packet in packets)
    declared = [layout.name for layout in state.code.registers if not layout.name.startswith("$")]
    registers = {name: tuple(state.register(name)) for name in declared}
    counters = {
        layout.name: tuple(state.counter(layout.name, index) for index in range(layout.size))
        for layout in state.code.counters
    }
    return Outcome(frames, registers, counters)
