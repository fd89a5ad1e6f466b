"""From the text of a policy to the entries of switches: packets take the best compliant path, or are dropped.

Random policies, written as text together with what they mean, on random networks; judged by walks enumerated by brute
force. Then the loads change, and a link fails.
"""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from strategies import meanings
from support import judge
from support.verdict import follow, other_loads

SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def cases(draw: st.DrawFn, two_hosts: bool) -> tuple[judge.Net, meanings.Policy]:
    net = draw(meanings.nets(two_hosts=two_hosts))
    return net, draw(meanings.policies(net.switches))


def check(case: tuple[judge.Net, meanings.Policy], seed: int) -> None:
    net, policy = case
    random = Random(seed)
    later = [other_loads(net, random), net.without(random.choice(net.wires))]
    ran = follow(policy.text, policy.rank, net, seed, later, policy.drops_by_load)
    event("accepted" if ran else "refused")
    assume(ran)


@settings(SETTINGS, max_examples=200)
@given(cases(two_hosts=False), st.integers(0, 10**6))
def test_packets_take_the_best_compliant_path(case: tuple[judge.Net, meanings.Policy], seed: int) -> None:
    check(case, seed)


@settings(SETTINGS, max_examples=200)
@given(cases(two_hosts=True), st.integers(0, 10**6))
def test_pruning_loses_no_optimum(case: tuple[judge.Net, meanings.Policy], seed: int) -> None:
    """Few sources and destinations: most of the product graph goes, by dominance above all."""
    check(case, seed)
