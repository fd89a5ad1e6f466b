"""Says what a policy leaves without a path, and which of its regexes are idle on this topology."""

from __future__ import annotations

from itertools import pairwise

from contra.analysis.model import AnalysedPolicy
from contra.automata import Dfa
from contra.automata.regex import Concat, Symbols
from contra.check.model import PolicyRegex
from contra.diagnostics import Reporter
from contra.product.errors import (
    SHOWN,
    NothingReachableWarning,
    RegexNeverMatchesWarning,
    UnreachableDestinationsWarning,
    UnreachablePairsWarning,
)
from contra.product.reach import Reach
from contra.source import Span
from contra.topology.model import Topology


def warn(policy: AnalysedPolicy, topology: Topology, automata: list[Dfa], found: Reach, reporter: Reporter) -> None:
    """Report CTR0504 to CTR0507 as far as they apply."""
    neighbours = _neighbours(topology)
    for regex, dfa in zip(policy.checked.regexes, automata, strict=True):
        if not _matches(dfa, topology, neighbours):
            reporter.report(_never(regex, topology, neighbours))
    if not found.missing:
        return
    count = len(topology.destinations)
    total = count * (count - 1)
    if found.missing == total:
        reporter.report(NothingReachableWarning(span=policy.checked.rank.span))
        return
    context = _Context(policy, topology, automata, neighbours)
    if found.unheard:
        reporter.report(_unheard(context, found.unheard, count))
    if found.heard_missing:
        reporter.report(_pairs(context, found, total, " more" if found.unheard else ""))


def _neighbours(topology: Topology) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in topology.switches]
    for link in topology.links:
        rows[link.a].append(link.b)
        rows[link.b].append(link.a)
    return rows


# -------------------------------------------------------------------------------------- unreachable pairs


class _Context:
    """What is needed to explain why a pair has no path."""

    def __init__(
        self,
        policy: AnalysedPolicy,
        topology: Topology,
        automata: list[Dfa],
        neighbours: list[list[int]],
    ) -> None:
        self.policy = policy
        self.topology = topology
        self.automata = automata
        self.neighbours = neighbours

    def label(self, switch: int) -> str:
        return self.topology.switches[switch].label

    def explain(self, source: int, destination: int) -> tuple[Span, tuple[str, ...]]:
        """The clause that forbids a shortest path between the two, and that path by labels."""
        path = _shortest(self.neighbours, source, destination)
        backwards = [self.topology.switches[switch].name for switch in reversed(path)]
        matched = frozenset(i for i, dfa in enumerate(self.automata) if dfa.accepts(backwards))
        rule = self.policy.rules[self.policy.rule_of(matched)]
        return rule.branches[-1].span, tuple(self.label(switch) for switch in path)


def _shortest(neighbours: list[list[int]], source: int, destination: int) -> list[int]:
    """Switches of a shortest path, both ends included."""
    towards = {destination: destination}
    queue = [destination]
    for switch in queue:
        for peer in neighbours[switch]:
            if peer not in towards:
                towards[peer] = switch
                queue.append(peer)
    path = [source]
    while path[-1] != destination:
        path.append(towards[path[-1]])
    return path


def _unheard(context: _Context, unheard: tuple[int, ...], count: int) -> UnreachableDestinationsWarning:
    destination = unheard[0]
    source = next(switch for switch in context.topology.destinations if switch != destination)
    span, path = context.explain(source, destination)
    return UnreachableDestinationsWarning(
        span=span,
        count=len(unheard),
        total=count,
        names=tuple(context.label(switch) for switch in unheard[:SHOWN]),
        path=path,
    )


def _pairs(context: _Context, found: Reach, total: int, more: str) -> UnreachablePairsWarning:
    span, path = context.explain(*found.heard_pairs[0])
    return UnreachablePairsWarning(
        span=span,
        count=found.heard_missing,
        total=total,
        pairs=tuple((context.label(a), context.label(b)) for a, b in found.heard_pairs[:SHOWN]),
        path=path,
        more=more,
    )


# -------------------------------------------------------------------------------------------- idle regexes


def _matches(dfa: Dfa, topology: Topology, neighbours: list[list[int]]) -> bool:
    """Whether some walk of two or more switches to a destination matches; stops at the first one.

    Walks that pass their destination on the way are not ruled out, so a few idle regexes go unnoticed.
    """
    class_of = [dfa.class_of(switch.name) for switch in topology.switches]
    count = len(dfa.default)
    live = _live(dfa)
    queue = [d * count + dfa.step(0, class_of[d]) for d in topology.destinations]
    queue = [key for key in queue if live[key % count]]
    seen = set(queue)
    for key in queue:
        switch, state = divmod(key, count)
        step, other = dfa.moves[state].get, dfa.default[state]
        for peer in neighbours[switch]:
            target = step(class_of[peer], other)
            if target in dfa.accepting:
                return True
            key = peer * count + target
            if live[target] and key not in seen:
                seen.add(key)
                queue.append(key)
    return False


def _live(dfa: Dfa) -> list[bool]:
    """Per state, whether acceptance is possible from it."""
    before: list[list[int]] = [[] for _ in dfa.default]
    for state, other in enumerate(dfa.default):
        for target in {other, *dfa.moves[state].values()}:
            before[target].append(state)
    live = [state in dfa.accepting for state in range(len(before))]
    todo = sorted(dfa.accepting)
    while todo:
        for state in before[todo.pop()]:
            if not live[state]:
                live[state] = True
                todo.append(state)
    return live


def _never(regex: PolicyRegex, topology: Topology, neighbours: list[list[int]]) -> RegexNeverMatchesWarning:
    names = _literal(regex)
    index = topology.by_name
    apart = [
        (a, b)
        for a, b in pairwise(names)
        if a and b and a in index and b in index and index[b] not in neighbours[index[a]]
    ]
    last = names[-1] if names else None
    hostless = last is not None and last in index and index[last] not in topology.destinations
    return RegexNeverMatchesWarning(
        span=regex.span,
        text=regex.text,
        unlinked=tuple(dict.fromkeys((_label(a, topology), _label(b, topology)) for a, b in apart))[:SHOWN],
        not_destinations=(_label(last, topology),) if hostless and last is not None else (),
    )


def _literal(regex: PolicyRegex) -> list[str | None]:
    """The parts of a sequence: the name where a part is one switch, None where it is anything else."""
    parts = regex.regex.parts if isinstance(regex.regex, Concat) else (regex.regex,)
    return [next(iter(p.names)) if isinstance(p, Symbols) and len(p.names) == 1 else None for p in parts]


def _label(name: str, topology: Topology) -> str:
    return topology.switches[topology.by_name[name]].label
