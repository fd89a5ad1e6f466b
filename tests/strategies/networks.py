"""Small networks made by hand or at random, for tests of the product graph and of what follows it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from ipaddress import IPv4Address

from hypothesis import strategies as st

from contra.topology.model import Host, Link, Switch, Topology


def network(names: Sequence[str], ends: Sequence[tuple[str, str]], hosts: Sequence[str] | None = None) -> Topology:
    """A topology from switch names and links; `hosts` lists the switches that get one host each."""
    index = {name: i for i, name in enumerate(names)}
    degree = [0] * len(names)
    links = []
    for number, (a, b) in enumerate(ends):
        degree[index[a]] += 1
        degree[index[b]] += 1
        links.append(
            Link(
                index=number,
                a=index[a],
                a_port=degree[index[a]],
                b=index[b],
                b_port=degree[index[b]],
                capacity=10**10,
                latency_ns=1000,
            )
        )
    return Topology(
        name="test",
        switches=tuple(
            Switch(index=i, name=name, label=name, address=IPv4Address(0x0A000001 + (i << 8)), prefix_length=24)
            for i, name in enumerate(names)
        ),
        hosts=tuple(_host(i, name, index[name], degree) for i, name in enumerate(hosts or ())),
        links=tuple(links),
    )


def _host(number: int, switch_name: str, switch: int, degree: list[int]) -> Host:
    degree[switch] += 1
    return Host(
        index=number,
        name=f"h{switch_name}",
        label=f"h{switch_name}",
        switch=switch,
        port=degree[switch],
        ip=IPv4Address(0x0A000002 + (switch << 8)),
        prefix_length=24,
        mac=f"08:00:00:00:00:{number:02x}",
        capacity=10**10,
        latency_ns=1000,
    )


def fat_tree(k: int) -> Topology:
    """k pods: k^2/4 core switches c*, k^2/2 aggregation a*, k^2/2 edge e*; no hosts."""
    half = k // 2
    core = [f"c{i}" for i in range(half * half)]
    names = core + [f"{kind}{pod}_{i}" for pod in range(k) for kind in "ae" for i in range(half)]
    ends = [(f"a{pod}_{i}", f"e{pod}_{j}") for pod in range(k) for i in range(half) for j in range(half)]
    ends += [(f"a{pod}_{i}", core[i * half + j]) for pod in range(k) for i in range(half) for j in range(half)]
    return network(names, ends)


@st.composite
def networks(draw: st.DrawFn, max_switches: int = 6, hosts: bool = True) -> Topology:
    """A connected topology over A, B, C, ...; sometimes with parallel links, sometimes with hosts at some switches."""
    count = draw(st.integers(2, max_switches))
    names = "ABCDEFGH"[:count]
    ends = [(names[draw(st.integers(0, i - 1))], names[i]) for i in range(1, count)]
    pairs = [(a, b) for a in names for b in names if a < b]
    ends += draw(st.lists(st.sampled_from(pairs), max_size=count + 1))
    placed = draw(st.none() | st.lists(st.sampled_from(names), min_size=1, unique=True)) if hosts else None
    return network(names, ends, placed)


@st.composite
def utilisations(draw: st.DrawFn, topology: Topology) -> tuple[Fraction, ...]:
    """One utilisation a link, in tenths, so that ties are common."""
    return tuple(Fraction(draw(st.integers(0, 9)), 10) for _ in topology.links)
