"""`contra diagnose`: what happened to the switches that do not hold what they should, with lines of the journal."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from contra.cli.arguments import file_name
from contra.cli.commands.verify import add_source, snapshot_of, tell_notes
from contra.cli.frame import INPUT_ERROR, OK, Console, use_color
from contra.cli.remote import told

if TYPE_CHECKING:
    from contra.localize import Hypothesis
    from contra.verify import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra diagnose`."""
    parser.add_argument("build", type=file_name, metavar="BUILD", help="folder that contrac wrote")
    add_source(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Look, compare, explain; exit code 1 if anything is wrong."""
    return told(_diagnosed, arguments, console)


def _diagnosed(arguments: argparse.Namespace, console: Console) -> int:
    from contra.cli.localizing import Look, hypotheses
    from contra.diagnose.investigate import investigate
    from contra.diagnose.report import diagnosis_json, diagnosis_text
    from contra.engine.build import load
    from contra.verify.places import Policy

    build = load(arguments.build, console.reporter)
    snapshot = snapshot_of(arguments, build, console)
    past = arguments.snapshot is not None

    def localized(report: Report) -> Hypothesis:
        look = Look(build, snapshot, report, console.reporter, None, past=past)
        return hypotheses(look, "controller", "contra", 0.0)[0].hypothesis

    found = investigate(build, snapshot, console.reporter, past=past, localized=localized)
    tell_notes(found.report, console)
    console.show_new()
    policy = Policy(build)
    if arguments.json:
        sys.stdout.write(json.dumps(diagnosis_json(found, policy), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(diagnosis_text(found, policy, use_color(arguments.color, sys.stdout)))
    return OK if found.report.good and not console.reporter.has_errors else INPUT_ERROR
