"""Random networks for the engine: switches, parallel links, capacities, delays, hosts anywhere; and metrics for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from hypothesis import strategies as st

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


@st.composite
def nets(
    draw: st.DrawFn,
    needed: Sequence[str] = (),
    ways: Sequence[str] = (),
    most: int = 9,
    latencies: Sequence[int] = LATENCIES,
    hosts: bool = False,
) -> Net:
    """A connected network of 4 to `most` switches with the needed ones among them, some of the ways more likely.

    With `hosts`, at least two; else there may be none.
    """
    fillers = [f"N{number}" for number in range(1, most + 1)]
    size = draw(st.integers(max(4, len(needed)), most))
    names = draw(st.permutations([*needed, *fillers[: size - len(needed)]]))
    ends = [(names[draw(st.integers(0, i - 1))], names[i]) for i in range(1, size)]
    for way in ways:
        if draw(st.booleans()):
            ends += pairwise(way.split())
    pairs = [(a, b) for a in names for b in names if a < b]
    ends += draw(st.lists(st.sampled_from(pairs), max_size=size + 1))
    if draw(st.booleans()):
        ends += draw(st.lists(st.sampled_from(ends), min_size=1, max_size=2))  # parallel links
    made = [Link(e, draw(st.sampled_from(CAPACITIES)), draw(st.sampled_from(latencies))) for e in ends]
    some = st.lists(st.sampled_from(names), min_size=2, max_size=size)
    return Net(tuple(names), tuple(made), tuple(draw(some if hosts else st.just([]) | some)))


# ------------------------------------------------------------------------------------------------ metrics


def on_grid() -> st.SearchStrategy[Fraction]:
    """Utilisations that probes can carry."""
    count = st.sampled_from(COMMON) | st.integers(0, 65_000)
    return count.map(lambda c: Fraction(c, GRID))


def off_grid() -> st.SearchStrategy[Fraction]:
    """Utilisations between those that probes can carry. 7919 is a prime: its multiples stay 1/39595 from 0.8."""
    return st.integers(0, 7919).map(lambda k: Fraction(k, 7919))


@st.composite
def metrics(draw: st.DrawFn, topology: Topology, utils: st.SearchStrategy[Fraction]) -> tuple[LinkState, ...]:
    """Metrics of each direction of each link; some directions are down, now and then all that lead to a switch."""
    broken = draw(st.sampled_from((0, 0, 1, 3)))
    down = set(draw(st.lists(st.integers(0, 2 * len(topology.links) - 1), max_size=broken)))
    isolated = draw(st.sampled_from([None, None, None, *topology.destinations]))
    found = []
    for link in topology.links:
        for forward in (True, False):
            target = link.b if forward else link.a
            up = len(found) not in down and target != isolated
            latency = draw(st.sampled_from((link.latency_ns, link.latency_ns, *LATENCIES)))
            state = LinkState(link=link.index, forward=forward, util=draw(utils), latency_ns=latency, up=up)
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
