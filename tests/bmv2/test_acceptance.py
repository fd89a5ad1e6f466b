"""Which probes a switch accepts: the whole table of (order, version, next hop, age), on one real switch.

The expectation comes from a model of docs/protocol.md written here, not from the P4: accept a newer version, or an
equal one that is strictly better; but (our rule 1) a newer version must not demote the current choice before its own
refresh has had time to arrive, a period and a half, and what the current next hop says is accepted at once
even if worse; (rules 2 and 3) after three periods without refresh anything is believed, old versions too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest
from support.single import PERIOD_US, SingleSwitch, build

TOPOLOGY = {
    "switches": {name: {} for name in "SXYD"},
    "hosts": {"hS": {"switch": "S"}, "hD": {"switch": "D"}},
    "links": [
        {"ends": ends, "capacity": "10Gbit", "latency": "10us"}
        for ends in (["S", "X"], ["S", "X"], ["S", "Y"], ["X", "D"], ["Y", "D"])
    ],
}
SHAPES = {
    "no tags, no classes": "minimize((path.len, path.util))",
    "tags": "minimize(if .* X .* then (1, path.len) else (2, path.len))",
    "tags and classes": "minimize(if .* X .* then (1, path.len) else (2, path.lat))",
}
FIRST = 5
"""`len` of the probe that the switch knows first."""
ORDERS = {"better": FIRST - 1, "equal": FIRST, "worse": FIRST + 1}
STEPS = {"newer": 1, "same": 0, "older": -1, "restarted": -20_000, "a round was lost": 2}
AGES = (0.0, 1.2, 2.0, 4.0)


@dataclass(frozen=True)
class Entry:
    """What is known: rank, next hop and version of the route, the newest version heard, the age in periods."""

    order: int
    via: int
    version: int
    newest: int
    age: float


def accepts(entry: Entry, order: int, via: int, version: int) -> bool:
    """The model. A newest version of 0 is that of a cleared cell: nothing is behind it."""
    behind = (entry.newest - version) % 65536
    if entry.newest and 0 < behind < 32768:
        return entry.age > 3
    if order < entry.order:
        return True
    refresh = via == entry.via and version != entry.version
    return refresh or entry.age > 1.5


@dataclass(frozen=True)
class Way:
    """Two neighbours whose probes enter the same product node of S."""

    ports: tuple[int, int]
    tags: tuple[int, int]
    index: int


class Table:
    """The switch under test with its way to D."""

    def __init__(self, switch: SingleSwitch) -> None:
        self.switch = switch
        self.origin = switch.net.names.index("D")
        self.way = self._way()
        self.tags = "tag" in dict(switch.probe.fields)

    def _way(self) -> Way:
        switch = self.switch
        rows = switch.entries
        ports = {r["action_params"]["hop"]: r["match"]["port"] for r in rows if "hop" in r["action_params"]}
        bits = dict(switch.probe.fields)
        nodes: dict[int, list[tuple[int, int]]] = {}
        for row in rows:
            if row["table"].endswith("product_node") and row["match"].get("pid", 0) == 0:
                entered = row["action_params"].get("tag", 0)
                nodes.setdefault(entered, []).append((ports[row["match"]["hop"]], row["match"].get("tag", 0)))
        tag, ways = next((tag, ways) for tag, ways in nodes.items() if len({port for port, _ in ways}) > 1)
        first, second = ways[0], next(way for way in ways if way[0] != ways[0][0])
        index = (self.origin << bits.get("tag", 0) | tag) << bits.get("pid", 0)
        hop_of = {port: hop for hop, port in ports.items()}
        self.hops = (hop_of[first[0]], hop_of[second[0]])
        return Way((first[0], second[0]), (first[1], second[1]), index)

    def tell(self, via: int, version: int, length: int) -> bool:
        """A probe by way `via` (0 or 1); whether the switch passed it on. `length` counts the link to S."""
        fields = {"origin": self.origin, "version": version % 65536, "len": length - 1}
        if self.tags:
            fields["tag"] = self.way.tags[via]
        left = self.switch.probes(self.way.ports[via], **fields)
        if not self.tags:
            assert self.way.ports[via] not in left, "split horizon"
        for copies in left.values():
            assert len(copies) == 1
            assert (copies[0]["version"], copies[0]["len"]) == (version % 65536, length)
        return bool(left)

    def start(self, version: int) -> None:
        """A switch that knows the route by way 0 in this version, and nothing else."""
        self.switch.clear()
        self.switch.write("fwd_version", self.way.index, (version - 1) % 65536)
        assert self.tell(0, version, FIRST)

    def hop(self) -> int:
        tag_bits = dict(self.switch.probe.fields).get("tag", 0)
        return self.switch.read("fwd_next", self.way.index) >> tag_bits


@pytest.fixture(scope="module", params=SHAPES.values(), ids=SHAPES.keys())
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    folder = build(request.param, TOPOLOGY, tmp_path_factory.mktemp("switch"), probe_period_us=PERIOD_US)
    with SingleSwitch(folder) as switch:
        yield Table(switch)


@pytest.mark.parametrize(
    ("first_version", "overheard"),
    [(65_535, False), (30_000, True)],
    ids=["at the wrap", "after a worse newer one"],
)
def test_acceptance(table: Table, first_version: int, overheard: bool) -> None:
    for (order, length), (step, by), via, age in product(ORDERS.items(), STEPS.items(), (0, 1), AGES):
        if (step == "a round was lost" and age < 1.5) or (step == "older" and age == 2):
            continue  # rounds are a period apart; nothing new
        case = f"{order}, {step}, {'other' if via else 'same'} next hop, {age} periods old"
        table.start(first_version)
        if overheard:
            assert not table.tell(1, first_version + 1, FIRST + 3), case
        table.switch.age("fwd_seen", table.way.index, age)
        newest = (first_version + overheard) % 65536
        entry = Entry(FIRST, 0, first_version, newest, age)
        version = (first_version + by) % 65536
        expected = accepts(entry, length, via, version)
        assert table.tell(via, version, length) == expected, case
        assert table.hop() == table.hops[via if expected else 0], case
        if expected:
            assert table.switch.read("fwd_version", table.way.index) == version, case


def test_a_cleared_switch_believes_any_version(table: Table) -> None:
    """A switch that restarts knows nothing: no version is behind that, whichever half it is in (rule 3)."""
    table.switch.clear()
    assert table.tell(0, 40_000, FIRST)
    assert table.tell(0, 40_001, FIRST)
    assert not table.tell(1, 39_999, FIRST - 1)


def test_a_round_goes_on_after_every_refusal(table: Table) -> None:
    """Steady rounds in which the worse probe always comes first: never a flap, always a refresh (rule 1)."""
    table.start(1)
    first = table.hop()
    for version in range(2, 8):
        assert not table.tell(1, version, FIRST + 2)
        table.switch.age("fwd_seen", table.way.index, 1)
        assert table.tell(0, version, FIRST)
        assert table.hop() == first
