"""What is said about pairs without a path, idle regexes, and products that are too large."""

from __future__ import annotations

import pytest
from strategies.networks import fat_tree, network
from strategies.policies import policy
from strategies.regexes import symbols, word

from contra.automata.regex import AnySymbol, Concat, Regex, Star, Symbols
from contra.diagnostics import CompileError, Diagnostic, Reporter
from contra.product import build, explore, joint
from contra.product.errors import (
    GraphTooLargeError,
    NothingReachableWarning,
    RegexesMultiplyError,
    RegexNeverMatchesWarning,
    RegexTooLargeError,
    UnreachableDestinationsWarning,
    UnreachablePairsWarning,
)
from contra.topology.model import Topology

DIAMOND = [("A", "B"), ("A", "C"), ("B", "D"), ("C", "D"), ("B", "C")]


def only_if_matched(matched: frozenset[int]) -> str | None:
    return "util" if matched else None


def said(regexes: list[Regex], topology: Topology, rank=only_if_matched) -> list[Diagnostic]:
    reporter = Reporter()
    build(policy(regexes, rank), topology, reporter)
    return reporter.diagnostics


def test_nothing_is_said_where_everybody_reaches_everybody() -> None:
    assert said([], network("ABCD", DIAMOND), lambda _: "len") == []
    assert said([word("*B*")], network("ABCD", DIAMOND), lambda m: "util" if m else "1+util") == []
    ring = [("A", "B"), ("B", "C"), ("C", "D"), ("D", "A")]
    assert said([word("*.*")], network("ABCD", ring)) == []


def test_one_pair_without_a_path_is_one_warning() -> None:
    """By hand: on the line A B C, every pair can go by A without passing its destination, but C cannot reach B."""
    (warning,) = said([word("*A*")], network("ABC", [("A", "B"), ("B", "C")]))
    assert isinstance(warning, UnreachablePairsWarning)
    assert warning.data() == {"count": 1, "pairs": [["C", "B"]], "path": ["C", "B"]}
    assert warning.span is not None
    assert warning.span.text == "inf"


def test_pairs_are_those_without_a_walk() -> None:
    """By hand: on the line A B C, a path with A B in it starts at A, or comes back to B from A."""
    topology = network("ABC", [("A", "B"), ("B", "C")])
    reporter = Reporter()
    graph = build(policy([word("*AB*")], only_if_matched), topology, reporter)
    assert graph.unreachable == ((1, 0), (2, 0), (2, 1))
    codes = [d.code for d in reporter.diagnostics]
    assert codes == ["CTR0505", "CTR0504"]
    lonely, pairs = reporter.diagnostics
    assert lonely.title_text() == "nobody can reach destination 'A'"
    assert pairs.title_text() == "no compliant path between 1 more of 6 pairs of switches"
    assert pairs.note_texts() == (
        "from C to B: traffic is dropped at the source",
        "for example, the path C B ranks inf",
    )


def test_destinations_that_nobody_reaches() -> None:
    found = said([word("A*D")], network("ABCD", DIAMOND))
    lonely = next(d for d in found if isinstance(d, UnreachableDestinationsWarning))
    assert lonely.title_text() == "nobody can reach 3 of 4 destinations"
    assert lonely.note_texts()[0] == "they are A, B, C"
    assert lonely.data() == {"count": 3, "destinations": ["A", "B", "C"], "path": ["B", "A"]}
    assert lonely.label_text() == "drops all traffic to them"
    pairs = next(d for d in found if isinstance(d, UnreachablePairsWarning))
    assert (pairs.count, pairs.pairs) == (2, (("B", "D"), ("C", "D")))


def test_a_policy_that_drops_everything_says_so_once() -> None:
    found = said([], network("ABCD", DIAMOND), lambda _: None)
    assert [type(d) for d in found] == [NothingReachableWarning]


def test_only_switches_with_hosts_count_as_sources() -> None:
    topology = network("ABCD", DIAMOND, hosts=["A", "D"])
    assert said([word("A*D"), word("D*A")], topology) == []
    graph = build(policy([word("A*D")], only_if_matched), topology, Reporter())
    assert graph.unreachable == ((3, 0),)


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("AD", ("there is no link between A and D",)),
        ("*ADBAD*", ("there is no link between A and D", "there is no link between D and B")),
        ("D", ()),
    ],
)
def test_a_regex_that_no_path_matches_is_pointed_at(text: str, notes: tuple[str, ...]) -> None:
    topology = network("ABCD", [("A", "B"), ("A", "C"), ("C", "D")])
    (idle,) = said([word(text), word("*")], topology, lambda m: "0" if 0 in m else "util")
    assert isinstance(idle, RegexNeverMatchesWarning)
    assert idle.note_texts() == notes
    assert idle.span is not None
    assert idle.span.line == 1


def test_a_regex_that_ends_where_no_host_is() -> None:
    topology = network("ABCD", DIAMOND, hosts=["A", "D"])
    found = said([word("A*B"), word("*")], topology)
    assert [d.note_texts() for d in found] == [("no path ends at B: it has no host",)]


def test_a_regex_that_explodes_is_an_error_at_its_place() -> None:
    """Forty switches before an A, then anything: small as written, but it is read backwards."""
    explosive = Concat((*[AnySymbol()] * 40, symbols("A"), Star(AnySymbol())))
    with pytest.raises(CompileError) as caught:
        said([word("*B*"), explosive, explosive], network("ABCD", DIAMOND))
    found = caught.value.diagnostics
    assert [type(d) for d in found] == [RegexTooLargeError, RegexTooLargeError]
    assert [d.span.line for d in found if d.span] == [2, 3]


def test_regexes_that_multiply_are_an_error_that_names_the_largest() -> None:
    topology = fat_tree(6)
    waypoints: list[Regex] = [
        Concat((Star(AnySymbol()), Symbols(frozenset([s.name])), Star(AnySymbol()))) for s in topology.switches[:15]
    ]
    chain = Concat((Star(AnySymbol()), *(Symbols(frozenset([name])) for name in ("c1", "a0_0", "c2"))))
    with pytest.raises(CompileError) as caught:
        said_many([*waypoints, chain], topology)
    (found,) = caught.value.diagnostics
    assert isinstance(found, RegexesMultiplyError)
    assert (found.count, found.states) == (16, 5)
    assert found.title_text() == "the 16 regexes of this policy together need more than 20000 states"
    assert found.label_text() == "5 states by itself"
    assert [label.text for label in found.secondary()] == ["2 states by itself"] * 4


def said_many(regexes: list[Regex], topology: Topology) -> None:
    """Like `said`, with a rule table that is not written out for every set of regexes."""
    few = policy(regexes[:1], only_if_matched)
    many = few.checked.regexes[0]
    parts = [type(many)(index=i, regex=r, text="r", span=many.span) for i, r in enumerate(regexes)]
    checked = type(few.checked)(
        source=few.checked.source, rank=few.checked.rank, arity=1, regexes=tuple(parts), attributes=()
    )
    analysed = type(few)(
        checked=checked,
        metrics=few.metrics,
        rules=few.rules,
        classes=few.classes,
        rule_of=lambda matched: few.rule_of(frozenset([0] if len(matched) == len(parts) else [])),
    )
    build(analysed, topology, Reporter())


def test_a_product_that_is_too_large_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "MAX_EDGES", 15)
    with pytest.raises(CompileError) as caught:
        said([word("*B*")], network("ABCD", DIAMOND))
    (found,) = caught.value.diagnostics
    assert isinstance(found, GraphTooLargeError)
    assert found.label_text() == "2 states for 4 switches"


def test_the_work_of_the_joint_automaton_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joint, "MAX_JOINT_MOVES", 3)
    with pytest.raises(CompileError) as caught:
        said([word("*B*"), word("*CD*")], network("ABCD", DIAMOND))
    assert [type(d) for d in caught.value.diagnostics] == [RegexesMultiplyError]
