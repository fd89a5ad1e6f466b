"""The networks of an experiment: shipped, from files, or generated; with other capacities if asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from contra.diagnostics import CompileError, Reporter, shown
from contra.experiments.errors import BadValue, FallsApart, UnknownName
from contra.experiments.form import Section
from contra.experiments.spec import Network
from contra.resources import resource_dir
from contra.suggest import did_you_mean
from contra.topology import load
from contra.topology.connect import components
from contra.topology.model import Topology

GENERATORS: dict[str, tuple[str, ...]] = {
    "fat-tree": ("k",),
    "leaf-spine": ("leaves", "spines"),
    "ring": ("switches",),
    "grid": ("rows", "columns"),
    "random": ("switches", "degree", "seed"),
}
"""Names of generators with what each needs, in order."""
_OPTIONAL = {"fat-tree": ("hosts_per_edge", "oversubscription"), "leaf-spine": ("hosts_per_leaf",)}
_PER_SWITCH = ("hosts_per_switch",)
_MOST = 1_000_000


def read_networks(top: Section) -> tuple[Network, ...]:
    """`topology`, or the list `topologies`, with `link_capacity`, `host_capacity` and `link_latency` put in."""
    found = []
    if top.has("topologies"):
        for number, value in enumerate(top.members("topologies", _names_one, "texts and tables")):
            found.append(_network(top, value, "topologies", number))
    if top.has("topology"):
        value = top.raw("topology")
        if _names_one(value):
            found.append(_network(top, value, "topology", None))
        else:
            top.wrong("topology", 'a text such as "fattree-paper", or a table', value)
    if not top.has("topology") and not top.has("topologies"):
        top.missing("topology", 'topology = "fattree-paper"')
    changed = _changes(top)
    return tuple(replace(each, topology=_changed(each.topology, *changed)) for each in found if each is not None)


def _names_one(value: Any) -> bool:
    return isinstance(value, str | dict)


def _network(top: Section, value: Any, key: str, number: int | None) -> Network | None:
    if isinstance(value, dict):
        path = (*top.path, key) if number is None else (*top.path, key, number)
        return _generated(Section(top.document, value, path, "this network", top.reporter))
    source = _find(value, Path(top.document.file.name).parent)
    if source is None:
        known = sorted(path.stem for path in resource_dir("topologies").glob("*.json") if "schema" not in path.name)
        name = PurePath(value).stem
        near = did_you_mean(name, known)
        listed = f"a file beside the experiment, or one of {', '.join(known)}"
        top.report(UnknownName(what="topology", name=shown(value), near=near, known=listed, span=top.span(key, number)))
        return None
    try:
        topology = load(source, Reporter())
    except CompileError as error:
        for diagnostic in error.diagnostics:
            top.report(diagnostic)
        return None
    return Network(name=PurePath(value).name.removesuffix(".json"), topology=topology)


def _find(name: str, beside: Path) -> str | None:
    """A file beside the experiment, a shipped one, or a name for TopoHub as it is."""
    if name.startswith("zoo:"):
        return name
    shipped = resource_dir("topologies")
    stem = PurePath(name).name
    for path in (beside / name, shipped / stem, shipped / f"{stem}.json"):
        if _is_file(path):
            return str(path)
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


# ------------------------------------------------------------------------------------------------ generated


def _generated(section: Section) -> Network | None:
    """`{ generate = "fat-tree", k = 10, hosts_per_edge = 0 }`."""
    if not section.has("generate"):
        section.missing("generate", '{ generate = "fat-tree", k = 4 }')
        return None
    kind = section.choice("generate", tuple(GENERATORS), "", "generator")
    if not kind:
        return None
    values = []
    for key in GENERATORS[kind]:
        if not section.has(key) and key != "seed":
            section.missing(key, f"{key} = 4")
        values.append(section.whole(key, 1, _MOST, 1))
    options = {key: section.whole(key, 0, _MOST, 0) for key in _OPTIONAL.get(kind, _PER_SWITCH) if section.has(key)}
    name = section.text("name", f"{kind}-{'-'.join(str(value) for value in values)}")
    section.finish()
    if section.reporter.has_errors:
        return None
    try:
        return Network(name=name, topology=_maker(kind)(*values, **options))
    except ValueError as error:
        reason = str(error)
        section.report(BadValue(what="the network", expected="possible", found=reason, span=section.place))
        return None


def _maker(kind: str) -> Callable[..., Topology]:
    from contra.topology import generate

    makers: dict[str, Callable[..., Topology]] = {
        "fat-tree": generate.fat_tree,
        "leaf-spine": generate.leaf_spine,
        "ring": generate.ring,
        "grid": generate.grid,
        "random": generate.random_regular,
    }
    return makers[kind]


# ------------------------------------------------------------------------------------------------ changed


def _changes(top: Section) -> tuple[int | None, int | None, int | None]:
    """Capacity of links, capacity of hosts' links, latency of links; None where they stay."""
    links = top.rate("link_capacity", 0) if top.has("link_capacity") else None
    hosts = top.rate("host_capacity", 0) if top.has("host_capacity") else None
    latency = top.time_ns("link_latency", 0, "10us") if top.has("link_latency") else None
    return links, hosts, latency


def _changed(topology: Topology, links: int | None, hosts: int | None, latency: int | None) -> Topology:
    return replace(
        topology,
        links=tuple(
            replace(
                link,
                capacity=link.capacity if links is None else links,
                latency_ns=link.latency_ns if latency is None else latency,
            )
            for link in topology.links
        ),
        hosts=tuple(replace(host, capacity=host.capacity if hosts is None else hosts) for host in topology.hosts),
    )


def without_links(topology: Topology, links: frozenset[int], reporter: Reporter) -> Topology:
    """The network without some links, all ports as they were. Raises CompileError (CTR1531) if it falls apart."""
    left = [link for link in topology.links if link.index not in links]
    parts = components(len(topology.switches), [(link.a, link.b) for link in left])
    if len(parts) > 1:
        alone = min(parts, key=len)
        reporter.report(FallsApart(switch=topology.switches[min(alone)].label))
        reporter.check()
    return replace(topology, links=tuple(replace(link, index=index) for index, link in enumerate(left)))
