"""`contra show`: a build or one of its switches as people want to see it, from the artifacts alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from contra.emit.show_read import (
    CONTRA,
    Branch,
    Build,
    Graph,
    Loaded,
    NodeRow,
    ProgramShape,
    SwitchRow,
    find_switch,
    form,
    read_build,
    read_graph,
    read_runtime,
    read_topology,
)
from contra.emit.show_table import count, facts, table
from contra.ir.budget import MAX_STAGES
from contra.topology.model import Topology
from contra.units import format_capacity, format_latency

_MAX_ROWS = 40
_MAX_PEERS = 6
_ROLES = {"destination": "(starts and ends paths)", "transit": "(passes on, has no hosts)"}
_EDGE_TABLES = {"destination", "hosts"}
"""Tables that transit programs lack, though the manifest gives all programs of a network the same sizes."""


def show_switch(build: Path, switch: str | None) -> str:
    """A picture of one switch of a build, by name or label; of all of them in short where `switch` is None.

    Raises CompileError: CTR0706 no build, CTR0707 a file of it is broken, CTR0708 no such switch.
    """
    found = read_build(build)
    with form(build, "manifest.json", "it does not go together with the other files"):
        lines = _overview(found) if switch is None else _one(found, find_switch(found, switch))
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------------------------ overview


def _overview(build: Build) -> list[str]:
    topology, graph = read_topology(build.folder), read_graph(build)
    tags = Counter(node.switch for node in graph.nodes.values())
    named = any(row.role for row in build.switches.values())
    tagged = build.scheme == CONTRA
    heads = ["switch", *["role"] * named, "program", "ports", "hosts", *["tags"] * tagged, "entries"]
    rows = []
    for row in list(build.switches.values())[:_MAX_ROWS]:
        index = topology.by_name.get(row.label, row.index)
        ports, hosts = len(topology.ports[index]), len(topology.hosts_of[index])
        named_role, own_tags = [row.role or "-"] * named, [tags[row.name]] * tagged
        rows.append([_title(row), *named_role, row.program, ports, hosts, *own_tags, row.entries])
    made_of = build.inputs.get("policy", "?") if tagged else build.scheme
    lines = [
        f"Build {build.folder}: {made_of} on {build.inputs.get('topology', '?')}",
        *facts(
            [
                ("network", _network(topology)),
                ("probe classes", _classes(build)),
                *(("program", _program_line(program, build)) for program in build.programs.values()),
                (
                    "unreachable",
                    f"{build.unreachable} pairs of source and destination have no allowed path"
                    if build.unreachable
                    else "",
                ),
            ]
        ),
        "",
        *table(heads, rows, right="ports hosts tags entries"),
    ]
    if len(build.switches) > _MAX_ROWS:
        lines.append(f"  ... and {len(build.switches) - _MAX_ROWS} more, in {build.folder}/manifest.json")
    return [*lines, "", f"One of them: contra show {build.folder} {next(iter(build.switches), 'SWITCH')}"]


def _title(row: SwitchRow) -> str:
    return row.name if row.name == row.label else f"{row.name} ({row.label})"


def _network(topology: Topology) -> str:
    sizes = ((topology.switches, "switch"), (topology.links, "link"), (topology.hosts, "host"))
    return ", ".join(count(len(things), noun) for things, noun in sizes)


def _classes(build: Build) -> str:
    return "; ".join(f"pid {pid}: {order}" for pid, order in build.orders)


def _program_line(program: ProgramShape, build: Build) -> str:
    users = sum(row.program == program.name for row in build.switches.values())
    return f"{program.p4} ({count(users, 'switch')}, {_kb(program.state_bits)} of state each)"


# ------------------------------------------------------------------------------------------------ one switch


def _one(build: Build, row: SwitchRow) -> list[str]:
    topology, graph = read_topology(build.folder), read_graph(build)
    loaded = read_runtime(build, row)
    program = build.programs[row.program]
    sections = (
        _head(build, row, program, loaded),
        _ports(topology, row),
        _tags(build, graph, row),
        _probe_classes(build),
        _tables(program, loaded),
        _cells(program),
        _pipeline(program),
    )
    lines = [line for section in sections if section for line in [*section, ""]]
    return lines[:-1]


def _head(build: Build, row: SwitchRow, program: ProgramShape, loaded: Loaded) -> list[str]:
    rows = [
        ("label", row.label if row.label != row.name else ""),
        ("role", row.role),
        ("address", row.address),
        ("policy", build.inputs.get("policy", "")),
        ("program", f"{program.name} {_ROLES.get(program.role, '') if build.scheme == CONTRA else ''}".rstrip()),
        ("P4", f"{build.folder}/{row.p4}"),
        ("loaded with", f"{build.folder}/{row.runtime}: {_load_text(loaded)}"),
    ]
    return [f"Switch {row.name}, number {row.index}", *facts(rows)]


def _load_text(loaded: Loaded) -> str:
    return f"{count(sum(loaded.entries.values()), 'entry')}, {count(loaded.groups, 'multicast group')}"


def _ports(topology: Topology, row: SwitchRow) -> list[str]:
    index = topology.by_name[row.label]
    rows: list[tuple[int, str, str, str, str]] = []
    for hop, port in enumerate(topology.ports[index], 1):
        link = topology.links[port.link]
        peer = topology.switches[port.peer].name
        sizes = (format_capacity(link.capacity), format_latency(link.latency_ns))
        rows.append((port.number, str(hop), f"switch {peer}, port {port.peer_port}", *sizes))
    for host in topology.hosts_of[index]:
        sizes = (format_capacity(host.capacity), format_latency(host.latency_ns))
        rows.append((host.port, "", f"host {host.name}, {host.ip}", *sizes))
    heads = ("port", "hop", "to", "capacity", "latency")
    return ["Ports (a hop is the number of a neighbour in entries and state)", *table(heads, sorted(rows), "port hop")]


def _tags(build: Build, graph: Graph, row: SwitchRow) -> list[str]:
    if build.scheme != CONTRA:
        return []
    nodes = sorted((n for n in graph.nodes.values() if n.switch == row.name), key=lambda node: node.tag)
    if not nodes:
        return ["Tags: none; no path that the policy allows passes this switch"]
    heard: dict[int, list[str]] = {node.number: [] for node in nodes}
    told: dict[int, list[str]] = {node.number: [] for node in nodes}
    for source, target in graph.edges:
        if target in heard:
            heard[target].append(_node_name(graph.nodes[source]))
        if source in told:
            told[source].append(_node_name(graph.nodes[target]))
    rows = []
    for node in nodes:
        matched = [" and ".join(node.matched) or "none"] * bool(build.regexes)
        rows.append((node.tag, ",".join(map(str, node.pids)), *matched, _rank(build, node.rule)))
    heads = ("tag", "pids", *["matches"] * bool(build.regexes), "rank of a path from here")
    lines = ["Tags (numbers of product nodes)", *table(heads, rows, "tag")]
    ways = [
        (n.tag, "our own" if n.number in graph.sending else "", _peers(heard[n.number]), _peers(told[n.number]))
        for n in nodes
    ]
    return [*lines, "", "Probes, by tag", *table(("tag", "starts", "heard from", "told to"), ways, "tag")]


def _node_name(node: NodeRow) -> str:
    return f"{node.switch}.{node.tag}"


def _peers(names: list[str]) -> str:
    """Each once, parallel links counted; the first few where there are many."""
    counts = Counter(names)
    texts = [name if number == 1 else f"{name} x{number}" for name, number in counts.items()]
    more = f" and {len(texts) - _MAX_PEERS} more" if len(texts) > _MAX_PEERS else ""
    return ", ".join(texts[:_MAX_PEERS]) + more or "nobody"


def _rank(build: Build, rule: int) -> str:
    branches = build.rules[rule] if rule < len(build.rules) else ()
    return ", else ".join(map(_branch, branches))


def _branch(branch: Branch) -> str:
    rank = "inf: drop" if branch.rank == "inf" else branch.rank
    return f"{rank} if {branch.guard}" if branch.guard else rank


def _probe_classes(build: Build) -> list[str]:
    if build.scheme != CONTRA and not build.orders:
        return []
    if not build.orders:
        return ["Probe classes: none; the policy allows no path at all"]
    return ["Probe classes", *table(("pid", "keeps the path with the least"), build.orders, "pid")]


def _tables(program: ProgramShape, loaded: Loaded) -> list[str]:
    names = [name for name in loaded.entries if name not in program.tables]
    rows: list[tuple[str, int, object]] = [(name, loaded.entries[name], "default") for name in names]
    for name, size in program.tables.items():
        used = loaded.entries.get(name, 0)
        if used or name not in _EDGE_TABLES:
            rows.append((name, used, size))
    return ["Tables", *table(("table", "entries", "size"), rows, "entries size")]


def _cells(program: ProgramShape) -> list[str]:
    rows = [
        (cell.name, cell.slots, "x", cell.bits, _bytes(cell.slots * cell.bits), cell.index, cell.doc)
        for cell in program.cells
    ]
    if not rows:
        return ["State: none"]
    heads = ("cell", "slots", "", "bits", "bytes", "by", "what")
    total = f"State: {_bytes(program.state_bits)} bytes ({_kb(program.state_bits)})"
    return [
        f"{total} in {count(len(rows), 'cell')}, in the order in which packets visit them",
        *table(heads, rows, "slots bits bytes"),
    ]


def _bytes(bits: int) -> str:
    return f"{bits // 8}" if bits % 8 == 0 else f"{bits / 8:.1f}"


def _kb(bits: int) -> str:
    return f"{bits / 8000:.1f} kB"


def _pipeline(program: ProgramShape) -> list[str]:
    if program.stages is None:
        return []
    ingress, egress = (f"{used} of {MAX_STAGES}" for used in program.stages)
    head = f"Pipeline: {ingress} ingress stages and {egress} egress stages of Tofino 1, by our own count"
    beyond = [f"  beyond the chip: {text}" for text in program.beyond_chip]
    return [head, *(beyond or ["  no limit that we count is exceeded"])]
