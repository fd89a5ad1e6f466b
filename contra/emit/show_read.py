"""A build read back from its files: what `contra show` needs of it.

Only what contrac wrote is expected; anything else (a foreign folder, a truncated file, a part left out by `--emit`) is
a diagnostic, never a traceback.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from contra.diagnostics import CompileError, Reporter
from contra.emit.errors import BrokenBuild, NoBuildFolder, UnknownSwitchName
from contra.emit.output import GENERATOR
from contra.suggest import did_you_mean
from contra.topology import load
from contra.topology.model import Topology

_T = TypeVar("_T")
CONTRA = "contra"
"""The scheme of builds that contrac makes of a policy."""


@dataclass(frozen=True, slots=True)
class CellShape:
    """A state cell: `slots` entries of `bits` each."""

    name: str
    slots: int
    bits: int
    index: str
    doc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramShape:
    """A program of the build."""

    name: str
    p4: str
    role: str
    cells: tuple[CellShape, ...]
    tables: Mapping[str, int]
    """Room in each table."""
    stages: tuple[int, int] | None
    """Of ingress and egress, by our own count; None where they were not counted."""
    beyond_chip: tuple[str, ...]

    @property
    def state_bits(self) -> int:
        """Bits of all cells."""
        return sum(cell.slots * cell.bits for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchRow:
    """A switch as the manifest lists it."""

    name: str
    label: str
    index: int
    role: str
    """What the topology file calls it; may be empty."""
    program: str
    address: str
    p4: str
    runtime: str
    entries: int
    groups: int


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A product node."""

    number: int
    switch: str
    tag: int
    rule: int
    matched: tuple[str, ...]
    pids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch of a rank rule; `guard` is empty where it always holds."""

    guard: str
    rank: str
    pid: int | None
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """The manifest of a build, and its folder."""

    folder: Path
    scheme: str
    """`contra`, or that of a baseline, which has no policy and no product graph."""
    inputs: Mapping[str, str]
    """`policy` and `topology`, as the user named them."""
    programs: Mapping[str, ProgramShape]
    switches: Mapping[str, SwitchRow]
    orders: tuple[tuple[int, str], ...]
    rules: tuple[tuple[Branch, ...], ...]
    regexes: int
    """How many the policy has."""
    unreachable: int


@dataclass(frozen=True, slots=True)
class Graph:
    """The product graph: its nodes, its edges (from, to) in probe direction, the nodes where probes start."""

    nodes: Mapping[int, NodeRow]
    edges: tuple[tuple[int, int], ...]
    sending: frozenset[int]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a runtime.json holds: entries per table (short names), and groups."""

    entries: Mapping[str, int]
    groups: int


# ------------------------------------------------------------------------------------------------- reading


def read_build(folder: Path) -> Build:
    """The manifest. Raises CompileError (CTR0706, CTR0707)."""
    data = _json(folder, "manifest.json", missing=_no_manifest)
    with form(folder, "manifest.json"):
        if str(data.get("generator", "")).split(" ")[0] != GENERATOR:
            raise CompileError([NoBuildFolder(path=str(folder), reason="its manifest.json is not by contrac")])
        return Build(
            folder=folder,
            scheme=str(data["scheme"]),
            inputs={kind: str(each["file"]) for kind, each in data["inputs"].items()},
            programs={name: _program(name, each) for name, each in data["programs"].items()},
            switches={name: _switch(name, each) for name, each in data["switches"].items()},
            orders=tuple((int(each["pid"]), str(each["order"])) for each in data["probe_classes"]),
            rules=tuple(_rule(each, data["clauses"]) for each in data["rules"]),
            regexes=len(data["regexes"]),
            unreachable=int(data["unreachable_pairs"]),
        )


def find_switch(build: Build, wanted: str) -> SwitchRow:
    """A switch by name or label. Raises CompileError (CTR0708)."""
    by_label = {row.label: row for row in build.switches.values()}
    row = build.switches.get(wanted) or by_label.get(wanted)
    if row is None:
        near = did_you_mean(wanted, [*build.switches, *by_label])
        hint = near or _some(list(build.switches))
        raise CompileError([UnknownSwitchName(switch=wanted[:80], path=str(build.folder), hint=hint)])
    return row


def read_topology(folder: Path) -> Topology:
    """The network of the build, with its ports. Raises CompileError."""
    if not (folder / "topology.json").is_file():
        _broken(folder, "topology.json", "it is missing", left_out="entries")
    return load(str(folder / "topology.json"), Reporter())


def read_graph(build: Build) -> Graph:
    """The product graph; an empty one where the scheme has none. Raises CompileError."""
    if build.scheme != CONTRA:
        return Graph({}, (), frozenset())
    folder = build.folder
    data = _json(folder, "graph/product.json", left_out="graph")
    with form(folder, "graph/product.json"):
        nodes = {int(each["node"]): _node(each) for each in data["nodes"]}
        edges = tuple((int(each["from"]), int(each["to"])) for each in data["edges"])
        sending = frozenset(int(number) for number in data["sending"].values())
        if not all(source in nodes and target in nodes for source, target in edges):
            raise ValueError("an edge leads to no node")
        return Graph(nodes, edges, sending)


def read_runtime(build: Build, row: SwitchRow) -> Loaded:
    """What a switch is loaded with. Raises CompileError."""
    data = _json(build.folder, row.runtime, left_out="entries")
    with form(build.folder, row.runtime):
        tables = Counter(str(each["table"]).rpartition(".")[2] for each in data["table_entries"])
        return Loaded(dict(tables), len(data["multicast_group_entries"]))


def _program(name: str, data: Mapping[str, Any]) -> ProgramShape:
    cells = (
        CellShape(str(c["name"]), int(c["slots"]), int(c["bits"]), str(c["index"]), str(c["doc"]))
        for c in data["cells"]
    )
    stages = data["stages"]
    return ProgramShape(
        name=name,
        p4=str(data["p4"]),
        role=str(data["role"]),
        cells=tuple(cells),
        tables={str(table): int(size) for table, size in data["tables"].items()},
        stages=None if stages is None else (int(stages["ingress"]), int(stages["egress"])),
        beyond_chip=tuple(map(str, data["beyond_chip"])),
    )


def _switch(name: str, data: Mapping[str, Any]) -> SwitchRow:
    words = {key: str(data[key]) for key in ("label", "role", "program", "address", "p4", "runtime")}
    numbers = {key: int(data[key]) for key in ("index", "entries", "groups")}
    return SwitchRow(name=name, **words, **numbers)  # type: ignore[arg-type]


def _rule(data: Mapping[str, Any], clauses: list[Mapping[str, Any]]) -> tuple[Branch, ...]:
    branches = []
    for each in data["branches"]:
        rank = each["rank"]
        parts = [str(part) for part in rank] if isinstance(rank, list) else [str(rank)]
        clause = clauses[each["clause"]] if each["clause"] is not None else None
        place = f"{clause['file']}:{clause['line']}:{clause['column']}" if clause else ""
        text = parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
        branches.append(Branch(str(each["if"] or ""), text, each["pid"], place))
    return tuple(branches)


def _node(data: Mapping[str, Any]) -> NodeRow:
    return NodeRow(
        int(data["node"]),
        str(data["switch"]),
        int(data["tag"]),
        int(data["rule"]),
        tuple(map(str, data["matched"])),
        tuple(map(int, data["pids"])),
    )


# -------------------------------------------------------------------------------------------- what can go wrong


def _json(
    folder: Path, name: str, *, left_out: str = "", missing: Callable[[Path], NoReturn] | None = None
) -> dict[str, Any]:
    try:
        data = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        if missing is not None:
            missing(folder)
        _broken(folder, name, "it is missing", left_out)
    except NotADirectoryError:
        raise CompileError([NoBuildFolder(path=str(folder), reason="it is not a folder")]) from None
    except OSError as error:
        _broken(folder, name, f"it cannot be read: {(error.strerror or str(error)).lower()}", "")
    except (ValueError, RecursionError):
        _broken(folder, name, "it is not JSON", "")
    if not isinstance(data, dict):
        _broken(folder, name, "it is not a JSON object", "")
    return data


def _no_manifest(folder: Path) -> NoReturn:
    reason = "it has no manifest.json" if folder.is_dir() else "there is no such folder"
    raise CompileError([NoBuildFolder(path=str(folder), reason=reason)])


def _broken(folder: Path, name: str, reason: str, left_out: str) -> NoReturn:
    raise CompileError([BrokenBuild(path=str(folder), file=name, reason=reason, left_out=left_out)])


@contextmanager
def form(
    folder: Path, name: str, reason: str = "it does not have the form that this version of contrac writes"
) -> Iterator[None]:
    """Whatever a changed file makes go wrong while it is taken apart is the file's fault."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError):
        _broken(folder, name, reason, "")


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:8])
    return f"the build has {shown}{f' and {len(names) - 8} more' if len(names) > 8 else ''}"
