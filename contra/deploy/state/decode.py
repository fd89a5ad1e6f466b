"""Cells -> decisions: FwdT, BestT, the state of links, flowlets, drops.

Liveness is judged as the programs do it (p4templates: `Route`): a route refreshed within the expiry age, a link heard
within the failure age, both on the switch's own clock, which cannot be read. See `Clocks` for what is taken instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

from contra.deploy.state.layout import CLOCK_BITS, Layout, hops_in_use, layout_of, ports_of_hops, unpack
from contra.deploy.state.model import BestRow, FlowletUse, FwdRow, LinkRow, NetworkView, SwitchView
from contra.deploy.state.source import Raw, Reading
from contra.engine.build import Build
from contra.engine.build.model import Cell
from contra.engine.inputs import LinkState

TIMED = ("best_seen", "fwd_seen", "flowlet", "link_seen", "link_time")
"""Cells with a whole time stamp in them."""


class Decoder:
    """Decodes the state of the switches of one build, and follows their clocks from reading to reading."""

    def __init__(self, build: Build, clock: Callable[[Raw], int] | None = None) -> None:
        """`clock` tells what a switch's clock read, in ticks, when its state was read, where that is known."""
        self.build = build
        self._clock = clock
        self.layout = layout_of(build)
        self._clocks = Clocks(self.layout.clock.tick_us)
        self._ports = [ports_of_hops(switch) for switch in build.switches]
        self.used = [hops_in_use(switch) for switch in build.switches]
        """Hops that allowed paths use, by switch."""
        self._cells = {
            name: {cell.name: cell for cell in program.cells} for name, program in build.manifest.programs.items()
        }

    def network(self, reading: Reading) -> NetworkView:
        """The state of all switches that could be read."""
        return NetworkView(switches={number: self.switch(raw) for number, raw in reading.raws.items()})

    def switch(self, raw: Raw) -> SwitchView:
        """The state of one switch. What was not read is empty or None."""
        cells = self._cells[self.build.switches[raw.switch].program.row.name]
        if self._clock is not None:
            return _Switch(self, raw, cells, self._clock(raw), {}).view()
        return _Switch(self, raw, cells, self._clocks.now(raw, cells), self._clocks.begun(raw)).view()

    def ports(self, switch: int) -> Mapping[int, int]:
        """Hop -> port."""
        return self._ports[switch]


class Clocks:
    """The clocks of switches, as far as their state tells.

    BMv2 counts from its own start and tells nobody. Its newest time stamp is a time that the clock has passed; it lags
    by less than a probe period while any neighbour is heard. So the clock reads at least that stamp plus the time
    since any earlier reading of it: a switch that hears nothing any more is seen to age from the second reading on.
    A newest stamp that falls back means that the switch was restarted.

    Reading a switch may take as long as its routes live. So a stamp counts from when its cell had been read, and ages
    are those of when reading the cell began.
    """

    def __init__(self, tick_us: int) -> None:
        self._ticks_per_second = 1_000_000 / tick_us
        self._known: dict[int, tuple[Mapping[str, int], int, float]] = {}
        """Per switch: newest stamps by cell, the best estimate of the clock, and when that was made."""

    def now(self, raw: Raw, cells: Mapping[str, Cell]) -> int | None:
        """The time of a switch in ticks when it had been read; None where it has no time stamp at all."""
        stamps = {name: stamp for name in TIMED if (stamp := newest_stamp(raw, cells.get(name))) is not None}
        known = self._known.get(raw.switch)
        if not stamps:
            self._known.pop(raw.switch, None)
            return None
        passed = [self._later(stamp, raw.read_at - _span(raw, name)[1]) for name, stamp in stamps.items()]
        if known is not None and not _fell_back(known[0], stamps):
            passed.append(self._later(known[1], raw.read_at - known[2]))
        estimate = _newest(passed)
        self._known[raw.switch] = (stamps, estimate, raw.read_at)
        return estimate

    def begun(self, raw: Raw) -> Mapping[str, int]:
        """Per cell, how many ticks before the end of reading its own reading began."""
        return {name: self._ticks(raw.read_at - begun) for name, (begun, _) in raw.spans.items()}

    def _later(self, stamp: int, seconds: float) -> int:
        return (stamp + self._ticks(seconds)) % (1 << CLOCK_BITS)

    def _ticks(self, seconds: float) -> int:
        return int(max(0.0, seconds) * self._ticks_per_second)


def newest_stamp(raw: Raw, cell: Cell | None) -> int | None:
    """The newest time stamp of a cell, in serial number arithmetic; a cleared cell has none."""
    if cell is None:
        return None
    stamps = {unpack(cell, value)["time"] for value in set(raw.cells.get(cell.name, ()))} - {0}
    return _newest(stamps) if stamps else None


def _newest(stamps: Iterable[int]) -> int:
    return reduce(lambda one, other: other if _before(one, other) else one, stamps)


def _span(raw: Raw, cell: str) -> tuple[float, float]:
    return raw.spans.get(cell, (raw.read_at, raw.read_at))


def _fell_back(before: Mapping[str, int], after: Mapping[str, int]) -> bool:
    """Whether stamps are older than they were: flowlets may be cleared, all others only by a restart."""
    common = (before.keys() & after.keys()) - {"flowlet"}
    return any(_before(after[name], before[name]) for name in common)


def _before(one: int, other: int) -> bool:
    """Whether one time stamp is older, where the clock may have wrapped between them (RFC 1982)."""
    return 0 < (other - one) % (1 << CLOCK_BITS) < 1 << (CLOCK_BITS - 1)


@dataclass(frozen=True)
class _Switch:
    """One switch on its way from cells to a view."""

    decoder: Decoder
    raw: Raw
    cells: Mapping[str, Cell]
    now: int | None
    begun: Mapping[str, int]
    """Ticks before `now` at which reading a cell began."""

    @property
    def layout(self) -> Layout:
        return self.decoder.layout

    def view(self) -> SwitchView:
        version = self.raw.cells.get("origin_version")
        return SwitchView(
            switch=self.raw.switch,
            now=self.now,
            version=version[0] if version else None,
            fwd=tuple(self.fwd()),
            best=tuple(self.best()),
            links=tuple(self.links()),
            flowlets=self.flowlets(),
            drops=self.drops(),
        )

    def slots(self, name: str) -> list[dict[str, int]] | None:
        """The fields of each slot of a cell, None where it was not read."""
        values = self.raw.cells.get(name)
        if values is None or name not in self.cells:
            return None
        return [unpack(self.cells[name], value) for value in values]

    def age(self, cell: str, stamp: int) -> int:
        """Ticks from a time stamp of a cell until that was read; 0 is the start of the clock."""
        return self.layout.age((self.now or 0) - self.begun.get(cell, 0), stamp)

    # ------------------------------------------------------------------------------------------ tables

    def fwd(self) -> Iterable[FwdRow]:
        """FwdT; cleared slots are no routes."""
        following, seen = self.slots("fwd_next"), self.slots("fwd_seen")
        if following is None or seen is None:
            return
        ranks, versions = self.slots("fwd_rank"), self.slots("fwd_version")
        ports, switches = self.decoder.ports(self.raw.switch), self.decoder.build.switches
        peers = {port.number: port.peer for port in self.decoder.build.topology.ports[self.raw.switch]}
        for index, (next_, stamp) in enumerate(zip(following, seen, strict=True)):
            destination, tag, pid = self.layout.key(index)
            if not next_["hop"] or destination >= len(switches):
                continue
            age = self.age("fwd_seen", stamp["time"])
            port = ports.get(next_["hop"])
            order = None if ranks is None else ranks[index]["merit"] ^ self.ones("fwd_rank", "merit")
            yield FwdRow(
                destination=destination,
                tag=tag,
                pid=pid,
                hop=next_["hop"],
                port=port,
                neighbour=None if port is None else peers.get(port),
                next_tag=next_.get("tag", 0),
                order=order,
                metrics=None if order is None else self.metrics(pid, order),
                version=None if versions is None else versions[index]["version"],
                age=self.layout.microseconds(age),
                alive=age <= self.layout.clock.expiry_age,
            )

    def best(self) -> Iterable[BestRow]:
        """BestT. Programs without it have one route to each destination, the best by itself."""
        found = self.slots("best_route")
        if found is None:
            if "best_route" not in self.cells and self.decoder.build.switches[self.raw.switch].program.row.role == (
                "destination"
            ):
                for row in self.fwd():
                    yield BestRow(destination=row.destination, tag=0, pid=0, rank=(), age=None)
            return
        seen = self.slots("best_seen")
        bits = self.decoder.build.switches[self.raw.switch].program.row.rank_components
        for destination, fields in enumerate(found[: len(self.decoder.build.switches)]):
            if any(fields.values()):
                rank = fields["merit"] ^ self.ones("best_route", "merit") if fields["merit"] else None
                yield BestRow(
                    destination=destination,
                    tag=fields.get("tag", 0),
                    pid=fields.get("pid", 0),
                    rank=None if rank is None else split(rank, bits),
                    age=None
                    if seen is None
                    else self.layout.microseconds(self.age("best_seen", seen[destination]["time"])),
                )

    def links(self) -> Iterable[LinkRow]:
        """All neighbours, by port."""
        seen = self.slots("link_seen")
        if seen is None:
            return
        loads, times = self.slots("link_load"), self.slots("link_time")
        ports = {port.number: port for port in self.decoder.build.topology.ports[self.raw.switch]}
        for hop, number in sorted(self.decoder.ports(self.raw.switch).items(), key=lambda pair: pair[1]):
            stamp, port = seen[hop]["time"], ports[number]
            load = None
            if loads is not None and times is not None:
                load = self.layout.share(loads[hop]["load"], self.age("link_time", times[hop]["time"]))
            yield LinkRow(
                hop=hop,
                port=number,
                neighbour=port.peer,
                link=port.link,
                used=hop in self.decoder.used[self.raw.switch],
                age=self.layout.microseconds(self.age("link_seen", stamp)) if stamp else None,
                alive=self.age("link_seen", stamp) <= self.layout.clock.failure_age,
                load=load,
            )

    def flowlets(self) -> FlowletUse | None:
        """How full the flowlet table is."""
        slots = self.slots("flowlet")
        if slots is None:
            return None
        used = [slot for slot in slots if slot["live"]]
        live = [slot for slot in used if self.age("flowlet", slot["time"]) <= self.layout.clock.flowlet_timeout]
        return FlowletUse(len(live), len(used), len(slots))

    def drops(self) -> Mapping[str, int] | None:
        """Counters by reason."""
        if self.raw.drops is None:
            return None
        return dict(zip(self.decoder.build.manifest.drop_reasons, self.raw.drops, strict=False))

    # ------------------------------------------------------------------------------------------ numbers

    def ones(self, cell: str, field: str) -> int:
        """A field of a cell with all bits set: cells keep complements."""
        return (1 << dict(self.cells[cell].fields)[field]) - 1

    def metrics(self, pid: int, order: int) -> Mapping[str, int] | None:
        """What an order word is made of, where the class compares metrics and nothing else."""
        manifest = self.decoder.build.manifest
        bits = {metric.name: metric.bits for metric in manifest.metrics}
        text = manifest.orders[pid] if pid < len(manifest.orders) else ""
        names = text.strip("()").split(", ")
        if not all(name in bits for name in names):
            return None
        return dict(zip(names, split(order, [bits[name] for name in names]), strict=True))


def split(word: int, bits: Iterable[int]) -> tuple[int, ...]:
    """A word into components, the most significant first."""
    parts = []
    for width in reversed(list(bits)):
        parts.append(word & ((1 << width) - 1))
        word >>= width
    return tuple(reversed(parts))


def states_of(build: Build, view: NetworkView) -> tuple[LinkState, ...]:
    """The links as the switches see them now: load from their own estimate, up as long as the neighbour is heard.

    In the order of `contra.engine.inputs.at_rest`. What no switch tells of (it does not measure load, or could not be
    read) is as at rest.
    """
    rows = {(number, row.port): row for number, each in view.switches.items() for row in each.links}
    states = []
    for link in build.topology.links:
        for forward, place in ((True, (link.a, link.a_port)), (False, (link.b, link.b_port))):
            row = rows.get(place)
            load = row.load if row is not None and row.load is not None else 0.0
            states.append(
                LinkState(
                    link=link.index,
                    forward=forward,
                    util=Fraction(load).limit_denominator(50_000),
                    latency_ns=link.latency_ns,
                    up=row is None or row.alive or not row.used,
                    attributes=link.attributes,
                )
            )
    return tuple(states)
