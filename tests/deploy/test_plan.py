"""Plans: names, ports, capacities; of the networks that we ship and of hostile ones."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from support.builds import topology_of
from support.plans import build_of, plan_of

from contra.deploy.plan import LINK_MTU, Plan, Settings, interface_names, make_plan
from contra.diagnostics import CompileError, Reporter
from contra.topology import Defaults, load
from contra.topology.model import Host, Link, Switch, Topology

FOLDER = Path(__file__).parent.parent.parent / "topologies"
SHIPPED = sorted(path for path in FOLDER.glob("*.json") if "schema" not in path.name)
LEGAL = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,14}", re.ASCII)


def shipped(path: Path) -> Topology:
    return load(str(path), Reporter(), defaults=Defaults())


def all_interfaces(plan: Plan) -> list[str]:
    ends = [name for link in plan.links for name in link.interfaces]
    return ends + [host.switch_interface for host in plan.hosts]


def chain(names: list[str], *, ports: int = 1, capacity: int = 10**9, host_capacity: int = 10**9) -> Topology:
    """Switches in a row, the first with a host, by Python: nothing makes their names legal."""
    switches = tuple(
        Switch(index=i, name=name, label=name, address=IPv4Address(f"10.0.{i}.1"), prefix_length=24)
        for i, name in enumerate(names)
    )
    links = [
        Link(index=0, a=i, a_port=2 * number + 1, b=i + 1, b_port=2 * number + 2, capacity=capacity, latency_ns=0)
        for i in range(len(names) - 1)
        for number in range(ports)
    ]
    links = [replace(link, index=i) for i, link in enumerate(links)]
    host = Host(
        index=0,
        name="h" * 40,
        label="h",
        switch=0,
        port=500,
        ip=IPv4Address("10.0.0.2"),
        prefix_length=8,
        mac="02:00:0a:00:00:02",
        capacity=host_capacity,
        latency_ns=0,
    )
    return Topology(name="chain", switches=switches, hosts=(host,), links=tuple(links))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_networks_that_we_ship(path: Path) -> None:
    topology = shipped(path)
    plan = plan_of(topology)
    names = all_interfaces(plan)
    assert len(names) == 2 * len(topology.links) + len(topology.hosts) == len(set(names))
    assert all(LEGAL.fullmatch(name) for name in names)
    for row in plan.switches:
        ports = [port for port, _ in row.interfaces]
        links = [port.number for port in topology.ports[row.switch.index]]
        hosts = [host.port for host in topology.hosts_of[row.switch.index]]
        assert ports == sorted(links + hosts)
        assert all(name == f"{row.switch.name}-eth{port}" for port, name in row.interfaces)  # names are short here
        assert row.device_id == 1 + row.switch.index
    of_port = {(row.switch.index, port): name for row in plan.switches for port, name in row.interfaces}
    for link in plan.links:
        ends = ((link.link.a, link.link.a_port), (link.link.b, link.link.b_port))
        assert link.interfaces == tuple(of_port[end] for end in ends)
        assert link.mtu == LINK_MTU
    for host in plan.hosts:
        assert host.switch_interface == of_port[host.host.switch, host.host.port]
        assert host.mtu == 1500
    servers = [row.grpc_port for row in plan.switches] + [row.thrift_port for row in plan.switches]
    assert len(set(servers)) == 2 * len(plan.switches)


@pytest.mark.parametrize(
    "names",
    [
        ["a" * 40, "a" * 41, "a" * 40 + "b"],
        ["switch-number-one", "switch-number-one1", "switch_number"],
        ["Zürich", "北京", "東京"],
        ["../../etc", "a b", "a/b"],
        ["aaaaaaaaaa1", "aaaaaaaaaa", "aaaaaaaaaa2"],
    ],
)
def test_names_of_any_kind_become_interfaces(names: list[str]) -> None:
    topology = chain(names, ports=120)
    found = interface_names(topology)
    assert len(set(found.values())) == len(found) == 2 * 2 * 120 + 1
    assert all(LEGAL.fullmatch(name) for name in found.values())
    assert all(name.endswith(f"-eth{port}") for (_, port), name in found.items())
    assert found == interface_names(topology)


def test_a_cut_name_does_not_take_the_name_of_another() -> None:
    """The cut of the first is the name of the second, whole."""
    found = interface_names(chain(["abcdefghijk", "abcdefghij"]))
    assert found[1, 2] == "abcdefghij-eth2"
    assert len(set(found.values())) == 3


def test_hosts_with_long_names() -> None:
    (host,) = plan_of(chain(["a", "b"])).hosts
    assert host.interface == "h" * 10 + "-eth0"
    assert host.switch_interface == "a-eth500"


def test_unicode_labels_and_parallel_links_from_a_file() -> None:
    ends: list[dict[str, Any]] = [{"ends": ["Zürich Nord", "北京"], "capacity": "1Mbit"} for _ in range(12)]
    topology = topology_of({"switches": {"Zürich Nord": {}, "北京": {}}, "links": ends})
    names = all_interfaces(plan_of(topology))
    assert len(set(names)) == 24
    assert all(LEGAL.fullmatch(name) for name in names)


@pytest.mark.parametrize(
    ("fastest", "wanted", "scale"),
    [
        (10**10, None, Fraction(1, 500)),
        (20_000_000, None, Fraction(1)),
        (10**6, None, Fraction(1)),
        (10**10, Fraction(1, 1000), Fraction(1, 1000)),
        (10**6, Fraction(3, 2), Fraction(3, 2)),
    ],
)
def test_capacities_are_scaled(fastest: int, wanted: Fraction | None, scale: Fraction) -> None:
    plan = plan_of(chain(["a", "b"], capacity=fastest, host_capacity=fastest // 2), Settings(scale=wanted))
    assert plan.scale == scale
    assert plan.links[0].capacity == fastest * scale.numerator // scale.denominator
    assert plan.hosts[0].capacity == fastest // 2 * scale.numerator // scale.denominator


def codes(topology: Topology, settings: Settings) -> list[str]:
    reporter = Reporter()
    try:
        make_plan(build_of(topology), settings, reporter)
    except CompileError as error:
        return sorted(each.code for each in error.diagnostics)
    return sorted(each.code for each in reporter.diagnostics)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(scale=Fraction(0)), ["CTR1201"]),
        (Settings(scale=Fraction(-1, 2)), ["CTR1201"]),
        (Settings(grpc_base=65534), []),
        (Settings(grpc_base=65535), ["CTR1202"]),
        (Settings(thrift_base=0), ["CTR1202"]),
        (Settings(thrift_base=-5), ["CTR1202"]),
        (Settings(grpc_base=70000), ["CTR1202"]),
        (Settings(grpc_base=9090, thrift_base=9091), ["CTR1203"]),
        (Settings(grpc_base=9090, thrift_base=9092), []),
        (Settings(scale=Fraction(1, 10**6)), ["CTR1204"]),
        (Settings(scale=Fraction(2)), ["CTR1205"]),
        (Settings(scale=Fraction(1)), []),
        (Settings(name="../x"), ["CTR1206"]),
        (Settings(name=""), ["CTR1206"]),
        (Settings(name="a" * 32), ["CTR1206"]),
        (Settings(name="a\n"), ["CTR1206"]),
        (Settings(log_level="wran"), ["CTR1207"]),
        (
            Settings(scale=Fraction(0), grpc_base=0, log_level="x", name="."),
            ["CTR1201", "CTR1202", "CTR1206", "CTR1207"],
        ),
    ],
)
def test_settings_that_cannot_be(settings: Settings, expected: list[str]) -> None:
    assert codes(chain(["a", "b"]), settings) == expected


def test_the_scale_that_is_recommended_is_enough() -> None:
    topology = chain(["a", "b"], capacity=10**9, host_capacity=3_000_000)
    reporter = Reporter()
    with pytest.raises(CompileError) as caught:
        make_plan(build_of(topology), Settings(scale=Fraction(1, 1000)), reporter)
    (problem,) = caught.value.diagnostics
    text = problem.help_texts()[0]
    assert "host 'h'" in problem.title_text() and "3000 bit/s" in problem.title_text()
    factor = Fraction(text.split("by ")[1].split(" or")[0])
    assert codes(topology, Settings(scale=factor)) == []
    assert factor < Fraction(1, 300)


def test_a_single_switch() -> None:
    plan = plan_of(topology_of({"switches": {"only": {}}, "links": []}))
    assert (plan.scale, plan.links, plan.hosts, len(plan.switches)) == (1, (), (), 1)
