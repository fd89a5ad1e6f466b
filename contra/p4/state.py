"""The memory of one switch: registers, counters, and the tables as its program reads them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np

from contra.p4.code import Code, CounterLayout
from contra.p4.tables import Contents, Found, image, python_lookup

_FORMATS: dict[int, Literal["B", "H", "I", "Q"]] = {1: "B", 2: "H", 4: "I", 8: "Q"}


class SwitchState:
    """State of a switch that runs a program.

    `address` is what compiled functions take, the object itself what interpreted ones take; both work on the same
    bytes, so registers and counters read the same in either case.
    """

    def __init__(self, code: Code, contents: Mapping[str, Contents], *, compiled: bool) -> None:
        if sys.byteorder != "little":
            raise NotImplementedError("the engine needs a little-endian machine")
        self.code = code
        self._memory = np.zeros(max(code.state_bytes // 8, 1), dtype=np.uint64)
        self._bytes = memoryview(self._memory).cast("B")  # type: ignore[arg-type]
        self._registers = {layout.name: layout for layout in code.registers}
        self._counters = {layout.name: layout for layout in code.counters}
        self.views = {size: self._bytes.cast(letter) for size, letter in _FORMATS.items()}
        self.counters = [self._counter_view(layout) for layout in code.counters]
        self._images: list[np.ndarray] = []
        self.tables: list[Callable[..., Found]] = []
        for number, table in enumerate(code.tables):
            if compiled:
                self._images.append(np.array(image(table, contents[table.name]), dtype=np.uint64))
                self._memory[number] = self._images[-1].ctypes.data
            else:
                self.tables.append(python_lookup(table, contents[table.name]))
        self._table_bytes = 8 * len(code.tables)

    @property
    def address(self) -> int:
        """Where the state lies in memory."""
        return int(self._memory.ctypes.data)

    @property
    def memory(self) -> memoryview[int]:
        """All bytes of the state: table pointers, counters, registers."""
        return self._bytes

    def _counter_view(self, layout: CounterLayout) -> memoryview[int]:
        return self._bytes[layout.offset : layout.offset + 16 * layout.size].cast("Q")

    # ------------------------------------------------------------------------------ control plane

    def read_register(self, name: str, index: int) -> int:
        """One cell of a register; KeyError or IndexError where there is none."""
        layout = self._registers[name]
        start = layout.place(index)
        return int.from_bytes(self._bytes[start : start + layout.cell_bytes], "little")

    def write_register(self, name: str, index: int, value: int) -> None:
        """Set one cell of a register, the value cut to its width."""
        layout = self._registers[name]
        start = layout.place(index)
        cut = value & ((1 << layout.width) - 1)
        self._bytes[start : start + layout.cell_bytes] = cut.to_bytes(layout.cell_bytes, "little")

    def cells(self, name: str) -> np.ndarray:
        """The low 64 bits of each cell of a register, as an array over the memory itself."""
        layout = self._registers[name]
        kind = np.dtype(f"<u{min(layout.cell_bytes, 8)}")
        return np.ndarray((layout.size,), kind, self._memory, layout.offset, (layout.stride,))

    def register(self, name: str) -> list[int]:
        """All cells of a register."""
        return [self.read_register(name, index) for index in range(self._registers[name].size)]

    def counter(self, name: str, index: int) -> tuple[int, int]:
        """Packets and bytes that a counter has counted at an index."""
        layout = self._counters[name]
        if not 0 <= index < layout.size:
            raise IndexError(f"counter {name} has {layout.size} cells, no cell {index}")
        view = self.counters[list(self._counters).index(name)]
        return view[2 * index], view[2 * index + 1]

    def clear(self) -> None:
        """As after a restart: registers and counters are 0, tables stay."""
        self._memory[self._table_bytes // 8 :] = 0
