"""Tiers: what a tree of them is, for schemes that go up and then down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contra.baselines.errors import NotTiers
from contra.baselines.paths import distances_from
from contra.diagnostics import Reporter, report
from contra.topology.model import Link, Port, Topology


@dataclass(frozen=True)
class Tiers:
    """A network in which every link joins a tier and the next one. Tier 0 has the hosts."""

    topology: Topology
    of: tuple[int, ...]
    """The tier of each switch."""

    def up(self, switch: int) -> tuple[Port, ...]:
        """The ports to the tier above."""
        return tuple(port for port in self.topology.ports[switch] if self.of[port.peer] > self.of[switch])

    def down(self, switch: int) -> tuple[Port, ...]:
        """The ports to the tier below."""
        return tuple(port for port in self.topology.ports[switch] if self.of[port.peer] < self.of[switch])

    def below(self) -> list[frozenset[int]]:
        """Per switch, the destinations that it reaches by going down only; itself is not among them."""
        found: list[frozenset[int]] = [frozenset()] * len(self.of)
        destinations = set(self.topology.destinations)
        for switch in sorted(range(len(self.of)), key=self.of.__getitem__):
            peers = {port.peer for port in self.down(switch)}
            found[switch] = frozenset(peers & destinations).union(*(found[peer] for peer in peers))
        return found


def tiers_of(topology: Topology, reporter: Reporter) -> Tiers:
    """The tiers of a network: by its switches' roles if all have one, else by how far they are from hosts.

    A role's tier is the least distance of its switches from a switch with hosts, so that a broken link moves none.
    Raises CompileError (CTR1403) where a link lies within a tier, or skips one.
    """
    far = distances_from(topology, topology.destinations)
    roles = [switch.role for switch in topology.switches]
    how = "tiers are distances from the switches with hosts, for not every switch has a role"
    if all(roles):
        level = {role: min(d for d, r in zip(far, roles, strict=True) if r == role) for role in dict.fromkeys(roles)}
        far = [level[role] for role in roles]
        ranks = sorted(level.items(), key=lambda item: item[1])
        how = "tiers are the roles of switches: " + ", ".join(f"{role} {number}" for role, number in ranks)
    wrong = [link for link in topology.links if abs(far[link.a] - far[link.b]) != 1]
    if wrong:
        report(reporter, _not_tiers(topology, wrong, far, how))
    reporter.check()
    return Tiers(topology, tuple(far))


def _not_tiers(topology: Topology, wrong: Sequence[Link], far: Sequence[int], how: str) -> NotTiers:
    link = wrong[0]
    a, b = (topology.switches[end].label for end in (link.a, link.b))
    tiers = (far[link.a], far[link.b])
    inside = tiers[0] == tiers[1]
    problem = f"lies within tier {tiers[0]}" if inside else f"skips a tier, from {min(tiers)} to {max(tiers)}"
    return NotTiers(link=f"{a}-{b}", problem=problem, how=how, others=len(wrong) - 1, span=link.span)
