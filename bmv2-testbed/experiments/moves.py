"""Numbered datagrams in a capture: which way each took, and when a flow changed its way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from hostside import MARK, PAYLOAD
from wire import PacketPath, interfaces_of, paths, read_frames, shim_of

from contra.diagnostics import Reporter
from contra.engine.build import Build, load

UDP, TCP = 17, 6
_UDP_HEADER = 8
_PROTOCOL = 9
_HALF = 1 << 15

Way = tuple[str, ...]
"""Names of switches."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A datagram of ours between switches."""

    flow: int
    sequence: int
    time: float
    """When it came in at its second switch, s of the capture."""
    way: Way
    """As far as it came."""
    arrived: bool


@dataclass(frozen=True, slots=True)
class Move:
    """Two datagrams of a flow, one after the other, that went different ways."""

    flow: int
    time: float
    """Of the later one."""
    before: Way
    after: Way


def sightings(build_folder: Path, capture: Path) -> list[Sighting]:
    """All datagrams of ours in a capture, by time."""
    build = load(build_folder, Reporter())
    frames = read_frames(capture, shim_of(build))
    found = (sighting(build, path) for path in paths(build, frames, interfaces_of(build)))
    return sorted((each for each in found if each is not None), key=lambda each: each.time)


def sighting(build: Build, path: PacketPath) -> Sighting | None:
    """A datagram of ours; None for anything else."""
    header = (path.first[0] & 15) * 4
    if path.first[_PROTOCOL] != UDP or not path.first.startswith(MARK, header + _UDP_HEADER):
        return None
    _, flow, sequence, _ = PAYLOAD.unpack_from(path.first, header + _UDP_HEADER)
    names = tuple(build.topology.switches[switch].name for switch in path.switches)
    return Sighting(flow, sequence, path.start, names, path.arrived)


def by_flow(seen: Iterable[Sighting]) -> Mapping[int, list[Sighting]]:
    """In order of their numbers."""
    flows: dict[int, list[Sighting]] = defaultdict(list)
    for each in seen:
        flows[each.flow].append(each)
    return {flow: sorted(rows, key=lambda each: each.sequence) for flow, rows in flows.items()}


def moves(seen: Iterable[Sighting]) -> list[Move]:
    """Changes of way between datagrams that arrived, of all flows, by time."""
    found = []
    for flow, rows in by_flow(seen).items():
        for before, after in pairwise([row for row in rows if row.arrived]):
            if before.way != after.way:
                found.append(Move(flow, after.time, before.way, after.way))
    return sorted(found, key=lambda move: move.time)


def uses(way: Way, link: tuple[str, str]) -> bool:
    """Whether a way goes over a link, in this direction."""
    return link in set(pairwise(way))


def as_sent(found: Iterable[PacketPath]) -> list[PacketPath]:
    """The segments of the largest TCP connection among packets of one host, in the order in which they were sent.

    Told by the identification of their IPv4 headers, which grows by one with each packet of a connection and wraps.
    """
    connections: dict[bytes, list[PacketPath]] = defaultdict(list)
    for path in found:
        if path.first[_PROTOCOL] == TCP:
            header = (path.first[0] & 15) * 4
            connections[path.first[12:20] + path.first[header : header + 4]].append(path)
    largest = max(connections.values(), key=lambda rows: len(rows), default=[])
    rows = sorted(largest, key=lambda path: path.start)
    numbered: list[tuple[int, PacketPath]] = []
    latest = 0
    for path in rows:
        number = int.from_bytes(path.first[4:6], "big")
        latest = number if not numbered else latest + (number - latest + _HALF) % (2 * _HALF) - _HALF
        numbered.append((latest, path))
    return [path for _, path in sorted(numbered, key=lambda row: row[0])]


@dataclass(frozen=True, slots=True)
class Leaving:
    """How flows left a link."""

    first: float | None
    """s from the event to the first datagram that arrived by another way."""
    last: float | None
    """s from the event to the last datagram that still went over the link, in the time looked at; 0.0 if none did."""
    there: int
    """Flows that went over the link when it happened; only these are looked at."""


def leaving(seen: Sequence[Sighting], link: tuple[str, str], event: float, end: float, before_s: float) -> Leaving:
    """How flows left a link until `end`: those whose last datagram, at most `before_s` before the event, used it."""
    latest = {row.flow: row for row in sorted(seen, key=lambda row: row.time) if event - before_s <= row.time < event}
    there = {flow for flow, row in latest.items() if uses(row.way, link)}
    later = [row for row in seen if row.flow in there and event <= row.time < end]
    elsewhere = [row.time for row in later if row.arrived and not uses(row.way, link)]
    still = [row.time for row in later if uses(row.way, link)]
    first = min(elsewhere) - event if elsewhere else None
    return Leaving(first, max(still) - event if still else 0.0 if later else None, len(there))


def coming(seen: Sequence[Sighting], link: tuple[str, str], event: float, end: float) -> float | None:
    """s from an event to the first datagram that arrived over a link, before `end`; None if none did."""
    times = [row.time for row in seen if event <= row.time < end and row.arrived and uses(row.way, link)]
    return min(times) - event if times else None


def silence(received: Iterable[float], event: float, end: float, longest: float) -> float | None:
    """s from an event until datagrams come regularly again: never more than `longest` apart, up to `end`.

    None where they do not; 0.0 where they never ceased.
    """
    times = [event, *sorted(time for time in received if event <= time <= end), end]
    gaps = [(a, b) for a, b in pairwise(times) if b - a > longest]
    if not gaps:
        return 0.0
    until = gaps[-1][1]
    return None if until == end else until - event
