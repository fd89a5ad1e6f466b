"""The joint automaton: all reversed regexes read together, over the topology's switches.

A state's output is the rank rule that its set of matched regexes selects, so states that rank all continuations alike
are merged, however different the regexes behind them. Transitions are kept for classes of switches that no regex tells
apart, sparse as in `contra.automata`: class 0 is the largest one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from contra.analysis.model import AnalysedPolicy
from contra.automata import (
    Dfa,
    Rows,
    TooManyStatesError,
    breadth_first,
    coarsest,
    minimal,
    predecessors,
    reverse,
)
from contra.diagnostics import Reporter
from contra.product.errors import RegexesMultiplyError, RegexTooLargeError
from contra.topology.model import Topology

MAX_JOINT_STATES = 20_000
"""Most states before joint minimisation."""
MAX_JOINT_MOVES = 3_000_000
"""Most transitions (by class) before joint minimisation."""

INF = -1
"""Output of every state whose rule is infinite."""


@dataclass(frozen=True)
class JointAutomaton:
    """Minimal, numbered breadth first in class order; state 0 is the start, where no switch has been read yet."""

    class_of: tuple[int, ...]
    """Class per switch index."""
    class_count: int
    default: tuple[int, ...]
    """Per state, the successor for switches of class 0."""
    moves: tuple[dict[int, int], ...]
    """Per state, the classes that lead elsewhere."""
    matched: tuple[frozenset[int], ...]
    """Per state, the regexes matched there. Where merged states differ in this, the set that is smallest as a sorted
    sequence stands for all; states that no path can be in do not count."""
    rule: tuple[int, ...]
    """Per state, the rank rule of `matched`."""
    useful: tuple[bool, ...]
    """Per state, whether its own rule is not inf."""
    live: tuple[bool, ...]
    """Per state, whether a useful state can be reached from it, itself included."""

    def step(self, state: int, switch: int) -> int:
        """The state after reading one more switch."""
        return self.moves[state].get(self.class_of[switch], self.default[state])


def reversed_automata(policy: AnalysedPolicy, reporter: Reporter) -> list[Dfa]:
    """One minimal DFA per regex of the policy, reading from destination to source; raises by `reporter.check()`."""
    automata: list[Dfa] = []
    for regex in policy.checked.regexes:
        try:
            automata.append(minimal(reverse(regex.regex)))
        except TooManyStatesError:
            reporter.report(RegexTooLargeError(span=regex.span, text=regex.text))
    reporter.check()
    return automata


def joint_automaton(
    policy: AnalysedPolicy, automata: list[Dfa], topology: Topology, reporter: Reporter
) -> JointAutomaton:
    """The minimal joint automaton of `automata` (see `reversed_automata`) under the policy's rule table."""
    class_of, members = _switch_classes(automata, topology)
    try:
        rows, states = _explore(automata, members)
    except TooManyStatesError:
        sizes = [len(dfa.default) for dfa in automata]
        reporter.report(RegexesMultiplyError.of(policy, sizes))
        reporter.check()
        raise
    matched = [
        frozenset(i for i, (dfa, q) in enumerate(zip(automata, state, strict=True)) if q in dfa.accepting)
        for state in states
    ]
    rule_of = {one: policy.rule_of(one) for one in set(matched)}
    output = [INF if policy.rules[rule_of[one]].is_inf else rule_of[one] for one in matched]
    block = coarsest(output, predecessors(rows), lambda s, b: _signature(rows, s, b))
    default, moves, of = _quotient(rows, block)
    sets = _representatives(rows, of, matched, len(default))
    rule = [rule_of[one] for one in sets]
    useful = [not policy.rules[one].is_inf for one in rule]
    return JointAutomaton(
        class_of=tuple(class_of),
        class_count=len(members),
        default=tuple(default),
        moves=tuple(moves),
        matched=tuple(sets),
        rule=tuple(rule),
        useful=tuple(useful),
        live=tuple(_live(useful, predecessors(Rows([], default, moves)))),
    )


def _switch_classes(automata: list[Dfa], topology: Topology) -> tuple[list[int], list[tuple[int, ...]]]:
    """Class per switch, and per class the class of each automaton. Class 0 has the most switches."""
    keys = [tuple(dfa.class_of(switch.name) for dfa in automata) for switch in topology.switches]
    number = {key: index for index, (key, _) in enumerate(Counter(keys).most_common(1))}
    class_of = [number.setdefault(key, len(number)) for key in keys]
    return class_of, list(number)


def _explore(automata: list[Dfa], members: list[tuple[int, ...]]) -> tuple[Rows, list[tuple[int, ...]]]:
    """Every reachable tuple of states, with its sparse row. Raises `TooManyStatesError`."""
    holders = _holders(automata, members)
    start = tuple(dfa.start for dfa in automata)
    number = {start: 0}
    states = [start]
    rows = Rows([], [], [])
    budget = MAX_JOINT_MOVES
    for state in states:
        row = dict(_row(automata, members, holders, state))
        other = row.pop(0)
        for target in (other, *row.values()):
            if target not in number:
                number[target] = len(states)
                states.append(target)
        rows.default.append(number[other])
        rows.moves.append({c: number[t] for c, t in row.items() if t != other})
        budget -= len(row) + 1
        if len(states) > MAX_JOINT_STATES or budget < 0:
            raise TooManyStatesError
    return rows, states


def _holders(automata: list[Dfa], members: list[tuple[int, ...]]) -> list[dict[int, list[int]]]:
    """Per automaton, the joint classes that lie in each of its classes."""
    holders: list[dict[int, list[int]]] = [{} for _ in automata]
    for number, key in enumerate(members):
        for holder, own in zip(holders, key, strict=True):
            holder.setdefault(own, []).append(number)
    return holders


def _row(
    automata: list[Dfa],
    members: list[tuple[int, ...]],
    holders: list[dict[int, list[int]]],
    state: tuple[int, ...],
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """(class, successor) for class 0 and at least every class whose successor differs from that of class 0."""
    moves = [dfa.moves[q] for dfa, q in zip(automata, state, strict=True)]
    default = [dfa.default[q] for dfa, q in zip(automata, state, strict=True)]
    elsewhere = tuple(default)
    special = {
        number for row, holder in zip(moves, holders, strict=True) for own in row for number in holder.get(own, ())
    }
    targets = {
        number: tuple([row.get(own, d) for row, own, d in zip(moves, members[number], default, strict=True)])
        for number in special
    }
    if targets.get(0, elsewhere) != elsewhere:
        special = set(range(len(members)))
    for number in sorted(special | {0}):
        yield number, targets.get(number, elsewhere)


def _signature(rows: Rows, state: int, block: Sequence[int]) -> Hashable:
    other = block[rows.default[state]]
    return other, frozenset(
        (number, block[target]) for number, target in rows.moves[state].items() if block[target] != other
    )


def _quotient(rows: Rows, block: list[int]) -> tuple[list[int], list[dict[int, int]], list[int]]:
    """Rows per merged state and the merged state of each state, both in canonical numbers."""
    first: dict[int, int] = {}
    for state, number in enumerate(block):
        first.setdefault(number, state)
    merged = {number: index for index, number in enumerate(first)}
    of = [merged[number] for number in block]
    default = [of[rows.default[state]] for state in first.values()]
    moves = [
        {c: of[t] for c, t in sorted(rows.moves[state].items()) if of[t] != other}
        for state, other in zip(first.values(), default, strict=True)
    ]
    order = breadth_first(default, moves)
    old = sorted(order, key=order.__getitem__)
    return (
        [order[default[state]] for state in old],
        [{c: order[t] for c, t in moves[state].items()} for state in old],
        [order[state] for state in of],
    )


def _representatives(rows: Rows, of: list[int], matched: list[frozenset[int]], count: int) -> list[frozenset[int]]:
    """The smallest matched set among the merged states that some path can be in."""
    entered = set(rows.default).union(*(row.values() for row in rows.moves))
    sets: list[list[frozenset[int]]] = [[] for _ in range(count)]
    for state, number in enumerate(of):
        if state in entered:
            sets[number].append(matched[state])
    sets[of[0]] = sets[of[0]] or [matched[0]]
    return [min(candidates, key=sorted) for candidates in sets]


def _live(useful: list[bool], before: list[list[int]]) -> list[bool]:
    live = list(useful)
    todo = [state for state, flag in enumerate(useful) if flag]
    while todo:
        for state in before[todo.pop()]:
            if not live[state]:
                live[state] = True
                todo.append(state)
    return live
