"""The network in terms of Mininet: hosts, switches and links as its users know them.

Imported inside functions only: it needs the package `mininet`. Three habits of Mininet are kept away. `Mininet.init()`
would change limits of the whole machine; nothing of what it prints may reach a terminal; and `mn -c` is never called.
Interfaces are made in one go by `ip -batch` before, so that `Link` finds them there.
"""

from __future__ import annotations

import logging
import subprocess
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contra.deploy.network.switches import SwitchProcess
from contra.deploy.plan import HostPlan, LinkPlan, Plan

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # Mininet 2.3 imports distutils
    import mininet.link
    import mininet.log
    import mininet.net
    import mininet.node


class _Marked:
    """A node whose processes carry the mark of the deployment."""

    params: Mapping[str, Any]

    def _popen(self, cmd: list[str], **params: Any) -> subprocess.Popen[bytes]:
        environment = self.params.get("environment")
        if environment is not None:
            params.setdefault("env", dict(environment))
        return subprocess.Popen(cmd, **params)


class ContraHost(_Marked, mininet.node.Host):
    """A host: a shell in a namespace of its own."""


class Bmv2Switch(_Marked, mininet.node.Switch):
    """A switch of Mininet that is a process of BMv2, without a program until one is pushed over P4Runtime."""

    def __init__(self, name: str, *, process: SwitchProcess, **params: Any) -> None:
        super().__init__(name, dpid=f"{process.row.device_id:x}", **params)
        self.process = process

    def start(self, controllers: object = ()) -> None:
        """Start the process. Raises ToolError."""
        self.process.start()

    def stop(self, deleteIntfs: bool = False) -> None:
        """Kill the process; interfaces stay unless told otherwise."""
        self.process.kill()
        super().stop(deleteIntfs)


class ReadyIntf(mininet.link.Intf):
    """An interface that is set up already."""

    def config(self, **params: Any) -> dict[str, Any]:
        """Nothing is left to do."""
        return {}


class ReadyLink(mininet.link.Link):
    """A veth pair that is there already."""

    @classmethod
    def makeIntfPair(cls, *args: Any, **kwargs: Any) -> None:
        """Nothing is left to do."""


class _LogFile(logging.Handler):
    """What Mininet has to say goes to a file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def emit(self, record: logging.LogRecord) -> None:
        """Append one message."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(record.getMessage())


def make_network(plan: Plan, environment: Mapping[str, str], switches: list[SwitchProcess], log: Path) -> Any:
    """A `Mininet` with the nodes of a plan and no links yet; each host has its namespace."""
    mininet.log.lg.handlers[:] = [_LogFile(log)]
    network = _bare_network()
    for row in plan.hosts:
        address = f"{row.host.ip}/{row.host.prefix_length}"
        network.addHost(row.host.name, cls=ContraHost, ip=address, mac=row.host.mac, environment=environment)
    for process in switches:
        name = process.row.switch.name
        network.addSwitch(name, cls=Bmv2Switch, process=process, environment=environment)
    return network


def add_links(network: Any, plan: Plan, addresses: Mapping[str, str]) -> None:
    """Make interfaces that are there known to Mininet."""
    for link in plan.links:
        _add_link(network, plan, link, addresses)
    for row in plan.hosts:
        _add_host_link(network, plan, row, addresses)


def _bare_network() -> Any:
    """A `Mininet` that has not touched the limits of the machine."""
    inited = mininet.net.Mininet.inited
    mininet.net.Mininet.inited = True
    try:
        return mininet.net.Mininet(topo=None, controller=None, build=False, link=ReadyLink, intf=ReadyIntf)
    finally:
        mininet.net.Mininet.inited = inited


def _add_link(network: Any, plan: Plan, row: LinkPlan, addresses: Mapping[str, str]) -> None:
    link, (a, b) = row.link, row.interfaces
    nodes = [plan.switches[index].switch.name for index in (link.a, link.b)]
    ends = {"intfName1": a, "intfName2": b, "addr1": addresses[a], "addr2": addresses[b]}
    network.addLink(*nodes, port1=link.a_port, port2=link.b_port, **ends)


def _add_host_link(network: Any, plan: Plan, row: HostPlan, addresses: Mapping[str, str]) -> None:
    host, own = row.host, row.switch_interface
    ends = {"intfName1": row.interface, "intfName2": own, "addr1": host.mac, "addr2": addresses[own]}
    switch = plan.switches[host.switch].switch.name
    link = network.addLink(host.name, switch, port1=0, port2=host.port, **ends)
    link.intf1.ip, link.intf1.prefixLen = str(host.ip), str(host.prefix_length)
