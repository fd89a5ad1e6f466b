"""The embedded engine on a case: one switch, every port on a wire of its own, no time spent anywhere."""

from __future__ import annotations

import json
from pathlib import Path

from contra.diagnostics import Reporter
from contra.engine.model import HostPlan, LinkPlan, NetworkPlan, SwitchPlan
from contra.engine.network import Network
from contra.engine.results import Journal
from contra.engine.simulation import contents
from contra.p4 import executable
from contra.p4.runtime import read_entries
from contra.p4.state import SwitchState
from contra.source import SourceFile
from differential.case import Case, Outcome

_US = 10**6  # in picoseconds
_SWITCH = "S"


def run(case: Case, *, jit: bool, cache: Path | None = None) -> Outcome:
    """Give a switch the packets of a case at their times; what comes of it."""
    reporter = Reporter()
    program = executable.load(SourceFile(f"{case.name}.p4", case.text), reporter, jit=jit, cache_dir=cache)
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
    return _outcome(case, network, state)


def _wires(port: int) -> tuple[LinkPlan, LinkPlan]:
    host = f"h{port}"
    return LinkPlan(host, 0, _SWITCH, port, 0, 0), LinkPlan(_SWITCH, port, host, 0, 0, 0)


def _outcome(case: Case, network: Network, state: SwitchState) -> Outcome:
    journal = Journal(network)
    frames = {}
    for port in case.ports:
        packets = journal.captured(_SWITCH, port)
        frames[port] = tuple(packet.data + bytes(packet.size - len(packet.data)) for packet in packets)
    registers = {layout.name: tuple(state.register(layout.name)) for layout in state.code.registers}
    counters = {
        layout.name: tuple(state.counter(layout.name, index) for index in range(layout.size))
        for layout in state.code.counters
    }
    return Outcome(frames, registers, counters)
