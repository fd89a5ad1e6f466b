"""Regular networks, by the same builder as files.

Every generator returns a `Topology` and raises `ValueError`, with a sentence for the user, where the
numbers make no network. Capacities are bit/s, latencies ns. The order of switches, links and hosts, and so
all ports and addresses, are functions of the arguments alone; `random_regular` also of its seed (and of
networkx's way of using it).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

from contra.diagnostics import CompileError, Reporter
from contra.topology.addressing import MAX_LINKS, MAX_PORT
from contra.topology.build import build
from contra.topology.connect import components
from contra.topology.model import Topology
from contra.topology.raw import Defaults, RawHost, RawLink, RawSwitch, RawTopology

CAPACITY = 10 * 10**9
LATENCY_NS = 10_000
_RANDOM_TRIES = 100


def fat_tree(
    k: int,
    *,
    hosts_per_edge: int | None = None,
    oversubscription: int | Fraction = 1,
    capacity: int = CAPACITY,
    latency_ns: int = LATENCY_NS,
) -> Topology:
    """The k-ary fat tree of 5k^2/4 switches: (k/2)^2 of role core, and k pods of k/2 aggregation and k/2
    edge switches.

    `oversubscription` r is what the hosts of an edge switch could send over what its uplinks carry. Without
    `hosts_per_edge` there are r * k/2 hosts on each edge switch and all links have `capacity`; with it,
    that many hosts have `capacity` and the links between switches are scaled to reach r
    (`hosts_per_edge=0`: to capacity / r). The paper's network of 32 hosts at 4:1 is `fat_tree(4,
    hosts_per_edge=4, oversubscription=4)`: 10 Gbit/s hosts, 5 Gbit/s links.
    """
    _check(k >= 2 and k % 2 == 0, f"a fat tree is built of switches with an even number of ports, not {k}")
    _check(k <= MAX_PORT - 1, f"k = {k} is more ports than a switch has ({MAX_PORT})")
    ratio = Fraction(oversubscription)
    _check(ratio > 0, "oversubscription must be more than 0")
    half = k // 2
    if hosts_per_edge is None:
        hosts, fabric = ratio * half, Fraction(capacity)
        _check(hosts.denominator == 1, f"an oversubscription of {ratio} does not give a whole number of hosts")
    else:
        hosts, fabric = Fraction(hosts_per_edge), Fraction(capacity) / ratio
        fabric = fabric * hosts_per_edge / half if hosts_per_edge else fabric
    _check(hosts >= 0, "the number of hosts cannot be negative")
    _check_size(k**3 // 2)
    raw = RawTopology(name=f"fat tree of {5 * k * k // 4} switches (k = {k})")
    for core in range(half * half):
        _switch(raw, f"c{core + 1}", "core")
    for layer, role in (("a", "aggregation"), ("e", "edge")):
        for pod in range(1, k + 1):
            for i in range(1, half + 1):
                _switch(raw, f"{layer}{pod}_{i}", role)
    _connect(raw, _fat_tree_links(k), int(fabric), latency_ns)
    for pod in range(1, k + 1):
        for i in range(1, half + 1):
            _hosts(raw, f"e{pod}_{i}", f"h{pod}_{i}", int(hosts), capacity, latency_ns)
    return _built(raw)


def leaf_spine(
    leaves: int,
    spines: int,
    *,
    hosts_per_leaf: int = 0,
    capacity: int = CAPACITY,
    latency_ns: int = LATENCY_NS,
) -> Topology:
    """Two layers, every leaf linked with every spine; roles leaf and spine."""
    _check(leaves >= 1 and spines >= 1, "a leaf-spine network has at least one leaf and one spine")
    _check(leaves + spines >= 2, "a network of one switch needs no generator")
    _check_size(leaves * spines)
    raw = RawTopology(name=f"leaf-spine of {leaves} leaves and {spines} spines")
    for i in range(1, spines + 1):
        _switch(raw, f"sp{i}", "spine")
    for i in range(1, leaves + 1):
        _switch(raw, f"l{i}", "leaf")
    pairs = ((f"l{i}", f"sp{j}") for i in range(1, leaves + 1) for j in range(1, spines + 1))
    _connect(raw, pairs, capacity, latency_ns)
    for i in range(1, leaves + 1):
        _hosts(raw, f"l{i}", f"h{i}", hosts_per_leaf, capacity, latency_ns)
    return _built(raw)


def ring(
    switches: int, *, hosts_per_switch: int = 0, capacity: int = CAPACITY, latency_ns: int = LATENCY_NS
) -> Topology:
    """s1 - s2 - ... - sN - s1."""
    _check(switches >= 3, f"a ring has at least 3 switches, not {switches}")
    pairs = ((i, i % switches + 1) for i in range(1, switches + 1))
    return _plain(f"ring of {switches}", switches, pairs, switches, hosts_per_switch, capacity, latency_ns)


def grid(
    rows: int,
    columns: int,
    *,
    hosts_per_switch: int = 0,
    capacity: int = CAPACITY,
    latency_ns: int = LATENCY_NS,
) -> Topology:
    """Rows times columns switches, numbered row by row, each linked with its neighbours."""
    _check(rows >= 1 and columns >= 1 and rows * columns >= 2, "a grid has at least two switches")

    def pairs() -> Iterator[tuple[int, int]]:
        for i in range(rows * columns):
            if (i + 1) % columns:
                yield i + 1, i + 2
            if i + columns < rows * columns:
                yield i + 1, i + 1 + columns

    links = rows * (columns - 1) + columns * (rows - 1)
    name = f"grid of {rows} x {columns}"
    return _plain(name, rows * columns, pairs(), links, hosts_per_switch, capacity, latency_ns)


def random_regular(
    switches: int,
    degree: int,
    seed: int,
    *,
    hosts_per_switch: int = 0,
    capacity: int = CAPACITY,
    latency_ns: int = LATENCY_NS,
) -> Topology:
    """A connected random graph in which every switch has `degree` links; the same for the same seed."""
    _check(switches >= 2, "a random network has at least two switches")
    _check(0 < degree < switches, f"the degree must be from 1 to {switches - 1}, not {degree}")
    _check(switches * degree % 2 == 0, f"{switches} switches cannot all have {degree} links: the product is odd")
    _check(degree > 1 or switches == 2, f"{switches} switches with one link each are not connected")
    _check_size(switches * degree // 2)
    import networkx

    for attempt in range(_RANDOM_TRIES):
        # Seeds of later attempts lie apart, so that neighbouring seeds do not give the same network.
        graph = networkx.random_regular_graph(degree, switches, seed=seed + attempt * 1_000_003)
        edges = sorted((min(edge), max(edge)) for edge in graph.edges)
        if len(components(switches, edges)) == 1:
            break
    else:
        raise ValueError(f"no connected network of {switches} switches with degree {degree} found: raise the degree")
    pairs = ((a + 1, b + 1) for a, b in edges)
    name = f"random network of {switches} switches (degree {degree}, seed {seed})"
    return _plain(name, switches, pairs, len(edges), hosts_per_switch, capacity, latency_ns)


def _fat_tree_links(k: int) -> Iterator[tuple[str, str]]:
    """Edge to aggregation in each pod, then aggregation i of each pod to the i-th group of cores."""
    half = k // 2
    for pod in range(1, k + 1):
        for edge in range(1, half + 1):
            for aggregation in range(1, half + 1):
                yield f"e{pod}_{edge}", f"a{pod}_{aggregation}"
    for pod in range(1, k + 1):
        for aggregation in range(1, half + 1):
            for core in range(1, half + 1):
                yield f"a{pod}_{aggregation}", f"c{(aggregation - 1) * half + core}"


def _plain(
    name: str,
    switches: int,
    pairs: Iterator[tuple[int, int]],
    links: int,
    hosts_per_switch: int,
    capacity: int,
    latency_ns: int,
) -> Topology:
    _check_size(max(links, switches))
    raw = RawTopology(name=name)
    for i in range(1, switches + 1):
        _switch(raw, f"s{i}", "")
    _connect(raw, ((f"s{a}", f"s{b}") for a, b in pairs), capacity, latency_ns)
    for i in range(1, switches + 1):
        _hosts(raw, f"s{i}", f"h{i}", hosts_per_switch, capacity, latency_ns)
    return _built(raw)


def _switch(raw: RawTopology, label: str, role: str) -> None:
    raw.switches.append(RawSwitch(label, label, role))


def _connect(raw: RawTopology, pairs: Iterator[tuple[str, str]], capacity: int, latency_ns: int) -> None:
    _check(capacity > 0 and latency_ns >= 0, "capacities must be positive, latencies not negative")
    raw.links.extend(RawLink(a, b, i, capacity, latency_ns) for i, (a, b) in enumerate(pairs))


def _hosts(raw: RawTopology, switch: str, prefix: str, number: int, capacity: int, latency_ns: int) -> None:
    _check(number >= 0, "the number of hosts cannot be negative")
    _check(number <= MAX_PORT, f"{number} hosts are more than a switch has ports ({MAX_PORT})")
    for i in range(1, number + 1):
        label = f"{prefix}_{i}"
        raw.hosts.append(RawHost(label=label, switch=switch, key=label, capacity=capacity, latency_ns=latency_ns))


def _built(raw: RawTopology) -> Topology:
    try:
        return build(raw, Reporter(), defaults=Defaults())
    except CompileError as error:
        first = next(islice(error.diagnostics, 1))
        raise ValueError(first.title_text()) from error


def _check_size(links: int) -> None:
    _check(links <= MAX_LINKS, f"{links:,} links are more than Contra can compile (at most {MAX_LINKS:,})")


def _check(condition: bool, sentence: str) -> None:
    if not condition:
        raise ValueError(sentence)
