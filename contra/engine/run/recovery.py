"""What each failure did to the flows: gaps in their deliveries that began when it did."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from contra.engine.core import layout as at
from contra.engine.results import Gap
from contra.engine.run.experiment import Observation, Row
from contra.engine.run.plan import PS_PER_NS, Outage
from contra.engine.run.report import FailureReport, Path, Recovery


def failure_reports(seen: Observation) -> tuple[FailureReport, ...]:
    """Each failure that the run has come to, with the rows of traffic that it interrupted."""
    return tuple(
        FailureReport(
            name=outage.name,
            start_ps=outage.start_ps,
            stop_ps=outage.stop_ps,
            recoveries=tuple(
                recovery for row in seen.rows for recovery in [_recovery(seen, row, outage)] if recovery is not None
            ),
        )
        for outage in seen.plan.outages
        if outage.start_ps <= seen.simulation.network.now
    )


def _recovery(seen: Observation, row: Row, outage: Outage) -> Recovery | None:
    found = list(_gaps(seen, row, outage))
    if not found:
        return None
    worst = max(found, key=lambda gap: gap.stop_ps)
    ended = worst.stop_ps <= seen.simulation.network.now
    return Recovery(
        flow=row.name,
        interrupted=len(found),
        silent_ps=worst.stop_ps - worst.start_ps if ended else None,
        recovered_ps=worst.stop_ps - outage.start_ps if ended else None,
        missing=sum(gap.missing for gap in found),
        before=path_at(seen, worst.flow, worst.start_ps),
        after=path_at(seen, worst.flow, worst.stop_ps) if ended else None,
    )


def _gaps(seen: Observation, row: Row, outage: Outage) -> Iterator[Gap]:
    """Gaps that began with the failure: packets beyond it may still have arrived for as long as they were under way."""
    network = seen.simulation.network
    for number in row.numbers:
        after = network.flow_totals(number).delay_max_ps + 2 * row.gap_ps
        for gap in [*seen.gaps[number], *_open_gap(seen, row, number)]:
            if outage.start_ps - 2 * row.gap_ps <= gap.start_ps <= outage.start_ps + after:
                yield gap


def _open_gap(seen: Observation, row: Row, number: int) -> Iterator[Gap]:
    """The gap in which the run ended, or the flow stopped; it has no end."""
    network = seen.simulation.network
    core = network.row("flows", at.FLOW, number)
    last, limit = int(core[at.F_LAST]), int(core[at.F_GAP])
    stop = network.now if row.flow.stop_ns is None else min(network.now, row.flow.stop_ns * PS_PER_NS)
    if last >= 0 and stop - last > limit:
        lost = sum(network.flow_totals(number).lost.values())
        yield Gap(last, network.now + 1, number, min(lost, _missing(seen, number)))


def _missing(seen: Observation, number: int) -> int:
    """Packets that were sent after the last one that arrived."""
    row = seen.simulation.network.row("flows", at.FLOW, number)
    return int(row[at.F_SENT] - row[at.F_HIGHEST] - 1)


def path_at(seen: Observation, number: int, when: int) -> Path | None:
    """The way of the packet of a flow that arrived last at a time."""
    changes = seen.paths[number]
    place = bisect_right([change.time_ps for change in changes], when) - 1
    if place < 0:
        return None
    switches = seen.simulation.topology.switches
    return tuple(switches[index].name for index in changes[place].trail)
