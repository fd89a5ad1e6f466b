"""Decisions about the programs: roles, BestT, table sizes, clauses; and what does not fit."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from fractions import Fraction

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies.networks import network
from support.builds import lowered, with_cost

from contra import ir
from contra.diagnostics import CompileError, Diagnostic, Reporter, Severity
from contra.ir.drops import drop_reasons
from contra.ir.lower import word_depth
from contra.ir.model import Component, IntegerForm, RankWord, Role, SwitchProgram
from contra.options import ProtocolOptions
from contra.topology.model import Declaration, Topology

DIAMOND = network("ABCD", [("A", "B"), ("A", "C"), ("B", "D"), ("C", "D")], ["A", "D"])


def program(policy: str, topology: Topology = DIAMOND) -> SwitchProgram:
    return lowered(policy, topology).programs[0]


# ---------------------------------------------------------------------------------------------- programs


def test_switches_with_hosts_are_destinations_and_the_others_transit() -> None:
    made = lowered("minimize(path.len)", DIAMOND)
    assert made.roles == (Role.DESTINATION, Role.TRANSIT, Role.TRANSIT, Role.DESTINATION)
    assert [each.name for each in made.programs] == ["destination", "transit"]
    assert made.program_of(1).role is Role.TRANSIT
    alone = lowered("minimize(path.len)", replace(DIAMOND, hosts=()))
    assert set(alone.roles) == {Role.DESTINATION}


@pytest.mark.parametrize(
    ("policy", "best"),
    [
        ("minimize(path.len)", False),
        ("minimize(path.util)", False),
        ("minimize(0)", False),
        ("minimize(if .* B .* then path.util else inf)", True),
        ("minimize(if path.util < .8 then (1, 0, path.util) else (2, path.len, path.util))", True),
        ("minimize(if path.len < 3 then path.len else inf)", True),
        ("minimize((if .* A B .* then 10 else 0) + path.len)", True),
    ],
)
def test_best_t_exists_where_there_is_a_choice_or_a_drop(policy: str, best: bool) -> None:
    made = program(policy)
    assert made.has_best == best
    assert bool(made.cases) == best


def test_transit_switches_hold_no_best_t_and_no_origin() -> None:
    made = lowered("minimize(if .* B .* then path.util else inf)", DIAMOND)
    cells = {cell.name for cell in made.programs[1].plan.cells}
    assert not cells & {"best_route", "best_seen", "origin_version"}
    names = {header.name for header in made.programs[1].headers}
    assert names == {"packet_out", "packet_in", "query", "ethernet", "probe", "shim"}


def test_probes_carry_what_the_policy_uses_and_nothing_else() -> None:
    for policy, names in (
        ("minimize(path.len)", ["len"]),
        ("minimize((path.lat, path.util))", ["lat", "util"]),
        ("minimize(if path.util < .5 then (1, path.util) else (2, path.len))", ["len", "util"]),
        ("minimize(0)", []),
        ("minimize(path.cost)", ["cost"]),
    ):
        made = program(policy, with_cost(DIAMOND))
        assert [metric.name for metric in made.metrics] == names
        assert made.measures_load == ("util" in names)
        assert [metric.name for metric in made.link_metrics] == [n for n in names if n in ("lat", "cost")]
        probe = next(header for header in made.headers if header.name == "probe")
        assert probe.bits == 48 + 8 * bool(made.widths.key) + sum(metric.bits for metric in made.metrics)


def test_a_policy_that_is_inf_everywhere_has_programs_too() -> None:
    made = lowered("minimize(inf)", DIAMOND)
    assert [order.text for order in made.programs[0].orders] == ["any"]
    assert made.programs[0].widths.key == 0


@pytest.mark.parametrize(("neighbours", "hosts", "size"), [(3, 1, 64), (64, 0, 64), (65, 0, 128), (40, 30, 128)])
def test_tables_have_room_in_powers_of_two(neighbours: int, hosts: int, size: int) -> None:
    names = ["hub", *(f"n{i}" for i in range(neighbours))]
    star = network(names, [("hub", name) for name in names[1:]], ["hub"] * hosts or None)
    sizes = dict(program("minimize(path.len)", star).table_sizes)
    assert sizes["ingress_port"] == size
    assert sizes["hop_port"] == (64 if neighbours <= 64 else 128)
    assert all(count & (count - 1) == 0 for count in sizes.values())


def test_clauses_are_listed_once_and_cut_where_they_are_long() -> None:
    long = " + ".join(f"{i} * path.len" for i in range(1, 40))
    made = lowered(f"minimize(if .* B .* then {long} else if .* C .* then inf else\n  path.lat)", DIAMOND)
    texts = [clause.text for clause in made.clauses]
    assert len(texts) == 3
    assert len(texts[0]) == 160
    assert texts[0].startswith("1 * path.len + 2 * path.len")
    assert texts[0].endswith("…")
    assert texts[1:] == ["inf", "path.lat"]
    assert [(clause.line, clause.column) for clause in made.clauses][2] == (2, 3)


def component(*forms: IntegerForm, ceiling: int | None = None) -> RankWord:
    return RankWord((Component(32, forms, ceiling),))


@pytest.mark.parametrize(
    ("word", "depth"),
    [
        (component(IntegerForm(0, (("len", 1),))), 1),
        (component(IntegerForm(5, (("len", 1),))), 1),  # one addition
        (component(IntegerForm(5, (("len", 3),))), 2),  # len + 2 len + 5
        (component(IntegerForm(0, (("len", 255),))), 3),  # 8 summands
        (component(IntegerForm(0, (("len", 1),)), IntegerForm(0, (("util", 1),))), 1),
        (component(IntegerForm(0, (("len", 3),)), IntegerForm(4), ceiling=9), 3),
    ],
)
def test_depth_of_a_word_is_that_of_its_sums(word: RankWord, depth: int) -> None:
    assert word_depth(word) == depth


# ---------------------------------------------------------------------------------------------- refusals


def reported(topology: Topology, policy: str, options: ProtocolOptions | None = None) -> list[Diagnostic]:
    graph = lowered(policy, topology).graph
    reporter = Reporter()
    try:
        ir.lower(graph, options or ProtocolOptions(), reporter)
    except CompileError as error:
        return list(error.diagnostics)
    return list(reporter.diagnostics)


def costing(*values: str) -> Topology:
    links = zip(DIAMOND.links, values, strict=True)
    links_ = tuple(replace(link, attributes=(("cost", Fraction(value)),)) for link, value in links)
    return replace(DIAMOND, links=links_, declarations=(Declaration("cost", "sum", "euro"),))


@pytest.mark.parametrize("value", ["1/3", "0.0001", "4294967.296", "-1"])
def test_values_that_probes_cannot_carry_are_refused(value: str) -> None:
    with pytest.raises(CompileError) as error:
        lowered("minimize(path.cost)", costing("1", value, "4294967.295", "0.001"))
    (found,) = error.value.diagnostics
    assert found.code == "CTR0602"
    assert "'cost' of link A-C" in found.title_text()


def test_every_value_that_does_not_fit_is_named() -> None:
    with pytest.raises(CompileError) as error:
        lowered("minimize(path.cost)", costing("1/3", "1", "1/7", "2"))
    assert [d.code for d in error.value.diagnostics] == ["CTR0602"] * 2


def test_values_of_attributes_that_the_policy_does_not_use_do_not_matter() -> None:
    assert program("minimize(path.len)", costing("1/3", "1", "1", "1"))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(1, 5)), min_size=1, max_size=7), st.integers(1, 30))
def test_a_period_that_is_too_short_is_said(tree: list[tuple[int, int]], period_us: int) -> None:
    """On trees, against networkx: one way across the network, half the largest round trip, must fit."""
    names = "ABCDEFGH"[: len(tree) + 1]
    ends = [(names[parent % (i + 1)], names[i + 1]) for i, (parent, _) in enumerate(tree)]
    plain = network(names, ends)
    links = tuple(replace(li, latency_ns=tree[li.index][1] * 1000) for li in plain.links)
    graph = nx.Graph()
    graph.add_weighted_edges_from((*end, latency) for end, (_, latency) in zip(ends, tree, strict=True))
    across = nx.diameter(graph, weight="weight")
    options = ProtocolOptions(probe_period_us=period_us, flowlet_timeout_us=1)
    found = reported(replace(plain, links=links), "minimize(path.len)", options)
    assert [d.code for d in found] == ["CTR0604"] * (across > period_us)
    if found:
        assert found[0].severity is Severity.WARNING
        assert f"({across}us)" in found[0].title_text()


@pytest.mark.parametrize(("pids", "codes"), [(255, []), (65_535, ["CTR0603"])])
def test_more_replication_groups_than_targets_number_are_refused(pids: int, codes: list[str]) -> None:
    """Groups have 16 bits, number 0 is nobody and 1 is the probe clock's."""
    graph = lowered("minimize(path.len)", DIAMOND).graph
    first = replace(graph.nodes[0], pids=tuple(range(pids)))
    reporter = Reporter()
    with contextlib.suppress(CompileError):
        ir.lower(replace(graph, nodes=(first, *graph.nodes[1:])), ProtocolOptions(), reporter)
    assert [d.code for d in reporter.diagnostics] == codes
    assert all("replication groups" in d.title_text() for d in reporter.diagnostics)


def test_authentication_adds_a_mac_to_probes_and_a_drop_reason_and_nothing_else() -> None:
    topology = network("ABC", [("A", "B"), ("B", "C")], ["A", "C"])
    plain = lowered("minimize(path.util)", topology)
    keyed = lowered("minimize(path.util)", topology, ProtocolOptions(authenticate=True))
    for before, after in zip(plain.programs, keyed.programs, strict=True):
        headers = {header.name: header.fields for header in after.headers}
        assert [field.name for field in headers["probe"]][-1] == "mac"
        own = {header.name: header.fields for header in before.headers}
        assert headers == own | {"probe": (*own["probe"], headers["probe"][-1])}
        assert (after.plan.cells, after.table_sizes) == (before.plan.cells, before.table_sizes)
    assert drop_reasons(keyed.options)[:-1] == drop_reasons(plain.options)
    assert drop_reasons(keyed.options)[-1][0] == "UNAUTHENTIC"
