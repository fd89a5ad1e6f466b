"""`contra net show SWITCH`: what a running switch knows and has decided, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from contra.deploy.state.layout import layout_of
from contra.deploy.state.model import BestRow, FwdRow, LinkRow, SwitchView
from contra.emit.show_table import facts, table
from contra.engine.build import Build
from contra.engine.build.model import Metric
from contra.units import format_latency

_MOST_ROWS = 200
"""Rows of FwdT that are printed; a large network has thousands."""
_NOBODY = "-"


def show_state(build: Build, view: SwitchView) -> str:
    """A picture of one running switch."""
    labels = [switch.label for switch in build.topology.switches]
    learned = (_ports(build, view, labels), _best(build, view, labels), _fwd(build, view, labels))
    sections = (_head(build, view), *(learned if build.manifest.learns else (_plain_ports(build, view, labels),)))
    lines = [line for section in sections if section for line in [*section, ""]]
    return "\n".join(lines[:-1]) + "\n"


# ------------------------------------------------------------------------------------------------ text


def _head(build: Build, view: SwitchView) -> list[str]:
    switch = build.topology.switches[view.switch]
    program = build.switches[view.switch].program.row
    title = switch.name if switch.name == switch.label else f"{switch.name} ({switch.label})"
    rows = [
        ("address", str(switch.address)),
        ("program", program.name),
        ("clock", _clock(build, view)),
        ("probes", "" if view.version is None else f"own rounds up to version {view.version}"),
        ("flowlets", _flowlets(view)),
        ("dropped", _drops(view.drops)),
    ]
    return [f"Switch {title}, number {view.switch}, as it is now", *facts(rows)]


def _clock(build: Build, view: SwitchView) -> str:
    if view.now is None:
        return "no packet yet"
    return f"at least {_span(layout_of(build).microseconds(view.now))} since its start; ages below are as of then"


def _flowlets(view: SwitchView) -> str:
    use = view.flowlets
    return "" if use is None else f"{use.live} alive, {use.used} of {use.slots} slots used so far"


def _drops(drops: Mapping[str, int] | None) -> str:
    if drops is None:
        return ""
    counted = [f"{name} {count}" for name, count in drops.items() if count]
    return ", ".join(counted) or "nothing"


def _ports(build: Build, view: SwitchView, labels: Sequence[str]) -> list[str]:
    rows: list[tuple[int, Sequence[object]]] = []
    for link in view.links:
        load = _NOBODY if link.load is None else f"{link.load:.1%}"
        heard = "never" if link.age is None else ago(link.age)
        rows.append((link.port, (link.port, link.hop, f"switch {labels[link.neighbour]}", state(link), heard, load)))
    for host in build.topology.hosts_of[view.switch]:
        rows.append((host.port, (host.port, "", f"host {host.label}, {host.ip}", "", "", "")))
    heads = ("port", "hop", "to", "state", "heard", "load")
    return ["Ports", *table(heads, [row for _, row in sorted(rows, key=lambda pair: pair[0])], "port hop load")]


def _plain_ports(build: Build, view: SwitchView, labels: Sequence[str]) -> list[str]:
    """Of a switch that learns nothing."""
    topology = build.topology
    rows = [(port.number, f"switch {labels[port.peer]}") for port in topology.ports[view.switch]]
    rows += [(host.port, f"host {host.label}, {host.ip}") for host in topology.hosts_of[view.switch]]
    return ["Ports", *table(("port", "to"), sorted(rows), "port"), "", "All ways stand in table entries."]


def state(link: LinkRow) -> str:
    """`up`, `down`, or why neither can be said."""
    if not link.used:
        return "not used"
    return "up" if link.alive else "down"


def _best(build: Build, view: SwitchView, labels: Sequence[str]) -> list[str]:
    if build.switches[view.switch].program.row.role != "destination":
        return []
    if not view.best:
        return ["New packets: there is no way to anybody yet"]
    tagged, classes = _widths(build)
    heads = ["to", *["tag"] * tagged, *["pid"] * classes, "by", "rank", "confirmed"]
    rows = []
    for row in view.best:
        if row.destination == view.switch:
            continue
        route = view.route(row.destination, row.tag, row.pid)
        chosen = [*[row.tag] * tagged, *[row.pid] * classes]
        confirmed = _NOBODY if row.age is None else ago(row.age)
        rows.append([labels[row.destination], *chosen, _way(row, route, labels), _rank(row), confirmed])
    return ["New packets (BestT; ranks as the cells count them)", *table(heads, rows, "tag pid")]


def _way(best: BestRow, route: FwdRow | None, labels: Sequence[str]) -> str:
    if best.rank is None:
        return "dropped: rank inf"
    if route is None or route.neighbour is None:
        return "dropped: no route"
    return labels[route.neighbour] if route.alive else f"dropped: route by {labels[route.neighbour]} has expired"


def _rank(row: BestRow) -> str:
    if row.rank is None:
        return "inf"
    if not row.rank:
        return _NOBODY
    return str(row.rank[0]) if len(row.rank) == 1 else f"({', '.join(map(str, row.rank))})"


def _fwd(build: Build, view: SwitchView, labels: Sequence[str]) -> list[str]:
    if not view.fwd:
        return ["Routes: none yet"]
    tagged, classes = _widths(build)
    units = {metric.name: metric for metric in build.manifest.metrics}
    heads = ["to", *["tag"] * tagged, *["pid"] * classes, "by", *["tag there"] * tagged, "round", "refreshed", "probe"]
    rows = []
    for row in view.fwd[:_MOST_ROWS]:
        key = [*[row.tag] * tagged, *[row.pid] * classes]
        by = _NOBODY if row.neighbour is None else labels[row.neighbour]
        refreshed = ago(row.age) if row.alive else f"{ago(row.age)}: expired"
        version = _NOBODY if row.version is None else row.version
        there = [*[row.next_tag] * tagged]
        rows.append([labels[row.destination], *key, by, *there, version, refreshed, _metrics(row, units)])
    lines = ["Routes (FwdT)", *table(heads, rows, "tag pid round")]
    if len(view.fwd) > _MOST_ROWS:
        lines.append(f"  ... and {len(view.fwd) - _MOST_ROWS} more; --json has them all")
    return lines


def _widths(build: Build) -> tuple[bool, bool]:
    """Whether there is more than one tag, and more than one probe class, in the network."""
    layout = layout_of(build)
    return layout.tag_bits > 0, layout.pid_bits > 0


def _metrics(row: FwdRow, units: Mapping[str, Metric]) -> str:
    if row.metrics is not None:
        return ", ".join(f"{name} {amount(units[name], value)}" for name, value in row.metrics.items())
    return _NOBODY if row.order is None else f"order {row.order}"


def amount(metric: Metric, count: int) -> str:
    """A count of a metric in its unit."""
    match metric.unit.split(" ", 1):
        case ["links"]:
            return str(count)
        case ["ns"]:
            return format_latency(count)
        case [step, *unit]:
            value = Fraction(step) * count
            text = f"{float(value):.1%}" if metric.name == "util" else f"{float(value):g}"
            return text if metric.name == "util" else " ".join([text, *unit])
    return str(count)


def ago(microseconds: int) -> str:
    """An age: `12 ms ago`."""
    return f"{_span(microseconds)} ago"


def _span(microseconds: int) -> str:
    if microseconds < 10_000_000:
        return f"{microseconds / 1000:.0f} ms"
    return f"{microseconds / 1e6:.0f} s"


# ------------------------------------------------------------------------------------------------ JSON


def state_json(build: Build, view: SwitchView) -> dict[str, Any]:
    """The same for programs. Switches go by label, ages are microseconds, ranks and metrics are counts."""
    labels = [switch.label for switch in build.topology.switches]
    return {
        "switch": labels[view.switch],
        "now_us": None if view.now is None else layout_of(build).microseconds(view.now),
        "version": view.version,
        "links": [_link_json(row, labels) for row in view.links],
        "best": [_best_json(row, labels) for row in view.best if row.destination != view.switch],
        "routes": [_fwd_json(row, labels) for row in view.fwd],
        "flowlets": None
        if view.flowlets is None
        else {"live": view.flowlets.live, "used": view.flowlets.used, "slots": view.flowlets.slots},
        "drops": None if view.drops is None else dict(view.drops),
    }


def _link_json(row: LinkRow, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "port": row.port,
        "hop": row.hop,
        "neighbour": labels[row.neighbour],
        "state": state(row),
        "age_us": row.age,
        "load": row.load,
    }


def _best_json(row: BestRow, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "dst": labels[row.destination],
        "tag": row.tag,
        "pid": row.pid,
        "rank": "inf" if row.rank is None else list(row.rank),
        "age_us": row.age,
    }


def _fwd_json(row: FwdRow, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "dst": labels[row.destination],
        "tag": row.tag,
        "pid": row.pid,
        "port": row.port,
        "next": None if row.neighbour is None else labels[row.neighbour],
        "next_tag": row.next_tag,
        "order": row.order,
        "metrics": None if row.metrics is None else dict(row.metrics),
        "version": row.version,
        "age_us": row.age,
        "alive": row.alive,
    }
