"""The network that the core runs, as plain data. Times are picoseconds, rates bit/s, sizes bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Replicas = Sequence[tuple[int, int]]
"""Copies of a multicast group or clone session: (port, instance), in the order in which they are made."""


class Memory(Protocol):
    """The state of a switch: registers, counters, tables."""

    @property
    def address(self) -> int:
        """Of the first byte; used by compiled programs."""

    @property
    def memory(self) -> memoryview:
        """All bytes, writable, format B."""


class Program(Protocol):
    """A compiled program (`contra.p4.abi`): addresses of functions, or callables of (state, phv, head).

    It may have an attribute `headers`, the words of the PHV that hold headers with their validity and no metadata, from
    the first to before the last. Clones then keep their headers as in BMv2; without it they are parsed again.
    """

    @property
    def words(self) -> int:
        """Length of the PHV."""

    @property
    def growth(self) -> int:
        """Bytes that egress may add to the head."""

    @property
    def ingress(self) -> int | Callable[..., None]:
        """Parser, verify, ingress."""

    @property
    def egress(self) -> int | Callable[..., None]:
        """Egress, compute, deparser."""

    @property
    def parse(self) -> int | Callable[..., None]:
        """Parser alone."""

    @property
    def reset(self) -> int | Callable[..., None]:
        """Forget all but the fields to be kept."""


@dataclass(frozen=True)
class Hold:
    """A cell of a switch's memory, written before every ingress: `value`, or the time in microseconds >> shift."""

    offset: int
    width: int
    value: int = 0
    shift: int | None = None


@dataclass(frozen=True)
class SwitchPlan:
    """A switch with its program, its memory, multicast groups and clone sessions by number."""

    name: str
    program: Program
    state: Memory
    groups: Mapping[int, Replicas] = field(default_factory=dict)
    sessions: Mapping[int, Replicas] = field(default_factory=dict)
    holds: Sequence[Hold] = ()


@dataclass(frozen=True)
class HostPlan:
    """A host. Exactly one link leads to it and one away from it."""

    name: str


@dataclass(frozen=True)
class Impairment:
    """What a link does to packets, each with a probability; delays by up to `jitter_ps` more make packets overtake."""

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    jitter_ps: int = 0
    probes_only: bool = False


@dataclass(frozen=True)
class LinkPlan:
    """One direction of a link, with the output queue before it. A limit or threshold of 0 is none.

    The limits count packets that wait, not the one that is being sent, as in BMv2 and in ns-3's point-to-point device.
    """

    source: str
    source_port: int
    target: str
    target_port: int
    rate_bps: int
    delay_ps: int
    queue_bytes: int = 0
    queue_packets: int = 0
    mark_bytes: int = 0  # ECN: packets are marked that make the queue longer than this
    mark_packets: int = 0
    up: bool = True
    deaf: bool = False  # probes that arrive are ignored
    impairment: Impairment = Impairment()


@dataclass(frozen=True)
class Shim:
    """A header between Ethernet and the rest: its EtherType, where in it the next EtherType stands, its size."""

    ether_type: int
    next_type: int
    size: int


@dataclass(frozen=True)
class NetworkPlan:
    """All of a network."""

    switches: Sequence[SwitchPlan]
    hosts: Sequence[HostPlan]
    links: Sequence[LinkPlan]
    cpu_port: int = 510
    probe_type: int = 0x88B5
    shim: Shim | None = None  # for ECN
    framing_bytes: int = 0  # preamble, checksum, gap: 24 on real Ethernet
    seed: int = 1
    sample_ps: int = 0  # period of sampling, 0 for none
    packets: int = 1024  # rows of the pool at the start
    head_bytes: int = 128  # of a row at the start


@dataclass(frozen=True)
class Snapshot:
    """A network at one time: copies of its arrays and of the switches' memories."""

    arrays: Mapping[str, Any]
    memories: Sequence[bytes]
    script: Sequence[Any]
