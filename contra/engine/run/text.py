"""The report for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from contra.emit.show_table import WIDTH, count, facts, table
from contra.engine.build.model import CONTRA
from contra.engine.run.report import BestPath, Drop, FlowReport, LinkReport, Recovery, Report
from contra.words import number, path_text, percent, periods, rate_text, short, time_text

MOST_PAIRS = 12
MOST_FLOWS = 24
MOST_PATHS = 4
MOST_LINKS = 5


def text(report: Report) -> str:
    """All sections, a blank line between them."""
    sections = (
        _head(report),
        _convergence(report),
        _paths(report),
        _flows(report),
        _failures(report),
        _drops(report),
        _probes(report),
        _busiest(report),
        _faults(report),
    )
    return "\n\n".join("\n".join(section) for section in map(list, sections) if section) + "\n"


def _head(report: Report) -> Iterator[str]:
    lasted = (
        f"{time_text(report.time_ps)}, {periods(report.time_ps, report.period_ps)} of {time_text(report.period_ps)}"
    )
    if report.interrupted:
        yield f"Run of {report.build}, interrupted after {lasted}; planned were {time_text(report.planned_ps)}"
    else:
        yield f"Run of {report.build} for {lasted}"
    sizes = ((report.switches, "switch"), (report.links, "link"), (report.hosts, "host"))
    rows = [
        ("scheme", "" if report.scheme == CONTRA else report.scheme),
        ("network", f"{report.topology}: " + ", ".join(count(size, noun) for size, noun in sizes)),
        ("simulated", f"{number(report.packet_hops)} packet-hops in {report.seconds:.2f} s"),
    ]
    yield from facts(rows)


# ------------------------------------------------------------------------------------------------ decisions


def _convergence(report: Report) -> Iterator[str]:
    found = report.convergence
    yield "Convergence"
    if not found.learns:
        yield "  nothing to learn: all ways stand in table entries"
        return
    if not found.quiet_ps:
        yield "  not measured: flows or failures from the start"
    elif found.last_change_ps is None:
        yield f"  no switch decided anything in the first {time_text(found.quiet_ps)}"
    elif found.converged:
        last = found.last_change_ps
        yield f"  after {time_text(last)}, {periods(last, report.period_ps)}, no switch changed a decision any more"
    else:
        times = (time_text(found.last_change_ps), time_text(found.quiet_ps))
        yield "  not converged yet: a decision changed at {}, and the quiet time ended at {}".format(*times)
    if report.flows or report.failures:
        yield f"  best paths that changed later: {_changes(report)}"


def _changes(report: Report) -> str:
    found = report.convergence
    parts = [f"{number(found.after_failures)} after failures and repairs"] * bool(report.failures)
    parts += [f"{number(found.under_load)} under load"] * bool(report.flows)
    return ", ".join(parts)


def _paths(report: Report) -> Iterator[str]:
    pairs = _wanted(report)
    if not pairs:
        return
    before = report.convergence.quiet_ps > 0
    changed = before and any(pair.first != pair.last for pair in pairs)
    yield "Best paths, before the flows and at the end" if changed else "Best paths"
    rows = []
    for pair in pairs[:MOST_PAIRS]:
        last = path_text(pair.last)
        now = [path_text(pair.first), "the same" if pair.first == pair.last else last] if changed else [last]
        rows.append([pair.source, pair.destination, *now])
    yield from table(["from", "to", *(("before", "at the end") if changed else ("path",))], rows)
    more = len(pairs) - MOST_PAIRS
    if more > 0:
        yield f"  ... and {more} more; --json has them"
    without = sum(pair.last is None for pair in report.pairs)
    if without:
        verb = "has" if without == 1 else "have"
        yield f"  {without} of {count(len(report.pairs), 'pair')} {verb} no path at the end"


def _wanted(report: Report) -> list[BestPath]:
    """All pairs of a small network, else those with flows, which come first; without flows some."""
    if not report.flows or len(report.pairs) <= MOST_PAIRS:
        return list(report.pairs)
    with_flows = {(flow.source_switch, flow.target_switch) for flow in report.flows}
    return [pair for pair in report.pairs if (pair.source, pair.destination) in with_flows]


# ------------------------------------------------------------------------------------------------ flows


def _flows(report: Report) -> Iterator[str]:
    if not report.flows:
        yield "Flows"
        yield "  none: try --traffic FROM:TO:5Mbit"
        return
    yield "Flows"
    heads = ("flow", "rate", "sent", "delivered", "lost", "reordered", "throughput", "delay", "largest")
    yield from table(heads, [_flow_row(flow) for flow in report.flows[:MOST_FLOWS]], " ".join(heads[1:]))
    if len(report.flows) > MOST_FLOWS:
        yield f"  ... and {len(report.flows) - MOST_FLOWS} more; --json has them"
    yield ""
    yield "Paths that packets took"
    rows = []
    for flow in report.flows[:MOST_FLOWS]:
        for place, used in enumerate(flow.paths[:MOST_PATHS]):
            name = flow.name if place == 0 else ""
            rows.append((name, percent(used.packets / flow.delivered), time_text(used.first_ps), path_text(used.path)))
        if len(flow.paths) > MOST_PATHS:
            rows.append(("", "", "", f"... and {len(flow.paths) - MOST_PATHS} more"))
        if not flow.paths:
            rows.append((flow.name, "", "", _nothing(flow, report)))
    yield from table(("flow", "packets", "first", "path"), rows, "packets first")
    yield from _loops(report)


def _flow_row(flow: FlowReport) -> tuple[str, ...]:
    name = flow.name if flow.flows == 1 else f"{flow.name} x{flow.flows}"
    delays = (time_text(flow.delay_mean_ps), time_text(flow.delay_max_ps)) if flow.delivered else ("-", "-")
    lost = number(flow.lost + flow.astray)
    counts = (number(flow.sent), number(flow.delivered), lost, number(flow.late))
    return (name, rate_text(flow.rate * flow.flows), *counts, rate_text(flow.throughput), *delays)


def _nothing(flow: FlowReport, report: Report) -> str:
    if flow.start_ps >= report.time_ps:
        return f"starts at {time_text(flow.start_ps)}, after the end"
    return "nothing arrived"


def _loops(report: Report) -> Iterator[str]:
    loops = report.loops
    if not loops.packets:
        yield "  no packet visited a switch twice"
        return
    example = f", as on {path_text(loops.example)}" if loops.example else ""
    allowed = "; the second time with another tag, which the policy allows, or by a loop" if loops.tags else ""
    count_text = f"{number(loops.packets)} packets visited a switch twice"
    again = f"{count_text}{example}{allowed}; the longest way had {loops.longest} switches"
    yield from textwrap.wrap(again, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


# ------------------------------------------------------------------------------------------------ failures


def _failures(report: Report) -> Iterator[str]:
    if not report.failures:
        return
    yield "Failures"
    for failure in report.failures:
        until = "to the end" if failure.stop_ps is None else f"until {time_text(failure.stop_ps)}"
        yield f"  {failure.name} from {time_text(failure.start_ps)} {until}"
        if not failure.recoveries:
            yield "    no flow was interrupted" if report.flows else "    no flows"
        for recovery in failure.recoveries:
            yield from _recovery(recovery, report)


def _recovery(recovery: Recovery, report: Report) -> Iterator[str]:
    if recovery.recovered_ps is None:
        ending = "nothing arrived any more"
    else:
        took = f"{time_text(recovery.recovered_ps)}, {periods(recovery.recovered_ps, report.period_ps)}"
        way = "the same way" if recovery.before == recovery.after else path_text(recovery.after)
        ending = f"packets arrive again after {took}, by {way}"
    yield from textwrap.wrap(
        f"{recovery.flow}: {ending}; {number(recovery.missing)} lost in between",
        WIDTH,
        initial_indent="    ",
        subsequent_indent="      ",
        break_on_hyphens=False,
    )


# ------------------------------------------------------------------------------------------------ the rest


def _drops(report: Report) -> Iterator[str]:
    yield "Drops"
    if not report.drops:
        yield "  none"
        return
    rows = [(_by(drop), drop.reason, number(drop.data), number(drop.probes)) for drop in report.drops]
    yield from table(("by", "reason", "data", "probes"), rows, "data probes")


def _by(drop: Drop) -> str:
    return "the program" if drop.by == "program" else "the network"


def _probes(report: Report) -> Iterator[str]:
    found = report.probes
    yield "Probes, on the links between switches"
    rate, bits = f"{short(found.per_link_second)} a second", rate_text(found.bits_per_link_second)
    rows = [
        ("all", f"{number(found.packets)} with {number(found.bytes)} bytes, {rate_text(found.bits_per_second)}/s"),
        ("a link", f"{rate} and {bits}/s in each direction"),
        ("share", f"{percent(found.share)} of the bytes on these links"),
    ]
    yield from facts(rows)


def _busiest(report: Report) -> Iterator[str]:
    used = [link for link in report.busiest if link.totals.data_packets]
    if not used:
        return
    yield "Busiest links"
    rows = [_link_row(link) for link in used[:MOST_LINKS]]
    heads = ("from", "port", "to", "capacity", "mean", "peak", "queue", "full", "marked")
    yield from table(heads, rows, "port mean peak queue full marked")


def _link_row(link: LinkReport) -> tuple[str, ...]:
    counts = (f"{number(link.totals.deepest_bytes)} bytes", number(link.totals.full), number(link.totals.marked))
    loads = (rate_text(link.capacity), percent(link.mean), percent(link.peak))
    return (link.source, str(link.source_port), link.target, *loads, *counts)


def _faults(report: Report) -> Iterator[str]:
    if not report.strict:
        return
    yield "What P4 leaves undefined"
    if not report.faults:
        yield "  nothing of the kind was done"
    for fault in report.faults:
        when = f"first in {fault.switch} at {time_text(fault.time_ps)}, {count(fault.times, 'time')} in all"
        yield f"  {fault.place}: {fault.kind}: {when}"
