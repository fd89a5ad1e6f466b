"""The judge against cases worked out by hand: figure 5 of the paper, and every policy of the language's own examples.

The network of figure 5, with latencies:  A-B .5 1us,  A-C .4 2us,  B-C .2 1us,  B-D .3 1us,  C-D .1 5us.
From A to D there are, without repeating a switch,
    ABD len 2 util .5 lat 2,  ACD len 2 util .4 lat 7,  ABCD len 3 util .5 lat 7,  ACBD len 3 util .4 lat 4.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from support.judging import policy_of, state_of, topology_from

from contra import interp

TOPOLOGY = topology_from(
    {
        "switches": {name: {} for name in "ABCD"},
        "links": [
            {"ends": ["A", "B"], "capacity": "10Gbit", "latency": "1us"},
            {"ends": ["A", "C"], "capacity": "10Gbit", "latency": "2us"},
            {"ends": ["B", "C"], "capacity": "10Gbit", "latency": "1us"},
            {"ends": ["B", "D"], "capacity": "10Gbit", "latency": "1us"},
            {"ends": ["C", "D"], "capacity": "10Gbit", "latency": "5us"},
        ],
    }
)
LOADS = {"AB": 0.5, "AC": 0.4, "BC": 0.2, "BD": 0.3, "CD": 0.1}


def rows(loads: dict[str, float] = LOADS) -> list[dict[str, object]]:
    return [{"from": a, "to": b, "util": load} for ends, load in loads.items() for a, b in (ends, ends[::-1])]


NETWORK = state_of(TOPOLOGY, rows())

CASES = [
    ("path.len", "AD", "2", ["ABD", "ACD"]),
    ("path.util", "AD", "0.4", ["ACBD", "ACD"]),
    ("path.util", "BD", "0.2", ["BCD"]),
    ("path.lat", "AD", "2", ["ABD"]),
    ("(path.len, path.util)", "AD", "(2, 0.4)", ["ACD"]),
    ("(path.util, path.len)", "AD", "(0.4, 2)", ["ACD"]),
    ("if .* (B + B) .* then path.util else inf", "AD", "0.4", ["ACBCD", "ACBD"]),
    ("if .* B C .* then path.util else inf", "AD", "0.4", ["ACBCBD", "ACBCD"]),
    ("if .* B C .* then path.len else inf", "AD", "3", ["ABCD"]),
    ("(if .* A B .* then 10 else 0) + path.len", "AD", "2", ["ACD"]),
    ("(if .* A .* then 10 else 0) + path.len", "AD", "12", ["ABD", "ACD"]),
    ("if A .* then path.util else path.lat", "AD", "0.4", ["ACBD", "ACD"]),
    ("if A .* then path.util else path.lat", "BD", "1", ["BD"]),
    ("if A .* then path.util else path.lat", "CD", "2", ["CBD"]),
    ("if path.util < .8 then (1, 0, path.util) else (2, path.len, path.util)", "AD", "(1, 0, 0.4)", ["ACBD", "ACD"]),
    ("if path.util < .4 then (1, 0, path.util) else (2, path.len, path.util)", "AD", "(2, 2, 0.4)", ["ACD"]),
    ("if path.util <= .4 then (1, 0, path.util) else (2, path.len, path.util)", "AD", "(1, 0, 0.4)", ["ACBD", "ACD"]),
    ("if path.util < .8 then (1, path.util) else (2, path.len)", "AD", "(1, 0.4)", ["ACBD", "ACD"]),
    ("if .* C .* then path.len else inf", "AD", "2", ["ACD"]),
    ("if .* C .* then 0 else inf", "AC", "0", ["ABC", "ABDC", "AC"]),
    ("if A B D then 0 else if A C D then 1 else inf", "AD", "0", ["ABD"]),
    ("if A B D then 0 else if A C D then 1 else inf", "BD", "inf", []),
    (
        "if A .* B .* D then (0, path.len, path.util) else if A .* C .* D then (1, path.len, path.util) else inf",
        "AD",
        "(0, 2, 0.5)",
        ["ABD"],
    ),
    ("(if .* A B .* then 10 else 0) + (if .* C D .* then 20 else 0) + path.len", "AD", "3", ["ACBD"]),
    ("if A .* D then path.util else inf", "AD", "0.4", ["ACBD", "ACD"]),
    ("if A .* D then path.util else inf", "BD", "inf", []),
    ("if .* B .* A .* then inf else path.util", "AD", "0.4", ["ACBCD", "ACBD", "ACD"]),
    ("if .* B .* A .* then inf else path.util", "BA", "inf", []),
    ("if .* B .* A .* then inf else path.util", "DA", "0.4", ["DCA"]),
    ("if A B D then 0 else path.util", "AD", "0", ["ABD"]),
    ("if A B D then 0 else path.util", "BD", "0.2", ["BCD"]),
    ("if A C B D + A B C D then path.util else inf", "AD", "0.4", ["ACBD"]),
    ("if A B D then 0 else if B .* D then path.util else inf", "AD", "0", ["ABD"]),
    ("if A B D then 0 else if B .* D then path.util else inf", "BD", "0.2", ["BCD"]),
    ("if A B D then 0 else if B .* D then path.util else inf", "CD", "inf", []),
    ("let worst = max(path.util, 45%) in (worst, path.lat)", "AD", "(0.45, 4)", ["ACBD"]),
    ("min(path.len, 2) * 3 - 1", "AD", "5", ["ABCD", "ABD", "ACBD", "ACD"]),
    ("path.len + (if not (.* B .*) then inf else 0)", "AD", "2", ["ABD"]),
]


@pytest.mark.parametrize(("rank", "pair", "least", "best"), CASES)
def test_by_hand(rank: str, pair: str, least: str, best: list[str]) -> None:
    policy = policy_of(f"minimize({rank})", TOPOLOGY)
    found = interp.best(policy, NETWORK, *pair)
    assert str(found.rank) == least
    assert sorted("".join(interp.names_of(walk)) for walk in found.walks) == best
    assert interp.least_rank(policy, NETWORK, *pair) == found.rank


def test_what_is_down_cannot_be_used() -> None:
    """Static failover, one direction at a time."""
    policy = policy_of("minimize(if A B D then 0 else if A C D then 1 else inf)", TOPOLOGY)
    for state, expected in [
        ([{"from": "A", "to": "B", "up": False}], "1"),
        ([{"from": "B", "to": "A", "up": False}], "0"),
        ([{"from": "B", "to": "D", "up": False}, {"from": "C", "to": "D", "up": False}], "inf"),
    ]:
        assert str(interp.best(policy, state_of(TOPOLOGY, state), "A", "D").rank) == expected


PARALLEL = topology_from(
    {
        "attributes": {"cost": {"combine": "sum"}, "bw": {"combine": "min"}, "loss": {"combine": "max"}},
        "switches": {name: {} for name in ("edge-1", "B", "C")},
        "links": [
            {"ends": ["edge-1", "B"], "latency": "1us", "capacity": "1Gbit", "cost": 1.5, "bw": 3, "loss": 0.1},
            {"ends": ["edge-1", "B"], "latency": "9us", "capacity": "1Gbit", "cost": 0.5, "bw": 7, "loss": 0.2},
            {"ends": ["B", "C"], "latency": "1us", "capacity": "1Gbit", "cost": 2, "bw": 5, "loss": 0},
        ],
    }
)


@pytest.mark.parametrize(
    ("rank", "ranks"),
    [
        ("path.cost", ["2.5", "3.5"]),
        ("-path.bw", ["-5", "-3"]),
        ("path.loss", ["0.1", "0.2"]),
        ("path.lat", ["2", "10"]),
        ("path.util", ["0.6", "0.7"]),
        ("if edge-1 .* then path.len else inf", ["2", "2"]),
    ],
)
def test_parallel_links_and_declared_attributes(rank: str, ranks: list[str]) -> None:
    """Loads differ by link and direction; only those of the data's direction count."""
    state = [
        {"from": "edge-1", "to": "B", "port": 1, "util": 0.6},
        {"from": "edge-1", "to": "B", "port": 2, "util": 0.7},
        {"from": "B", "to": "edge-1", "util": 0.9},
        {"from": "C", "to": "B", "util": 1},
    ]
    network, policy = state_of(PARALLEL, state), policy_of(f"minimize({rank})", PARALLEL)
    first = network.switches[0]
    found = interp.ranks_of(policy, network, [first, "B", "C"])
    assert [str(each) for each, _ in found] == ranks
    assert interp.best(policy, network, first, "C").rank == found[0][0]


def test_a_state_may_change_latency_and_attributes() -> None:
    network = state_of(PARALLEL, [{"from": "B", "to": "C", "latency": "50us", "cost": 10, "bw": 1}])
    policy = policy_of("minimize((path.lat, path.cost, path.bw))", PARALLEL)
    assert str(interp.best(policy, network, "B", "C").rank) == "(50, 10, 1)"
    assert str(interp.best(policy, network, "C", "B").rank) == "(1, 2, 5)"


def test_ranks_compare_print_and_become_json() -> None:
    one, other = (interp.Rank((Fraction(1), Fraction(number, 10))) for number in (2, 3))
    assert one < other < interp.INF
    assert not interp.INF < interp.INF
    assert max(interp.INF, one) == interp.INF
    assert (one.json(), interp.INF.json()) == ([1, 0.2], "inf")
    assert (str(interp.Rank((Fraction(1, 3),))), str(interp.INF)) == ("1/3", "inf")


def test_what_is_no_walk_is_refused() -> None:
    policy = policy_of("minimize(path.len)", TOPOLOGY)
    ab, bd = (next(e for e in NETWORK.edges if e.source + e.target == ends) for ends in ("AB", "BD"))
    assert interp.rank(policy, (ab, bd)) == interp.Rank((Fraction(2),))
    for walk in ((), (bd, ab)):
        with pytest.raises(ValueError, match="walk"):
            interp.rank(policy, walk)
    with pytest.raises(ValueError, match="not two switches"):
        interp.best(policy, NETWORK, "A", "Z")
