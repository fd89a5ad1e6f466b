"""Switches of the embedded engine as a `StateSource`: raw cells out of their memory."""

from __future__ import annotations

from collections.abc import Sequence

from contra.engine.simulation import Simulation


class EngineSource:
    """Reads the registers and counters of a simulation as it stands."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation

    def read(self, switch: int, cell: str) -> Sequence[int]:
        return self.simulation.states[switch].register(cell)

    def read_at(self, switch: int, cell: str, indices: Sequence[int]) -> Sequence[int]:
        return [self.simulation.states[switch].read_register(cell, index) for index in indices]

    def drops(self, switch: int) -> Sequence[int]:
        reasons = range(len(self.simulation.build.manifest.drop_reasons))
        return [self.simulation.states[switch].counter("drops", index)[0] for index in reasons]
