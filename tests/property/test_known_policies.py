"""The corpus of good policies, and the cases that are easy to get wrong, judged from text to entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import inf
from pathlib import Path
from random import Random

import pytest
from strategies.meanings import LATENCIES, LOADS
from support import fixpoint, judge
from support.judge import Net, Wire
from support.verdict import assert_optimal, assert_warned, compiled, follow, other_loads

GOOD = Path(__file__).parents[1] / "policies" / "good"
NAMES = ("A", "B", "C", "D", "E", "F", "F1", "F2", "S", "W", "X", "Y")
MESH = "SA SB SC AB AC AD AE BC BD BE CD CE EF FD F1A F1D F2B F2C WA WD XY XA YD"
RING = "AB BD DC CA SA SB SE EF FC XY XA YD WB F1A F2C EA"
TREE = "AB AB BD BD AC CD XA XY YD YD WA F1B F2D SA SC SE EF FD SC EB CE"


def ends(text: str) -> list[tuple[str, str]]:
    """`SA` is the link between S and A."""
    pairs = []
    for link in text.split():
        first = link[:2] if link[1].isdigit() else link[0]
        pairs.append((first, link[len(first) :]))
    return pairs


def net(pairs: Iterable[tuple[str, str]], seed: int = 0, hosts: tuple[str, ...] = ()) -> Net:
    """A network with random loads and latencies."""
    random, wires = Random(seed), []
    names = tuple(dict.fromkeys(name for pair in pairs for name in pair))
    used = dict.fromkeys(names, 0)
    for pair in pairs:
        for name in pair:
            used[name] += 1
        load = (random.choice(LOADS), random.choice(LOADS))
        wires.append(Wire(pair, (used[pair[0]], used[pair[1]]), random.choice(LATENCIES), load))
    return Net(names, tuple(wires), hosts)


def loaded(loads: Mapping[str, str]) -> Net:
    """A network by the utilisation of its links, the same in both directions."""
    plain = net(ends(" ".join(loads)))
    wires = zip(plain.wires, loads.values(), strict=True)
    return Net(plain.switches, tuple(Wire(w.ends, w.ports, 1000, (Fraction(u),) * 2) for w, u in wires))


NETS = {
    "mesh": net(ends(MESH), 1, ("A", "B", "D", "S", "X", "W")),
    "ring": net(ends(RING), 2),
    "tree": net(ends(TREE), 3, ("A", "C", "D", "S", "X", "Y", "F2")),
}


# What the policies of the corpus mean, on the list of switches; `p` is the path.


def switches(p: judge.Path) -> list[str]:
    return p.word.split("/")[:-1]


def steps(p: judge.Path) -> set[tuple[str, str]]:
    names = switches(p)
    return set(pairwise(names))


def runs(p: judge.Path, first: str, middle: str, last: str) -> bool:
    """first .* middle .* last"""
    names = switches(p)
    return names[0] == first and names[-1] == last and middle in names[1:-1]


def forbidden(p: judge.Path) -> bool:
    """Whether B stands anywhere before A."""
    names = switches(p)
    return "B" in names and "A" in names[names.index("B") :]


def preferred(p: judge.Path) -> object:
    if runs(p, "A", "B", "D"):
        return (0, p.len, p.util)
    return (1, p.len, p.util) if runs(p, "A", "C", "D") else inf


def figure_5(p: judge.Path) -> object:
    names = switches(p)
    if names == list("ABD"):
        return 0
    return p.util if names[0] == "B" and names[-1] == "D" else inf


MEANING: dict[str, judge.Policy] = {
    "any_path_through_w": lambda p: 0 if "W" in switches(p) else inf,
    "figure_5": figure_5,
    "flowlet_violation": lambda p: p.util if switches(p) in (list("SCEFD"), list("SAEBD")) else inf,
    "never_b_before_a": lambda p: inf if forbidden(p) else p.util,
    "one_pair_only": lambda p: p.util if (switches(p)[0], switches(p)[-1]) == ("S", "D") else inf,
    "p1_shortest_path": lambda p: p.len,
    "p2_least_utilised": lambda p: p.util,
    "p3_widest_shortest": lambda p: (p.len, p.util),
    "p4_waypoint": lambda p: p.util if {"F1", "F2"} & set(switches(p)) else inf,
    "p5_must_use_link": lambda p: p.util if ("X", "Y") in steps(p) else inf,
    "p6_weighted_link": lambda p: p.len + (10 if ("X", "Y") in steps(p) else 0),
    "p7_source_local": lambda p: p.util if switches(p)[0] == "X" else p.lat,
    "p8_congestion_aware": lambda p: (1, 0, p.util) if p.util < Fraction(4, 5) else (2, p.len, p.util),
    "pinned_path": lambda p: 0 if switches(p) == list("ABD") else p.util,
    "preferred_waypoint": preferred,
    "static_failover": lambda p: {"ABD": 0, "ACD": 1}.get("".join(switches(p)), inf),
    "two_classes": lambda p: (1, p.util) if p.util < Fraction(4, 5) else (2, p.len),
    "two_weighted_links": lambda p: p.len + 10 * (("A", "B") in steps(p)) + 20 * (("C", "D") in steps(p)),
    "waypoint_let": lambda p: (p.len, p.util) if {"F1", "F2"} & set(switches(p)) else inf,
}


def test_every_good_policy_has_a_meaning_here() -> None:
    assert {path.stem for path in GOOD.glob("*.ctr")} == set(MEANING)


@pytest.mark.parametrize("where", NETS)
@pytest.mark.parametrize("name", MEANING)
def test_good_policies(name: str, where: str) -> None:
    text = (GOOD / f"{name}.ctr").read_text(encoding="utf-8")
    here, random = NETS[where], Random(name + where)
    later = [other_loads(here, random), here.without(random.choice(here.wires))]
    assert follow(text, MEANING[name], here, 7, later, by_load=False)


# ---------------------------------------------------------------------------------------- by hand


def way(fabric: fixpoint.Fabric, source: str, destination: str) -> str:
    try:
        return source + "".join(hop.target for hop in fabric.forward(source, destination))
    except fixpoint.DroppedError:
        return "dropped"


def settled(text: str, here: Net) -> fixpoint.Fabric:
    compilation, _ = compiled(text, here)
    assert compilation.deployment is not None
    fabric = fixpoint.Fabric(compilation.deployment, here, Random(0))
    fabric.settle()
    return fabric


def test_figure_5() -> None:
    """The paper's figure 5: A takes A B D though the link A-B is the busiest, B goes by C, C drops."""
    here = loaded({"AB": ".5", "AC": ".4", "BC": ".2", "BD": ".3", "CD": ".1"})
    fabric = settled((GOOD / "figure_5.ctr").read_text(encoding="utf-8"), here)
    assert {s: way(fabric, s, "D") for s in "ABC"} == {"A": "ABD", "B": "BCD", "C": "dropped"}


@pytest.mark.parametrize("hosts", [(), ("A", "D")], ids=["all are destinations", "A and D are"])
@pytest.mark.parametrize("rank", ["path.util", "(path.len, path.util)"])
def test_waypoint_on_a_stub(rank: str, hosts: tuple[str, ...]) -> None:
    """The best path goes to the waypoint and back over the same link. With two hosts, B is before W on all walks from
    D: a pruning that takes the later visit of B for superfluous cuts everybody off."""
    here = replace(loaded({"AB": ".1", "BW": ".2", "BD": ".3"}), hosts=hosts)
    fabric = settled(f"minimize(if .* W .* then {rank} else inf)", here)
    assert way(fabric, "A", "D") == "ABWBD"
    assert way(fabric, "D", "A") == "DBWBA"
    assert hosts or way(fabric, "W", "A") == "WBA"


@pytest.mark.parametrize(("bonus", "best"), [(10, "ABWBD"), (1, "ABD")])
def test_a_detour_that_pays(bonus: int, best: str) -> None:
    """Visiting W costs two links and saves `bonus`; nobody has to."""
    here = replace(loaded({"AB": ".1", "BW": ".2", "BD": ".3"}), hosts=("A", "D"))
    fabric = settled(f"minimize((if .* W .* then 0 else {bonus}) + path.len)", here)
    assert way(fabric, "A", "D") == best


def test_waypoint_whose_own_best_path_leads_back() -> None:
    """W reaches D best by A, which is where it hears of D from. A has to hear of that path all the same."""
    here = loaded({"AD": ".1", "AW": "0", "WB": ".5", "BD": ".5"})
    fabric = settled("minimize(if .* W .* then path.util else inf)", here)
    assert way(fabric, "A", "D") == "AWAD"


def test_source_specific_policy_drops_all_others() -> None:
    here = loaded({"SA": ".9", "SB": ".1", "AD": ".1", "BD": ".2"})
    fabric = settled("minimize(if S .* D then path.util else inf)", here)
    assert {s: way(fabric, s, "D") for s in "SAB"} == {"S": "SBD", "A": "dropped", "B": "dropped"}
    assert way(fabric, "D", "S") == "dropped"


def test_source_local_preference() -> None:
    """X avoids load and A avoids delay, though both go to D by the same switches."""
    wires = (("X", "A", 0, ".1"), ("A", "B", 5000, ".1"), ("B", "D", 5000, ".1"), ("A", "D", 1000, ".9"))
    used = dict.fromkeys("XABD", 0)
    built = []
    for a, b, latency, load in wires:
        used[a], used[b] = used[a] + 1, used[b] + 1
        built.append(Wire((a, b), (used[a], used[b]), latency, (Fraction(load),) * 2))
    fabric = settled((GOOD / "p7_source_local.ctr").read_text(encoding="utf-8"), Net(tuple("XABD"), tuple(built)))
    assert (way(fabric, "X", "D"), way(fabric, "A", "D")) == ("XABD", "AD")


LADDER = """minimize(
    if .* W .* then
        (if path.util < 30% then (1, path.util, 0)
         else if path.lat <= 2us then (2, path.lat, path.util)
         else if path.len < 3 then (3, path.len, path.util)
         else (4, path.lat, path.len))
    else (3, path.len, path.util)
)"""


def ladder(p: judge.Path) -> object:
    if "W" not in switches(p):
        return (3, p.len, p.util)
    if p.util < Fraction(3, 10):
        return (1, p.util, 0)
    if p.lat <= 2:
        return (2, p.lat, p.util)
    return (3, p.len, p.util) if p.len < 3 else (4, p.lat, p.len)


@pytest.mark.parametrize("seed", range(8))
def test_three_thresholds_behind_a_waypoint(seed: int) -> None:
    """Classes of one rule compete with those of another, and each of four branches wins somewhere."""
    here = net(ends("AB BD DC CA AW WD WE EB BD"), seed)
    random = Random(seed)
    later = [other_loads(here, random), here.without(random.choice(here.wires)), other_loads(here, random)]
    assert follow(LADDER, ladder, here, seed, later, by_load=False)


def test_all_four_branches_win_somewhere() -> None:
    """The test above is worth something."""
    won = set()
    for seed in range(8):
        here = net(ends("AB BD DC CA AW WD WE EB BD"), seed)
        best = judge.optima(here, ladder, 4)
        won |= {int(rank[0]) for rank in best.values()}
    assert won >= {1, 2, 3}


def test_a_policy_that_allows_nothing() -> None:
    here = loaded({"AB": "0", "BC": "0"})
    compilation, reporter = compiled("minimize(if A C then 1 else inf)", here)
    assert compilation.deployment is not None
    fabric = fixpoint.Fabric(compilation.deployment, here, Random(0))
    fabric.settle()
    best = assert_optimal(fabric, lambda p: 1 if switches(p) == ["A", "C"] else inf, here)
    assert set(best.values()) == {judge.INF}
    assert_warned(compilation, reporter, best, by_load=False)
