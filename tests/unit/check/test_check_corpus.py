"""Every policy of docs/language.md has the names and types it should have."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.switches import ring

from contra.check import check
from contra.diagnostics import Reporter
from contra.syntax import parse, read

POLICIES = Path(__file__).parents[2] / "policies"
FILES = sorted(POLICIES.glob("*/*.ctr")) + sorted(POLICIES.glob("hula/*.hula"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_it_checks_without_a_word(file):
    topology = ring(["A", "B", "C", "D", "E", "F", "F1", "F2", "S", "W", "X", "Y", "L1", "S1"])
    reporter = Reporter()
    source = read(file, reporter)
    policy = check(parse(source, reporter, hula_capacity=10**7), topology, reporter, source)
    assert reporter.diagnostics == []
    assert policy.source is source


@pytest.mark.parametrize(
    ("name", "arity", "regexes", "attributes"),
    [
        ("p1_shortest_path", 1, [], ["len"]),
        ("p4_waypoint", 1, [".* (F1 + F2) .*"], ["util"]),
        ("p7_source_local", 1, ["X .*"], ["lat", "util"]),
        ("p8_congestion_aware", 3, [], ["len", "util"]),
        ("two_weighted_links", 1, [".* A B .*", ".* C D .*"], ["len"]),
        ("figure_5", 1, ["A B D", "B .* D"], ["util"]),
        ("static_failover", 1, ["A B D", "A C D"], []),
    ],
)
def test_what_it_uses(name, arity, regexes, attributes):
    source = read(POLICIES / "good" / f"{name}.ctr", Reporter())
    policy = check(parse(source, Reporter()), ring(), Reporter(), source)
    assert policy.arity == arity
    assert [regex.text for regex in policy.regexes] == regexes
    assert [info.name for info in policy.attributes] == attributes
