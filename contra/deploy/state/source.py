"""Where raw state comes from: cells of running switches as plain numbers, one per slot."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from contra.diagnostics import CompileError, Diagnostic
from contra.engine.build import Build
from contra.engine.build.model import Cell

ROUTING = ("best_route", "best_seen", "fwd_next", "fwd_seen", "link_seen", "link_load", "link_time")
"""Cells that tell where packets go and how full links are."""
EVERYTHING = (*ROUTING, "origin_version", "fwd_version", "fwd_rank", "flowlet")
"""Cells that `contra net show` prints something of."""
_WORKERS = 16


class StateSource(Protocol):
    """A way to read the state of switches, which go by their number. Reads only.

    All methods raise `Unreadable` where a switch does not answer or does not have such a cell. They may be called for
    different switches from different threads.
    """

    def read(self, switch: int, cell: str) -> Sequence[int]:
        """All slots of a cell."""

    def read_at(self, switch: int, cell: str, indices: Sequence[int]) -> Sequence[int]:
        """Some slots of a cell, in the order asked for."""

    def drops(self, switch: int) -> Sequence[int]:
        """Packets dropped, by index of the drop reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """State of one switch as it was read."""

    switch: int
    cells: Mapping[str, tuple[int, ...]]
    """All slots by name; cells that the program does not have are not there."""
    drops: tuple[int, ...] | None
    read_at: float
    """When reading had ended: seconds of the monotonic clock of this machine."""


@dataclass(frozen=True, slots=True)
class Reading:
    """State of a network: of the switches that could be read, and why the others could not."""

    raws: Mapping[int, Raw]
    failures: Mapping[int, tuple[Diagnostic, ...]]


def cell_of(build: Build, switch: int, name: str) -> Cell | None:
    """The layout of a cell, None where the switch's program has no such cell."""
    cells = build.switches[switch].program.row.cells
    return next((cell for cell in cells if cell.name == name), None)


def read_switch(
    source: StateSource, build: Build, switch: int, wanted: Iterable[str] = EVERYTHING, *, drops: bool = True
) -> Raw:
    """The wanted cells of one switch, as far as its program has them. Raises `Unreadable`."""
    names = [name for name in wanted if cell_of(build, switch, name) is not None]
    cells = {name: tuple(source.read(switch, name)) for name in names}
    counted = tuple(source.drops(switch)) if drops else None
    return Raw(switch=switch, cells=cells, drops=counted, read_at=time.monotonic())


def read_network(
    source: StateSource,
    build: Build,
    wanted: Iterable[str] = ROUTING,
    *,
    drops: bool = True,
    switches: Sequence[int] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Reading:
    """The wanted cells of all switches (or of some), read side by side.

    A switch that cannot be read is a failure in the result, and no reason not to read the others. `progress` is told
    how many of how many switches are done.
    """
    numbers = range(len(build.switches)) if switches is None else switches
    names = tuple(wanted)
    raws: dict[int, Raw] = {}
    failures: dict[int, tuple[Diagnostic, ...]] = {}
    with ThreadPoolExecutor(max_workers=min(_WORKERS, max(1, len(numbers)))) as pool:
        jobs = {number: pool.submit(read_switch, source, build, number, names, drops=drops) for number in numbers}
        for done, (number, job) in enumerate(jobs.items(), 1):
            try:
                raws[number] = job.result()
            except CompileError as error:
                failures[number] = error.diagnostics
            if progress is not None:
                progress(done, len(numbers))
    return Reading(raws, failures)


class ByWidth:
    """Two sources as one: `narrow` for cells of at most `limit` bits and for counters, `wide` for the others."""

    def __init__(self, build: Build, narrow: StateSource, wide: StateSource, limit: int) -> None:
        self._build, self._narrow, self._wide, self._limit = build, narrow, wide, limit

    def read(self, switch: int, cell: str) -> Sequence[int]:
        """All slots of a cell."""
        return self._source(switch, cell).read(switch, cell)

    def read_at(self, switch: int, cell: str, indices: Sequence[int]) -> Sequence[int]:
        """Some slots of a cell."""
        return self._source(switch, cell).read_at(switch, cell, indices)

    def drops(self, switch: int) -> Sequence[int]:
        """Packets dropped, by reason."""
        return self._narrow.drops(switch)

    def _source(self, switch: int, cell: str) -> StateSource:
        layout = cell_of(self._build, switch, cell)
        return self._wide if layout is not None and layout.bits > self._limit else self._narrow
