"""Where raw state comes from: cells of running switches as plain numbers, one per slot."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from contra.diagnostics import CompileError, Diagnostic
from contra.engine.build import Build
from contra.engine.build.model import Cell

ROUTING = ("link_seen", "fwd_next", "best_route", "fwd_seen", "best_seen", "link_load", "link_time")
"""Cells that tell where packets go and how full links are. A dead switch is found out by the first, which is short."""
EVERYTHING = (*ROUTING, "origin_version", "fwd_version", "fwd_rank", "flowlet")
"""Cells that `contra net show` prints something of."""
_WORKERS = 32


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

    def close(self) -> None:
        """Give back what it holds; nothing is read afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """State of one switch as it was read."""

    switch: int
    cells: Mapping[str, tuple[int, ...]]
    """All slots by name; cells that the program does not have are not there."""
    drops: tuple[int, ...] | None
    read_at: float
    """When reading had ended: seconds of the monotonic clock of this machine."""
    spans: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """When reading each cell began and ended, on the same clock; of a cell that is not named, at once at `read_at`."""


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
    reader = _SwitchReader(source, build, switch)
    for name in wanted:
        reader.read(name)
    if drops:
        reader.read_drops()
    return reader.raw()


def read_network(
    source: StateSource,
    build: Build,
    wanted: Iterable[str] = ROUTING,
    *,
    drops: bool = True,
    switches: Sequence[int] | None = None,
) -> Reading:
    """The wanted cells of all switches (or of some), cell by cell, each of all switches side by side: paths are put
    together from one cell, and the network goes on meanwhile.

    A switch that cannot be read is a failure in the result, and no reason not to read the others.
    """
    numbers = range(len(build.switches)) if switches is None else switches
    readers = {number: _SwitchReader(source, build, number) for number in numbers}
    failures: dict[int, tuple[Diagnostic, ...]] = {}
    steps = [partial(_SwitchReader.read, name=name) for name in wanted] + [_SwitchReader.read_drops] * drops
    with ThreadPoolExecutor(max_workers=min(_WORKERS, max(1, len(readers)))) as pool:
        for step in steps:
            for number, job in {number: pool.submit(step, reader) for number, reader in readers.items()}.items():
                try:
                    job.result()
                except CompileError as error:
                    failures[number] = error.diagnostics
                    del readers[number]
    return Reading({number: reader.raw() for number, reader in readers.items()}, failures)


class _SwitchReader:
    """What was read of one switch so far. Reading raises `Unreadable`."""

    def __init__(self, source: StateSource, build: Build, switch: int) -> None:
        self._source, self._build, self._switch = source, build, switch
        self._cells: dict[str, tuple[int, ...]] = {}
        self._spans: dict[str, tuple[float, float]] = {}
        self._drops: tuple[int, ...] | None = None

    def read(self, name: str) -> None:
        """A cell, if the program has it."""
        if cell_of(self._build, self._switch, name) is not None:
            begun = time.monotonic()
            self._cells[name] = tuple(self._source.read(self._switch, name))
            self._spans[name] = begun, time.monotonic()

    def read_drops(self) -> None:
        """The drop counters."""
        self._drops = tuple(self._source.drops(self._switch))

    def raw(self) -> Raw:
        """All of it."""
        return Raw(
            switch=self._switch, cells=self._cells, drops=self._drops, read_at=time.monotonic(), spans=self._spans
        )


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

    def close(self) -> None:
        """Close both."""
        self._narrow.close()
        self._wide.close()

    def _source(self, switch: int, cell: str) -> StateSource:
        layout = cell_of(self._build, switch, cell)
        return self._wide if layout is not None and layout.bits > self._limit else self._narrow
