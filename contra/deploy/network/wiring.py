"""Interfaces of a plan as commands for `ip -batch`, and what else is set for each of them.

Two ends of a link are a veth pair. They have their addresses from the moment that they exist, because that is how the
ledger knows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from contra.deploy.errors import ToolError
from contra.deploy.network.errors import NotAsWanted
from contra.deploy.network.tools import run
from contra.deploy.plan import HostPlan, Plan

OFFLOADS = {
    "rx": "rx-checksumming",
    "tx": "tx-checksumming",
    "sg": "scatter-gather",
    "tso": "tcp-segmentation-offload",
    "gso": "generic-segmentation-offload",
    "gro": "generic-receive-offload",
}
"""What must be off, as `ethtool -K` and `ethtool -k` call it: switches copy frames as they are, so that checksums must
be in them, and frames must not be larger than the wire carries."""

ROUTE_METRIC = 10_000
"""Of the route to everybody over the only interface of a host: any other route of the user wins."""


def switch_interfaces(plan: Plan) -> list[str]:
    """All interfaces in the namespace of the switches: both ends of links, then the switches' ends of hosts' links."""
    return [name for link in plan.links for name in link.interfaces] + [host.switch_interface for host in plan.hosts]


def add_commands(plan: Plan, addresses: Mapping[str, str], shells: Mapping[str, int]) -> Iterator[str]:
    """`ip` commands that make all links; `shells` are the processes of the hosts by name."""
    for link in plan.links:
        a, b = link.interfaces
        yield _pair(a, addresses[a], b, addresses[b], link.mtu)
    for row in plan.hosts:
        own = row.switch_interface
        pair = _pair(own, addresses[own], row.interface, row.host.mac, row.mtu)
        yield f"{pair} netns {shells[row.host.name]}"


def up_commands(plan: Plan) -> Iterator[str]:
    """`ip` commands that take the interfaces of the switches up."""
    yield from (f"link set dev {name} up" for name in switch_interfaces(plan))


def host_commands(row: HostPlan) -> Iterator[str]:
    """`ip` commands for the namespace of a host: its address, and a route to everybody else.

    All addresses are on the link: switches carry ARP to the one host whose address is asked for.
    """
    yield "link set dev lo up"
    yield f"address add {row.host.ip}/{row.host.prefix_length} brd + dev {row.interface}"
    yield f"link set dev {row.interface} up"
    yield f"route add default dev {row.interface} metric {ROUTE_METRIC}"


def disable_ipv6(interface: str) -> None:
    """No IPv6 on an interface of this thread's namespace; before it is up, it has sent nothing then."""
    switch = Path("/proc/sys/net/ipv6/conf") / interface / "disable_ipv6"
    if not switch.exists():  # a kernel without IPv6
        return
    switch.write_text("1")
    if switch.read_text().strip() != "1":
        raise ToolError([NotAsWanted(what="'disable_ipv6'", interface=interface, wanted="1", found="0")])


def disable_offloads(interface: str) -> None:
    """No offloads on an interface of this thread's namespace, and read back. Raises ToolError."""
    run(["ethtool", "-K", interface, *(word for name in OFFLOADS for word in (name, "off"))])
    features = dict(line.strip().split(": ", 1) for line in run(["ethtool", "-k", interface]).splitlines()[1:])
    for long in OFFLOADS.values():
        found = features.get(long, "unknown")
        if not found.startswith("off"):
            raise ToolError([NotAsWanted(what=f"'{long}'", interface=interface, wanted="off", found=found)])


def _pair(a: str, a_address: str, b: str, b_address: str, mtu: int) -> str:
    return f"link add name {a} address {a_address} mtu {mtu} type veth peer name {b} address {b_address} mtu {mtu}"
