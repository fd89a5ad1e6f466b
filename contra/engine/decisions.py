"""What the switches have decided: next hops, and the best tag and probe class per destination."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from contra.engine.build.model import Cell
from contra.engine.simulation import Simulation

CHOICES = {"fwd_next": ("hop", "tag"), "best_route": ("tag", "pid")}
"""Cells that decisions stand in, and their fields that are part of the decision; metrics and times are not."""


class Decisions:
    """Reads the decisions of all switches at any virtual time."""

    def __init__(self, simulation: Simulation) -> None:
        self._views: list[tuple[np.ndarray, int]] = []
        for switch, state in zip(simulation.build.switches, simulation.states, strict=True):
            cells = {cell.name: cell for cell in switch.program.row.cells}
            for layout in state.code.registers:
                if layout.name in CHOICES and layout.name in cells:
                    self._views.append((state.cells(layout.name), _mask(cells[layout.name], CHOICES[layout.name])))

    def read(self) -> bytes:
        """All decisions as they are now; equal bytes mean equal decisions."""
        return b"".join((view & view.dtype.type(mask)).tobytes() for view, mask in self._views)


def _mask(cell: Cell, wanted: Sequence[str]) -> int:
    """The bits of the wanted fields; a cell's fields are listed from the most significant down."""
    mask = shift = 0
    for name, bits in reversed(cell.fields):
        if name in wanted:
            mask |= (1 << bits) - 1 << shift
        shift += bits
    return mask & (1 << 64) - 1
