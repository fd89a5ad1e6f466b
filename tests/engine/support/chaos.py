"""Networks in which things happen: traffic, changing metrics, failures, restarts, impaired links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import pairwise
from random import Random

from engine.support.builds import Built
from engine.support.nets import COMMON, GRID
from engine.support.verdict import assert_no_faults

from contra import interp
from contra.check.model import CheckedPolicy
from contra.engine.held import by_port, set_loads
from contra.engine.inputs import LinkState
from contra.engine.model import Impairment
from contra.engine.results import Delivery
from contra.engine.simulation import Simulation
from contra.interp.regex import after
from contra.options import ProtocolOptions
from contra.topology.model import Host, Topology

OPTIONS = ProtocolOptions(probe_period_us=1_000, flowlet_timeout_us=150, pin_periods=3)
"""A period of 1 ms, so that seconds of the default constants pass in milliseconds."""
TTL = 40
UDP = 17


# ---------------------------------------------------------------------------------------------- traffic


def datagram(source: Host, target: Host, source_port: int, ttl: int = TTL) -> bytes:
    """Ethernet, IPv4 with its checksum, UDP to the discard port (RFC 791, 768, 863)."""
    udp = source_port.to_bytes(2, "big") + (9).to_bytes(2, "big") + (8).to_bytes(2, "big") + bytes(2)
    head = bytes([0x45, 0]) + (20 + len(udp)).to_bytes(2, "big") + bytes(4) + bytes([ttl, UDP])
    addresses = source.ip.packed + target.ip.packed
    words = head + b"\0\0" + addresses
    total = sum(int.from_bytes(words[at : at + 2], "big") for at in range(0, 20, 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    checksum = (total ^ 0xFFFF).to_bytes(2, "big")
    mac = bytes.fromhex(source.mac.replace(":", ""))
    return bytes(6) + mac + b"\x08\x00" + head + checksum + addresses + udp


@dataclass(frozen=True)
class Flow:
    """UDP between two hosts, by number in the network."""

    number: int
    source: Host
    target: Host


def add_flows(
    simulation: Simulation, pairs: Iterable[tuple[Host, Host]], gap_ps: int, *, size: int = 200, poisson: bool = True
) -> list[Flow]:
    """A flow for each pair of hosts."""
    network, flows = simulation.network, []
    for index, (source, target) in enumerate(pairs):
        number = network.add_flow(target.name)
        frame = datagram(source, target, 1024 + index)
        start = network.now + gap_ps * (index % 7) // 7
        network.add_udp(source.name, frame, size=size, gap_ps=gap_ps, flow=number, start_ps=start, poisson=poisson)
        flows.append(Flow(number, source, target))
    return flows


def all_pairs(topology: Topology) -> list[tuple[Host, Host]]:
    """Hosts of different switches, one a switch."""
    first = [hosts[0] for hosts in topology.hosts_of if hosts]
    return [(a, b) for a in first for b in first if a is not b]


# ---------------------------------------------------------------------------------------------- judgement


class Compliance:
    """Whether walks are such that the policy can give them a finite rank, by the judge's regexes and expression."""

    def __init__(self, policy: CheckedPolicy, topology: Topology) -> None:
        self.policy = policy
        self.topology = topology
        self.names = [switch.name for switch in topology.switches]
        self.known: dict[tuple[int, ...], str] = {}

    def fault(self, trail: tuple[int, ...]) -> str:
        """What is wrong with a delivered packet's trail, "" if nothing."""
        if trail not in self.known:
            self.known[trail] = self._fault(trail)
        return self.known[trail]

    def _fault(self, trail: tuple[int, ...]) -> str:
        walk = [self.names[index] for index in trail]
        text = " ".join(self.topology.switches[index].label for index in trail)
        linked = {(link.a, link.b) for link in self.topology.links}
        for pair in pairwise(trail):
            if pair not in linked and pair[::-1] not in linked:
                return f"{text}: no link from {self.names[pair[0]]} to {self.names[pair[1]]}"
        if walk[-1] in walk[:-1]:
            return f"{text}: passed its destination"
        if len(walk) > 1 and not self.possible(tuple(walk)):
            return f"{text}: every such path has rank inf"
        return ""

    def possible(self, walk: tuple[str, ...]) -> bool:
        """Whether some metrics give the walk a finite rank."""
        matched = frozenset(each.index for each in self.policy.regexes if interp.matches(each.regex, walk))
        for util in (Fraction(0), Fraction(9, 10)):
            values = {each.name: Fraction(len(walk) - 1) for each in self.policy.attributes} | {"util": util}
            if not interp.evaluate(self.policy, values, matched).is_infinite:
                return True
        return False


def looped(policy: CheckedPolicy, walk: Sequence[str]) -> bool:
    """Whether a walk comes twice to the same switch though the same way remains allowed: a part that did nothing.

    Not every switch visited twice is a loop: to a waypoint on a stub and back, say. Cutting out what lies between two
    visits leaves a walk that matches the same regexes, for every way to come there, if the same is left to match.
    """
    left = tuple(frozenset({each.regex}) for each in policy.regexes)
    seen = set()
    for switch in walk:
        left = tuple(after(each, switch) for each in left)
        if (switch, left) in seen:
            return True
        seen.add((switch, left))
    return False


# ---------------------------------------------------------------------------------------------- events


@dataclass
class World:
    """A simulation with what happened in it, for messages."""

    built: Built
    simulation: Simulation
    random: Random
    said: list[str] = field(default_factory=list)

    @property
    def period(self) -> int:
        return self.simulation.period_ps

    @property
    def topology(self) -> Topology:
        return self.simulation.topology

    def note(self, text: str) -> None:
        """Remember what happens now."""
        self.said.append(f"  {self.simulation.network.now / self.period:8.2f} periods: {text}")

    def story(self) -> str:
        """Policy, links, and what happened."""
        ends = [f"{self.label(link.a)}-{self.label(link.b)}" for link in self.topology.links]
        hosts = " ".join(self.label(index) for index in self.topology.destinations)
        events = "\n".join(self.said[-40:])
        return f"{self.built.build.policy.text}links {' '.join(ends)}; hosts at {hosts}\n{events}"

    def label(self, index: int) -> str:
        return self.topology.switches[index].label

    def directions(self, link: int) -> tuple[int, int]:
        """Places of both directions of a link."""
        one = self.topology.links[link]
        return self.simulation.links[one.a, one.a_port], self.simulation.links[one.b, one.b_port]

    def run(self, periods: float) -> None:
        """Let time pass."""
        self.simulation.network.run(self.simulation.network.now + round(periods * self.period))
        assert_no_faults(self.simulation)

    def deliveries(self) -> Iterator[Delivery]:
        return self.simulation.network.journal.deliveries()


def loads(random: Random, topology: Topology) -> tuple[LinkState, ...]:
    """Random utilisations; delays are the topology's."""
    return tuple(
        LinkState(
            link=link.index,
            forward=forward,
            util=Fraction(random.choice((*COMMON, random.randrange(60_000))), GRID),
            latency_ns=link.latency_ns,
        )
        for link in topology.links
        for forward in (True, False)
    )


Event = Callable[[World], None]


def change_loads(world: World) -> None:
    """Hold other utilisations from now on."""
    states = loads(world.random, world.topology)
    set_loads(world.simulation, by_port(world.built.build, states))
    world.note("other loads")


def flip_link(world: World) -> None:
    """Both directions of a link, or one of them, go down or come up."""
    number = world.random.randrange(len(world.topology.links))
    there, back = world.directions(number)
    up, both = world.random.random() < 0.5, world.random.random() < 0.7
    network = world.simulation.network
    for place in (there, back) if both else (there,):
        network.set_link(network.now, place, up)
    world.note(f"{place_of(world, number)} {'up' if up else 'down'}{'' if both else ', forward direction alone'}")


def restart(world: World) -> None:
    """A switch starts anew with empty state."""
    switch = world.random.choice(world.topology.switches)
    world.simulation.network.restart(world.simulation.network.now, switch.name)
    world.note(f"{switch.label} restarts")


def impair(world: World) -> None:
    """A direction loses, doubles and delays probes, or all packets, from now on."""
    place = world.random.choice(sorted(world.simulation.links.values()))
    bad = Impairment(
        loss=world.random.choice((0.0, 0.1, 0.5)),
        duplicate=world.random.choice((0.0, 0.3)),
        reorder=world.random.choice((0.0, 0.5)),
        jitter_ps=world.random.randrange(world.period // 2),
        probes_only=world.random.random() < 0.7,
    )
    world.simulation.network.impair(place, bad)
    world.note(f"direction {place}: {bad}")


EVENTS: tuple[Event, ...] = (change_loads, flip_link, flip_link, restart, impair)


def calm(world: World) -> None:
    """All links up and healthy again."""
    network = world.simulation.network
    for place in world.simulation.links.values():
        network.set_link(network.now, place, True)
        network.impair(place, Impairment())
    world.note("all links up and healthy")


def place_of(world: World, link: int) -> str:
    """A link by its ends, and by its number, since there may be parallel ones."""
    one = world.topology.links[link]
    return f"{world.label(one.a)}-{world.label(one.b)} ({link})"


@cache
def drop_code(names: tuple[str, ...], name: str) -> int:
    """Index of a drop reason of the manifest."""
    return names.index(name)


def drops(simulation: Simulation, reason: str) -> int:
    """Packets that all switches together dropped for a reason of the manifest."""
    code = drop_code(simulation.build.manifest.drop_reasons, reason)
    return sum(state.counter("drops", code)[0] for state in simulation.states)
