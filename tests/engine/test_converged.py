"""With metrics held still, the path that a packet takes has exactly the least rank that the judge finds.

Random networks, random metrics, every policy of the list that must work. The judge (`contra.interp`) shares no code
with analysis, product graph and code generation; the path is that of a packet through the generated P4.
"""

from __future__ import annotations

from typing import Any

import pytest
from engine.support.builds import built
from engine.support.corpus import CASES, GOOD, text_of
from engine.support.nets import metrics, nets, off_grid, on_grid
from engine.support.verdict import assert_optimal, held
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

STATES = 3
"""Metrics tried on each network."""
QUIET = settings(suppress_health_check=list(HealthCheck), print_blob=False)


def test_every_policy_of_the_list_is_here() -> None:
    assert {path.stem for path in GOOD.glob("*.ctr")} == set(CASES)


def try_out(name: str, data: Any, utils: st.SearchStrategy[Any], states: int = STATES) -> None:
    """One network, some metrics on it."""
    case = CASES[name]
    net = data.draw(nets(case.needed.split(), case.ways))
    made = built(text_of(name), net)
    for _ in range(states):
        state = data.draw(metrics(made.build.topology, utils))
        assert_optimal(made, state, held(made, state))


@pytest.mark.parametrize("name", CASES)
@settings(QUIET, max_examples=2)
@given(data=st.data())
def test_least_rank(name: str, data: Any) -> None:
    try_out(name, data, on_grid())


@pytest.mark.parametrize("name", CASES)
@settings(QUIET, max_examples=1)
@given(data=st.data())
def test_least_rank_up_to_rounding(name: str, data: Any) -> None:
    """Utilisations that probes cannot tell exactly: least by rounded ones, and by the true ones worse than the least
    by at most two roundings, 1/50000."""
    try_out(name, data, off_grid())
