"""`contra exp`: experiments, from a small file to a table and a page of plots."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contra.cli.arguments import Parser, add_manner, file_name, some_text, whole
from contra.cli.frame import INPUT_ERROR, INTERRUPTED, OK, Console, Manner, say
from contra.cli.progress import GridLine

if TYPE_CHECKING:
    from contra.experiments.runner import Means, Progress, Summary
    from contra.experiments.spec import Spec

_MOST_JOBS = 1024
_FORM = """\
An experiment is a TOML file:

  name = "my-comparison"
  topology = "fattree-paper"          # a shipped network, or a file beside this one
  senders = ["h1_*", "h2_*"]
  receivers = ["h3_*", "h4_*"]
  workloads = ["web-search", "cache"] # or hadoop, data-mining, "64kB", sizes.toml
  loads = [0.1, 0.5, 0.9]             # of the smallest cut between senders and receivers
  seeds = [1, 2, 3]
  flows = 2000                        # in each run

  [[scheme]]
  name = "mine"
  policy = "mine.ctr"                 # or the text: "minimize(path.util)"

  [[scheme]]
  name = "ECMP"
  baseline = "ecmp"

  [[failure]]
  link = "a1_1-c1"                    # down from the start; at = "5ms", until = "9ms"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra exp`."""
    kinds = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    run = _action(kinds, "run", "do the runs of an experiment; give it again to go on after an interruption")
    _experiment(run)
    run.add_argument("--jobs", type=whole(1, _MOST_JOBS), metavar="N", help="runs at a time (one per processor)")
    run.add_argument("--out", type=file_name, metavar="DIR", help="folder of the results (results/NAME)")
    run.add_argument("--only", action="append", default=[], metavar="KEY=VALUE,..",
                     help="part of the grid: topology, scheme, workload, load or seed; again for more")  # fmt: skip
    run.add_argument("--cluster", type=some_text, metavar="ADDRESS",
                     help="run on the Dask cluster with this scheduler, such as tcp://host:8786")  # fmt: skip
    show = _action(kinds, "show", "what an experiment will do: the grid, what a load is, the number of runs")
    _experiment(show)
    _action(kinds, "list", "the ready-made experiments")
    report = _action(kinds, "report", "a page with tables and plots of results")
    report.add_argument("results", type=file_name, metavar="DIR", help="folder that 'contra exp run' wrote")
    report.add_argument("-o", "--output", type=file_name, metavar="DIR", help="where the page goes (DIR/report)")


def _action(kinds: Any, name: str, text: str) -> argparse.ArgumentParser:
    epilog, form = (_FORM, argparse.RawDescriptionHelpFormatter) if name in ("run", "show") else ("", None)
    formatter = form or argparse.HelpFormatter
    description = text[0].upper() + text[1:] + "."
    parser: argparse.ArgumentParser = kinds.add_parser(
        name, help=text, description=description, epilog=epilog, formatter_class=formatter
    )
    add_manner(parser, inner=True)
    return parser


def _experiment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "experiment", type=some_text, metavar="FILE", help="an experiment, or the name of a ready-made one"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Do what was asked for."""
    actions = {"run": _run, "show": _show, "list": _list, "report": _report}
    return actions[arguments.action](arguments, console)


# ------------------------------------------------------------------------------------------------ actions


def _run(arguments: argparse.Namespace, console: Console) -> int:
    from contra.experiments.plan import selected
    from contra.experiments.runner import Watcher, run_experiment

    spec = _spec(arguments, console)
    chosen = selected(spec, arguments.only)
    folder = arguments.out or Path("results") / spec.name
    line = GridLine(arguments.error_format == "text")
    try:
        with line:
            watcher = Watcher(line.say, line.progress)
            summary = run_experiment(spec, chosen, folder, _means(arguments, spec), console.reporter, watcher)
    except (KeyboardInterrupt, SystemExit) as end:
        _say_how_to_go_on(arguments, line.last, folder)
        if isinstance(end, SystemExit):
            raise
        return INTERRUPTED
    console.show_new()
    sys.stdout.write(_told(summary))
    return OK if summary.fine else INPUT_ERROR


def _show(arguments: argparse.Namespace, console: Console) -> int:
    from contra.experiments.outline import outline

    sys.stdout.write(outline(_spec(arguments, console)))
    return OK


def _list(arguments: argparse.Namespace, console: Console) -> int:
    from contra.experiments.outline import run_count
    from contra.experiments.read import find_experiment, read_spec, ready_made

    rows = []
    for name in ready_made():
        spec = read_spec(find_experiment(name, console.reporter), console.reporter)
        rows.append((name, run_count(spec), spec.title))
    width = max((len(name) for name, _, _ in rows), default=0)
    for name, count, title in rows:
        print(f"{name:{width}}  {count:5,} run{'s' if count != 1 else ' '}  {title}")
    return OK


def _report(arguments: argparse.Namespace, console: Console) -> int:
    module = import_module("contra.experiments.report")
    written = module.write_report(arguments.results, arguments.output, console.reporter)
    console.show_new()
    for path in written:
        print(path)
    return OK


# ------------------------------------------------------------------------------------------------ details


def _spec(arguments: argparse.Namespace, console: Console) -> Spec:
    from contra.experiments.read import find_experiment, read_spec

    return read_spec(find_experiment(arguments.experiment, console.reporter), console.reporter)


def _means(arguments: argparse.Namespace, spec: Spec) -> Means:
    """Where the runs are executed. Compile times are taken one at a time: they would be in each other's way."""
    from contra.experiments import pool
    from contra.experiments.runner import Means

    if arguments.cluster:
        address = arguments.cluster
        return Means(workers=lambda: pool.cluster(address), jobs=_MOST_JOBS, apart=True)
    jobs = 1 if spec.kind == "compile-time" else arguments.jobs or os.cpu_count() or 1
    return Means(workers=lambda: pool.processes(jobs), jobs=jobs)


def _say_how_to_go_on(arguments: argparse.Namespace, last: Progress | None, folder: Path) -> None:
    done = f"{last.done:,} of {last.total:,} runs are finished and kept in {folder}" if last else "no run was begun"
    command = shlex.join(["contra", *sys.argv[1:]]) if len(sys.argv) > 1 else "the same command"
    message = f"interrupted: {done}"
    text = f"contra exp: {message}\n  = help: go on with: {command}\n"
    say(text, Manner(error_format=arguments.error_format), message, helps=[f"go on with: {command}"])


def _told(summary: Summary) -> str:
    """What came of the runs, and what to do next."""
    runs = f"{len(summary.rows):,} run{'s' * (len(summary.rows) != 1)}"
    parts = [f"{summary.seconds:.1f} s"]
    if summary.earlier:
        parts.insert(0, f"{summary.earlier:,} of them finished earlier")
    if summary.failed:
        parts.append(f"{summary.failed:,} failed")
    if summary.unfinished:
        parts.append(f"{summary.unfinished:,} with unfinished flows")
    files = " and ".join(summary.files)
    return f"{summary.folder}: {runs} in {files}, {', '.join(parts)}\nplots: contra exp report {summary.folder}\n"
