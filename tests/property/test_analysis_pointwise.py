"""What `analyse` accepts, point by point: ranks never improve, class orders never flip, rules mean the policy."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from property.test_analysis_soundness import DECLARED, LIMITS, METRICS, SETTINGS, analysed, ranks
from support import build as b
from support import ranking

from contra.analysis import analyse
from contra.check.model import Core
from contra.diagnostics import CompileError, Reporter

VALUES = [Fraction(limit) for limit in LIMITS] + [Fraction(0), Fraction(10)]
MATCHED = (frozenset[int](), frozenset({0}))


def point(random: Random) -> dict[str, Fraction]:
    values = {name: random.choice(VALUES) for name in METRICS}
    return values | {"len": Fraction(random.randint(1, 6))}


@settings(SETTINGS, max_examples=100)
@given(ranks(), st.integers(0, 10**6))
def test_accepted_policies_are_monotone_and_their_orders_isotone(rank: Core, seed: int) -> None:
    policy, random = analysed(rank), Random(seed)
    assume(policy is not None)
    assert policy is not None
    for _ in range(150):
        p, q, link = point(random), point(random), point(random)
        longer_p, longer_q = ranking.extend(policy, p, link), ranking.extend(policy, q, link)
        for matched in MATCHED:
            rule = policy.rules[policy.rule_of(matched)]
            truth = ranking.rank(policy.checked, matched, p)
            assert ranking.rule_rank(rule, p) == truth
            assert ranking.rank(policy.checked, matched, longer_p) >= truth
        for cls in policy.classes:
            value_p, value_q = ranking.order_value(cls.order, p), ranking.order_value(cls.order, q)
            assert ranking.order_value(cls.order, longer_p) >= value_p
            if value_p <= value_q:
                flipped = ranking.order_value(cls.order, longer_p) > ranking.order_value(cls.order, longer_q)
                assert not flipped


@settings(SETTINGS, max_examples=60)
@given(ranks())
def test_every_witness_flips(rank: Core) -> None:
    checked = b.policy(rank, declared=DECLARED)
    try:
        analyse(checked, Reporter())
    except CompileError as error:
        for diagnostic in error.diagnostics:
            if hasattr(diagnostic, "witness"):
                assert_flips(checked, diagnostic.witness)


def assert_flips(checked, witness) -> None:
    """Re-check a witness with the independent evaluator."""

    def full(values) -> dict[str, Fraction]:
        base = {info.name: Fraction(1) for info in checked.attributes}
        return base | dict(values or ())

    def rank(metrics) -> ranking.Rank:
        return ranking.rank(checked, witness.matched, metrics)

    p = full(witness.p.metrics)
    link = full(witness.link)
    match witness.kind.value:
        case "monotonicity":
            assert rank(ranking.extend(checked, p, link)) < rank(p)
        case "isotonicity":
            q = full(witness.q.metrics)
            assert rank(p) <= rank(q)
            assert rank(ranking.extend(checked, p, link)) > rank(ranking.extend(checked, q, link))
        case _:
            assert witness.rivals
            assert all(rank(p) < rank(full(rival.path.metrics)) for rival in witness.rivals)
