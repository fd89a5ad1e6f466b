"""Who sends to whom. Hosts go by name; what is random comes from the seed alone, whatever the load and the scheme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contra.workload.chance import below, shuffled, uniforms

PATTERNS = {
    "random": "each flow from a random sender to a random receiver",
    "pairs": "each flow between a random one of fixed pairs",
    "permutation": "each sender has one receiver of its own, drawn once",
    "incast": "at each arrival several random senders send to one receiver at the same time",
    "all-to-all": "every ordered pair of hosts in turn, in random order",
}
"""Patterns with a line of help."""

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Who sends to whom: one of PATTERNS. `pairs` for pairs, `fan_in` (senders at a time) for incast."""

    kind: str
    senders: tuple[str, ...]
    receivers: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...] = ()
    fan_in: int = 1

    @property
    def together(self) -> int:
        """Flows that start at each arrival."""
        return self.fan_in if self.kind == "incast" else 1


def choose(pattern: Pattern, arrivals: int, seed: int) -> list[Pairs]:
    """Source and target of the flows of each arrival."""
    if pattern.kind == "incast":
        return _incast(pattern, arrivals, seed)
    if pattern.kind == "all-to-all":
        chosen = _in_turn(pattern, arrivals, seed)
    elif pattern.kind == "random":
        chosen = _random(pattern, arrivals, seed)
    else:
        fixed = permutation(pattern, seed) if pattern.kind == "permutation" else list(pattern.pairs)
        chosen = [fixed[index] for index in below(len(fixed), uniforms(seed, "senders", arrivals)).tolist()]
    return [[pair] for pair in chosen]


def random_pairs(hosts: Sequence[str], count: int, seed: int) -> tuple[tuple[str, str], ...]:
    """Pairs of hosts, each host in at most one of them. Needs twice as many hosts."""
    order = shuffled(len(hosts), uniforms(seed, "pairs", len(hosts))).tolist()
    return tuple((hosts[order[2 * i]], hosts[order[2 * i + 1]]) for i in range(count))


def permutation(pattern: Pattern, seed: int) -> Pairs:
    """A receiver for each sender, each receiver for one sender as long as there are enough; never the sender itself."""
    count = max(len(pattern.senders), len(pattern.receivers))
    order = shuffled(len(pattern.receivers), uniforms(seed, "pairs", count))
    receivers = [pattern.receivers[index] for index in order.tolist()]
    found = [(sender, receivers[index % len(receivers)]) for index, sender in enumerate(pattern.senders)]
    for index, (sender, receiver) in enumerate(found):
        if sender == receiver:  # swap with the first pair that allows it
            for other, (second, target) in enumerate(found):
                if second != receiver and target != sender:
                    found[index], found[other] = (sender, target), (second, receiver)
                    break
    return [pair for pair in found if pair[0] != pair[1]]


def _random(pattern: Pattern, arrivals: int, seed: int) -> Pairs:
    senders = below(len(pattern.senders), uniforms(seed, "senders", arrivals))
    receivers = _others(pattern, senders, uniforms(seed, "receivers", arrivals))
    return [
        (pattern.senders[sender], pattern.receivers[receiver])
        for sender, receiver in zip(senders.tolist(), receivers.tolist(), strict=True)
    ]


def _others(pattern: Pattern, senders: NDArray[np.int64], uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """Receivers other than the senders: the draw is among one fewer, and those from the sender on are the next one."""
    place = {name: index for index, name in enumerate(pattern.receivers)}
    own = np.array([place.get(name, -1) for name in pattern.senders], np.int64)[senders]
    found = below(len(pattern.receivers) - (own >= 0).astype(np.int64), uniform)
    return found + ((own >= 0) & (found >= own))


def _in_turn(pattern: Pattern, arrivals: int, seed: int) -> Pairs:
    every = [(a, b) for a in pattern.senders for b in pattern.receivers if a != b]
    rounds = -(-arrivals // len(every))
    uniform = uniforms(seed, "pairs", rounds * len(every)).reshape(rounds, len(every))
    order = np.argsort(uniform, axis=1, kind="stable").reshape(-1)[:arrivals]
    return [every[index] for index in order.tolist()]


def _incast(pattern: Pattern, arrivals: int, seed: int) -> list[Pairs]:
    receivers = below(len(pattern.receivers), uniforms(seed, "receivers", arrivals))
    uniform = uniforms(seed, "senders", arrivals * len(pattern.senders)).reshape(arrivals, len(pattern.senders))
    order = np.argsort(uniform, axis=1, kind="stable")
    found = []
    for row, receiver in zip(order.tolist(), receivers.tolist(), strict=True):
        target = pattern.receivers[receiver]
        senders = [name for name in (pattern.senders[index] for index in row) if name != target]
        found.append([(name, target) for name in senders[: pattern.fan_in]])
    return found
