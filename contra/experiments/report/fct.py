"""The sections of a report on flow completion times."""

from __future__ import annotations

from collections.abc import Iterator

from contra.diagnostics import Reporter
from contra.experiments import published
from contra.experiments.report import compare, conditions, curves, tables
from contra.experiments.report.cdf import slowdowns
from contra.experiments.report.document import Block, Heading, Paragraph, Table
from contra.experiments.report.model import Panel, Point, Results
from contra.experiments.report.numbers import NONE, listed, load_text, percent

MEAN = "fct_mean_us"
OTHERS = (
    ("fct-p50", "fct_p50_us", "Median", "median FCT"),
    ("fct-p99", "fct_p99_us", "99th percentile", "99th percentile of FCT"),
    ("fct-small", "fct_small_mean_us", "Small flows", "mean FCT of small flows"),
    ("fct-small-p99", "fct_small_p99_us", "Small flows, 99th percentile", "99th percentile of FCT, small flows"),
    ("fct-large", "fct_large_mean_us", "Large flows", "mean FCT of large flows"),
)
"""Name of the picture, column, heading, name of the measure."""
SMALL = "Small flows have 100 kB at most."
LARGE = "Large flows have 10 MB or more in web search, 1 MB or more in the other workloads."
TOTAL = ("data_bytes", "probe_bytes")
"""All bytes on links; those of added headers are among the data."""


def sections(results: Results, against: Results | None, reporter: Reporter) -> Iterator[Block]:
    """Everything on flow completion times, most important first."""
    yield from _claims(results, against)
    yield from _mean(results)
    yield from _ratios(results)
    if against:
        yield from _growth(results, against)
    for name, column, heading, what in OTHERS:
        yield from _measure(results, name, column, heading, what)
    yield from _slowdown(results, reporter)
    yield from _traffic(results)
    yield from _transport(results)
    yield from _offered(results)


def _claims(results: Results, against: Results | None) -> Iterator[Block]:
    found = compare.verdicts(results, against)
    if not found:
        return
    yield Heading("Beside the paper")
    yield Paragraph(
        "Each number is a ratio of mean flow completion times: at one load, or the mean over the loads of the ratios "
        "at each load, which is how the paper's own numbers come out of its curves. Ratios are formed seed by seed; ± "
        "is the 95 % confidence interval over the seeds. 'reached' says for Contra whether the measured mean is at "
        "most the number in the paper's text."
    )
    yield tables.claims(found)


def _mean(results: Results) -> Iterator[Block]:
    beside = ", dashed: the paper's curves" if results.figures else ""
    picture = curves.over_load(results, "fct-mean", MEAN, "mean FCT", f"Mean flow completion time over load{beside}.")
    if picture is None:
        return
    yield Heading("Mean flow completion time")
    if results.figures:
        cited = listed([figure.citation for figure in results.figures])
        yield Paragraph(
            f"Beside each scheme stand the values of the paper ({cited}; read off the printed figures, good to about 1 "
            "%). Absolute times depend on the transport and on the flow sizes really offered, in which this differs "
            "from the paper's simulator; what is to be compared are the ratios between schemes."
        )
    yield picture
    for panel in _with(results, MEAN):
        yield tables.times(results, panel, MEAN, "Mean FCT")


def _ratios(results: Results) -> Iterator[Block]:
    name = results.reference
    caption = f"Mean FCT over that of {name}, seed by seed; below 1 is faster than {name}."
    picture = curves.ratio_picture(results, "fct-ratio", caption, MEAN)
    if picture is None:
        return
    yield Heading(f"Ratio to {name}")
    yield picture
    for panel in _with(results, MEAN):
        rows = compare.to_reference(results, panel, MEAN)
        yield tables.ratios(f"Mean FCT over that of {name}: {panel.label}", rows)
        for scheme in results.schemes:
            others = compare.to_others(results, panel, scheme, MEAN) if scheme.startswith("Contra") else ()
            if others:
                yield tables.ratios(f"Mean FCT of {scheme} over that of each other scheme: {panel.label}", others)


def _growth(results: Results, against: Results) -> Iterator[Block]:
    caption = f"Mean FCT here over that of the same scheme in '{against.name}', seed by seed."
    picture = curves.growth_picture(results, against, "fct-growth", caption, MEAN)
    if picture is None:
        return
    yield Heading(f"Against {against.name}")
    differing = tuple(conditions.differences(results, against))
    yield Table("In this the two differ:", ("setting", "here", against.name), differing, names=3)
    yield picture
    for panel in _with(results, MEAN):
        rows = compare.growth(results, against, panel, MEAN)
        if rows:
            yield tables.ratios(f"Mean FCT over that in '{against.name}': {panel.label}", rows)


def _measure(results: Results, name: str, column: str, heading: str, what: str) -> Iterator[Block]:
    picture = curves.over_load(results, name, column, what, f"{what[:1].upper()}{what[1:]} over load.")
    if picture is None:
        return
    yield Heading(heading)
    note = SMALL if "small" in column else LARGE if "large" in column else ""
    if note:
        yield Paragraph(note)
    yield picture
    for panel in _with(results, column):
        yield tables.times(results, panel, column, what[:1].upper() + what[1:])


def _with(results: Results, column: str) -> list[Panel]:
    return [panel for panel in results.panels if panel.has(column)]


def _slowdown(results: Results, reporter: Reporter) -> Iterator[Block]:
    caption = "Distribution of the slowdown over all flows of all seeds, up to the flow that 0.01 % exceed."
    picture, lost = slowdowns(results, caption, reporter)
    if picture is None and not lost:
        return
    yield Heading("Slowdown")
    yield Paragraph("The slowdown of a flow is its completion time over the one it would have alone in the network.")
    if lost:
        yield Paragraph(f"Left out, since their flows cannot be read: the schemes of the runs {listed(list(lost))}.")
    if picture:
        yield picture
    columns = (("mean", tables.mean("slowdown_mean")), ("99th percentile", tables.mean("slowdown_p99")))
    yield from _each(results, "Slowdown", columns)


def _traffic(results: Results) -> Iterator[Block]:
    columns = (
        ("probes", tables.share(["probe_bytes"], TOTAL)),
        ("added headers", tables.share(["header_bytes"], TOTAL)),
        (f"bytes over {results.reference}", _over_reference(results)),
        ("paper", _published_traffic(results)),
        ("hops, mean", tables.mean("hops_mean", 4)),
        ("looped", tables.share(["packets_looped"], ["data_packets"])),
        ("late", tables.share(["late"], ["data_packets"])),
    )
    found = list(_each(results, "Traffic and paths", columns))
    if not found:
        return
    yield Heading("Overhead, paths and loops")
    yield Paragraph(
        "Probes and added headers are shares of all bytes on the links between switches. All schemes carry the same "
        f"flows, so 'bytes over {results.reference}' says what a scheme costs in all: probes, headers, longer paths, "
        "packets sent again. 'looped' is the share of data packets that visited a switch twice, 'late' of those that "
        f"came after a later one of their flow.{_published_loops(results)}"
    )
    yield from found


def _over_reference(results: Results) -> tables.Cell:
    def cell(point: Point) -> str:
        base = _panel_of(results, point).at(results.reference, point.runs[0].load or 0.0)
        sums = [_bytes(each) for each in (point, base) if each is not None and not each.lost]
        return f"{sums[0] / sums[1]:.4f}" if len(sums) == 2 and sums[1] else NONE

    return cell


def _panel_of(results: Results, point: Point) -> Panel:
    run = point.runs[0]
    return next(panel for panel in results.panels if panel.at(run.scheme, run.load or 0.0) is point)


def _bytes(point: Point) -> float:
    """Mean over seeds of all bytes on links."""
    return sum(run.number(name) or 0.0 for run in point.runs for name in TOTAL) / len(point.runs)


def _network(topology: str) -> str:
    """The paper's network that a topology is: the key of its facts."""
    plain = topology.lower().replace("-", "")
    return "fat-tree" if "fattree" in plain else "abilene" if "abilene" in plain else ""


def _published_traffic(results: Results) -> tables.Cell:
    """What the paper says of all bytes, where it says it of the same reference."""
    base = {"fat-tree": "ecmp", "abilene": "spain"}

    def cell(point: Point) -> str:
        run, settings = point.runs[0], _panel_of(results, point).settings
        network = _network(settings["topology"])
        found = [
            fact.value
            for fact in published.facts()
            if fact.key == "traffic"
            and (fact.network, fact.workload, fact.load) == (network, settings["workload"], run.load)
            and published.plain_scheme(fact.scheme) == published.plain_scheme(run.scheme)
            and base[network] == published.plain_scheme(results.reference)
        ]
        return f"{found[0]:.4f}" if found else NONE

    return cell


def _published_loops(results: Results) -> str:
    """A sentence on the loops of the paper in the same network."""
    networks = {_network(panel.settings["topology"]) for panel in results.panels}
    facts = [fact for fact in published.facts() if fact.key == "looped" and fact.network in networks]
    said = [
        f"{percent(fact.value)} of the packets of {fact.scheme} at {load_text(fact.load or 0)} load" for fact in facts
    ]
    return f" In the paper ({facts[0].citation}) transient loops hit {listed(said)}." if said else ""


def _transport(results: Results) -> Iterator[Block]:
    columns = (
        ("sent again", tables.share(["retransmitted"], ["data_packets"])),
        ("timeouts", tables.mean("timeouts")),
        ("lost at full queues", tables.share(["dropped_full"], ["data_packets"])),
        ("longest queue, kB", tables.most("queue_max_bytes", 1e-3)),
    )
    found = list(_each(results, "Transport and queues", columns))
    if found:
        yield Heading("Transport and queues")
        yield from found


def _each(results: Results, caption: str, columns: tuple[tuple[str, tables.Cell], ...]) -> Iterator[Table]:
    for panel in results.panels:
        table = tables.by_scheme(results, panel, f"{caption}: {panel.label}", columns)
        if table:
            yield table


def _offered(results: Results) -> Iterator[Block]:
    rows = []
    for panel in results.panels:
        for load in panel.loads:
            found = [run for (_, at), point in panel.points.items() if at == load for run in point.runs]
            offered = [value for run in found if (value := run.number("offered_load")) is not None]
            if offered:
                spread = f"{percent(min(offered))} to {percent(max(offered))}"
                rows.append((panel.label, load_text(load), percent(sum(offered) / len(offered)), spread))
    if rows:
        yield Heading("Offered load")
        yield Paragraph("What the flows of the runs really offered, measured, beside the nominal load.")
        yield Table("", ("workload", "nominal", "offered, mean", "over the runs"), tuple(rows))
