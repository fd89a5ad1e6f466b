"""Contra builds: real policies, compiled for fat trees and networks of the Topology Zoo, with their real entries."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bench.localization.policynet import Network
from contra.diagnostics import Reporter
from contra.driver import CompileRequest, compile
from contra.localize.model import Flags, Ints, risk_model
from contra.localize.objects import GROUP_TABLE, Entry, Kind, Origins, Outcome, rows
from contra.topology import load, to_json
from contra.topology.generate import fat_tree

SHIPPED = Path(__file__).parents[2] / "topologies"
FAT_TREE = "fattree-k"
"""What the names of fat trees begin with; those that are not shipped are made."""
CONGESTION = "minimize(if path.util < 80% then (1, 0, path.util) else (2, path.len, path.util))\n"
WAYPOINTS = """minimize(
    if .* {0} .* then (path.len, path.util)
    else if .* ({1} + {2}) .* then (path.lat, path.util)
    else (10, path.util)
)
"""


@dataclass(frozen=True, eq=False)
class Build:
    """A build, its entries and their network."""

    network: Network
    entries: tuple[Entry, ...]
    origins: Origins


@lru_cache(maxsize=2)
def build(name: str) -> Build:
    """The build `NETWORK/POLICY`: a shipped network, a fat tree of any size, or zoo:NAME."""
    network, _, policy = name.rpartition("/")
    with TemporaryDirectory() as folder:
        place = Path(folder)
        topology = network if ":" in network else str(SHIPPED / f"{network}.json")
        if not Path(topology).exists() and network.startswith(FAT_TREE):
            topology = str(place / "network.json")
            Path(topology).write_text(to_json(fat_tree(int(network.removeprefix(FAT_TREE)))), encoding="utf-8")
        text = CONGESTION if policy == "congestion" else _waypoints(topology)
        (place / "policy.ctr").write_text(text, encoding="utf-8")
        parts = frozenset({"entries", "manifest"})
        request = CompileRequest(policy=place / "policy.ctr", topology=topology, out=place / "build", parts=parts)
        compile(request, Reporter())
        return _read(name, place / "build")


def _waypoints(topology: str) -> str:
    """Waypoints are the switches with the most links."""
    network = load(topology, Reporter())
    busy = sorted(network.switches, key=lambda switch: -len(network.ports[switch.index]))
    plain = [switch.label for switch in busy if re.fullmatch(r"[A-Za-z]\w*", switch.label)]
    return WAYPOINTS.format(*plain[:3])


def _read(name: str, folder: Path) -> Build:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    entries: list[Entry] = []
    for switch, row in manifest["switches"].items():
        runtime: dict[str, list[dict[str, Any]]] = json.loads((folder / row["runtime"]).read_text(encoding="utf-8"))
        for each in runtime["table_entries"]:
            table = each["table"].rpartition(".")[2]
            pid, fields = each.get("match", {}).get("pid"), tuple(each["action_params"])
            entries.append(Entry(switch, table, each["provenance"], pid, parameters=fields))
        for each in runtime["multicast_group_entries"]:
            entries.append(Entry(switch, GROUP_TABLE, each["provenance"], parameters=("replicas",)))
    origins = Origins(manifest)
    model = risk_model(rows(entries, origins))
    network = Network(
        name,
        tuple(model.objects),
        tuple(model.elements),
        model.element_of,
        model.starts,
        model.object_of,
        model.place_of,
        model.sort_of,
    )
    return Build(network, tuple(entries), origins)


class Altering:
    """How the fault of an object alters entries: it gets the parameters wrong that are taken from it."""

    def __init__(self, made: Build) -> None:
        self.made = made

    def entries(self, thing: int, among: Ints) -> Ints:
        """Those of the entries that a fault of the object alters."""
        return among[[bool(self._fields(thing, int(entry))) for entry in among]]

    def blamed(self, thing: int, entry: int, random: np.random.Generator) -> Flags:
        """Which of the objects of an entry are to blame, after one of these parameters was changed."""
        network = self.made.network
        objects = [
            network.objects[each] for each in network.object_of[network.starts[entry] : network.starts[entry + 1]]
        ]
        field = self._fields(thing, entry)[int(random.integers(len(self._fields(thing, entry))))]
        guilty = self.made.origins.blamed(Outcome((field,)), tuple(objects))
        return np.array([each in guilty for each in objects])

    def _fields(self, thing: int, entry: int) -> tuple[str, ...]:
        """Who holds entries, a switch or a table, may get any parameter wrong."""
        kind = self.made.network.objects[thing].kind
        if kind in (Kind.SWITCH, Kind.TABLE):
            return self.made.entries[entry].parameters
        of = self.made.origins.fields
        return tuple(field for field in self.made.entries[entry].parameters if kind in of.get(field, ()))
