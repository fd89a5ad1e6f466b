"""A policy network as in a data centre: endpoint groups (EPGs) in VRFs, contracts between them, filters in contracts.

Counts are those of the paper's simulation (arXiv 1712.08129: 6 VRFs, 615 EPGs, 386 contracts, 160 filters, 30
switches); who shares what is drawn at random, in two ways. *Shared*: a few contracts, filters and EPGs are everywhere,
most are rare. *Low sharing*: a contract is between two EPGs and has one filter of its own or nearly so, so that most
objects have but a few entries, and many the very same ones.

An entry is a filter of a contract between two EPGs at a switch where one of them has endpoints; an element is the pair
at the switch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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


SMALL = Shape("small", vrfs=2, epgs=24, contracts=16, filters=8, switches=5, consumers=(1.3, 6), homes=1.6)


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
    elements: Sequence[object]
    element_of: Ints
    starts: Ints
    object_of: Ints
    switch_of: Ints
    """Entry -> switch that holds it."""
    table_of: Ints
    """Entry -> table, the same on all switches."""

    def by_entry(self) -> Network:
        """The same network with every entry an element of its own."""
        count = len(self.element_of)
        return replace(self, elements=range(count), element_of=np.arange(count))

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
    parts: list[Ints] = []
    for contract, (provider, consumers) in enumerate(_contracts(shape, vrf_of, random)):
        count = min(shape.filters, 1 + random.poisson(shape.filters_each - 1)) if shape.filters_each > 1 else 1
        chosen = _filters(shape, contract, count, random)
        for consumer in consumers:
            switches = np.array(sorted(homes[provider] | homes[consumer]))
            part = np.empty((len(switches) * len(chosen), 5), np.int64)
            part[:, 0], part[:, 4] = np.repeat(switches, len(chosen)), np.tile(chosen, len(switches))
            part[:, 1:4] = min(provider, consumer), max(provider, consumer), contract
            parts.append(part)
    rows = np.concatenate(parts)
    return _network(shape, vrf_of, rows[np.lexsort(rows.T[::-1])])


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
    idle = _Idle(random.permutation(shape.epgs).tolist(), vrf_of)
    members = [np.flatnonzero(vrf_of == vrf) for vrf in range(shape.vrfs)]
    found = []
    exponent, most = shape.consumers
    sizes = np.arange(1, most + 1)
    law = sizes**-exponent / (sizes**-exponent).sum() if exponent else None
    for left in range(shape.contracts, 0, -1):
        provider = idle.any() if idle.count else int(random.integers(shape.epgs))
        mates = members[vrf_of[provider]]
        count = int(random.choice(sizes, p=law)) if law is not None else most
        count = min(len(mates) - 1, max(count, -(-idle.count // left)))
        chosen = idle.of(int(vrf_of[provider]), max(1, count // 3))[:count]
        others = random.permutation(mates).tolist()
        others = [epg for epg in others if epg != provider and epg not in chosen]
        found.append((provider, chosen + others[: count - len(chosen)]))
    return found


class _Idle:
    """EPGs that have no contract yet."""

    def __init__(self, order: list[int], vrf_of: Ints) -> None:
        self._order, self._vrf_of, self._left = order, vrf_of, set(order)
        self._in_vrf: dict[int, list[int]] = {}
        for epg in order:
            self._in_vrf.setdefault(int(vrf_of[epg]), []).append(epg)

    @property
    def count(self) -> int:
        return len(self._left)

    def any(self) -> int:
        return self._next(self._order)

    def of(self, vrf: int, most: int) -> list[int]:
        """Some of a VRF."""
        row = self._in_vrf[vrf]
        found: list[int] = []
        self._drop(row)
        while row and len(found) < most:
            found.append(self._next(row))
            self._drop(row)
        return found

    def _next(self, row: list[int]) -> int:
        self._drop(row)
        epg = row.pop()
        self._left.discard(epg)
        return epg

    def _drop(self, row: list[int]) -> None:
        while row and row[-1] not in self._left:
            row.pop()


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
    new = np.ones(len(rows), np.bool_)
    new[1:] = (rows[1:, :3] != rows[:-1, :3]).any(axis=1)
    elements, element_of = rows[new, :3], np.cumsum(new) - 1
    kinds = ("VRF", "EPG", "contract", "filter", "switch")
    counts = (shape.vrfs, shape.epgs, shape.contracts, shape.filters, shape.switches)
    names = tuple(Object(kind, str(n)) for kind, count in zip(kinds, counts, strict=True) for n in range(count))
    return Network(
        shape.name,
        names,
        tuple(map(tuple, elements.tolist())),
        element_of,
        np.arange(len(rows) + 1) * object_of.shape[1],
        object_of.reshape(-1),
        rows[:, 0].copy(),
        np.zeros(len(rows), np.int64),
    )
