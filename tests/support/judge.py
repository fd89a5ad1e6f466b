"""The judge of a compilation: ranks explicit walks straight from what a policy means, with nothing of the compiler.

A network is a list of wires with the metrics of this moment. A policy is a function from a path to a rank; regexes go
to Python's `re` over the switch names. Every walk up to a bound is looked at: switches may repeat, the destination
stands only at the end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, cached_property
from math import inf
from typing import Any

Rank = tuple[Any, ...]
INF: Rank = (inf,)
"""Greater than every other rank."""
SEPARATOR = "/"
ANY = "[^/]+/"
"""Any switch, as a pattern."""

COMBINE: Mapping[str, Callable[[Any, Any], Any]] = {"sum": lambda a, b: a + b, "max": max, "min": min}


@dataclass(frozen=True)
class Wire:
    """A link; `load` is the utilisation from a to b and from b to a, as fractions of the capacity."""

    ends: tuple[str, str]
    ports: tuple[int, int]
    latency_ns: int
    load: tuple[Fraction, Fraction]
    attributes: tuple[tuple[str, Fraction], ...] = ()


@dataclass(frozen=True)
class Hop:
    """A wire in the direction in which data uses it."""

    wire: Wire
    forward: bool

    @property
    def source(self) -> str:
        return self.wire.ends[not self.forward]

    @property
    def target(self) -> str:
        return self.wire.ends[self.forward]

    @property
    def port(self) -> int:
        return self.wire.ports[not self.forward]

    @property
    def peer_port(self) -> int:
        return self.wire.ports[self.forward]

    @property
    def load(self) -> Fraction:
        return self.wire.load[not self.forward]

    @cached_property
    def metrics(self) -> dict[str, Fraction]:
        """What the hop adds to a path: `len` and `lat` (us) count, `util` is the load."""
        own = {"len": Fraction(1), "lat": Fraction(self.wire.latency_ns, 1000), "util": self.load}
        return {**own, **dict(self.wire.attributes)}


@dataclass(frozen=True)
class Net:
    """A network at one moment. Without hosts every switch is a destination."""

    switches: tuple[str, ...]
    wires: tuple[Wire, ...]
    hosts: tuple[str, ...] = ()
    """Switches that have a host."""
    combine: tuple[tuple[str, str], ...] = ()
    """Declared attributes: name and "sum", "max" or "min"."""

    @property
    def destinations(self) -> tuple[str, ...]:
        return tuple(name for name in self.switches if name in self.hosts) or self.switches

    @cached_property
    def hops(self) -> tuple[Hop, ...]:
        return tuple(Hop(wire, forward) for wire in self.wires for forward in (True, False))

    @cached_property
    def into(self) -> dict[str, list[Hop]]:
        """Per switch, the hops that end there."""
        return {name: [hop for hop in self.hops if hop.target == name] for name in self.switches}

    def without(self, wire: Wire) -> Net:
        """The network after a failure."""
        return replace(self, wires=tuple(one for one in self.wires if one is not wire))

    def json(self) -> str:
        """The topology file."""
        return json.dumps(
            {
                "attributes": {name: {"combine": how} for name, how in self.combine},
                "switches": {name: {} for name in self.switches},
                "hosts": {f"h{i}": {"switch": name} for i, name in enumerate(self.hosts)},
                "links": [
                    {
                        "ends": list(wire.ends),
                        "ports": list(wire.ports),
                        "capacity": "10Gbit",
                        "latency": f"{wire.latency_ns}ns",
                        **{name: float(value) for name, value in wire.attributes},
                    }
                    for wire in self.wires
                ],
            },
            indent=1,
        )


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@dataclass(frozen=True)
class Path:
    """What a policy ranks: the switches, each name followed by the separator, and the metrics in base units."""

    word: str
    metrics: Mapping[str, Fraction]
    known: dict[str, bool] = field(default_factory=dict, compare=False)
    """Regexes decided so far; shared by paths over the same switches."""

    def matches(self, pattern: str) -> bool:
        if pattern not in self.known:
            self.known[pattern] = compiled(pattern).fullmatch(self.word) is not None
        return self.known[pattern]

    def __getattr__(self, name: str) -> Fraction:
        try:
            return self.metrics[name]
        except KeyError:
            raise AttributeError(name) from None


Policy = Callable[[Path], Any]
"""A rank: a number, `inf`, or a tuple of such."""


def rank_of(policy: Policy, path: Path) -> Rank:
    """The rank as a tuple; infinite as soon as one component is."""
    value = policy(path)
    value = value if isinstance(value, tuple) else (value,)
    return INF if inf in value else value


def word_of(switches: tuple[str, ...]) -> str:
    return "".join(name + SEPARATOR for name in switches)


def path_of(net: Net, hops: list[Hop]) -> Path:
    """The path along given hops, source first."""
    switches = (hops[0].source, *(hop.target for hop in hops))
    metrics = hops[-1].metrics
    for hop in reversed(hops[:-1]):
        metrics = _extended(dict(net.combine), metrics, hop)
    return Path(word_of(switches), metrics)


_NATURE = {"len": "sum", "lat": "sum", "util": "max"}


def _extended(combine: Mapping[str, str], metrics: Mapping[str, Fraction], hop: Hop) -> dict[str, Fraction]:
    own = hop.metrics
    return {name: COMBINE[_NATURE.get(name) or combine[name]](value, own[name]) for name, value in metrics.items()}


def walks(net: Net, destination: str, longest: int) -> Iterator[tuple[str, list[Path]]]:
    """(source, paths) of every walk to a destination over at most `longest` links: per sequence of switches, one path
    for each different outcome of the choice between parallel wires."""
    combine = dict(net.combine)
    layer: list[tuple[tuple[str, ...], list[dict[str, Fraction]]]] = [((destination,), [])]
    for _ in range(longest):
        grown: dict[tuple[str, ...], dict[tuple[Fraction, ...], dict[str, Fraction]]] = {}
        for switches, vectors in layer:
            for hop in net.into[switches[0]]:
                if hop.source == destination:
                    continue
                new = [_extended(combine, vector, hop) for vector in vectors] if vectors else [hop.metrics]
                kept = grown.setdefault((hop.source, *switches), {})
                kept.update((tuple(vector.values()), vector) for vector in new)
        layer = [(switches, list(kept.values())) for switches, kept in grown.items()]
        for switches, vectors in layer:
            known: dict[str, bool] = {}
            word = word_of(switches)
            yield switches[0], [Path(word, vector, known) for vector in vectors]


def count_walks(net: Net, longest: int) -> int:
    """How many sequences of switches `walks` gives at most, over all destinations."""
    counts = dict.fromkeys(net.switches, 1)
    total = 0
    for _ in range(longest):
        counts = {name: sum(counts[s] for s in {hop.source for hop in net.into[name]}) for name in net.switches}
        total += sum(counts.values())
    return total


def bound_for(net: Net, most: int) -> int:
    """The greatest length up to 7 links at which there are at most `most` walks."""
    return max((longest for longest in range(1, 8) if count_walks(net, longest) <= most), default=1)


def optima(net: Net, policy: Policy, longest: int) -> dict[tuple[str, str], Rank]:
    """The least rank of every (source, destination), over walks of at most `longest` links; INF where there is none."""
    best = {(s, d): INF for d in net.destinations for s in net.destinations if s != d}
    for destination in net.destinations:
        for source, paths in walks(net, destination, longest):
            pair = (source, destination)
            if pair in best:
                best[pair] = min(best[pair], *(rank_of(policy, path) for path in paths))
    return best
