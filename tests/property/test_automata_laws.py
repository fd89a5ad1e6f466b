"""Laws of the automata: agreement with Python's `re`, reversal, minimality, one table per language."""

from __future__ import annotations

from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies.regexes import compiled, regexes

from contra.automata import Dfa, minimal, reverse
from contra.automata.regex import AnySymbol, Concat, Regex, Star, Symbols, Union

NAMES = "ABC"
QUICK = settings(deadline=None, max_examples=150)


def words(length: int, alphabet: str = NAMES + "Z") -> list[str]:
    """All words up to a length; Z is never mentioned."""
    return ["".join(letters) for n in range(length + 1) for letters in product(alphabet, repeat=n)]


@QUICK
@given(regexes(NAMES))
def test_accepts_what_python_matches(regex: Regex) -> None:
    dfa, oracle = minimal(regex), compiled(regex)
    for word in words(4):
        assert dfa.accepts(word) == (oracle.fullmatch(word) is not None)


@QUICK
@given(regexes(NAMES, max_leaves=12), st.lists(st.text(NAMES + "YZ", max_size=12), min_size=1, max_size=20))
def test_accepts_what_python_matches_on_long_words(regex: Regex, sample: list[str]) -> None:
    dfa, oracle = minimal(regex), compiled(regex)
    for word in sample:
        assert dfa.accepts(word) == (oracle.fullmatch(word) is not None)


@QUICK
@given(regexes(NAMES))
def test_reversal_accepts_words_backwards(regex: Regex) -> None:
    backwards, oracle = minimal(reverse(regex)), compiled(regex)
    for word in words(4):
        assert backwards.accepts(word[::-1]) == (oracle.fullmatch(word) is not None)


@QUICK
@given(regexes(NAMES, max_leaves=12))
def test_reversing_twice_changes_nothing(regex: Regex) -> None:
    assert minimal(reverse(reverse(regex))) == minimal(regex)


@QUICK
@given(regexes(NAMES, max_leaves=12))
def test_is_minimal_complete_and_numbered_breadth_first(regex: Regex) -> None:
    dfa = minimal(regex)
    count = len(dfa.table)
    assert all(0 <= target < count for row in dfa.table for target in row)
    seen = [dfa.start]
    for state in seen:
        seen += [t for t in dict.fromkeys(dfa.table[state]) if t not in seen]
    assert seen == list(range(count))
    assert len(distinct_behaviours(dfa)) == count


def distinct_behaviours(dfa: Dfa) -> set[int]:
    """Moore's table filling on the dense table: the number of each state's behaviour."""
    behaviour = [int(state in dfa.accepting) for state in range(len(dfa.table))]
    for _ in dfa.table:
        rows = [(behaviour[s], *(behaviour[t] for t in row)) for s, row in enumerate(dfa.table)]
        names = {row: i for i, row in enumerate(sorted(set(rows)))}
        behaviour = [names[row] for row in rows]
    return set(behaviour)


@QUICK
@given(regexes(NAMES, max_leaves=12))
def test_classes_are_as_few_as_possible(regex: Regex) -> None:
    dfa = minimal(regex)
    columns = list(zip(*dfa.table, strict=True))
    assert len(set(columns)) == len(columns) == dfa.class_count
    assert {dfa.class_of(name) for name in NAMES + "Z"} == set(range(dfa.class_count))


@settings(deadline=None, max_examples=300)
@given(regexes("AB", max_leaves=4), regexes("AB", max_leaves=4))
def test_automata_are_equal_exactly_if_the_languages_are(left: Regex, right: Regex) -> None:
    a, b = minimal(left), minimal(right)
    bound = len(a.table) + len(b.table) - 2  # two different automata differ on a word of at most this length
    assume(bound <= 6)
    one, two = compiled(left), compiled(right)
    same = all((one.fullmatch(w) is None) == (two.fullmatch(w) is None) for w in words(bound, "ABZ"))
    assert (a == b) == same


@QUICK
@given(regexes(NAMES, 4), regexes(NAMES, 4), regexes(NAMES, 4))
def test_algebra(a: Regex, b: Regex, c: Regex) -> None:
    def equal(left: Regex, right: Regex) -> bool:
        return minimal(left) == minimal(right)

    nothing, empty = Union(()), Concat(())
    assert equal(Union((a, b)), Union((b, a)))
    assert equal(Union((a, a)), a)
    assert equal(Concat((a, Union((b, c)))), Union((Concat((a, b)), Concat((a, c)))))
    assert equal(Concat((Concat((a, b)), c)), Concat((a, Concat((b, c)))))
    assert equal(Star(a), Union((empty, Concat((a, Star(a))))))
    assert equal(Star(Union((a, b))), Star(Concat((Star(a), Star(b)))))
    assert equal(Concat((a, nothing)), nothing)
    assert equal(Concat((empty, a)), a)


@QUICK
@given(regexes(NAMES))
def test_renaming_a_switch_that_is_not_mentioned_is_invisible(regex: Regex) -> None:
    dfa = minimal(regex)
    assert dfa.class_of("Y") == dfa.class_of("Z") == 0


def test_names_that_behave_alike_share_a_class() -> None:
    regex = Concat((Star(AnySymbol()), Symbols(frozenset("ABC")), Star(AnySymbol())))
    dfa = minimal(regex)
    assert dfa.table == ((0, 1), (1, 1))
    assert dfa.accepting == {1}
    assert [dfa.class_of(name) for name in "ABCD"] == [1, 1, 1, 0]
