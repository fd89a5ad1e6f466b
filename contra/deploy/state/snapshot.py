"""What `contra net watch` shows at one moment, as plain names and numbers that may cross a process boundary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from contra.deploy.state.model import NetworkView
from contra.deploy.state.routes import LiveRoute
from contra.diagnostics import Diagnostic
from contra.engine.build import Build

Place = tuple[int, int]
"""(switch, port) where a direction of a link leaves."""


@dataclass(frozen=True, slots=True)
class LinkUse:
    """A link between two switches: name `A-B` (with ports, as `A:1-B:2`, where links are parallel).

    How full it is in either direction is a share of its capacity.
    """

    a: str
    b: str
    there: float | None
    back: float | None
    """None: not known."""
    state: str
    """`up`, `down` (a neighbour is not heard), `cut` (by us)."""


@dataclass(frozen=True, slots=True)
class PairPath:
    """What new packets of a pair do: the switches visited, and why they get no further, "" if they arrive."""

    source: str
    target: str
    visited: tuple[str, ...]
    end: str
    rank: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A running network at one time."""

    title: str
    at: float
    """Seconds of the monotonic clock of the machine that read it."""
    links: tuple[LinkUse, ...]
    paths: tuple[PairPath, ...]
    drops: tuple[tuple[str, int], ...]
    """By reason, over all switches that could be read, since their start."""
    troubles: tuple[str, ...] = ()
    """Switches that could not be read, and why."""
    measured: str = ""
    """How loads were found out."""

    def json(self) -> dict[str, Any]:
        """As JSON types."""
        return asdict(self)


def snapshot_of(data: Mapping[str, Any]) -> Snapshot:
    """What `Snapshot.json` made. Raises KeyError, TypeError or ValueError where it did not."""
    return Snapshot(
        title=str(data["title"]),
        at=float(data["at"]),
        links=tuple(LinkUse(**row) for row in data["links"]),
        paths=tuple(PairPath(**{**row, "visited": tuple(row["visited"])}) for row in data["paths"]),
        drops=tuple((str(name), int(count)) for name, count in data["drops"]),
        troubles=tuple(map(str, data["troubles"])),
        measured=str(data["measured"]),
    )


def take(
    build: Build,
    view: NetworkView,
    routes: Sequence[LiveRoute],
    *,
    title: str,
    at: float,
    loads: Mapping[Place, float] | None = None,
    cut: Iterable[int] = (),
    failures: Mapping[int, Sequence[Diagnostic]] | None = None,
) -> Snapshot:
    """A snapshot. `loads` as measured at interfaces; without them the switches' own estimates are taken.

    `cut` are links that were taken down on purpose, `failures` switches that could not be read.
    """
    drops: Counter[str] = Counter()
    for each in view.switches.values():
        drops.update(each.drops or {})
    return Snapshot(
        title=title,
        at=at,
        links=tuple(_links(build, view, loads, frozenset(cut))),
        paths=tuple(
            PairPath(
                source=each.route.source,
                target=each.route.target,
                visited=each.visited,
                end="" if each.route.path is not None else each.end.value,
                rank="-" if each.route.rank is None else str(each.route.rank),
            )
            for each in routes
        ),
        drops=tuple(drops.items()),
        troubles=tuple(each[0].title_text() for each in (failures or {}).values() if each),
        measured="bytes counted" if loads is not None else "as the switches estimate",
    )


def _links(
    build: Build, view: NetworkView, loads: Mapping[Place, float] | None, cut: frozenset[int]
) -> Iterable[LinkUse]:
    rows = {(number, row.port): row for number, each in view.switches.items() for row in each.links}
    labels, parallel = [switch.label for switch in build.topology.switches], _parallel(build)
    for link in build.topology.links:
        places = ((link.a, link.a_port), (link.b, link.b_port))
        known = [rows.get(place) for place in places]
        used: list[float | None] = (
            [None if row is None else row.load for row in known]
            if loads is None
            else [loads.get(place) for place in places]
        )
        down = any(row is not None and row.used and not row.alive for row in known)
        state = "cut" if link.index in cut else "down" if down else "up"
        names = [labels[at] + f":{port}" * (link.index in parallel) for at, port in places]
        yield LinkUse(names[0], names[1], used[0], used[1], state)


def _parallel(build: Build) -> frozenset[int]:
    """Links that are not the only one between their switches."""
    between: dict[frozenset[int], list[int]] = {}
    for link in build.topology.links:
        between.setdefault(frozenset((link.a, link.b)), []).append(link.index)
    return frozenset(number for numbers in between.values() if len(numbers) > 1 for number in numbers)


@dataclass(frozen=True, slots=True)
class Counted:
    """Bytes sent so far by (switch, port), and when they were counted, in seconds."""

    at: float
    sent: Mapping[Place, int]

    def json(self) -> dict[str, Any]:
        """As JSON types."""
        return {"at": self.at, "sent": [[*place, count] for place, count in self.sent.items()]}


def counted_of(data: Mapping[str, Any]) -> Counted:
    """What `Counted.json` made. Raises KeyError, TypeError or ValueError where it did not."""
    return Counted(float(data["at"]), {(int(switch), int(port)): int(sent) for switch, port, sent in data["sent"]})


def measured(before: Counted, after: Counted, capacity: Mapping[Place, int]) -> dict[Place, float]:
    """Shares of the capacities (bit/s) that were used between two counts; of a counter that fell back, nothing."""
    seconds = after.at - before.at
    if seconds <= 0:
        return {}
    return {
        place: 8 * (sent - before.sent[place]) / seconds / capacity[place]
        for place, sent in after.sent.items()
        if capacity.get(place, 0) > 0 and sent >= before.sent.get(place, sent + 1)
    }
