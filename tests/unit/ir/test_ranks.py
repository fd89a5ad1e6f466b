"""Integer rank words against the rank tuples, as fractions, that they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from contra.analysis.model import Form, Linear, RankBranch, RankRule, Threshold
from contra.check.model import AttributeInfo, Combine
from contra.diagnostics import Reporter
from contra.ir.layout import probe_metric
from contra.ir.model import Component, RankWord
from contra.ir.ranks import Quantiser, form_text, number_text, order_text, rank_cases
from contra.source import SourceFile

ATTRIBUTES = (
    AttributeInfo("len", Combine.SUM),
    AttributeInfo("lat", Combine.SUM, "us"),
    AttributeInfo("util", Combine.MAX),
    AttributeInfo("cost", Combine.SUM, "euro"),
    AttributeInfo("band", Combine.MIN, "Gbit/s"),
)
METRICS = tuple(probe_metric(attribute) for attribute in ATTRIBUTES)
BY_NAME = {metric.name: metric for metric in METRICS}
SPAN = SourceFile("policy.ctr", "minimize(path.len)").span(9, 17)

# What a count is worth, in the units of policies: one link, microseconds, a fraction, declared units.
WORTH = {
    "len": Fraction(1),
    "lat": Fraction(1, 1000),
    "util": Fraction(1, 50_000),
    "cost": Fraction(1, 1000),
    "band": Fraction(1, 1000),
}
Counts = Mapping[str, int]

decimals = st.integers(-3000, 3000).map(lambda n: Fraction(n, 100))
factors = st.sampled_from([Fraction(n) for n in (1, 2, 3, 10)] + [Fraction(1, 2), Fraction(5, 4), Fraction(1, 10)])


@st.composite
def linears(draw: st.DrawFn) -> Linear:
    names = draw(st.lists(st.sampled_from(ATTRIBUTES), max_size=2, unique=True))
    terms = [(i.name, -draw(factors) if i.combine is Combine.MIN else draw(factors)) for i in names]
    return Linear(draw(decimals), tuple(terms))


forms = st.builds(
    Form,
    st.one_of(linears().map(lambda one: (one,)), st.tuples(linears(), linears())),
    st.none() | st.none() | decimals,
)


def counts_of(metric: str) -> st.SearchStrategy[int]:
    top = BY_NAME[metric].limit
    return st.sampled_from([0, 1, top - 1, top]) | st.integers(0, min(top, 300)) | st.integers(0, top)


probes = st.fixed_dictionaries({metric.name: counts_of(metric.name) for metric in METRICS})


def true_rank(rank: Sequence[Form], counts: Counts) -> tuple[Fraction, ...]:
    """The rank tuple by the meaning of forms, on what the counts are worth."""
    values = {name: count * WORTH[name] for name, count in counts.items()}
    result = []
    for form in rank:
        value = max(one.constant + sum(f * values[name] for name, f in one.terms) for one in form.alternatives)
        result.append(value if form.ceiling is None else min(value, form.ceiling))
    return tuple(result)


def component_value(component: Component, counts: Counts) -> int:
    """A component as a switch computes it; no intermediate result of one width may be off."""
    sums = [one.constant + sum(f * counts[name] for name, f in one.terms) for one in component.alternatives]
    for value in sums:
        assert 0 <= value < 1 << component.bits, "wraps"
    value = max(sums)
    if component.ceiling is None:
        return value
    assert 0 <= component.ceiling < 1 << component.bits, "the ceiling does not fit"
    return min(value, component.ceiling)


def word_value(word: RankWord, counts: Counts) -> int:
    value = 0
    for component in word.components:
        value = value << component.bits | component_value(component, counts)
    return value


def words(ranks: Sequence[tuple[Form, ...]]) -> list[RankWord]:
    reporter = Reporter()
    result = Quantiser(METRICS, reporter).words(ranks, [SPAN] * len(ranks))
    assert not reporter.diagnostics
    return result


rank_sets = st.integers(1, 3).flatmap(
    lambda arity: st.lists(st.tuples(*[forms] * arity), min_size=1, max_size=3)  # type: ignore[arg-type]
)


@settings(deadline=None, max_examples=150)
@given(rank_sets, st.lists(probes, min_size=2, max_size=8))
def test_words_compare_as_the_ranks_do(ranks: list[tuple[Form, ...]], seen: list[Counts]) -> None:
    made = words(ranks)
    pairs = [
        (true_rank(rank, counts), word_value(word, counts))
        for rank, word in zip(ranks, made, strict=True)
        for counts in seen
    ]
    for rank_a, word_a in pairs:
        for rank_b, word_b in pairs:
            assert (rank_a < rank_b) == (word_a < word_b)
            assert (rank_a == rank_b) == (word_a == word_b)


@settings(deadline=None, max_examples=100)
@given(rank_sets, probes)
def test_all_ones_is_never_a_rank_of_metrics_that_are_not_saturated(
    ranks: list[tuple[Form, ...]], counts: dict[str, int]
) -> None:
    """Load is cut off below all ones, so that 131 % of a capacity is a number too."""
    unsaturated = {name: min(count, (1 << BY_NAME[name].bits) - 2) for name, count in counts.items()}
    for word in words(ranks):
        assert word_value(word, unsaturated) < (1 << word.bits) - 1


@settings(deadline=None, max_examples=100)
@given(rank_sets)
def test_words_are_alike_in_layout_and_made_of_containers(ranks: list[tuple[Form, ...]]) -> None:
    made = words(ranks)
    layouts = {tuple(component.bits for component in word.components) for word in made}
    assert len(layouts) == 1
    assert set(layouts.pop()) <= {8, 16, 32, 48, 64}


def linear(constant: str, **terms: str) -> Linear:
    return Linear(Fraction(constant), tuple((name, Fraction(factor)) for name, factor in terms.items()))


def one(constant: str, **terms: str) -> Form:
    return Form((linear(constant, **terms),))


def test_the_word_of_congestion_awareness_is_32_bits() -> None:
    ranks = [(one("1"), one("0"), one("0", util="1")), (one("2"), one("0", len="1"), one("0", util="1"))]
    assert [[c.bits for c in word.components] for word in words(ranks)] == [[8, 8, 16]] * 2


def test_a_component_that_is_the_same_constant_everywhere_is_left_out() -> None:
    ranks = [(one("7"), one("0", util="1"), one("3")), (one("7"), one("0", len="1"), one("4"))]
    assert {len(word.components) for word in words(ranks)} == {2}


def test_a_rank_without_metrics_still_has_a_word() -> None:
    (word,) = words([(one("0"), one("3"))])
    assert word.bits == 8
    assert word_value(word, {}) == 0


def test_constants_share_the_unit_of_the_finest() -> None:
    first, second, third = words([(one("0.25"),), (one("1/3"),), (one("-2"),)])
    values = [word_value(word, {}) for word in (third, first, second)]
    assert values == [0, 27, 28]  # twelfths above -2


def test_a_rank_that_needs_too_many_bits_is_refused() -> None:
    reporter = Reporter()
    tiny = f"1/{10**20}"
    Quantiser(METRICS, reporter).words([(one("0"), one(tiny, lat="1")), (one("1"), one("0"))], [SPAN, SPAN])
    (found,) = reporter.diagnostics
    assert found.code == "CTR0601"
    assert found.span == SPAN
    least = (2**32 - 1) * 10**17 + 1  # the largest latency in units of the constant
    assert f"component 2 of the rank needs {least.bit_length()} bits" in found.title_text()


def test_a_ceiling_that_nothing_reaches_is_dropped() -> None:
    (word,) = words([(Form((linear("0", len="1"),), Fraction(1000)),)])
    assert [(c.bits, c.ceiling) for c in word.components] == [(8, None)]


def test_an_overloaded_link_is_no_reason_to_drop() -> None:
    (word,) = words([(one("0.00002", util="1"),)])
    assert word_value(word, {"util": BY_NAME["util"].limit}) < (1 << word.bits) - 1


def test_full_32_bits_are_enough_for_a_latency() -> None:
    (word,) = words([(one("0", lat="1"),)])
    assert word.bits == 32


# ----------------------------------------------------------------------------------------------- thresholds


def guarded(guard: Threshold) -> RankRule:
    first = RankBranch(guard=guard, rank=(one("1"),), probe_class=0, span=SPAN)
    last = RankBranch(guard=None, rank=(one("2"),), probe_class=0, span=SPAN)
    return RankRule(index=3, branches=(first, last))


def table(guard: Threshold) -> list[tuple[range, int]]:
    """The decision table of two branches: counts, and which of the branches they lead to."""
    cases, _ = rank_cases([guarded(guard)], Quantiser(METRICS, Reporter()), METRICS, {SPAN: 0})
    rows = []
    for case in cases:
        assert case.rule == 3
        assert case.word is not None
        least, greatest = case.ranges[0][1:] if case.ranges else (0, 2**32)
        rows.append((range(least, greatest + 1), component_value(case.word.components[0], {})))
    return rows


def first_match(guard: Threshold, counts: Iterable[int]) -> list[int]:
    """Which branch each count leads to."""
    rows = table(guard)
    return [next(branch for matched, branch in rows if count in matched) for count in counts]


def holds(guard: Threshold, count: int) -> bool:
    value = count * WORTH[guard.metric]
    return value < guard.limit if guard.strict else value <= guard.limit


def by_guard(guard: Threshold, counts: Iterable[int]) -> list[int]:
    return [1 if holds(guard, count) else 2 for count in counts]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["len", "cost"]), st.integers(-50, 3000).map(lambda n: Fraction(n, 10)), st.booleans())
def test_a_threshold_divides_counts_as_its_guard_does(name: str, limit: Fraction, strict: bool) -> None:
    guard = Threshold(name, limit if name == "len" else limit / 1000, strict)
    assert first_match(guard, range(256)) == by_guard(guard, range(256))


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(BY_NAME)), st.data(), st.booleans())
def test_a_threshold_is_exact_at_its_border(name: str, data: st.DataObject, strict: bool) -> None:
    step, top = WORTH[name], BY_NAME[name].limit
    near = data.draw(counts_of(name))
    limit = near * step + data.draw(st.sampled_from([0, Fraction(1, 3), Fraction(-1, 7)])) * step
    guard = Threshold(name, limit, strict)
    counts = [0, top, *range(max(0, near - 2), min(top, near + 2) + 1)]
    assert first_match(guard, counts) == by_guard(guard, counts)


def test_80_percent_of_the_capacity() -> None:
    guard = Threshold("util", Fraction(8, 10), strict=True)
    assert first_match(guard, [0, 39_999, 40_000, 65_534]) == [1, 1, 2, 2]


def test_a_guard_that_no_count_satisfies_has_no_case() -> None:
    guard = Threshold("util", Fraction(0), strict=True)
    cases, _ = rank_cases([guarded(guard)], Quantiser(METRICS, Reporter()), METRICS, {SPAN: 0})
    assert len(cases) == 1


def test_infinite_branches_have_no_word() -> None:
    rule = RankRule(index=0, branches=(RankBranch(guard=None, rank=None, probe_class=None, span=SPAN),))
    cases, bits = rank_cases([rule], Quantiser(METRICS, Reporter()), METRICS, {SPAN: 4})
    assert [(case.word, case.clause) for case in cases] == [(None, 4)]
    assert bits == 8


# ----------------------------------------------------------------------------------------------------- texts


def test_texts_are_in_the_notation_of_policies() -> None:
    assert order_text([one("0", len="1"), one("0", util="1")]) == "(len, util)"
    assert order_text([]) == "any"
    assert order_text([one("0", util="1")]) == "util"
    largest = Form((linear("0.5", lat="2"), linear("0", cost="1")), Fraction(9))
    assert form_text(largest) == "min(max(2*lat + 0.5, cost), 9)"


@settings(deadline=None, max_examples=60)
@given(st.fractions(max_denominator=1000))
def test_numbers_can_be_read_back(value: Fraction) -> None:
    assert abs(Fraction(number_text(value)) - value) <= abs(value) / 10**11


def test_exact_decimals_are_written_exactly() -> None:
    for text in ("0.8", "12.345", "-3", "1000000007", "1/3", "123456789.125", "0.0000123"):
        assert Fraction(number_text(Fraction(text))) == Fraction(text)
