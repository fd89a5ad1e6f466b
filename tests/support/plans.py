"""Plans of networks, without a compiled build behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contra.deploy.plan import Plan, Settings, make_plan
from contra.diagnostics import Reporter
from contra.engine.build import Build, BuiltProgram, BuiltSwitch
from contra.engine.build.model import ProgramRow
from contra.topology.model import Topology

ROW = ProgramRow("destination", "programs/destination.p4", "", "destination", (), 16, (16,))
NOTHING: Any = None


def build_of(topology: Topology, folder: Path = Path("/nowhere/build")) -> Build:
    """A build as far as plans look at it."""
    program = BuiltProgram(ROW, NOTHING, NOTHING)
    switches = tuple(BuiltSwitch(switch, program, NOTHING) for switch in topology.switches)
    return Build(folder, NOTHING, NOTHING, topology, {ROW.name: program}, switches)


def plan_of(topology: Topology, settings: Settings | None = None, folder: Path = Path("/nowhere/build")) -> Plan:
    return make_plan(build_of(topology, folder), settings or Settings(), Reporter())
