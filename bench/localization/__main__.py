"""The tables of docs/localization.md: `python -m bench.localization`. All take some ten minutes of processor time."""

from __future__ import annotations

import argparse
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter

from bench.localization.tables import TABLES, Plan

SEED = 2026
"""Of the tables in the documentation. Nothing was tuned with it: that was done with seeds 7 and 99."""


def main() -> None:
    """Print the tables that were asked for, with the time that each took."""
    parser = argparse.ArgumentParser(prog="python -m bench.localization", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"which: {', '.join(TABLES)} (all of them)")
    parser.add_argument("--runs", type=int, metavar="N", help="of each point (30; 5 with --quick)")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help="%(default)s")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="fewer networks, faults and runs")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.tables if name not in TABLES]
    if unknown:
        parser.error(f"unknown table {unknown[0]!r}; there are {', '.join(TABLES)}")
    runs = arguments.runs or (5 if arguments.quick else 30)
    plan = Plan(runs, arguments.seed, arguments.workers, arguments.quick)
    print(f"seed {plan.seed}, {plan.runs} runs a point; recall / precision, all runs of a point together")
    for name in arguments.tables or TABLES:
        start, before = perf_counter(), processor_s()
        for line in TABLES[name](plan):
            print(line, flush=True)
        used = processor_s() - before
        print(f"\n({name}: {perf_counter() - start:.0f} s, {used:.0f} s of processor time)", flush=True)


def processor_s() -> float:
    """Processor time of this process and those that it has waited for, seconds."""
    own, others = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


if __name__ == "__main__":
    main()
