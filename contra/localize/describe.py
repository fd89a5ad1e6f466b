"""Method contra: the set of objects that makes the shortest description of all that fails.

Naming an object costs the more the less likely it was to break (`prior`), and then it has to be said which of its
entries fail (`cost`): nothing if all do. An object of which little fails is thus a dear explanation and no forbidden
one, and an innocent change does not pay. Entries that one suspect explains tell nothing about the others.

The search is greedy, by cost per entry explained, then improves what it has: one suspect in place of several, or
others in place of one, as long as the description gets shorter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from contra.localize.failures import Failures
from contra.localize.greedy import changes_of
from contra.localize.model import Change, Flags, Hypothesis, Ints, RiskModel, Suspect
from contra.localize.prior import Belief, Floats, log_weights, priors

_UNEXPLAINED = 25.0
"""Cost of an entry that nothing explains: more than any object costs, so that none is left where there is one."""
_ROUNDS = 50
_TRIES = 24
_LESS = 1e-6


@dataclass(frozen=True, slots=True)
class Account:
    """Suspects in the order in which they are held to explain; only those that explain something are among them."""

    suspects: tuple[int, ...]
    prices: tuple[float, ...]
    rows: tuple[Ints, ...] = field(repr=False)
    """What each explains."""
    known: Flags = field(repr=False)

    @property
    def total(self) -> float:
        """Length of the description in nats."""
        return sum(self.prices) + _UNEXPLAINED * float(np.count_nonzero(~self.known))


class Search:
    """Looks for the shortest description."""

    def __init__(self, failures: Failures) -> None:
        self.failures = failures
        self.share = failures.failing / np.maximum(1, failures.entries)

    def account(self, suspects: Iterable[int]) -> Account:
        """Who explains what: objects that fail as a whole come first, as there is no doubt what they bring about."""
        order = sorted(set(suspects), key=lambda thing: (-self.share[thing], -self.failures.failing[thing], thing))
        known = np.zeros(len(self.failures.rows), np.bool_)
        kept: list[tuple[int, float, Ints]] = []
        for thing in order:
            price, rows = self.failures.cost(thing, known)
            if len(rows):
                known[rows] = True
                kept.append((thing, price, rows))
        return Account(tuple(k[0] for k in kept), tuple(k[1] for k in kept), tuple(k[2] for k in kept), known)

    def cover(self, known: Flags, banned: int | None = None) -> Iterator[int]:
        """Candidates that explain the rest, always the one with the least cost per entry."""
        known = known.copy()
        while not known.all():
            costs, gains = self.failures.costs(known)
            if banned is not None:
                gains[banned] = 0
            if not gains.any():
                return
            ratio = np.where(gains > 0, costs / np.maximum(1, gains), np.inf)
            best = int(np.argmin(ratio))
            known[self.failures.cost(best, known)[1]] = True
            yield best

    def run(self, start: Account | None = None) -> Account:
        """The best that was found; `start` is improved if it is better than what is found without it."""
        best = self.account(self.cover(np.zeros(len(self.failures.rows), np.bool_)))
        if start is not None:
            best = min(best, self.account(start.suspects), key=_total)
        for _ in range(_ROUNDS):
            better = min(self.gathered(best), key=_total, default=best)
            if better.total >= best.total - _LESS:
                better = min((self.without(best, thing) for thing in best.suspects), key=_total, default=best)
            if better.total >= best.total - _LESS:
                break
            best = better
        return best

    def weights(self, best: Account) -> list[float]:
        """How much longer the description would be without each of the suspects."""
        return [self.without(best, thing).total - best.total for thing in best.suspects]

    def without(self, best: Account, thing: int) -> Account:
        """The best description without a suspect of it."""
        others = self.account(other for other in best.suspects if other != thing)
        return self.account((*others.suspects, *self.cover(others.known, banned=thing)))

    def gathered(self, best: Account) -> Iterator[Account]:
        """Descriptions with one more suspect, in place of those that it makes superfluous."""
        failures, number = self.failures, len(best.suspects)
        owner = np.full(len(failures.rows), number, np.int64)
        for position, rows in enumerate(best.rows):
            owner[rows] = position
        pairs = failures.thing[failures.blamed] * (number + 1) + owner[failures.row[failures.blamed]]
        shared = np.bincount(pairs, minlength=failures.count * (number + 1)).reshape(failures.count, -1)[:, :number]
        sizes = np.array([len(rows) for rows in best.rows])
        replaced = shared == sizes
        saved = replaced @ np.array(best.prices) - failures.price
        saved[list(best.suspects)] = -np.inf
        for thing in np.argsort(-saved, kind="stable")[:_TRIES]:
            if saved[thing] > 0:
                kept = [each for each, gone in zip(best.suspects, replaced[thing], strict=True) if not gone]
                yield self.account((*kept, int(thing)))
        yield from self._joined(best, shared)

    def _joined(self, best: Account, shared: Ints) -> Iterator[Account]:
        """Descriptions with one more suspect that takes over a part of what others explain."""
        failures, logs = self.failures, self.failures.logs
        costs, _ = failures.costs(np.zeros(len(failures.rows), np.bool_))
        suspects = np.array(best.suspects, np.int64)
        entries, sizes = failures.entries[suspects], np.array([len(rows) for rows in best.rows])
        whole = logs.choice(entries, sizes)
        rest = logs.choice(np.maximum(entries - shared, 0), sizes - shared)
        saved = np.where(shared > 0, whole - rest, 0.0).sum(axis=1) - costs
        saved[suspects] = -np.inf
        for thing in np.argsort(-saved, kind="stable")[:_TRIES]:
            if saved[thing] > 0:
                yield self.account((*best.suspects, int(thing)))


def _total(account: Account) -> float:
    return account.total


def contra(model: RiskModel, changes: Sequence[Change], now: float) -> Hypothesis:
    """The shortest description that the search finds; what it finds tells how good the log is, so it looks twice."""
    if not model.failed.any():
        return Hypothesis("contra", ())
    log = log_weights(model, changes, now)
    search = Search(Failures(model))
    belief, account = Belief(), None
    for _ in range(2):
        search.failures.set_prior(priors(log, belief))
        account = search.run(account)
        belief = belief.learned(len(account.suspects), _logged(search.failures, account.suspects, log))
    assert account is not None
    masked = tuple(_masked(search.failures, account, log))
    return _Report(search, account, log, changes_of(changes)).hypothesis(masked)


def _logged(failures: Failures, suspects: Iterable[int], log: Floats) -> int:
    return sum(bool(log[failures.members(thing)].any()) for thing in suspects)


def _masked(failures: Failures, account: Account, log: Floats) -> Iterator[int]:
    """Changed objects of which nothing can be seen, as other suspects explain their failures already.

    How many of the log's other objects turned out to be broken is how likely these are.
    """
    named = {int(each) for thing in account.suspects for each in failures.members(thing)}
    changed = np.flatnonzero(log)
    hidden = []
    for thing in range(failures.count):
        members = failures.members(thing)
        if log[members].any() and named.isdisjoint(members.tolist()):
            price, _ = failures.cost(thing, account.known)
            hidden.append((thing, price - failures.price[thing], failures.entries[thing] == _free(failures, thing)))
    unseen = sum(whole for _, _, whole in hidden)
    guilty = _logged(failures, account.suspects, log)
    share = (guilty + 1) / (len(changed) - unseen + 2)
    odds = np.log(share / (1 - share)) if share < 1 else np.inf
    yield from (thing for thing, cost, _ in hidden if odds > cost)


def _free(failures: Failures, thing: int) -> int:
    """Entries of a candidate that fail, whoever is to blame."""
    return int(failures.starts[thing + 1] - failures.starts[thing])


class _Report:
    """An account with names."""

    def __init__(
        self, search: Search, account: Account, log: Floats, changes: Mapping[object, tuple[Change, ...]]
    ) -> None:
        self.failures, self.model = search.failures, search.failures.model
        self.search, self.account, self.log, self.changes = search, account, log, changes

    def hypothesis(self, masked: Sequence[int]) -> Hypothesis:
        """The hypothesis, the surest suspects first; last those that only the log speaks against."""
        rows = zip(self.account.suspects, self.account.rows, self.search.weights(self.account), strict=True)
        found = sorted((self.suspect(*row) for row in rows), key=lambda each: -each.weight)
        nothing = np.empty(0, np.int64)
        found += (self.suspect(thing, nothing, 0.0, "change log") for thing in masked)
        left = np.unique(self.model.element_of[self.failures.rows[~self.account.known]])
        unexplained = tuple(self.model.elements[int(element)] for element in left)
        return Hypothesis("contra", tuple(found), unexplained, len(self.model.failed_elements))

    def suspect(self, thing: int, rows: Ints, weight: float, evidence: str | None = None) -> Suspect:
        """A candidate by the name of that object of its class that was changed last."""
        failures, model = self.failures, self.model
        members = failures.members(thing)
        named = int(members[np.argmax(self.log[members])])
        elements = np.unique(model.element_of[failures.rows[rows]])
        whole = failures.failing[thing] == failures.entries[thing]
        return Suspect(
            object=model.objects[named],
            evidence=evidence or ("whole" if whole else "part"),
            failed=int(failures.failing[thing]),
            dependants=int(failures.entries[thing]),
            explained=tuple(model.elements[int(element)] for element in elements),
            coverage=Fraction(len(elements), max(1, len(model.failed_elements))),
            weight=weight,
            alike=tuple(model.objects[int(other)] for other in members if other != named),
            changes=self.changes.get(model.objects[named], ()),
        )
