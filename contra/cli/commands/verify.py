"""`contra verify`: what the switches of a network hold against what the build says, entry by entry."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from contra.cli.arguments import file_name
from contra.cli.files import write_result
from contra.cli.frame import INPUT_ERROR, OK, Console, use_color
from contra.cli.remote import told

if TYPE_CHECKING:
    from contra.engine.build import Build
    from contra.verify.model import Report
    from contra.verify.seen import Snapshot


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra verify`."""
    parser.add_argument("build", type=file_name, metavar="BUILD", help="folder that contrac wrote")
    add_source(parser)
    parser.add_argument("--save", type=file_name, metavar="FILE", help="write what the switches hold to a file")
    parser.add_argument("--all", action="store_true", help="tell every finding, not the first of each switch")
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_source(parser: argparse.ArgumentParser) -> None:
    """Where it is known from what the switches hold: the running network, or a file."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--live", action="store_true", help="ask the network that 'contra net up' runs (the default)")
    source.add_argument("--snapshot", type=file_name, metavar="FILE", help="read a file that --save has written")
    source.add_argument("--p4runtime", type=file_name, metavar="FILE",
                        help="ask switches of any network, at the addresses in a file: "
                             '{"switches": {"NAME": {"address": "HOST:PORT", "device_id": 1}}}')  # fmt: skip
    parser.add_argument("--name", default="contra", metavar="NAME", help="of the network, where several run (contra)")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Compare; exit code 1 if anything differs."""
    return told(_verified, arguments, console)


def _verified(arguments: argparse.Namespace, console: Console) -> int:
    from contra.engine.build import load
    from contra.verify.network import verify

    build = load(arguments.build, console.reporter)
    snapshot = snapshot_of(arguments, build, console)
    console.show_new()
    if arguments.save is not None:
        write_result(str(arguments.save), snapshot.file.text)
    report = verify(build, snapshot)
    tell_notes(report, console)
    _print(arguments, report, build)
    return OK if report.good and not console.reporter.has_errors else INPUT_ERROR


def snapshot_of(arguments: argparse.Namespace, build: Build, console: Console) -> Snapshot:
    """What the switches hold, from where the options of `add_source` say. Raises CompileError and RemoteFailure."""
    from contra.cli.progress import Line
    from contra.deploy.daemon.places import places_of
    from contra.verify.addresses import read_switches
    from contra.verify.snapshot import read_snapshot, take_snapshot

    if arguments.snapshot is not None:
        return read_snapshot(arguments.snapshot, build, console.reporter)
    with Line(arguments.error_format == "text") as line:
        if arguments.p4runtime is not None:
            return read_switches(arguments.p4runtime, build, console.reporter, line.note)
        return take_snapshot(places_of(arguments.name), build, console.reporter, line.note)


def tell_notes(report: Report, console: Console) -> None:
    """Report what could not be judged at some switch; what could not be read has been reported."""
    known = set(map(id, console.reporter.diagnostics))
    for note in (note for switch in report.switches for note in switch.notes if id(note) not in known):
        console.reporter.report(note)


def _print(arguments: argparse.Namespace, report: Report, build: Build) -> None:
    from contra.verify.as_json import report_json
    from contra.verify.places import Policy
    from contra.verify.words import SHOWN, report_text

    policy = Policy(build)
    if arguments.json:
        sys.stdout.write(json.dumps(report_json(report, policy), indent=2, ensure_ascii=False) + "\n")
        return
    color = use_color(arguments.color, sys.stdout)
    sys.stdout.write(report_text(report, policy, None if arguments.all else SHOWN, color))
