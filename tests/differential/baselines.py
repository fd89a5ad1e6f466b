"""The programs of other schemes that are compared: each scheme at an edge switch and at one further up."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

from differential.case import Case
from differential.instrument import instrument
from differential.traffic import QUERY, Setting, Traffic
from support.baselines import compiled
from support.builds import topology_of
from support.single import Layout

from contra.options import ProtocolOptions
from contra.topology.model import Topology

PERIOD_US = 20_000
OPTIONS = ProtocolOptions(probe_period_us=PERIOD_US, flowlet_timeout_us=4_000, flowlet_slots=16)
PACKETS = 600
HELD_UTIL = 20_001
_TREE = ("E F", "F D", "F G")
_TIERS = ("A E", "A E", "B E", "A F", "B F", "B D", "C A", "G A", "C B", "G B")
"""A, B in the middle; C, G above; D, E, F with hosts below."""
_HOSTS = {
    **{name: {"switch": name[1]} for name in ("hD", "hE", "hE2", "hF")},
    "hD2": {"switch": "D", "ip": "192.168.7.7/24"},
}
_WHERE = {
    "shortest-path": (_TIERS, ("A", "E")),
    "ecmp": (_TIERS, ("A", "E")),
    "letflow": (_TREE, ("F", "E")),  # one next hop for each destination, so that chance has no choice
    "hula": (_TIERS, ("A", "E")),
    "spain": (_TIERS, ("B", "E")),
}
_PROBE = Layout((("format", 8), ("origin", 16), ("util", 16)))
_QUERY = Layout((("cell", 8), ("index", 32), ("value", 16)))
_VLAN = 0x8100


@dataclass(frozen=True)
class Baseline:
    """One scheme at one switch."""

    scheme: str
    switch: str

    @property
    def name(self) -> str:
        return f"baseline_{self.scheme}-{self.switch}"

    @property
    def source(self) -> dict[str, Any]:
        """How the program is made, for the record."""
        return {"scheme": self.scheme, "switch": self.switch}


def all_baselines() -> Iterator[Baseline]:
    """All that are compared."""
    for scheme, (_, switches) in _WHERE.items():
        for switch in switches:
            yield Baseline(scheme, switch)


@cache
def _network(scheme: str) -> Topology:
    links, _ = _WHERE[scheme]
    names = sorted({end for link in links for end in link.split()})
    speeds = ("10Gbit", "2Mbit", "5Mbit")
    return topology_of(
        {
            "switches": {name: {} for name in names},
            "hosts": _HOSTS | ({"hG": {"switch": "G"}} if scheme == "letflow" else {}),
            "links": [
                {"ends": link.split(), "capacity": speeds[number % 3], "latency": "10us"}
                for number, link in enumerate(links)
            ],
        }
    )


@cache
def _files(baseline: Baseline) -> tuple[str, Mapping[str, Any]]:
    """The P4 text as generated and the entries."""
    with tempfile.TemporaryDirectory() as folder:
        build = compiled(baseline.scheme, _network(baseline.scheme), Path(folder), OPTIONS)
        text = (build / "programs" / f"{baseline.scheme}.p4").read_text()
        runtime = json.loads((build / "switches" / baseline.switch / "runtime.json").read_text())
    for entry in runtime["table_entries"]:
        if "held_util" in entry["action_params"]:
            entry["action_params"]["held_util"] = HELD_UTIL
            break
    return text, runtime


def watched(baseline: Baseline) -> str:
    """The P4 text as it runs."""
    return instrument(_files(baseline)[0], 2 * PACKETS + 64)


def case(baseline: Baseline, seed: int = 0, count: int = PACKETS) -> Case:
    """A new case."""
    _, runtime = _files(baseline)
    here = _setting(baseline)
    traffic = _Traffic(here, seed + crc32(baseline.name.encode()), baseline.scheme, _vlans(runtime))
    return Case(baseline.name, watched(baseline), runtime, here.ports, traffic.packets(count))


def _vlans(runtime: Mapping[str, Any]) -> tuple[int, ...]:
    rows = (row["match"] for row in runtime["table_entries"] if row["table"].endswith(".next_hop"))
    return tuple(sorted({match["vlan"] for match in rows if "vlan" in match}))


def _setting(baseline: Baseline) -> Setting:
    text, _ = _files(baseline)
    topology = _network(baseline.scheme)
    index = topology.by_name[baseline.switch]
    neighbours = tuple(port.number for port in topology.ports[index])
    return Setting(
        probe=_PROBE,
        shim=_PROBE,
        query=_query(text),
        slots=tuple(map(int, re.findall(r"^register<bit<\d+>>\((\d+)\) (?!clock)", text, re.M))),
        itself=index,
        switches=len(topology.switches),
        neighbours=neighbours,
        hosts=tuple(row.port for row in topology.hosts_of[index]),
        doors=tuple((port, 0) for port in neighbours),
        destinations=topology.destinations,
        addresses=tuple((row.switch, str(row.ip)) for row in topology.hosts),
        period_us=PERIOD_US,
    )


def _query(text: str) -> Layout:
    if "header query_t" not in text:
        return _QUERY
    body = text.split("header query_t {", 1)[1].split("}", 1)[0]
    rows = [line.split(";")[0].split() for line in body.splitlines() if ";" in line]
    return Layout(tuple((field, int(kind[4:-1])) for kind, field in rows))


class _Traffic(Traffic):
    """Packets for a scheme: plain ones between switches, or with a tag in SPAIN."""

    def __init__(self, place: Setting, seed: int, scheme: str, vlans: tuple[int, ...]) -> None:
        self._scheme, self._vlans = scheme, vlans
        super().__init__(place, seed, 0)

    def _phase(self) -> None:
        super()._phase()
        if self._scheme != "hula":
            self._probes = 3  # nobody knows what they are

    def _address(self) -> str:
        """Now and then one of this switch's that nobody has."""
        if self.random.random() < 0.05:
            return f"10.0.{self.place.itself}.{self.random.choice((3, 77))}"
        return super()._address()

    def _query(self) -> tuple[int, bytes]:
        if not self.place.slots:
            return self.place.ports[-1], QUERY + bytes(20)
        return super()._query()

    def _shim(self, port: int) -> tuple[int, bytes]:
        """What is on the way between switches; what hosts must not send."""
        kind, inner = self._payload()
        if self._scheme != "spain":
            return port, (self._ethernet(kind) + inner).ljust(60, b"\0")
        pick = self.random
        vlan = pick.choice(self._vlans) if pick.random() < 0.95 else pick.getrandbits(12)
        control = pick.getrandbits(4) << 12 | vlan
        head = control.to_bytes(2, "big") + (kind if pick.random() < 0.97 else pick.getrandbits(16)).to_bytes(2, "big")
        return port, (self._ethernet(_VLAN) + head + inner).ljust(60, b"\0")
