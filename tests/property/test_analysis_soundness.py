"""What `analyse` accepts is routable: probes that keep one path a class find the optimum of the policy.

Random policies, random networks with ties and zeros, exact arithmetic. The judge is brute force over simple paths.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from random import Random

from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st
from support import build as b
from support import routing

from contra.analysis import analyse
from contra.analysis.analyse import rule_nodes
from contra.analysis.judge import Draft, Judge
from contra.analysis.model import AnalysedPolicy
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
    """A connected network of 4 to 6 switches, each link with metrics of its own in each direction."""
    random = Random(seed)
    size = random.randint(4, 6)
    pairs = {(a, random.randrange(a)) for a in range(1, size)}
    pairs |= {(a, c) for a, c in product(range(size), repeat=2) if a > c and random.random() < 0.5}
    names = [name for name in METRICS if name != "len"]
    links = {}
    for a, c in sorted(pairs):
        for ends in ((a, c), (c, a)):
            links[ends] = {name: random.choice(VALUES) for name in names}
    return routing.Network(size, links)


def is_sound(policy: CheckedPolicy) -> bool:
    """Whether the analysis accepts; quicker than `analyse`, which looks for a witness otherwise."""
    normalised = normalise(policy, Reporter())
    judge = Judge(normalised)
    return all(isinstance(judge.judge(node), Draft) for node in rule_nodes(normalised))


def analysed(rank: Core) -> AnalysedPolicy | None:
    policy = b.policy(rank, declared=DECLARED)
    return analyse(policy, Reporter()) if is_sound(policy) else None


def assert_probes_find_optimum(policy: AnalysedPolicy, network: routing.Network) -> None:
    checked: CheckedPolicy = policy.checked
    for matched in (frozenset(), frozenset({0})):
        found = routing.best_by_probes(policy, matched, network)
        for source in range(1, network.size):
            assert found[source] == routing.best_by_brute_force(checked, matched, network, source)


@settings(SETTINGS, max_examples=120)
@given(ranks(), st.integers(0, 10**6))
def test_probes_find_the_optimum_of_every_accepted_policy(rank: Core, seed: int) -> None:
    policy = analysed(rank)
    assume(policy is not None)
    assert policy is not None
    for attempt in range(3):
        drawn = network(seed + attempt)
        note(f"{drawn}")
        assert_probes_find_optimum(policy, drawn)
