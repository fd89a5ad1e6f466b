"""Orders -> probe classes, as few as serve them all.

Equal orders are one class. An order that is the beginning of another is served by the finer class: the
optimum of `(len, util)` is an optimum of `(len)`, and any path serves a constant rank. Classes are
numbered by first use.
"""

from __future__ import annotations

from collections.abc import Sequence

from contra.analysis.isotonicity import Order
from contra.analysis.judge import Draft
from contra.analysis.model import ProbeClass


class Classes:
    """The probe classes of a policy, and which serves what."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        wanted = dict.fromkeys(order for draft in drafts for order in _orders(draft))
        beginnings = {order[:size] for order in wanted for size in range(len(order))}
        self._finest = {order: None for order in wanted if order not in beginnings}
        self._pids: dict[Order, int] = {}
        self._served: dict[tuple[Order, ...], dict[Order, Order]] = {}
        for draft in drafts:
            self._serve(_orders(draft))

    @property
    def classes(self) -> tuple[ProbeClass, ...]:
        """All classes, by pid."""
        return tuple(ProbeClass(pid=pid, order=order) for order, pid in self._pids.items())

    def pids(self, draft: Draft) -> dict[Order, int]:
        """The class that serves each order of a rule."""
        served = self._served[_orders(draft)]
        return {order: self._pids[chosen] for order, chosen in served.items()}

    def _serve(self, orders: tuple[Order, ...]) -> None:
        """Choose for the orders of a rule: where there is a choice, take what the rule has already."""
        if orders in self._served:
            return
        served = {order: order for order in orders if order in self._finest}
        for order in served:
            self._number(order)
        for order in orders:
            if order not in served:
                finer = [other for other in self._finest if other[: len(order)] == order]
                own = [other for other in finer if other in served.values()]
                served[order] = own[0] if own else self._oldest(finer)
                self._number(served[order])
        self._served[orders] = served

    def _number(self, order: Order) -> None:
        self._pids.setdefault(order, len(self._pids))

    def _oldest(self, orders: list[Order]) -> Order:
        return min(orders, key=lambda order: self._pids.get(order, len(self._pids)))


def _orders(draft: Draft) -> tuple[Order, ...]:
    return tuple(dict.fromkeys(branch.order for branch in draft.branches if branch.order is not None))
