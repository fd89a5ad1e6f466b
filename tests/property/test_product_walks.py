"""The product graph against brute force: every walk of a small network, matched with Python's own `re`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from strategies.networks import networks, utilisations
from strategies.policies import policy
from strategies.regexes import compiled, regexes, word
from strategies.walks import Metrics, RankValue, best_ranks, rank_value

from contra.automata.regex import Regex
from contra.diagnostics import Reporter
from contra.product import ProductGraph, build
from contra.topology.model import Topology

LIMIT = 6
RANKS = [None, None, "0", "1", "2", "len", "util", "lat", "1+len", "len,util", "10+len", "0,util", "1,len", "util+1"]
SHAPES = ["*A*", "*AB*", "ABD", "A*D", "*A*B*", "A*B*D", "*BA*", "D", "A*", "*C", "*.", "BCBD", "*A.*"]


@dataclass(frozen=True)
class Case:
    topology: Topology
    util: tuple[Fraction, ...]
    regexes: tuple[Regex, ...]
    ranks: dict[frozenset[int], str | None]

    def graph(self) -> ProductGraph:
        return build(policy(self.regexes, self.ranks.__getitem__), self.topology, Reporter())


@st.composite
def cases(draw: st.DrawFn) -> Case:
    topology = draw(networks(max_switches=5))
    names = "".join(switch.name for switch in topology.switches)
    shaped = st.sampled_from(SHAPES).map(word)
    count = draw(st.integers(0, 3))
    chosen = tuple(draw(st.lists(shaped | regexes(names, 6), min_size=count, max_size=count)))
    subsets = chain.from_iterable(combinations(range(count), n) for n in range(count + 1))
    ranks = {frozenset(matched): draw(st.sampled_from(RANKS)) for matched in subsets}
    return Case(topology, draw(utilisations(topology)), chosen, ranks)


def product_ranks(case: Case, graph: ProductGraph, limit: int) -> dict[tuple[int, int], RankValue]:
    """Least rank per pair over product walks of at most `limit` edges that do not come back to their destination."""
    text = {rule.index: _rank_text(rule.branches[0].rank) for rule in graph.policy.rules}
    best: dict[tuple[int, int], RankValue] = {}
    for destination, sending in graph.sending.items():
        layer = {(sending, Metrics())}
        for _ in range(limit):
            layer = {
                (edge.target, metrics.over(Fraction(edge.link + 1), case.util[edge.link]))
                for node, metrics in layer
                for edge in graph.successors[node]
                if graph.nodes[edge.target].switch != destination
            }
            for node, metrics in layer:
                rank = text[graph.nodes[node].rule]
                if rank is not None:
                    pair, value = (graph.nodes[node].switch, destination), rank_value(rank, metrics)
                    best[pair] = min(best.get(pair, value), value)
    return best


def _rank_text(rank) -> str | None:
    if rank is None:
        return None
    linear = [form.alternatives[0] for form in rank]
    return ",".join("+".join([str(one.constant), *(name for name, _ in one.terms)]) for one in linear)


@settings(deadline=None, max_examples=200)
@given(cases())
def test_pruning_loses_no_optimum_and_invents_no_path(case: Case) -> None:
    patterns = [compiled(regex) for regex in case.regexes]
    expected = best_ranks(case.topology, case.util, patterns, case.ranks, LIMIT)
    assert product_ranks(case, case.graph(), LIMIT) == expected


@settings(deadline=None, max_examples=100)
@given(cases())
def test_unreachable_pairs_are_exactly_those_without_a_compliant_walk(case: Case) -> None:
    graph = case.graph()
    patterns = [compiled(regex) for regex in case.regexes]
    near = best_ranks(case.topology, case.util, patterns, case.ranks, LIMIT - 1)
    sources = case.topology.destinations
    missing = set(graph.unreachable)
    assert graph.unreachable == tuple(sorted(missing))
    assert graph.unreachable_count == len(missing)
    for pair in ((a, b) for a in sources for b in sources if a != b):
        witness = compliant_walk(case, graph, *pair)
        if pair in missing:
            assert pair not in near
            assert witness is None
        else:
            assert witness is not None
            matched = frozenset(i for i, pattern in enumerate(patterns) if pattern.fullmatch(witness))
            assert case.ranks[matched] is not None
            assert witness.count(witness[-1]) == 1


def compliant_walk(case: Case, graph: ProductGraph, source: int, destination: int) -> str | None:
    """The switches of a shortest product walk that gives `source` a finite rank, source first."""
    if destination not in graph.sending:
        return None
    first = graph.sending[destination]
    path = {first: case.topology.switches[destination].name}
    queue = [first]
    for node in queue:
        here = graph.nodes[node]
        if here.switch == source and not graph.policy.rules[here.rule].is_inf:
            return path[node]
        for edge in graph.successors[node]:
            peer = graph.nodes[edge.target].switch
            if edge.target not in path and peer != destination:
                path[edge.target] = case.topology.switches[peer].name + path[node]
                queue.append(edge.target)
    return None


@settings(deadline=None, max_examples=150)
@given(cases())
def test_the_graph_is_well_formed_and_nothing_in_it_is_idle(case: Case) -> None:
    graph = case.graph()
    assert [node.index for node in graph.nodes] == list(range(len(graph.nodes)))
    for switch, (start, end) in enumerate(graph.node_ranges):
        members = graph.nodes[start:end]
        assert [node.tag for node in members] == list(range(end - start))
        assert all(node.switch == switch for node in members)
        assert [node.state for node in members] == sorted({node.state for node in members})
    after = {node.index: {edge.target for edge in graph.successors[node.index]} for node in graph.nodes}
    for node in graph.nodes:
        ports = {port.number: port for port in case.topology.ports[node.switch]}
        edges = graph.successors[node.index]
        assert [edge.port for edge in edges] == sorted({edge.port for edge in edges})
        for edge in edges:
            port = ports[edge.port]
            assert (port.peer, port.peer_port, port.link) == (
                graph.nodes[edge.target].switch,
                edge.peer_port,
                edge.link,
            )
        rules = [graph.policy.rules[graph.nodes[n].rule] for n in beyond(after, node.index)]
        needed = frozenset().union(*(rule.probe_classes for rule in rules))
        assert node.pids
        assert set(node.pids) <= needed
    reached = {n for start in graph.sending.values() for n in beyond(after, start)}
    assert reached == set(after)
    assert all(graph.nodes[node].switch == d for d, node in graph.sending.items())


def beyond(after: dict[int, set[int]], start: int) -> set[int]:
    seen, todo = {start}, [start]
    while todo:
        for target in after[todo.pop()] - seen:
            seen.add(target)
            todo.append(target)
    return seen


@settings(deadline=None, max_examples=100)
@given(cases())
def test_each_probe_class_reaches_every_node_that_uses_it(case: Case) -> None:
    """Restricted to the edges between nodes that carry a pid, every walk of that pid is still there."""
    graph = case.graph()
    for node in graph.nodes:
        for edge in graph.successors[node.index]:
            rule = graph.policy.rules[graph.nodes[edge.target].rule]
            assert rule.probe_classes <= set(graph.nodes[edge.target].pids)
            assert set(graph.nodes[edge.target].pids) <= set(node.pids)


@settings(deadline=None, max_examples=60)
@given(cases())
def test_building_twice_gives_the_same_graph(case: Case) -> None:
    one, two = case.graph(), case.graph()
    assert (one.nodes, one.successors, one.sending, one.matched) == (
        two.nodes,
        two.successors,
        two.sending,
        two.matched,
    )
