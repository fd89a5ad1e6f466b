"""What `analyse` accepts is routable: probes that keep one path a class find the optimum of the policy.

Random policies, random networks with ties and zeros, exact arithmetic. The judge is brute force over simple paths.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support import build as b
from support import routing

from contra.analysis import analyse
from contra.analysis.analyse import rule_nodes
from contra.analysis.judge import Draft, Judge
from contra.analysis.model import AnalysedPolicy, Form, Linear, ProbeClass, RankBranch, RankRule
from contra.analysis.normalise import normalise
from contra.check.model import AttributeInfo, CheckedPolicy, Combine, Core, Guard
from contra.diagnostics import Reporter

DECLARED = (
    AttributeInfo("bw", Combine.MIN),
    AttributeInfo("cost", Combine.SUM),
    AttributeInfo("loss", Combine.MAX),
)
METRICS = ("len", "lat", "util", "bw", "cost", "loss")
VALUES = [Fraction(v) for v in ("0", "1/2", "1", "2", "3")]
LIMITS = ("1/2", "1", "3/2", "2", "3", "4")
NETWORKS = 40
"""Networks a policy: one in a few dozen shows a fault, if there is one."""
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))


def _component() -> st.SearchStrategy[Core]:
    names = st.sampled_from(("len", "len", "lat", "util", "util", "cost", "loss"))
    metric = st.builds(b.metric, names)
    widest = st.just("bw").map(lambda name: b.neg(b.metric(name)))
    scaled = st.builds(lambda m, c: b.mul(c, m), metric, st.sampled_from(("1/2", "2", "3")))
    total = st.builds(lambda m, n, c: b.add(m, n, c), metric, metric, st.sampled_from((0, 1)))
    floored = st.builds(lambda m, c: b.max_(m, c), metric, st.sampled_from((1, 2)))
    capped = st.builds(lambda m, c: b.min_(m, c), metric, st.sampled_from((2, 3)))
    worst = st.builds(lambda m, n: b.max_(m, n), metric, metric)
    return st.one_of(metric, metric, metric, scaled, total, floored, capped, worst, widest)


def _rank(first: int, size: int) -> st.SearchStrategy[Core]:
    body = st.lists(st.one_of(_component(), _component(), st.just(b.const(0))), min_size=size, max_size=size)
    return st.one_of(body, body, body).map(lambda parts: b.vec(first, *parts))


def _guard() -> st.SearchStrategy[Guard]:
    names, limits = st.sampled_from(("util", "util", "len", "lat", "loss")), st.sampled_from(LIMITS)
    below = st.builds(lambda n, r, c: b.cmp(b.metric(n), r, c), names, st.sampled_from(("<", "<=")), limits)
    wide = st.builds(lambda r, c: b.cmp(b.metric("bw"), r, c), st.sampled_from((">", ">=")), limits)
    above = st.builds(lambda n, c: b.not_(b.cmp(b.metric(n), ">=", c)), names, limits)
    both = st.builds(lambda x, y: b.all_(x, y), below, below)
    either = st.builds(lambda x, y: b.any_(x, y), below, below)
    return st.one_of(below, below, wide, above, both, either)


def _lead(guard: Guard) -> Core | None:
    """The metric that a branch behind the guard had better lead with."""
    name = getattr(getattr(guard, "left", None), "name", None)
    if name is None:
        return None
    return b.neg(b.metric(name)) if name == "bw" else b.metric(name)


@st.composite
def ranks(draw: st.DrawFn) -> Core:
    """A tuple behind up to two metric guards, biased towards what is acceptable; sometimes a regex on top."""
    size = draw(st.integers(1, 3))
    branches = []
    first = 0
    for _ in range(draw(st.integers(0, 2))):
        guard = draw(_guard())
        rank = draw(_rank(first, size))
        lead = _lead(guard)
        if lead is not None and draw(st.integers(0, 3)):
            rank = b.vec(first, lead, *rank.components[2:])
        branches.append((guard, rank))
        first += draw(st.sampled_from((0, 1, 1, 1)))
    last = draw(st.one_of(_rank(first, size), _rank(first, size), st.just(b.inf())))
    whole = b.chain(branches, last) if branches else last
    if draw(st.integers(0, 4)) == 0:
        whole = b.if_(b.on(0), draw(_rank(0, size)), whole)
    return whole


def network(seed: int) -> routing.Network:
    """A connected network of 4 to 6 switches, each link with metrics of its own in each direction.

    Every other one has the shape that brings faults to light: switch 1 has two or three ways to the destination,
    of one to three links each, and the others hang behind it. Few different values make many ties.
    """
    random = Random(seed)
    pairs = _funnel(random) if seed % 2 else _mesh(random)
    values = random.sample(VALUES, random.randint(2, len(VALUES)))
    names = [name for name in METRICS if name != "len"]
    links = {}
    for a, c in sorted(pairs):
        for ends in ((a, c), (c, a)):
            links[ends] = {name: random.choice(values) for name in names}
    return routing.Network(1 + max(map(max, pairs)), links)


def _mesh(random: Random) -> set[tuple[int, int]]:
    size = random.randint(4, 6)
    pairs = {(a, random.randrange(a)) for a in range(1, size)}
    return pairs | {(a, c) for a, c in product(range(size), repeat=2) if a > c and random.random() < 0.5}


def _funnel(random: Random) -> set[tuple[int, int]]:
    pairs, size = {(2, 1)}, 3
    for length in random.sample((1, 2, 2, 3), 2 + random.randrange(2)):
        way = [1, *range(size, size + length - 1), 0]
        size += length - 1
        pairs |= set(pairwise(way))
    return pairs


def is_sound(policy: CheckedPolicy) -> bool:
    """Whether the analysis accepts; quicker than `analyse`, which looks for a witness otherwise."""
    normalised = normalise(policy, Reporter())
    judge = Judge(normalised)
    return all(isinstance(judge.judge(node), Draft) for node in rule_nodes(normalised))


def analysed(rank: Core) -> AnalysedPolicy | None:
    policy = b.policy(rank, declared=DECLARED)
    return analyse(policy, Reporter()) if is_sound(policy) else None


def assert_probes_find_optimum(policy: AnalysedPolicy, network: routing.Network, random: Random) -> None:
    checked: CheckedPolicy = policy.checked
    for matched in [frozenset(), frozenset({0})][: 1 + len(checked.regexes)]:
        chosen = routing.choices(policy, matched, network, random)
        for source in range(1, network.size):
            best = routing.best_by_brute_force(checked, matched, network, source)
            assert chosen[source] == routing.Choice(believed=best, walked=best)


@settings(SETTINGS, max_examples=60)
@given(ranks(), st.integers(0, 10**6))
def test_probes_find_the_optimum_of_every_accepted_policy(rank: Core, seed: int) -> None:
    policy = analysed(rank)
    assume(policy is not None)
    assert policy is not None
    for attempt in range(NETWORKS):
        drawn = network(seed * NETWORKS + attempt)
        assert_probes_find_optimum(policy, drawn, Random(seed))


def by_metrics(*names: str) -> tuple[Form, ...]:
    return tuple(Form((Linear(Fraction(0), ((name, Fraction(1)),)),)) for name in names)


LOW = b.cmp(b.util(), "<", 1)
UNSOUND = {
    "util, len": (b.vec(b.util(), b.len_()), [by_metrics("util", "len")]),
    "len under a limit on util": (b.if_(LOW, b.vec(1, b.len_()), b.vec(2, b.len_())), [by_metrics("len")]),
}


@pytest.mark.parametrize("name", UNSOUND)
def test_the_networks_bring_unsound_policies_to_light(name: str) -> None:
    """The property above is worth something: the same networks expose policies that the analysis refuses."""
    rank, orders = UNSOUND[name]
    checked = b.policy(rank, declared=DECLARED)
    branches = [RankBranch(guard=None, rank=(), probe_class=pid, span=rank.span) for pid in range(len(orders))]
    policy = AnalysedPolicy(
        checked=checked,
        metrics=(),
        rules=(RankRule(index=0, branches=tuple(branches)),),
        classes=tuple(ProbeClass(pid=pid, order=order) for pid, order in enumerate(orders)),
        rule_of=lambda _: 0,
    )
    wrong = 0
    for seed in range(200):
        drawn = network(seed)
        chosen = routing.choices(policy, frozenset(), drawn, Random(seed), own=False)
        best = [routing.best_by_brute_force(checked, frozenset(), drawn, s) for s in range(1, drawn.size)]
        wrong += [chosen[s].believed for s in range(1, drawn.size)] != best
    assert wrong >= 2
