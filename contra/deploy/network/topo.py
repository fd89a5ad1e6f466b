"""The network of a build for Mininet's own tools: `mn --custom FILE --topo contra,BUILD --controller none`.

Hosts, links and switches only: nothing is loaded into the switches, and what Mininet does to a machine it does. `contra
net up` is the way to a network that works.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

from contra.deploy.network import mn
from contra.deploy.network.switches import SwitchProcess, command
from contra.deploy.plan import Plan, Settings, make_plan
from contra.diagnostics import Reporter
from contra.engine.build import load

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import mininet.link
    import mininet.topo

_MBIT = 1_000_000


class ContraTopo(mininet.topo.Topo):
    """The topology of a build folder, with its addresses, ports and (scaled) capacities."""

    def build(self, folder: str = "build") -> None:
        """Called by Mininet with the arguments of `--topo contra,FOLDER`. Raises CompileError."""
        reporter = Reporter()
        plan = make_plan(load(Path(folder), reporter), Settings(), reporter)
        self.plan = plan
        logs = Path(tempfile.mkdtemp(prefix="contra-"))
        for row in plan.switches:
            argv = command(row, plan.settings, plan.build.topology.cpu_port, logs)
            process = SwitchProcess(row, argv, os.environ, logs / f"{row.switch.name}.txt")
            self.addSwitch(row.switch.name, cls=mn.Bmv2Switch, process=process)
        for each in plan.hosts:
            host = each.host
            self.addHost(host.name, ip=f"{host.ip}/{host.prefix_length}", mac=host.mac)
        self._links(plan)

    def _links(self, plan: Plan) -> None:
        for link in plan.links:
            ends = [plan.switches[index].switch.name for index in (link.link.a, link.link.b)]
            self._link(ends, (link.link.a_port, link.link.b_port), link.interfaces, link.capacity)
        for each in plan.hosts:
            host = each.host
            ends = [host.name, plan.switches[host.switch].switch.name]
            self._link(ends, (0, host.port), (each.interface, each.switch_interface), each.capacity)

    def _link(self, ends: list[str], ports: tuple[int, int], names: tuple[str, str], capacity: int) -> None:
        options: dict[str, Any] = {"port1": ports[0], "port2": ports[1], "intfName1": names[0], "intfName2": names[1]}
        self.addLink(*ends, cls=mininet.link.TCULink, bw=capacity / _MBIT, **options)


topos = {"contra": ContraTopo}
"""Where `mn --custom` looks."""
