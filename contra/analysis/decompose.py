"""Orders -> probe classes, as few as serve them all.

Equal orders are one class. An order that is the beginning of another is served by the finer class: the optimum of
`(len, util)` is an optimum of `(len)`, and any path serves a constant rank. Classes are numbered by first use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contra.analysis.isotonicity import Order
from contra.analysis.judge import Draft
from contra.analysis.model import ProbeClass


class Classes:
    """The probe classes of a policy, and which serves what."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        wanted = dict.fromkeys(order for draft in drafts for order in _orders(draft))
        beginnings = {order[:size] for order in wanted for size in range(len(order))}
        self._finest = [order for order in wanted if order not in beginnings]
        self._pids: dict[Order, int] = {}
        self._by_draft = {draft.node: self._assigned(list(_orders(draft))) for draft in drafts}

    @property
    def classes(self) -> tuple[ProbeClass, ...]:
        """All classes, by pid."""
        return tuple(ProbeClass(pid=pid, order=order) for order, pid in self._pids.items())

    def pid(self, draft: Draft, order: Order | None) -> int | None:
        """The class that serves an order within a rule; None for inf."""
        return None if order is None else self._by_draft[draft.node][order]

    def _assigned(self, orders: list[Order]) -> dict[Order, int]:
        """Serve a rule's orders: those without a choice first, the others by what the rule has already."""
        served: dict[Order, int] = {}
        own = [order for order in orders if order in self._finest]
        for order in own:
            served[order] = self._number(order)
        for order in orders:
            if order not in served:
                finer = [order_ for order_ in self._finest if order_[: len(order)] == order]
                chosen = next((f for f in finer if f in own), None) or self._oldest(finer)
                own.append(chosen)
                served[order] = self._number(chosen)
        return served

    def _number(self, order: Order) -> int:
        return self._pids.setdefault(order, len(self._pids))

    def _oldest(self, orders: list[Order]) -> Order:
        return min(orders, key=lambda order: self._pids.get(order, len(self._pids)))


def _orders(draft: Draft) -> Iterable[Order]:
    return dict.fromkeys(branch.order for branch in draft.branches if branch.order is not None)
