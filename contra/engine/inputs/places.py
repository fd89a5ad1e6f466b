"""Names of switches, hosts and links in what a user writes -> their indices, or a message with near names."""

from __future__ import annotations

from contra.diagnostics import shown
from contra.engine.inputs.errors import NoSuchLink, NoSuchSwitch
from contra.engine.inputs.model import Endpoint
from contra.source import Span
from contra.suggest import did_you_mean
from contra.topology.model import Port, Topology

_SOME = 8


class Places:
    """Looks names up in a topology."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.hosts = {host.name: host.index for host in topology.hosts}
        self.hosts.update((host.label, host.index) for host in topology.hosts)

    def switch(self, name: str) -> int | None:
        """The switch of this label or name."""
        return self.topology.by_name.get(name)

    def endpoint(self, name: str) -> Endpoint | None:
        """The host of this name, or the switch itself."""
        if name in self.hosts:
            host = self.topology.hosts[self.hosts[name]]
            return Endpoint(host.switch, host.index)
        switch = self.switch(name)
        return None if switch is None else Endpoint(switch, None)

    def no_switch(self, name: str, span: Span) -> NoSuchSwitch:
        """The message for an unknown switch."""
        return self._unknown("switch", name, [], span)

    def no_endpoint(self, name: str, span: Span) -> NoSuchSwitch:
        """The message for what is neither host nor switch."""
        return self._unknown("host or switch", name, [host.label for host in self.topology.hosts], span)

    def _unknown(self, what: str, name: str, hosts: list[str], span: Span) -> NoSuchSwitch:
        labels = [*hosts, *(switch.label for switch in self.topology.switches)]
        return NoSuchSwitch(
            what=what, name=shown(name), near=did_you_mean(name, labels), known=_listed(labels), span=span
        )

    def ports(self, a: int, b: int) -> list[Port]:
        """The ports of switch `a` that lead to switch `b`."""
        return [port for port in self.topology.ports[a] if port.peer == b]

    def no_link(self, a: int, b: int, span: Span, port: int | None = None) -> NoSuchLink:
        """The message for a link that is not there."""
        one, other = (self.topology.switches[each].label for each in (a, b))
        there = self.ports(a, b)
        if port is not None and there:
            links = [f"{one}:{each.number}-{other}:{each.peer_port}" for each in there]
            known = f"between the two there {'is' if len(links) == 1 else 'are'} {_listed(links)}"
            return NoSuchLink(what=f"from '{one}' to '{other}' on this port", known=known, span=span)
        peers = dict.fromkeys(self.topology.switches[each.peer].label for each in self.topology.ports[a])
        known = f"'{one}' is linked to {_listed(list(peers))}" if peers else f"'{one}' has no links"
        return NoSuchLink(what=f"from '{one}' to '{other}'", known=known, span=span)


def _listed(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    head = ", ".join(shown(name) for name in names[:_SOME])
    return f"{head} and {len(names) - _SOME} more" if len(names) > _SOME else head
