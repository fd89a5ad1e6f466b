"""A policy network as in a data centre: endpoint groups (EPGs) in VRFs, contracts between them, filters in contracts.

Counts are those of the paper's simulation (arXiv 1712.08129: 6 VRFs, 615 EPGs, 386 contracts, 160 filters, 30
switches); who shares what is drawn at random, in two ways. *Shared*: a few contracts, filters and EPGs are everywhere,
most are rare. *Low sharing*: a contract is between two EPGs and has one filter of its own or nearly so, so that most
objects have but a few entries, and many the very same ones.

An entry is a filter of a contract between two EPGs at a switch where one of them has endpoints; an element is the pair
at the switch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contra.localize.model import Ints, Object, RiskModel


@dataclass(frozen=True, slots=True)
class Shape:
    """What a policy network is drawn from."""

    name: str
    vrfs: int = 6
    epgs: int = 615
    contracts: int = 386
    filters: int = 160
    switches: int = 30
    consumers: tuple[float, int] = (1.3, 120)
    """Exponent and upper end of the power law of the consumers of a contract; (0, n): n for all."""
    filters_each: float = 2.0
    """Filters of a contract on average, 1 at least."""
    homes: float = 2.5
    """Switches of an EPG on average, 1 at least."""


SHARED = Shape("shared")
LOW = Shape("low sharing", consumers=(0, 1), filters_each=1.0, homes=1.3)


def larger(shape: Shape, switches: int) -> Shape:
    """The same network grown: as many entries at each switch, more switches, EPGs, contracts and filters."""
    factor = switches / shape.switches
    counts = {name: round(getattr(shape, name) * factor) for name in ("vrfs", "epgs", "contracts", "filters")}
    return Shape(
        f"{shape.name}, {switches} switches",
        switches=switches,
        consumers=shape.consumers,
        filters_each=shape.filters_each,
        homes=shape.homes,
        **counts,
    )


@dataclass(frozen=True, eq=False)
class Network:
    """A network without failures: its entries as incidences, as `RiskModel` has them."""

    name: str
    objects: tuple[Object, ...]
    elements: tuple[object, ...]
    element_of: Ints
    starts: Ints
    object_of: Ints
    switch_of: Ints
    """Entry -> switch that holds it."""
    table_of: Ints
    """Entry -> table, the same on all switches."""

    def model(self, blamed: NDArray[np.bool_]) -> RiskModel:
        """The risk model with some incidences to blame."""
        return RiskModel(
            self.elements,
            self.objects,
            self.element_of,
            self.starts,
            self.object_of,
            blamed,
            self.switch_of,
            self.table_of,
        )


def draw(shape: Shape, seed: int) -> Network:
    """A policy network."""
    random = np.random.default_rng(seed)
    vrf_of = _vrfs(shape, random)
    homes = [_homes(shape, random) for _ in range(shape.epgs)]
    rows: list[tuple[int, int, int, int, int]] = []
    for contract, (provider, consumers) in enumerate(_contracts(shape, vrf_of, random)):
        count = min(shape.filters, 1 + random.poisson(shape.filters_each - 1)) if shape.filters_each > 1 else 1
        chosen = _filters(shape, contract, count, random)
        for consumer in consumers:
            pair = min(provider, consumer), max(provider, consumer)
            for switch in sorted(homes[provider] | homes[consumer]):
                rows += ((switch, *pair, contract, each) for each in chosen)
    return _network(shape, vrf_of, np.array(sorted(set(rows)), np.int64))


def _vrfs(shape: Shape, random: np.random.Generator) -> Ints:
    """EPG -> VRF; a few VRFs have most of the EPGs, none has less than four."""
    shares = 1 / np.arange(1, shape.vrfs + 1)
    found = random.choice(shape.vrfs, shape.epgs, p=shares / shares.sum())
    found[: 4 * shape.vrfs] = np.arange(4 * shape.vrfs) % shape.vrfs
    return found


def _homes(shape: Shape, random: np.random.Generator) -> set[int]:
    count = min(shape.switches, int(random.geometric(1 / shape.homes)))
    return set(random.choice(shape.switches, count, replace=False).tolist())


def _contracts(shape: Shape, vrf_of: Ints, random: np.random.Generator) -> list[tuple[int, list[int]]]:
    """Provider and consumers, all of one VRF. Who has no contract yet comes first, so that every EPG has one."""
    idle = random.permutation(shape.epgs).tolist()
    members = [np.flatnonzero(vrf_of == vrf) for vrf in range(shape.vrfs)]
    found = []
    exponent, most = shape.consumers
    sizes = np.arange(1, most + 1)
    law = sizes**-exponent / (sizes**-exponent).sum() if exponent else None
    for left in range(shape.contracts, 0, -1):
        provider = idle.pop() if idle else int(random.integers(shape.epgs))
        mates = members[vrf_of[provider]]
        count = int(random.choice(sizes, p=law)) if law is not None else most
        count = min(len(mates) - 1, max(count, -(-len(idle) // left)))
        found.append((provider, _consumers(provider, mates, count, idle, vrf_of, random)))
    return found


def _consumers(
    provider: int, mates: Ints, count: int, idle: list[int], vrf_of: Ints, random: np.random.Generator
) -> list[int]:
    chosen = [epg for epg in idle if vrf_of[epg] == vrf_of[provider]][-max(1, count // 3) :][:count]
    for epg in chosen:
        idle.remove(epg)
    others = [epg for epg in random.permutation(mates).tolist() if epg != provider and epg not in chosen]
    return chosen + others[: count - len(chosen)]


def _filters(shape: Shape, contract: int, count: int, random: np.random.Generator) -> list[int]:
    """One filter in turn, so that each is used, and the others by popularity."""
    popularity = 1 / np.arange(1, shape.filters + 1)
    others = random.choice(shape.filters, count, replace=False, p=popularity / popularity.sum())
    return sorted({contract % shape.filters, *others[: count - 1].tolist()})


def _network(shape: Shape, vrf_of: Ints, rows: Ints) -> Network:
    """Rows (switch, EPG, EPG, contract, filter), sorted -> arrays."""
    offsets = np.cumsum([0, shape.vrfs, shape.epgs, shape.contracts, shape.filters])
    vrf, epg, contract, each, switch = offsets
    columns = (vrf + vrf_of[rows[:, 1]], epg + rows[:, 1], epg + rows[:, 2])
    object_of = np.stack([*columns, contract + rows[:, 3], each + rows[:, 4], switch + rows[:, 0]], axis=1)
    elements, element_of = np.unique(rows[:, :3], axis=0, return_inverse=True)
    kinds = ("VRF", "EPG", "contract", "filter", "switch")
    counts = (shape.vrfs, shape.epgs, shape.contracts, shape.filters, shape.switches)
    names = tuple(Object(kind, str(n)) for kind, count in zip(kinds, counts, strict=True) for n in range(count))
    return Network(
        shape.name,
        names,
        tuple(map(tuple, elements.tolist())),
        element_of.reshape(-1),
        np.arange(len(rows) + 1) * object_of.shape[1],
        object_of.reshape(-1),
        rows[:, 0].copy(),
        np.zeros(len(rows), np.int64),
    )
