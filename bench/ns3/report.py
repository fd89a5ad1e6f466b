"""Tables of a comparison, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from bench.ns3.compare import Pair, by_size, pair
from bench.ns3.runs import Done


def tables(results: Sequence[Done]) -> Iterator[str]:
    """Lines: all cases, those of each seed, ranges of sizes, and what TCP did."""
    groups = [(title, list(group)) for title, group in groupby(sorted(results, key=_order), key=lambda d: d.case.title)]
    yield from _table("case", [(title, pooled(group)) for title, group in groups])
    yield ""
    yield from _table("case and seed", [(f"{d.case.title}, {d.case.seed}", pooled([d])) for _, g in groups for d in g])
    yield ""
    yield from _table("case and size", [(f"{title}, {size}", p) for title, g in groups for size, p in sized(g)])
    yield ""
    yield from _counts(groups)


def agree(results: Sequence[Done]) -> bool:
    """Whether all flows finished and each case, all its seeds together, is within the tolerances."""
    titles = {done.case.title for done in results}
    groups = [[done for done in results if done.case.title == title] for title in titles]
    return all(pooled(group).agrees and not any(done.unfinished for done in group) for group in groups)


def _order(done: Done) -> tuple[str, int]:
    return done.case.title, done.case.seed


def pooled(group: Sequence[Done]) -> Pair:
    """All flows of several runs as one."""
    return pair(_times(group, "ours"), _times(group, "ns3"))


def sized(group: Sequence[Done]) -> list[tuple[str, Pair]]:
    """The same by ranges of sizes."""
    return by_size([row.size for d in group for row in d.rows], _times(group, "ours"), _times(group, "ns3"))


def _times(group: Sequence[Done], side: str) -> list[float]:
    return [time for done in group for time in done.times_us(side)]


def _table(first: str, rows: Sequence[tuple[str, Pair]]) -> Iterator[str]:
    yield f"| {first} | flows | mean, µs: engine | ns-3 | | p50: engine | ns-3 | | p99: engine | ns-3 | |"
    yield "|---" + "|---:" * 10 + "|"
    for name, p in rows:
        cells = [f"{p.ours.flows:,}"]
        for ours, ns3, apart in (
            (p.ours.mean, p.ns3.mean, p.mean),
            (p.ours.p50, p.ns3.p50, p.p50),
            (p.ours.p99, p.ns3.p99, p.p99),
        ):
            cells += [f"{ours:,.0f}", f"{ns3:,.0f}", f"{apart:+.1%}".replace("%", " %")]
        yield f"| {name} | " + " | ".join(cells) + " |"


_COUNTS = ("retransmitted", "timeouts", "fast_recoveries")


def _counts(groups: Sequence[tuple[str, list[Done]]]) -> Iterator[str]:
    yield "| case, engine / ns-3 | packet-hops | dropped | retransmitted | time-outs | fast recoveries |"
    yield "|---" + "|---:" * 5 + "|"
    for title, group in groups:
        cells = []
        for name in ("packet_hops", "dropped"):
            cells.append(" / ".join(f"{sum(d.totals[f'{side}_{name}'] for d in group):,}" for side in ("ours", "ns3")))
        for name in _COUNTS:
            sums = [sum(getattr(row, f"{side}_{name}") for d in group for row in d.rows) for side in ("ours", "ns3")]
            cells.append(f"{sums[0]:,} / {sums[1]:,}")
        yield f"| {title} | " + " | ".join(cells) + " |"
