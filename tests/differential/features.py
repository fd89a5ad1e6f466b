"""Small programs for what generated programs do not use, with entries and packets for each."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

from differential.case import CPU, Case, Packet
from differential.instrument import instrument
from support.single import checksum

FOLDER = Path(__file__).parents[1] / "p4" / "features"
PACKETS = 260
PORTS = (1, 2, 3, CPU)
_BYTES = (0, 1, 2, 3, 7, 8, 0x10, 0x7F, 0x80, 0xFE, 0xFF)
Bits = list[tuple[int, Sequence[int]]]


@dataclass(frozen=True)
class Feature:
    """A program. `layout` are the fields at the start of its packets: bits, and values that mean something."""

    name: str
    layout: Bits
    entries: Sequence[Mapping[str, Any]] = ()
    groups: Sequence[tuple[int, Sequence[tuple[int, int]]]] = ()
    sessions: Mapping[int, int] = field(default_factory=dict)
    passes: int = 1
    summed: bool = False
    """Whether most packets get the checksums of checksums.p4 right."""

    @property
    def path(self) -> Path:
        """Its text."""
        return FOLDER / f"{self.name}.p4"

    @property
    def runtime(self) -> dict[str, Any]:
        """Its entries, in the form of a build's runtime.json."""
        groups = [
            {
                "multicast_group_id": number,
                "replicas": [{"egress_port": port, "instance": instance} for port, instance in replicas],
            }
            for number, replicas in self.groups
        ]
        sessions = [
            {"clone_session_id": number, "replicas": [{"egress_port": port, "instance": 0}]}
            for number, port in self.sessions.items()
        ]
        return {
            "table_entries": list(self.entries),
            "multicast_group_entries": groups,
            "clone_session_entries": sessions,
        }


def watched(feature: Feature) -> str:
    """The P4 text as it runs."""
    return instrument(feature.path.read_text(), feature.passes * PACKETS + 64)


def case(feature: Feature, seed: int = 0) -> Case:
    """A new case."""
    pick = random.Random(seed + crc32(feature.name.encode()))
    packets = tuple(_packet(pick, feature, 600 * number) for number in range(PACKETS))
    return Case(feature.name, watched(feature), feature.runtime, PORTS, packets)


def _packet(pick: random.Random, feature: Feature, time: int) -> Packet:
    word, size = 0, 0
    for bits, values in feature.layout:
        value = pick.choice(values) if values and pick.random() < 0.85 else _value(pick, bits)
        word, size = word << bits | value & ((1 << bits) - 1), size + bits
    data = word.to_bytes(size // 8, "big") + bytes(pick.choice(_BYTES) for _ in range(pick.choice((0, 0, 1, 2, 9, 16))))
    if feature.summed and pick.random() < 0.6:
        data = _summed(data)
    if pick.random() < 0.08:
        data = data[: pick.randint(1, len(data))]
    return Packet(pick.choice(PORTS), data, time)


def _summed(data: bytes) -> bytes:
    """Right checksums: of the first header, and of the second with addresses and payload."""
    data = data[:4] + checksum(data[:4] + data[6:10]).to_bytes(2, "big") + data[6:]
    rest = data[6:16] + data[18:]
    return data[:16] + checksum(rest + bytes(len(rest) % 2)).to_bytes(2, "big") + data[18:]


def _value(pick: random.Random, bits: int) -> int:
    """Any value, those near the ends more often."""
    near = (0, 1, (1 << bits) - 1, 1 << bits - 1, (1 << bits - 1) - 1, 3)
    return pick.choice(near) if pick.random() < 0.4 else pick.getrandbits(bits)


def _entry(
    table: str, action: str, match: Mapping[str, Any], priority: int | None = None, **data: Any
) -> dict[str, Any]:
    home = table.rpartition(".")[0]
    name = action if action == "NoAction" else f"{home}.{action}"
    row = {"table": table, "match": dict(match), "action_name": name, "action_params": data}
    return row if priority is None else {**row, "priority": priority}


def _tables() -> Iterator[dict[str, Any]]:
    at = "FeatureIngress."
    for priority, (small, mask, nibble, nibble_mask) in enumerate(
        [(0x123, 0xFFF, 0, 0), (0x100, 0xF00, 3, 0xF), (0x001, 0x001, 8, 8), (0, 0, 5, 0xF), (0x120, 0xFF0, 0, 0)], 10
    ):
        match = {"small": [small, mask], "nibble": [nibble, nibble_mask]}
        yield _entry(at + "by_ternary", "from_ternary", match, 100 - priority * 3 % 7, value=priority)
    for value, (nibble, address, prefix) in enumerate(
        [(1, "10.0.0.0", 8), (1, "10.1.0.0", 16), (1, "10.1.1.1", 32), (2, "0.0.0.0", 0), (3, "10.1.0.0", 17)], 20
    ):
        match = {"nibble": nibble, "address": [address, prefix]}
        yield _entry(at + "by_lpm", "from_lpm", match, value=value)
    for value, (low, high, first, last) in enumerate(
        [(0, 100, 0, 0xFFF), (50, 300, 0, 0x200), (50, 50, 0x100, 0x123), (0xFF00, 0xFFFF, 0x123, 0x123)], 30
    ):
        match = {"port": [low, high], "small": [first, last]}
        yield _entry(at + "by_range", "from_range", match, 50 - value % 4 * 7 % 5, value=value)
    yield _entry(at + "by_optional", "from_optional", {"small": 0x123, "port": 50}, 1, value=40)
    yield _entry(at + "by_optional", "from_optional", {"small": 0x123}, 2, value=41)
    yield _entry(at + "by_optional", "from_optional", {"port": 50}, 3, value=42)
    yield _entry(at + "by_optional", "NoAction", {}, 9)
    mixed = at + "by_mixture"
    yield _entry(mixed, "from_mixed", {"kind": 1, "address": ["10.0.0.0", 8], "small": [0, 0]}, 5, value=1, more=2)
    yield _entry(mixed, "swap", {"kind": 1, "address": ["10.1.0.0", 16], "small": [0, 0]}, 4)
    yield _entry(mixed, "drop", {"kind": 2, "address": ["0.0.0.0", 0], "small": [1, 1]}, 4)
    yield _entry(
        mixed, "from_mixed", {"kind": 2, "address": ["10.0.0.0", 8], "small": [0x120, 0xFF0]}, 2, value=3, more=4
    )
    yield _entry(mixed, "NoAction", {"kind": 7, "address": ["0.0.0.0", 0], "small": [0, 0]}, 1)
    default = _entry(at + "by_nothing", "from_mixed", {}, value=9, more=999)
    yield {**default, "default_action": True}


def _wide() -> Iterator[dict[str, Any]]:
    at = "FeatureIngress."
    for value, (address, prefix) in enumerate(
        [(0, 1), (1 << 127, 3), (0xABCD << 112, 16), (0xABCD << 112 | 7, 128)], 1
    ):
        yield _entry(at + "prefixes", "note", {"a": [hex(address), prefix]}, value=value)
    yield _entry(at + "exactly", "take", {"c": hex(1 << 71), "e": 5}, value=hex(3 << 70), other=hex(7 << 120))
    yield _entry(at + "exactly", "take", {"c": 1, "e": 0}, value=1, other=1)
    top = (1 << 128) - 1
    yield _entry(at + "masked", "take", {"b": [hex(1 << 127), hex(1 << 127)]}, 2, value=8, other=hex(top))
    yield _entry(at + "masked", "NoAction", {"b": [hex(top), hex(top)]}, 1)


def _flow() -> Iterator[dict[str, Any]]:
    for side in ("FeatureIngress", "FeatureEgress"):
        for instance in ("first", "second"):
            for given in (1, 2, 8, 200):
                table = f"{side}.outer.{instance}.adders"
                yield _entry(table, "add", {"given": given}, amount=given + len(instance))
    yield _entry("FeatureIngress.leavers", "leave", {"c": 3})


def _layout(text: str) -> Bits:
    """`8:1/2 13`: 8 bits, mostly 1 or 2, then 13 bits of anything."""
    rows = [row.partition(":") for row in text.split()]
    return [(int(bits), tuple(int(each, 0) for each in values.split("/") if each)) for bits, _, values in rows]


_TOP = (1 << 128) - 1
_FEATURES = (
    Feature("arithmetic", _layout("8:0/1/2/7/8/12/13/31/63/64/255 3 13 8 3 13 8:0/1/31/32/3 32 32 64 64")),
    Feature(
        "wide",
        [
            (128, (0, 1, 1 << 127, 0xABCD << 112, 0xABCD << 112 | 7, _TOP, 0x80)),
            (128, (1 << 127, _TOP, 0, 1)),
            (72, (1, 1 << 71, 0)),
            *_layout("8:0/1/63/64/65/127/128/200 100 4:0/5"),
        ],
        entries=tuple(_wide()),
    ),
    Feature(
        "tables",
        _layout("8:1/1/2/2/7 12:0x123/0x124/0x100/0x001/0x101 4:1/1/2/3/5/8 16:0/50/51/100/101/300/301/0xff00")
        + _layout("32:0x0a010101/0x0a010102/0x0a018000/0x0a020000/0x0b000000"),
        entries=tuple(_tables()),
    ),
    Feature(
        "constants",
        _layout("8:1/2/255/3 12:0x010/0x011/0x001/0x100 4:3/8/9/4/0 16:0/100/255/256/300/301/0xff00")
        + _layout("32:0x0a010101/0x0a020000/0xffffffff/0x7fffffff/0x80000000 8:0/1/2/255/4"),
    ),
    Feature("stacks", _layout("20 3 1:0/1 8 " * 6)),
    Feature(
        "parsing",
        _layout("8:0/1/1/2/2/3/3/0x7f/0x80/0x90/0x91/0xff 8:0/1/2/3/127/128")
        + _layout("8:0/1/0xf0/0x10/0x12/0x11/0x81/0x92/0x01 8:1/8/0x11/0x18/0 8 24 32"),
    ),
    Feature("clone", _layout("8 8:0/1/2/3/4/9 8"), sessions={1: 1, 2: 3, 3: 2, 4: 1, 5: CPU}),
    Feature("again", _layout("8:0/1/2/4 8:0/1/2/3 8"), passes=20),
    Feature(
        "multicast",
        _layout("8:0/1/2/3/1/2/9 8:0/1/3/5/9/14/100 16:1/2/3/0/0 8"),
        groups=[(1, [(1, 1), (2, 1), (3, 1)]), (2, [(2, 5), (2, 6), (1, 0xFFFF)]), (3, [(CPU, 9)]), (7, [])],
    ),
    Feature(
        "manager",
        _layout("1:0/0/1 1:0/0/1 1:0/0/1 1 1 1 1:0/0/1 1:0/0/0/1 1 1 1:0/1/1 1:0/0/1 1:0/0/1 1:0/1/1 2:1/2/3")
        + _layout("8:1/2/3/9 8:1/2/3 8:3/9/14/20/200"),
        groups=[(1, [(1, 1), (2, 1), (3, 1)]), (2, [(2, 5), (2, 6), (1, 0xFFFF)]), (3, [(1, 9)])],
        sessions={1: 1, 2: 3, 3: 2, 7: CPU, 8: CPU},
        passes=24,
    ),
    Feature("hashes", _layout("4 12 16 32 48 7 1:0/1 16:0/1/2/10/1000/65535 16:0/1/65535")),
    Feature("checksums", _layout("4:4 4:0/1/5 8:3/4 16 16:0/65535 32 16 16 16 16:0/65535"), summed=True),
    Feature(
        "flow", _layout("8:1/2/7/8/200/255 8:1/2/7/8/250/0 8:1/3/9/50/101/150 8:0/1/101/200"), entries=tuple(_flow())
    ),
    Feature("state", _layout("8:0/1/15 8 64")),
    Feature("values", _layout("7:0 9:1/2/3 " + "3 13 1:1/0 7 5 27 8 " * 2)),
)


def all_features() -> tuple[Feature, ...]:
    """All that are compared."""
    return _FEATURES
