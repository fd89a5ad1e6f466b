"""How the cells of a build are laid out, and its time-outs in ticks: all that decoding needs to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from contra.engine.build import Build, BuiltSwitch
from contra.engine.build.model import Cell, Constants
from contra.ir.layout import LOAD_FRACTION_BITS, LOAD_FULL
from contra.ir.layout import clock as clock_of
from contra.ir.model import Clock
from contra.options import ProtocolOptions

CLOCK_BITS = 32
_DECAY_STEPS = 6
"""Upper bits of an age below tau that the decay of a load looks at (p4templates: `LoadDecay`)."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the states of all switches of a network have in common."""

    tag_bits: int
    pid_bits: int
    clock: Clock

    def key(self, index: int) -> tuple[int, int, int]:
        """Index of a route cell -> (destination, tag, pid): it is destination ++ tag ++ pid."""
        pid = index & ((1 << self.pid_bits) - 1)
        tag = (index >> self.pid_bits) & ((1 << self.tag_bits) - 1)
        return index >> (self.tag_bits + self.pid_bits), tag, pid

    def age(self, now: int, then: int) -> int:
        """Ticks since a time stamp. The clock wraps; what was stamped a little after `now` is of age 0."""
        ticks = (now - then) % (1 << CLOCK_BITS)
        return 0 if ticks >= 1 << (CLOCK_BITS - 1) else ticks

    def microseconds(self, ticks: int) -> int:
        """Ticks as time."""
        return ticks * self.clock.tick_us

    def share(self, load: int, age: int) -> float:
        """The utilisation that a load cell tells, `age` ticks after it was written, as a probe would read it."""
        if age >> self.clock.tau_bits:
            return 0.0
        lost = 0
        for step in range(1, min(_DECAY_STEPS, self.clock.tau_bits) + 1):
            if (age >> (self.clock.tau_bits - step)) & 1:
                lost += load >> step
        return ((load - lost) >> LOAD_FRACTION_BITS) / LOAD_FULL


def layout_of(build: Build) -> Layout:
    """The layout of a build. All its programs share the widths of tag and pid."""
    cells = [cell for program in build.manifest.programs.values() for cell in program.cells]
    tag, pid = _width(cells, "fwd_next", "tag"), _width(cells, "best_route", "pid")
    return Layout(tag, pid, _clock(build.manifest.constants))


@lru_cache(maxsize=8)
def _clock(constants: Constants) -> Clock:
    """Time-outs in ticks, as the compiler makes them of the constants."""
    names = (
        "probe_period_us",
        "flowlet_timeout_us",
        "expiry_periods",
        "failure_periods",
        "pin_periods",
        "loop_threshold",
        "flowlet_slots",
    )
    clock = clock_of(ProtocolOptions(**{name: getattr(constants, name) for name in names}))
    shift = constants.clock_tick_us.bit_length() - 1
    # Schemes without probes may have shorter ticks
    return replace(clock, shift=shift, flowlet_timeout=max(1, constants.flowlet_timeout_us >> shift))


def _width(cells: Iterable[Cell], name: str, field: str) -> int:
    """Bits of a field; programs that lack it have nothing to choose there."""
    return max((dict(cell.fields).get(field, 0) for cell in cells if cell.name == name), default=0)


def unpack(cell: Cell, value: int) -> dict[str, int]:
    """The fields of a slot; the manifest lists them from the most significant down."""
    found = {}
    for name, bits in reversed(cell.fields):
        found[name] = value & ((1 << bits) - 1)
        value >>= bits
    return found


def ports_of_hops(switch: BuiltSwitch) -> dict[int, int]:
    """Hop -> port, as the switch's entries say."""
    found = {}
    for table, rows in switch.entries.entries.items():
        if table.name.endswith(".hop_port"):
            for entry in rows:
                found[int(entry.keys[0].value)] = _arguments(entry.action.data, entry.arguments)["port"]
    return found


def hops_in_use(switch: BuiltSwitch) -> frozenset[int]:
    """Hops whose probes enter a product node here: over the others no allowed path leaves the switch.

    Programs without product nodes use all.
    """
    if not any(table.name.endswith(".product_node") for table in switch.program.typed.tables):
        return frozenset(ports_of_hops(switch))
    return frozenset(
        int(key.value)
        for table, rows in switch.entries.entries.items()
        if table.name.endswith(".product_node")
        for entry in rows
        for key, column in zip(entry.keys, table.keys, strict=True)
        if column.name == "hop"
    )


def own_tag(switch: BuiltSwitch) -> int:
    """The tag that packets have to arrive with: that of the switch's own probes."""
    for table, entry in switch.entries.defaults.items():
        if table.name.endswith(".identity") or table.name == "identity":
            return _arguments(entry.action.data, entry.arguments).get("tag", 0)
    return 0


def _arguments(parameters: Sequence[object], values: Sequence[int]) -> Mapping[str, int]:
    return {str(getattr(each, "name", "")): value for each, value in zip(parameters, values, strict=True)}
