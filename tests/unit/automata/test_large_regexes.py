"""Regexes of thousands of names, deep trees, shared trees, and the caps."""

from __future__ import annotations

import pytest

from contra.automata import TooManyStatesError, minimal, reverse
from contra.automata.determinise import MAX_POSITIONS
from contra.automata.regex import AnySymbol, Concat, Regex, Star, Symbols, Union

ANY = AnySymbol()


def one(name: str) -> Symbols:
    return Symbols(frozenset([name]))


def many(count: int, prefix: str = "s") -> list[Regex]:
    return [one(f"{prefix}{i}") for i in range(count)]


def test_an_alternation_of_five_thousand_names_has_two_classes() -> None:
    dfa = minimal(Union(tuple(many(5000))))
    assert len(dfa.default) == 3
    assert dfa.class_count == 2
    assert dfa.accepts(["s4999"])
    assert not dfa.accepts(["s5000"])
    assert not dfa.accepts(["s1", "s2"])


def test_a_static_path_of_three_thousand_names() -> None:
    dfa = minimal(reverse(Concat(tuple(many(3000)))))
    path = [f"s{i}" for i in reversed(range(3000))]
    assert len(dfa.default) == 3002  # one per prefix, and the one for everything else
    assert dfa.class_count == 3001
    assert dfa.accepts(path)
    assert not dfa.accepts(path[:-1])
    assert not dfa.accepts([*path[:5], "x", *path[6:]])


def test_a_link_of_a_long_chain_anywhere() -> None:
    dfa = minimal(Concat((Star(ANY), *many(500), Star(ANY))))
    path = [f"s{i}" for i in range(500)]
    assert dfa.accepts(["x", "s0", "s1", *path, "y"])
    assert not dfa.accepts(["x", *path[:250], *path[251:]])


def test_a_waypoint_out_of_two_thousand_has_two_states() -> None:
    dfa = minimal(Concat((Star(ANY), Union(tuple(many(2000))), Star(ANY))))
    assert dfa.table == ((0, 1), (1, 1))


def test_a_choice_of_two_thousand_pairs() -> None:
    pairs = tuple(Concat((one(f"a{i}"), one(f"b{i}"))) for i in range(2000))
    dfa = minimal(Union(pairs))
    assert dfa.accepts(["a7", "b7"])
    assert not dfa.accepts(["a7", "b8"])
    assert len(dfa.default) == 2003  # start, one for each first half, end, and nowhere


def test_depth_is_no_problem() -> None:
    deep: Regex = one("A")
    for level in range(9000):
        deep = Star(deep) if level % 3 else Union((deep, one("B")))
    dfa = minimal(reverse(deep))
    assert dfa.accepts("ABBA")
    assert not dfa.accepts("ABC")


@pytest.mark.parametrize("dots", [29, 2000])
def test_exponential_regexes_hit_the_cap(dots: int) -> None:
    with pytest.raises(TooManyStatesError):
        minimal(Concat((Star(ANY), one("A"), *[ANY] * dots)))


def test_the_other_direction_of_an_exponential_regex_is_small() -> None:
    regex = Concat((Star(ANY), one("A"), *[ANY] * 29))
    assert len(minimal(reverse(regex)).default) == 32


def test_shared_trees_that_unfold_without_bound_hit_the_cap() -> None:
    double: Regex = Concat((one("A"), one("B")))
    for _ in range(200):
        double = Concat((double, double))
    with pytest.raises(TooManyStatesError):
        minimal(reverse(double))


def test_shared_alternations_fold_into_one_leaf() -> None:
    double: Regex = one("A")
    for _ in range(200):
        double = Union((double, double))
    assert minimal(double) == minimal(one("A"))


def test_too_many_leaves_hit_the_cap() -> None:
    with pytest.raises(TooManyStatesError):
        minimal(Concat(tuple(many(MAX_POSITIONS + 1))))


def test_the_cap_is_no_matter_of_names() -> None:
    assert len(minimal(Union(tuple(many(3 * MAX_POSITIONS)))).default) == 3


@pytest.mark.parametrize(
    ("regex", "accepting", "table"),
    [
        (Concat(()), {0}, ((1,), (1,))),
        (Union(()), set(), ((0,),)),
        (Star(Concat(())), {0}, ((1,), (1,))),
        (Star(ANY), {0}, ((0,),)),
        (Symbols(frozenset()), set(), ((0,),)),
        (Union((one("A"), ANY)), {1}, ((1,), (2,), (2,))),
        (Concat((one("B"), one("A"))), {3}, ((1, 1, 2), (1, 1, 1), (1, 3, 1), (1, 1, 1))),
    ],
)
def test_small_automata_by_hand(regex: Regex, accepting: set[int], table: tuple[tuple[int, ...], ...]) -> None:
    dfa = minimal(regex)
    assert (dfa.start, dfa.accepting, dfa.table) == (0, accepting, table)
