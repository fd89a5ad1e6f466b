"""The programs that are compared: every policy shape at two switches of one network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import crc32

from differential.case import Case, Write
from differential.instrument import instrument
from differential.signed import SignedTraffic
from differential.traffic import Setting, Traffic, setting
from support.builds import lowered, runtimes, topology_of
from support.siphash import key_entry

from contra.emit.v1model import p4_text, policy_text
from contra.ir import Deployment
from contra.options import ProtocolOptions
from contra.topology.model import Topology

POLICIES = Path(__file__).parents[1] / "policies" / "good"
PERIOD_US = 20_000
OPTIONS = ProtocolOptions(probe_period_us=PERIOD_US, flowlet_timeout_us=4_000, flowlet_slots=16)
PACKETS = 600
HELD_UTIL = 20_001
_FAST, _SLOW = "10Gbit", "2Mbit"
_LINKS = (
    ("S", "A", _FAST, "10us"), ("S", "B", _FAST, "20us"), ("S", "C", _FAST, "10us"), ("A", "B", "40Gbit", "15us"),
    ("A", "C", _SLOW, "1ms"), ("A", "D", "10Mbit", "10us"), ("A", "D", "1Mbit", "5us"), ("A", "E", "5Mbit", "10us"),
    ("B", "C", _FAST, "10us"), ("B", "D", _SLOW, "10us"), ("B", "E", _FAST, "10us"), ("C", "D", _SLOW, "10us"),
    ("C", "E", _FAST, "10us"), ("E", "F", _SLOW, "10us"), ("F", "D", "3Mbit", "10us"), ("F1", "A", _SLOW, "10us"),
    ("F1", "D", _SLOW, "12us"), ("F2", "B", _FAST, "10us"), ("F2", "C", _FAST, "10us"), ("W", "A", _SLOW, "10us"),
    ("W", "D", _SLOW, "10us"), ("X", "Y", _SLOW, "10us"), ("X", "A", "1Mbit", "10us"), ("Y", "D", _FAST, "10us"),
)  # fmt: skip
NETWORK = {
    "switches": {name: {} for name in ("A", "B", "C", "D", "E", "F", "F1", "F2", "S", "W", "X", "Y")},
    "hosts": {
        **{name: {"switch": name[1]} for name in ("hA", "hA2", "hB", "hD", "hS")},
        "hX": {"switch": "X", "ip": "192.168.7.7/24"},
        "hB2": {"switch": "B", "ip": "172.16.5.9/16"},
    },
    "links": [{"ends": [a, b], "capacity": capacity, "latency": latency} for a, b, capacity, latency in _LINKS],
}
WHERE = {
    "any_path_through_w": ("A", "W"),
    "figure_5": ("A", "B"),
    "flowlet_violation": ("E", "S"),
    "never_b_before_a": ("A", "B"),
    "one_pair_only": ("S", "A"),
    "p1_shortest_path": ("A", "E"),
    "p2_least_utilised": ("A", "B"),
    "p3_widest_shortest": ("A", "D"),
    "p4_waypoint": ("A", "F1"),
    "p5_must_use_link": ("X", "Y"),
    "p6_weighted_link": ("X", "A"),
    "p7_source_local": ("X", "A"),
    "p8_congestion_aware": ("A", "B"),
    "pinned_path": ("A", "B"),
    "preferred_waypoint": ("A", "B"),
    "static_failover": ("A", "B"),
    "two_classes": ("A", "D"),
    "two_weighted_links": ("A", "C"),
    "waypoint_let": ("A", "F2"),
}


@dataclass(frozen=True)
class Shape:
    """One policy at one switch; with a key, or without one, where probes are authenticated."""

    policy: str
    switch: str
    authenticated: bool = False
    key: bytes = b""

    @property
    def name(self) -> str:
        kind = "keyed_" if self.key else "keyless_" * self.authenticated
        return f"{kind}{self.policy}-{self.switch}"

    @property
    def source(self) -> dict[str, Any]:
        """How the program is made, for the record."""
        key = {"key": self.key.hex()} if self.authenticated else {}
        return {"policy": self.policy, "switch": self.switch, **key}


def shapes() -> Iterator[Shape]:
    """All that are compared."""
    for policy, switches in WHERE.items():
        for switch in switches:
            yield Shape(policy, switch)


def authenticated_shapes() -> Iterator[Shape]:
    """All that are compared of authenticated programs."""
    for policy, switch in (("p4_waypoint", "A"), ("p8_congestion_aware", "A"), ("flowlet_violation", "E")):
        yield Shape(policy, switch, True, sha256(policy.encode()).digest()[:8])
    yield Shape("p3_widest_shortest", "A", True)


@cache
def _network() -> Topology:
    return topology_of(NETWORK)


@cache
def _lowered(policy: str, authenticate: bool) -> Deployment:
    options = replace(OPTIONS, authenticate=authenticate)
    return lowered((POLICIES / f"{policy}.ctr").read_text(), _network(), options)


@cache
def program(shape: Shape) -> tuple[str, Mapping[str, Any]]:
    """The P4 text as generated and the entries."""
    deployment = _lowered(shape.policy, shape.authenticated)
    own = deployment.program_of(_network().by_name[shape.switch])
    text = p4_text(own, deployment.clauses, policy_text(deployment.graph.policy.checked.source))
    return text, runtimes(deployment)[shape.switch]


def watched(shape: Shape) -> str:
    """The P4 text as it runs."""
    return instrument(program(shape)[0], 2 * PACKETS + 64)


def place(shape: Shape) -> Setting:
    """What packets can be about there."""
    text, runtime = program(shape)
    return setting(text, runtime, _network(), PERIOD_US)


def held(shape: Shape) -> dict[str, Any]:
    """The entries and the key, with the utilisation of the first link held where the program measures it."""
    runtime = deepcopy(dict(program(shape)[1]))
    for entry in runtime["table_entries"]:
        if "held_util" in entry["action_params"]:
            entry["action_params"]["held_util"] = HELD_UTIL
            break
    runtime["table_entries"] += [key_entry(shape.key)] if shape.key else []
    return runtime


def case(shape: Shape, seed: int = 0, count: int = PACKETS) -> Case:
    """A new case. Every other one starts just before versions wrap around."""
    runtime = held(shape)
    text, here = watched(shape), place(shape)
    seed += crc32(shape.name.encode())
    wrap = 0xFFF8 if seed % 2 else 0
    writes = []
    if wrap:
        size = int(text.split("register<bit<16>>(")[1 if "origin_version" not in text else 2].split(")")[0])
        writes = [Write("fwd_version", index, wrap) for index in range(size)]
        if "origin_version" in text:
            writes.append(Write("origin_version", 0, 0xFFFE))
    traffic = SignedTraffic(here, seed, wrap, shape.key) if shape.authenticated else Traffic(here, seed, wrap)
    packets = traffic.packets(count)
    return Case(shape.name, text, runtime, here.ports, packets, tuple(writes))
