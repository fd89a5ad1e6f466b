"""What the parts of `react` have in common: flows that show where packets may go, and a row of the table."""

from __future__ import annotations

from typing import Any

from experiments.net import Net
from experiments.report import spread
from experiments.traffic import Flow

FLOWS = 8


def probing(net: Net, source: str, target: str, seconds: float, first: int = 0) -> list[Flow]:
    """Flows whose datagrams are further apart than the flowlet timeout, evenly shifted: each may choose its way."""
    interval = 1.25 * net.flowlet_s
    return [
        Flow(number=first + index, source=source, target=target, count=int(seconds / interval), interval_s=interval,
             offset_s=index * interval / FLOWS)
        for index in range(FLOWS)
    ]  # fmt: skip


def reaction(
    common: dict[str, Any], values: list[float], net: Net, allowed: float | None, periods: float | None = None
) -> dict[str, Any]:
    """A row of the table: `values` in s, against what is allowed, if anything is."""
    found = spread(values)
    complete = len(values) == common["times"] and bool(values)
    return {
        **common,
        "median s": found.get("median", ""),
        "most s": found.get("most", ""),
        "periods": found["most"] / net.period_s if found else "",
        "allowed s": "" if allowed is None else allowed,
        "within": "" if allowed is None else complete and found["most"] <= allowed,
    }
