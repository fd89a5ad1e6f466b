"""The pieces of the product stage against other people's algorithms and against their definitions."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies.networks import network, networks
from strategies.policies import policy
from strategies.regexes import compiled, regexes
from strategies.walks import Metrics, rank_value

from contra.automata.partition import coarsest
from contra.automata.regex import Regex
from contra.diagnostics import Reporter
from contra.product.dominators import immediate_dominators
from contra.product.explore import RawGraph
from contra.product.joint import JointAutomaton, joint_automaton, reversed_automata
from contra.product.reach import reach
from contra.product.simulation import never_worse, simulators
from contra.topology.model import Topology

QUICK = settings(deadline=None, max_examples=100)


@st.composite
def graphs(draw: st.DrawFn, max_nodes: int = 12) -> list[list[int]]:
    count = draw(st.integers(1, max_nodes))
    rows = st.lists(st.integers(0, count - 1), max_size=4)
    return [draw(rows) for _ in range(count)]


@QUICK
@given(graphs(), st.data())
def test_dominators_agree_with_networkx(successors: list[list[int]], data: st.DataObject) -> None:
    nodes = st.integers(0, len(successors) - 1)
    roots = data.draw(st.lists(nodes, min_size=1, max_size=4, unique=True))
    graph = nx.DiGraph([(node, target) for node, row in enumerate(successors) for target in row])
    graph.add_edges_from((-1, root) for root in roots)
    expected = {node: above for node, above in nx.immediate_dominators(graph, -1).items() if node >= 0}
    assert immediate_dominators(successors, roots) == [expected.get(n, -2) for n in range(len(successors))]


@QUICK
@given(st.integers(1, 12), st.integers(1, 3), st.data())
def test_coarsest_partition_agrees_with_refinement_in_rounds(count: int, symbols: int, data: st.DataObject) -> None:
    state = st.integers(0, count - 1)
    table = [[data.draw(state) for _ in range(symbols)] for _ in range(count)]
    labels = [data.draw(st.integers(0, 2)) for _ in range(count)]
    before = [[s for s in range(count) if t in table[s]] for t in range(count)]
    block = coarsest(labels, before, lambda s, b: tuple(b[t] for t in table[s]))
    expected = list(labels)
    for _ in range(count):
        names: dict[tuple[int, ...], int] = {}
        rows = [(expected[s], *(expected[t] for t in table[s])) for s in range(count)]
        expected = [names.setdefault(row, len(names)) for row in rows]
    assert len(set(block)) == len(set(expected)) == len(set(zip(block, expected, strict=True)))


@QUICK
@given(st.integers(1, 5), st.data())
def test_reach_agrees_with_one_search_per_destination(switches: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(switches, 12))
    switch = list(range(switches)) + [data.draw(st.integers(0, switches - 1)) for _ in range(count - switches)]
    rows = st.lists(st.integers(-1, count - 1), max_size=4)
    successors = [data.draw(rows) for _ in range(count)]
    sending = {d: d for d in range(switches) if data.draw(st.booleans())}
    useful = [data.draw(st.booleans()) for _ in range(count)]
    found = reach(RawGraph(switch, [0] * count, successors, sending, useful), range(switches), switches)

    good = set()
    visited: dict[int, set[int]] = {}
    for destination, start in sending.items():
        graph = nx.DiGraph((n, m) for n, row in enumerate(successors) for m in row if m >= 0)
        graph.add_nodes_from(range(count))
        graph.remove_nodes_from([n for n in range(count) if switch[n] == destination and n != start])
        graph.remove_edges_from(list(graph.in_edges(start)))
        visited[destination] = {start} | nx.descendants(graph, start)
        good |= {(switch[n], destination) for n in visited[destination] if useful[n] and switch[n] != destination}
    pairs = sorted((a, b) for a in range(switches) for b in range(switches) if a != b and (a, b) not in good)
    usable = {b for _, b in good}
    assert found.usable == usable
    assert list(found.pairs) == pairs
    assert found.missing == len(pairs)
    assert list(found.heard_pairs) == [pair for pair in pairs if pair[1] in usable]
    assert set(found.unheard) == (set(range(switches)) - usable if switches > 1 else set())
    assert found.reached == [any(n in visited[d] for d in usable) for n in range(count)]
    assert found.foreign == [any(n in visited[d] for d in usable if d != switch[n]) for n in range(count)]


RANKS = [None, "0", "1", "len", "util", "1+len", "len,util", "0,util", "1,len", "1,util", "util+1", "2,len+lat"]


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(RANKS), st.sampled_from(RANKS), st.data())
def test_never_worse_is_sound(left: str | None, right: str | None, data: st.DataObject) -> None:
    rules = policy([], lambda _: left).rules + policy([], lambda _: right).rules
    a, b = rules[0], rules[1]
    numbers = st.fractions(0, 5, max_denominator=4)
    metrics = Metrics(data.draw(st.integers(0, 5)), data.draw(numbers), data.draw(numbers))
    if left != right and never_worse(_as_rule(a, 0), _as_rule(b, 1)) and right is not None:
        assert left is not None
        one, two = rank_value(left, metrics), rank_value(right, metrics)
        assert len(one) == len(two)
        assert one <= two


def _as_rule(rule, index: int):
    return type(rule)(index=index, branches=rule.branches)


def test_never_worse_sees_what_it_should() -> None:
    def rule(rank: str | None, index: int):
        return _as_rule(policy([], lambda _: rank).rules[0], index)

    better = [("0", "util"), ("0", "1"), ("util", None), ("1,util", "2,util"), ("len", "10+len"), ("0,util", "1,len")]
    for left, right in better:
        assert never_worse(rule(left, 0), rule(right, 1))
        assert not never_worse(rule(right, 0), rule(left, 1))
    assert not never_worse(rule("util", 0), rule("len", 1))


def _joint(topology: Topology, chosen: list[Regex], ranks: dict[frozenset[int], str | None]) -> JointAutomaton:
    analysed = policy(chosen, ranks.__getitem__)
    reporter = Reporter()
    return joint_automaton(analysed, reversed_automata(analysed, reporter), topology, reporter)


@st.composite
def joints(draw: st.DrawFn) -> tuple[Topology, list[Regex], dict[frozenset[int], str | None], JointAutomaton]:
    topology = draw(networks(max_switches=3, hosts=False))
    chosen = draw(st.lists(regexes("ABX", 5), min_size=2, max_size=2))
    ranks = {frozenset(m): draw(st.sampled_from(RANKS)) for m in ([], [0], [1], [0, 1])}
    return topology, chosen, ranks, _joint(topology, chosen, ranks)


@QUICK
@given(joints())
def test_joint_automaton_gives_the_rank_of_every_word(
    case: tuple[Topology, list[Regex], dict[frozenset[int], str | None], JointAutomaton],
) -> None:
    topology, chosen, ranks, joint = case
    patterns = [compiled(regex) for regex in chosen]
    names = [switch.name for switch in topology.switches]
    rules = policy(chosen, ranks.__getitem__).rule_of
    for length in range(1, 5):
        for word in product(range(len(names)), repeat=length):
            state = 0
            for switch in word:
                state = joint.step(state, switch)
            path = "".join(names[switch] for switch in reversed(word))
            matched = frozenset(i for i, pattern in enumerate(patterns) if pattern.fullmatch(path))
            assert ranks[joint.matched[state]] == ranks[matched]
            assert joint.rule[state] == rules(matched)
            assert joint.useful[state] == (ranks[matched] is not None)
            assert joint.live[state] or ranks[matched] is None


@QUICK
@given(joints())
def test_joint_automaton_is_minimal(
    case: tuple[Topology, list[Regex], dict[frozenset[int], str | None], JointAutomaton],
) -> None:
    topology, _, ranks, joint = case
    count, letters = len(joint.default), range(len(topology.switches))
    behaviour = [str(ranks[matched]) for matched in joint.matched]
    for _ in range(count):
        rows = [(behaviour[s], *(behaviour[joint.step(s, x)] for x in letters)) for s in range(count)]
        names = {row: str(i) for i, row in enumerate(sorted(set(rows)))}
        behaviour = [names[row] for row in rows]
    assert len(set(behaviour)) == count


@QUICK
@given(joints())
def test_simulation_holds_along_every_word(
    case: tuple[Topology, list[Regex], dict[frozenset[int], str | None], JointAutomaton],
) -> None:
    topology, chosen, ranks, joint = case
    rules = policy(chosen, ranks.__getitem__).rules
    states = range(len(joint.default))
    above = simulators(joint, rules)
    assert all(above[s] >> s & 1 for s in states)
    for s, t in product(states, states):
        if above[t] >> s & 1:
            assert never_worse(rules[joint.rule[s]], rules[joint.rule[t]])
            for switch in range(len(topology.switches)):
                assert above[joint.step(t, switch)] >> joint.step(s, switch) & 1
        else:
            assert _counterexample(joint, rules, s, t, len(topology.switches))


def _counterexample(joint: JointAutomaton, rules, s: int, t: int, letters: int) -> bool:
    """Whether some common extension of s and t leads to a rule that may be worse on the side of s."""
    seen, todo = {(s, t)}, [(s, t)]
    for left, right in todo:
        if not never_worse(rules[joint.rule[left]], rules[joint.rule[right]]):
            return True
        for switch in range(letters):
            pair = joint.step(left, switch), joint.step(right, switch)
            if pair not in seen:
                seen.add(pair)
                todo.append(pair)
    return False


def test_metrics_of_the_oracle() -> None:
    metrics = Metrics().over(Fraction(3), Fraction(1, 2)).over(Fraction(1), Fraction(1, 4))
    assert rank_value("1+len,util,lat", metrics) == (3, Fraction(1, 2), 4)
    assert network("AB", [("A", "B"), ("A", "B")]).ports[0][1].number == 2
