"""`contra localize`: the objects of policy and network that are broken, with evidence and places in the policy."""

from __future__ import annotations

import argparse
import json
import sys

from contra.cli.arguments import file_name, whole
from contra.cli.commands.verify import add_source, snapshot_of, tell_notes
from contra.cli.frame import INPUT_ERROR, OK, Console, use_color
from contra.cli.remote import told

METHODS = ("contra", "scout", "score", "exact")
"""As `contra.localize.METHODS`, which is not imported for the help."""
MODELS = ("controller", "switch", "both")
JOURNAL = "journal"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra localize`."""
    parser.add_argument("build", type=file_name, metavar="BUILD", help="folder that contrac wrote")
    add_source(parser)
    parser.add_argument("--model", choices=MODELS, default=MODELS[0],
                        help="look at the network as a whole, at each switch alone, or both (controller)")  # fmt: skip
    parser.add_argument("--method", choices=METHODS, default=METHODS[0],
                        help="contra: the shortest description of what fails; scout, score: as published;"
                        " exact: the fewest objects (contra)")  # fmt: skip
    parser.add_argument("--changes", type=file_name, metavar="FILE",
                        help="change log: a file, or 'journal', the deploy journal of the build (journal)")  # fmt: skip
    parser.add_argument("--recent", type=whole(1, 100_000), metavar="HOURS", default=24,
                        help="what scout and exact take for recently changed (24)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Compare, and name what is broken; exit code 1 if anything is."""
    return told(_localized, arguments, console)


def _localized(arguments: argparse.Namespace, console: Console) -> int:
    from contra.cli.localizing import Look, hypotheses
    from contra.cli.suspects import hypotheses_json, hypotheses_text
    from contra.engine.build import load
    from contra.verify.network import verify

    build = load(arguments.build, console.reporter)
    snapshot = snapshot_of(arguments, build, console)
    report = verify(build, snapshot)
    tell_notes(report, console)
    changes = None if arguments.changes is None or str(arguments.changes) == JOURNAL else arguments.changes
    look = Look(build, snapshot, report, console.reporter, changes, past=arguments.snapshot is not None)
    found = hypotheses(look, arguments.model, arguments.method, arguments.recent * 3600.0)
    console.show_new()
    if arguments.json:
        sys.stdout.write(json.dumps(hypotheses_json(look, found), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(hypotheses_text(look, found, use_color(arguments.color, sys.stdout)))
    return OK if report.good and not console.reporter.has_errors else INPUT_ERROR
