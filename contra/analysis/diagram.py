"""Decision diagrams: what a policy's value depends on, each test once, equal parts shared.

A node tests one *variable*: a regex (does it match the path?), a threshold on one metric, or a comparison
that is neither (opaque). Along every path of a diagram the variables ascend, regexes first, then
thresholds metric by metric from the lowest limit up; a threshold that holds implies the higher ones of its
metric, and the diagram knows. So diagrams are canonical: two policies, or parts of one, that mean the same
have the same node. Nothing here recurses: a chain of ten thousand regexes is a diagram ten thousand deep.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from fractions import Fraction
from typing import Any

from contra.analysis.model import Linear

Variable = tuple[Any, ...]
"""`(0, place)` of a regex; `(1, metric position, limit, 0 for < or 1 for <=, metric)`; `(2, terms,
constant, 0|1)` for `linear < 0` or `linear <= 0`; `(3,)` for a leaf. Variables compare by their order in
diagrams.
"""

_LEAF: Variable = (3,)
REGEX, THRESHOLD, OPAQUE, LEAF = 0, 1, 2, 3

_MAX_LEAVES = 20_000

Key = tuple[int, ...]


class TooLarge(Exception):
    """A diagram has outgrown its budget."""


class Diagram:
    """A store of nodes, numbered; children come before their parents."""

    def __init__(self, budget: int) -> None:
        self._variables: list[Variable] = []
        self._yes: list[int] = []
        self._no: list[int] = []
        self._values: list[Any] = []
        self._inner: dict[tuple[Variable, int, int], int] = {}
        self._leaves: dict[Hashable, int] = {}
        self._budget = budget
        self.false = self.leaf(False)
        self.true = self.leaf(True)

    # ---------------------------------------------------------------------------------------- structure

    def leaf(self, value: Hashable) -> int:
        """The node of a value."""
        node = self._leaves.get((type(value), value))
        if node is None:
            if len(self._leaves) >= _MAX_LEAVES:
                raise TooLarge
            node = self._append(_LEAF, -1, -1, value)
            self._leaves[(type(value), value)] = node
        return node

    def test(self, variable: Variable) -> int:
        """The node that is true where the variable is."""
        return self._make(variable, self.true, self.false)

    def variable(self, node: int) -> Variable:
        """What the node tests."""
        return self._variables[node]

    def kind(self, node: int) -> int:
        """REGEX, THRESHOLD, OPAQUE or LEAF."""
        return int(self._variables[node][0])

    def yes(self, node: int) -> int:
        """Where to go if the test holds."""
        return self._yes[node]

    def no(self, node: int) -> int:
        """Where to go if the test fails."""
        return self._no[node]

    def value(self, node: int) -> Any:
        """The value of a leaf."""
        return self._values[node]

    def reachable(self, root: int) -> Iterator[int]:
        """Every node below `root`, itself included, in the order of the source: what holds first, first."""
        seen = set()
        stack = [root]
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            yield node
            if self._yes[node] >= 0:
                stack += (self._no[node], self._yes[node])

    def _append(self, variable: Variable, yes: int, no: int, value: Any) -> int:
        if len(self._variables) >= self._budget:
            raise TooLarge
        self._variables.append(variable)
        self._yes.append(yes)
        self._no.append(no)
        self._values.append(value)
        return len(self._variables) - 1

    def _make(self, variable: Variable, yes: int, no: int) -> int:
        if variable[0] == THRESHOLD:
            yes = self.cofactor(yes, variable, True)
        if yes == no:
            return yes
        key = (variable, yes, no)
        node = self._inner.get(key)
        if node is None:
            node = self._inner[key] = self._append(variable, yes, no, None)
        return node

    def cofactor(self, node: int, variable: Variable, holds: bool) -> int:
        """The part of a node that is left once `variable`, which does not come after the node's own, is
        known.
        """
        mine = self._variables[node]
        if mine == variable:
            return self._yes[node] if holds else self._no[node]
        if holds and variable[0] == THRESHOLD == mine[0] and mine[1] == variable[1]:
            return self._yes[node]
        return node

    # --------------------------------------------------------------------------------------- operations

    def combine(self, nodes: Key, finish: Callable[[Key], int | None], *, ordered: bool = True) -> int:
        """Walk several diagrams at once; `finish` gives the result as soon as it is known, at the latest
        for leaves.

        `ordered` says that what `finish` returns only tests what comes after the variables of `nodes`.
        """
        memo: dict[Key, int] = {}
        stack = [nodes]
        while stack:
            key = stack[-1]
            if key not in memo:
                pending = self._step(key, finish, memo, ordered)
                if pending:
                    stack += pending
                    continue
            stack.pop()
        return memo[nodes]

    def _step(self, key: Key, finish: Callable[[Key], int | None], memo: dict[Key, int], ordered: bool) -> list[Key]:
        done = finish(key)
        if done is not None:
            memo[key] = done
            return []
        variable = min(self._variables[node] for node in key)
        yes = tuple([self.cofactor(node, variable, True) for node in key])
        no = tuple([self.cofactor(node, variable, False) for node in key])
        pending = [side for side in (no, yes) if side not in memo]
        if not pending:
            if len(memo) > self._budget:
                raise TooLarge
            make = self._make if ordered else self._choose
            memo[key] = make(variable, memo[yes], memo[no])
        return pending

    def _choose(self, variable: Variable, yes: int, no: int) -> int:
        return self.choose(self.test(variable), yes, no)

    def choose(self, guard: int, yes: int, no: int) -> int:
        """`yes` where the guard, a diagram over Booleans, holds; elsewhere `no`."""
        return self.combine((guard, yes, no), self._chosen)

    def _chosen(self, key: Key) -> int | None:
        guard, yes, no = key
        if guard == self.true or yes == no:
            return yes
        return no if guard == self.false else None

    def apply(self, operation: Callable[..., Hashable], nodes: Key) -> int:
        """A function of leaf values, applied to whole diagrams."""

        def finish(key: Key) -> int | None:
            if any(self._yes[node] >= 0 for node in key):
                return None
            return self.leaf(operation(*[self._values[node] for node in key]))

        return self.combine(nodes, finish)

    def restrict(self, root: int, position: int, holds: Callable[[Fraction, int], bool | None]) -> int:
        """Decide thresholds of the metric at `position`: `holds` gets limit and 0 (<) or 1 (<=), None
        leaves it open.
        """

        memo: dict[int, int] = {}
        for node in sorted(self.reachable(root)):
            variable = self._variables[node]
            known = holds(variable[2], variable[3]) if variable[:2] == (THRESHOLD, position) else None
            if variable[0] == LEAF:
                memo[node] = node
            elif known is None:
                memo[node] = self._make(variable, memo[self._yes[node]], memo[self._no[node]])
            else:
                memo[node] = memo[self._yes[node] if known else self._no[node]]
        return memo[root]


def opaque_linear(variable: Variable) -> Linear:
    """The linear term that an opaque variable compares with 0."""
    return Linear(variable[2], variable[1])
