"""The judge against other evaluators of policies: Python's `re`, and brute force over meanings written in Python."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from property.test_known_policies import GOOD, MEANING, NETS
from strategies import meanings
from strategies.regexes import compiled as in_python
from strategies.regexes import regexes
from support import judge
from support.judging import Judged, plain, policy_of
from support.verdict import accepted

from contra import interp
from contra.automata.regex import Regex

SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
MOST_WALKS = 1500


@settings(SETTINGS, max_examples=200)
@given(regexes("ABC"), st.text("ABC", max_size=6))
def test_regexes_match_what_python_says(regex: Regex, path: str) -> None:
    assert interp.matches(regex, path) == (in_python(regex).fullmatch(path) is not None)


@st.composite
def cases(draw: st.DrawFn) -> tuple[judge.Net, meanings.Policy]:
    net = draw(meanings.nets(most=5))
    return net, draw(meanings.policies(net.switches))


def wander(net: judge.Net, random: Random) -> list[judge.Hop]:
    """A random walk; it may repeat switches and links."""
    hops = [random.choice(net.hops)]
    for _ in range(random.randrange(6)):
        hops.append(random.choice([hop for hop in net.hops if hop.source == hops[-1].target]))
    return hops


@settings(SETTINGS)
@given(cases(), st.integers(0, 10**6))
def test_any_walk_has_the_rank_that_the_policy_means(case: tuple[judge.Net, meanings.Policy], seed: int) -> None:
    net, policy = case
    judged, random = Judged(net), Random(seed)
    checked = policy_of(policy.text, judged.topology)
    for _ in range(20):
        hops = wander(net, random)
        expected = judge.rank_of(policy.rank, judge.path_of(net, hops))
        assert plain(interp.rank(checked, judged.walk(hops))) == expected


def check_optima(text: str, meaning: judge.Policy, net: judge.Net, *, enumerate_too: bool) -> None:
    """Brute force knows all walks up to a length: it may not beat us, and what it could know has to be equal."""
    judged = Judged(net)
    checked = policy_of(text, judged.topology)
    pairs = [(judged.names[name], name) for name in net.destinations]
    ends = [name for name, _ in pairs]
    found = interp.least_ranks(checked, judged.network, ends, ends)
    longest = judge.bound_for(net, MOST_WALKS)
    known = judge.optima(net, meaning, longest)
    walks = interp.best_of_all(checked, judged.network, ends, ends) if enumerate_too else {}
    for a, label_a in pairs:
        for b, label_b in pairs:
            if a == b:
                continue
            least = plain(found[a, b])
            assert least <= known[label_a, label_b]
            if walks:
                optimum = walks[a, b]
                assert plain(optimum.rank) == least
                assert bool(optimum.walks) == (optimum.rank != interp.INF)
                assert all(interp.rank(checked, walk) == optimum.rank for walk in optimum.walks)
                shortest = min((len(walk) for walk in optimum.walks), default=0)
                assert least == known[label_a, label_b] or shortest > longest


@settings(SETTINGS)
@given(cases())
def test_the_least_rank_is_that_of_brute_force(case: tuple[judge.Net, meanings.Policy]) -> None:
    net, policy = case
    assume(judge.count_walks(net, 6) < 20_000)
    assume(accepted(policy.text, net) is not None)
    check_optima(policy.text, policy.rank, net, enumerate_too=True)


@pytest.mark.parametrize("where", NETS)
@pytest.mark.parametrize("name", MEANING)
def test_policies_of_the_corpus(name: str, where: str) -> None:
    text = (GOOD / f"{name}.ctr").read_text(encoding="utf-8")
    check_optima(text, MEANING[name], NETS[where], enumerate_too=False)


def test_a_walk_may_come_back_but_not_through_its_destination() -> None:
    """W hangs on D alone, so that nothing that goes from A to D can have been there."""
    wires = [
        judge.Wire((a, b), ports, 1000, (Fraction(0),) * 2)
        for a, b, ports in (("A", "D", (1, 1)), ("D", "W", (2, 1)), ("A", "B", (2, 1)), ("B", "V", (2, 1)))
    ]
    judged = Judged(judge.Net(tuple("ADWBV"), tuple(wires)))
    for waypoint, expected in (("W", "inf"), ("V", "5")):
        policy = policy_of(f"minimize(if .* {waypoint} .* then path.len else inf)", judged.topology)
        found = interp.best(policy, judged.network, "A", "D")
        assert str(found.rank) == str(interp.least_rank(policy, judged.network, "A", "D")) == expected
