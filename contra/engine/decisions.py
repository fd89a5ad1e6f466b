"""What the switches have decided, read from their state: best path per destination, next hops, next tags.

The cells and the places of their fields are those that the manifest describes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from contra.engine.build.model import Cell, ProgramRow
from contra.engine.simulation import Simulation
from contra.p4.code import RegisterLayout
from contra.p4.state import SwitchState


@dataclass(frozen=True)
class _Fields:
    """A register and where the parts of a decision stand in its cells: (shift, bits) by name, from the low end."""

    register: RegisterLayout
    places: Mapping[str, tuple[int, int]]
    wanted: tuple[str, ...]

    @property
    def mask(self) -> int:
        """The bits of the decision. Metrics are not among them; they stand above."""
        return sum(((1 << bits) - 1) << shift for shift, bits in map(self.places.__getitem__, self.wanted))

    def view(self, state: SwitchState) -> Any:
        """The low word of each cell, as an array over the memory itself."""
        return state.cells(self.register.name)


@dataclass(frozen=True)
class _Shape:
    """Where the decisions stand in the memory of the switches that run one program."""

    next: _Fields
    best: _Fields | None


class Decisions:
    """The decisions of all switches, followed over time. Where ways stand in table entries there are none."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        pairs = zip(simulation.build.switches, simulation.states, strict=True)
        deciding = list(pairs) if simulation.build.manifest.learns else []
        self._names = {name: _names(program) for name, program in simulation.build.manifest.programs.items()}
        self._tag_bits = _width(self._names.values(), "fwd_next", "tag")
        self._pid_bits = _width(self._names.values(), "best_route", "pid")
        self._shapes = [
            _shape(self._names[switch.program.row.name], {each.name: each for each in state.code.registers})
            for switch, state in deciding
        ]
        self._views = [
            (shape.next.view(state), shape.best.view(state) if shape.best else None)
            for shape, (_, state) in zip(self._shapes, deciding, strict=True)
        ]
        self._raw = [self._bytes(switch) for switch in range(len(self._shapes))]
        self._decided = [self._decisions(switch) for switch in range(len(self._shapes))]
        self._chosen = [self._choice(switch) for switch in range(len(self._shapes))]

    def read(self) -> bytes:
        """All decisions as they are now; equal bytes mean equal decisions."""
        return b"".join(map(self._decisions, range(len(self._shapes))))

    def update(self) -> tuple[bool, int]:
        """Whether any decision is another one than at the last call, and how many best choices are.

        A best choice is what a packet takes at its first switch to one destination.
        """
        changed, best = False, 0
        for switch in range(len(self._shapes)):
            raw = self._bytes(switch)
            if raw == self._raw[switch]:
                continue
            self._raw[switch] = raw
            decided = self._decisions(switch)
            if decided != self._decided[switch]:
                self._decided[switch], changed = decided, True
                chosen = self._choice(switch)
                best += int((chosen != self._chosen[switch]).sum())
                self._chosen[switch] = chosen
        return changed, best

    def _bytes(self, switch: int) -> bytes:
        hops, best = self._views[switch]
        return bytes(hops.tobytes() if best is None else hops.tobytes() + best.tobytes())

    def _decisions(self, switch: int) -> bytes:
        shape, (hops, best) = self._shapes[switch], self._views[switch]
        text = (hops & hops.dtype.type(shape.next.mask)).tobytes()
        if shape.best is not None and best is not None:
            text += (best & best.dtype.type(shape.best.mask)).tobytes()
        return bytes(text)

    def _choice(self, switch: int) -> Any:
        """Per destination, tag and pid of BestT and what FwdT says for them; empty where no packet starts."""
        shape, (hops, best) = self._shapes[switch], self._views[switch]
        if switch not in self._simulation.topology.destinations:
            return np.zeros(0, np.uint64)
        low = self._tag_bits + self._pid_bits
        slots = np.arange(len(hops) >> low, dtype=np.uint64)
        chosen = np.zeros(len(slots), np.uint64)
        if shape.best is not None and best is not None:
            for name, bits in (("tag", self._tag_bits), ("pid", self._pid_bits)):
                shift, _ = shape.best.places.get(name, (0, 0))
                part = (best.astype(np.uint64) >> np.uint64(shift)) & np.uint64((1 << bits) - 1)
                chosen = (chosen << np.uint64(bits)) | part
        index = ((slots << np.uint64(low)) | chosen).astype(np.intp)
        decision = hops[index].astype(np.uint64) & np.uint64(shape.next.mask)
        return (chosen << np.uint64(32)) | decision


def _names(program: ProgramRow) -> dict[str, dict[str, tuple[int, int]]]:
    return {cell.name: _places(cell) for cell in program.cells}


def _places(cell: Cell) -> dict[str, tuple[int, int]]:
    """(shift, bits) of each field; the manifest lists the most significant first."""
    places, shift = {}, 0
    for name, bits in reversed(cell.fields):
        places[name] = (shift, bits)
        shift += bits
    return places


def _width(programs: Iterable[Mapping[str, Mapping[str, tuple[int, int]]]], cell: str, field: str) -> int:
    """Bits of a field; all programs of a network have the same, and those that lack it have nothing to choose."""
    return max((program[cell][field][1] for program in programs if field in program.get(cell, {})), default=0)


def _shape(names: Mapping[str, Mapping[str, tuple[int, int]]], registers: Mapping[str, RegisterLayout]) -> _Shape:
    following, best = names["fwd_next"], names.get("best_route")
    hops = _Fields(registers["fwd_next"], following, tuple(name for name in ("hop", "tag") if name in following))
    if best is None:
        return _Shape(hops, None)
    return _Shape(hops, _Fields(registers["best_route"], best, tuple(name for name in ("tag", "pid") if name in best)))
