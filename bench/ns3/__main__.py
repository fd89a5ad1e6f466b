"""The embedded engine against ns-3, on the same flows: `python -m bench.ns3 --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.ns3 import plan, report, wheel
from bench.ns3.compare import Pair
from bench.ns3.reference import ModelFailed
from bench.ns3.runs import Case, Done, read_all, run_all
from contra.baselines import SCHEMES
from contra.diagnostics import CompileError
from contra.engine.transport import CONGESTION_CONTROLS
from contra.render import render_text

STATIC = tuple(name for name in SCHEMES if name in ("ecmp", "shortest-path"))
"""Schemes whose ways do not depend on load: ns-3 can send the flows the same ways."""
FINE, APART, USAGE, MISSING = 0, 1, 2, 3


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="python -m bench.ns3",
        description="The same flows in the embedded engine and in ns-3: flow completion times and how far they are"
        " apart. ns-3 comes from its wheel, which is not imported: pip install --no-deps 'ns3==3.44.post0'.",
    )
    commands = top.add_subparsers(dest="command", required=True)
    every = commands.add_parser("validate", help="all cases of docs/validation.md (an hour); goes on where it stopped")
    one = commands.add_parser("compare", help="cases of your own, one for each load and seed")
    shown = commands.add_parser("report", help="tables of a folder of results, in Markdown")
    shown.add_argument("folder", type=Path, help="where the results are")
    for command in (every, one):
        command.add_argument("folder", type=Path, help="where the results go; those that are there are not repeated")
        command.add_argument("--ns3-python", type=Path, metavar="PYTHON", help="an interpreter that has the ns3 wheel")
        command.add_argument("--seeds", type=int, nargs="+", metavar="N", help="only these seeds")
    _add_case(one)
    return top


def _add_case(command: argparse.ArgumentParser) -> None:
    usual = Case(title="")
    command.add_argument("--scheme", choices=STATIC, default=usual.scheme)
    command.add_argument("--topology", default=usual.topology, help="a shipped one, or a file (%(default)s)")
    command.add_argument("--workload", default=usual.workload, help="a shipped distribution (%(default)s)")
    command.add_argument("--scale", type=float, default=usual.scale, help="of all sizes (%(default)s)")
    command.add_argument("--loads", type=float, nargs="+", default=[usual.load], metavar="SHARE", help="of the cut")
    command.add_argument("--flows", type=int, default=usual.flows, metavar="N", help="of a run (%(default)s)")
    command.add_argument("--senders", nargs="+", default=list(usual.senders), metavar="PATTERN", help="hosts by name")
    command.add_argument("--receivers", nargs="+", default=list(usual.receivers), metavar="PATTERN")
    command.add_argument("--queue", type=int, default=usual.queue_packets, metavar="PACKETS", help="(%(default)s)")
    command.add_argument("--ecn", type=int, default=0, metavar="PACKETS", help="marks behind longer queues")
    command.add_argument("--congestion-control", choices=CONGESTION_CONTROLS, default="newreno")
    command.add_argument("--own-paths", action="store_true", help="ns-3 draws ways of its own among the shortest")
    command.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", help="more of the transport, both sides")
    command.add_argument("--set-ns3", nargs="+", default=[], metavar="NAME=VALUE", help="what is different in ns-3")


def cases(args: argparse.Namespace) -> Iterator[Case]:
    """What the command line asks for."""
    if args.command == "validate":
        yield from (case for case in plan.cases() if args.seeds is None or case.seed in args.seeds)
        return
    transport = replace(plan.TRANSPORT, congestion_control=args.congestion_control, **_values(args.set))
    for load in args.loads:
        for seed in args.seeds or (1, 2, 3):
            yield Case(
                title=f"{args.scheme}, load {load}",
                scheme=args.scheme,
                topology=args.topology,
                workload=args.workload,
                scale=args.scale,
                load=load,
                flows=args.flows,
                seed=seed,
                senders=tuple(args.senders),
                receivers=tuple(args.receivers),
                same_paths=not args.own_paths,
                queue_packets=args.queue,
                mark_packets=args.ecn,
                transport=transport,
                ns3=_values(args.set_ns3),
            )


def _values(words: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE, numbers and truth values as such. Raises ValueError."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise ValueError(f"'{word}' is not of the form NAME=VALUE")
        truth = {"true": True, "false": False}
        found[name] = truth[text] if text in truth else int(text) if text.isdigit() else text
    return found


def say(case: Case, done: Done) -> None:
    """A line for each case when it is done."""
    p = report.pooled([done])
    print(f"{case.title}, seed {case.seed}: {_apart(p)}", flush=True)
    if done.unfinished:
        print(f"  {done.unfinished} flows did not finish: the comparison does not count")


def _apart(p: Pair) -> str:
    return f"mean {p.mean:+.1%}, p50 {p.p50:+.1%}, p99 {p.p99:+.1%}"


def main(words: Sequence[str] | None = None) -> int:
    """Exit status: 0 they agree, 1 they do not, 2 wrong usage, 3 ns-3 is missing."""
    args = parser().parse_args(words)
    try:
        if args.command != "report":
            wanted = list(cases(args))
            run_all(wanted, wheel.model(wheel.find(args.ns3_python)), args.folder, say)
        results = read_all(args.folder)
    except wheel.Unavailable as error:
        print(f"error: {error}", file=sys.stderr)
        return MISSING
    except CompileError as error:
        print(render_text(error.diagnostics), file=sys.stderr)
        return APART
    except (ValueError, TypeError, ModelFailed, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE
    if not results:
        print(f"error: {args.folder} holds no results", file=sys.stderr)
        return USAGE
    print("\n".join(report.tables(results)))
    return FINE if report.agree(results) else APART


if __name__ == "__main__":
    sys.exit(main())
