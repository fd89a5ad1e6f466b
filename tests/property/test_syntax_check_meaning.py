"""The checked policy ranks every path as the written one does."""

from __future__ import annotations

from fractions import Fraction
from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st
from strategies.trees import policies
from support.meaning import Path, checked_pattern, checked_rank, written_rank
from support.switches import ring

from contra.check import check
from contra.check.model import Cond, Core, Inf, Vector
from contra.diagnostics import Reporter
from contra.source import SourceFile

LABELS = ("A", "B", "F1", "s-1", "n 1.2", "util", "matches", "then")
TOPOLOGY = ring(LABELS)
NAMES = tuple(switch.name for switch in TOPOLOGY.switches)
NO_FILE = SourceFile("p.ctr", "")

fractions = st.fractions(0, 10, max_denominator=8)
metrics = st.fixed_dictionaries({"len": st.integers(0, 6).map(Fraction), "lat": fractions, "util": fractions})
walks = st.lists(st.integers(0, len(LABELS) - 1), min_size=1, max_size=5)


@settings(deadline=None, max_examples=200)
@given(policies(), st.lists(st.tuples(walks, metrics), min_size=1, max_size=6))
def test_checking_keeps_the_meaning(policy, paths):
    checked = check(policy, TOPOLOGY, Reporter(), NO_FILE)
    patterns = [checked_pattern(regex.regex, NAMES) for regex in checked.regexes]
    for walk, values in paths:
        written = written_rank(policy.objective, Path(tuple(LABELS[i] for i in walk), values, LABELS), {})
        core = checked_rank(checked.rank, Path(tuple(NAMES[i] for i in walk), values, NAMES), patterns)
        assert written == core
        assert core == inf or len(core if isinstance(core, tuple) else (core,)) == checked.arity


@settings(deadline=None, max_examples=150)
@given(policies())
def test_tuples_stand_on_top_flat_and_finite(policy):
    """Leaves of the conditionals are Vectors of scalars, scalars, or inf."""

    def look(core: Core, inside: bool) -> None:
        assert not (inside and isinstance(core, Vector))
        if isinstance(core, Cond):
            for value in [*(branch.value for branch in core.branches), core.otherwise]:
                look(value, inside)
        elif isinstance(core, Vector):
            assert len(core.components) >= 2
            assert not any(isinstance(component, Inf) for component in core.components)
            for component in core.components:
                look(component, True)
        else:
            for operand in getattr(core, "operands", ()):
                look(operand, True)

    look(check(policy, TOPOLOGY, Reporter(), NO_FILE).rank, False)


@settings(deadline=None, max_examples=100)
@given(policies())
def test_no_two_regexes_of_a_policy_are_equal(policy):
    regexes = check(policy, TOPOLOGY, Reporter(), NO_FILE).regexes
    assert len({regex.regex for regex in regexes}) == len(regexes)
    assert [regex.index for regex in regexes] == list(range(len(regexes)))
