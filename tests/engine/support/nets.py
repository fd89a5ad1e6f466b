"""Random networks: switches, parallel links, capacities, delays, hosts anywhere; and metrics for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from random import Random

from contra.engine.inputs import LinkState
from contra.topology.model import Topology

CAPACITIES = ("100Mbit", "1Gbit", "10Gbit", "25Gbit", "40Gbit")
LATENCIES = (0, 0, 1_000, 1_000, 2_000, 7_919, 50_000, 1_000_000)
"""In ns; equal ones are common, so that ties are."""
GRID = 50_000
"""Counts of utilisation 1, as probes carry it (docs/protocol.md)."""
COMMON = (0, 0, 5_000, 5_000, 10_000, 25_000, 39_999, 40_000, 40_001, 50_000)
"""Counts that come often: ties, and both sides of the 80 % of the policies."""


@dataclass(frozen=True)
class Link:
    """A link by the names of its ends."""

    ends: tuple[str, str]
    capacity: str = "10Gbit"
    latency_ns: int = 1_000

    def __str__(self) -> str:
        return f"{self.ends[0]}-{self.ends[1]} {self.capacity} {self.latency_ns}ns"


@dataclass(frozen=True)
class Net:
    """A network. `hosts` are the switches of the hosts; without any, every switch is a destination."""

    switches: tuple[str, ...]
    links: tuple[Link, ...]
    hosts: tuple[str, ...] = ()

    def json(self) -> str:
        """The topology file."""
        content = {
            "switches": {name: {} for name in self.switches},
            "hosts": {f"h{number}": {"switch": name} for number, name in enumerate(self.hosts)},
            "links": [
                {"ends": list(link.ends), "capacity": link.capacity, "latency": f"{link.latency_ns}ns"}
                for link in self.links
            ],
        }
        return json.dumps(content)

    def __str__(self) -> str:
        links = ", ".join(map(str, self.links))
        return f"switches {' '.join(self.switches)}; links {links}; hosts at {' '.join(self.hosts) or 'none'}"


def links(text: str, capacity: str = "10Gbit", latency_ns: int = 1_000) -> tuple[Link, ...]:
    """`A-B B-C` are two links."""
    return tuple(Link((a, b), capacity, latency_ns) for a, b in (pair.split("-") for pair in text.split()))


def net(text: str, hosts: str = "", **same: int) -> Net:
    """A network from `A-B B-C`, its switches in order of appearance."""
    made = links(text, **same)
    return Net(tuple(dict.fromkeys(name for link in made for name in link.ends)), made, tuple(hosts.split()))


def network(
    random: Random,
    needed: Sequence[str] = (),
    ways: Sequence[str] = (),
    *,
    capacities: Sequence[str] = CAPACITIES,
    latencies: Sequence[int] = LATENCIES,
    hosts: bool = False,
) -> Net:
    """A connected network of 4 to 9 switches with the needed ones among them, some of the ways more likely.

    With `hosts`, at least two; else there may be none.
    """
    size = max(len(needed), random.randint(4, 9))
    names = [*needed, *(f"N{number}" for number in range(1, size - len(needed) + 1))]
    random.shuffle(names)
    ends = [(random.choice(names[:i]), names[i]) for i in range(1, size)]
    asked: list[str] = []
    for way in ways:
        if random.random() < 0.75:
            ends += pairwise(way.split())
            asked += (way.split()[0], way.split()[-1])
    pairs = [(a, b) for a in names for b in names if a < b]
    ends += random.choices(pairs, k=random.randint(0, size + 1))
    if random.random() < 0.5:
        ends += random.choices(ends, k=random.randint(1, 2))  # parallel links
    made = tuple(Link(pair, random.choice(capacities), random.choice(latencies)) for pair in ends)
    some = [random.choice(names) for _ in range(random.randint(0, 3))] + random.sample(names, random.randint(2, size))
    return Net(tuple(names), made, tuple([*asked, *some] if hosts or random.random() < 0.5 else ()))


# ------------------------------------------------------------------------------------------------ metrics


def on_grid(random: Random) -> Fraction:
    """A utilisation that probes can carry."""
    return Fraction(random.choice((random.choice(COMMON), random.randint(0, 65_000))), GRID)


def off_grid(random: Random) -> Fraction:
    """One between those that probes can carry. 7919 is a prime: its multiples stay 1/39595 away from 80 %."""
    return Fraction(random.randint(0, 7919), 7919)


def metrics(random: Random, topology: Topology, util: Callable[[Random], Fraction]) -> tuple[LinkState, ...]:
    """Metrics of each direction of each link; some directions are down, now and then all that lead to a switch."""
    places = range(2 * len(topology.links))
    down = set(random.choices(places, k=random.choice((0, 0, 1, 3))))
    isolated = random.choice((None, None, None, random.choice(topology.destinations)))
    found = []
    for link in topology.links:
        for forward in (True, False):
            target = link.b if forward else link.a
            up = len(found) not in down and target != isolated
            latency = random.choice((link.latency_ns, link.latency_ns, random.choice(LATENCIES)))
            state = LinkState(link=link.index, forward=forward, util=util(random), latency_ns=latency, up=up)
            found.append(state)
    return tuple(found)


def said(topology: Topology, states: Sequence[LinkState]) -> str:
    """Metrics as text, a line a direction."""
    lines = []
    for state in states:
        link = topology.links[state.link]
        ends = [(link.a, link.a_port), (link.b, link.b_port)]
        (source, port), (target, _) = ends if state.forward else ends[::-1]
        names = [topology.switches[index].label for index in (source, target)]
        text = f"util {float(state.util):.6g} ({state.util}) latency {state.latency_ns}ns"
        lines.append(f"  {names[0]}:{port} -> {names[1]}  {text if state.up else 'down'}")
    return "\n".join(lines)
