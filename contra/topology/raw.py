"""What every topology format is read into: names and values as found, nothing numbered yet.

A format module reads a file into a `RawTopology`; `contra.topology.build` turns that into a `Topology` and
finds what is wrong with the network. `Places` is how later messages find their way back to the text: asking
is cheap to prepare and costs only when somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any

from contra.source import SourceFile, Span
from contra.topology.model import Declaration

Key = str | int


class Places:
    """Where switches, hosts and links stand in the file they come from; this one knows no file."""

    file: SourceFile | None = None

    def find(self, kind: str, key: Key, part: str) -> tuple[int, int] | None:
        """Character offsets of a part of the switch, host or link (`kind`) that the format calls `key`.

        Parts are "" (the thing itself), "a", "b", "a_port", "b_port", "port", "switch", "ip", "mac".
        """
        return None

    def span(self, kind: str, key: Key, part: str = "") -> Span | None:
        """The same as a span, now."""
        found = self.find(kind, key, part)
        return None if self.file is None or found is None else Span(self.file, *found)

    def nothing(self) -> Span | None:
        """What to show where the file has no switch at all."""
        return None if self.file is None else Span(self.file, 0, 1)

    def lazy_span(self, kind: str, key: Key) -> Span | None:
        """The span of the thing itself, found when it is looked at."""
        return None if self.file is None else LazySpan(self.file, self, kind, key)


class LazySpan(Span):
    """A span whose offsets are searched for in the file when first needed: only messages need them."""

    _places: Places
    _kind: str
    _key: Key

    def __init__(self, file: SourceFile, places: Places, kind: str, key: Key) -> None:
        for name, value in (("file", file), ("_places", places), ("_kind", kind), ("_key", key)):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        # Called for what is not set yet: the two offsets, once.
        if name not in ("start", "end"):
            raise AttributeError(name)
        start, end = self._places.find(self._kind, self._key, "") or (0, 0)
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "end", end)
        return start if name == "start" else end


@dataclass(slots=True)
class RawSwitch:
    """A switch: its label and, for `Places`, its key."""

    label: str
    key: Key
    role: str = ""


@dataclass(slots=True, kw_only=True)
class RawHost:
    """A host. None stands for what the file does not say."""

    label: str
    switch: str
    key: Key
    port: int | None = None
    ip: IPv4Address | None = None
    prefix_length: int | None = None
    mac: str | None = None
    capacity: int | None = None
    latency_ns: int | None = None
    commands: tuple[str, ...] = ()


@dataclass(slots=True)
class RawLink:
    """A link between two switch labels. None stands for what the file does not say."""

    a: str
    b: str
    key: Key
    capacity: int | None = None
    latency_ns: int | None = None
    a_port: int | None = None
    b_port: int | None = None
    attributes: tuple[tuple[str, Any], ...] = ()


@dataclass(slots=True, kw_only=True)
class RawTopology:
    """A file's content. `drop_self_loops`: imported files have them by accident, ours must not."""

    name: str
    switches: list[RawSwitch] = field(default_factory=list)
    hosts: list[RawHost] = field(default_factory=list)
    links: list[RawLink] = field(default_factory=list)
    declarations: tuple[Declaration, ...] = ()
    places: Places = field(default_factory=Places)
    drop_self_loops: bool = True
    note: str = ""
    """Said where there is no switch at all."""


@dataclass(frozen=True)
class Defaults:
    """What links get that state no capacity (bit/s) or latency (ns): the options --capacity and --latency."""

    capacity: int | None = None
    latency_ns: int | None = None
