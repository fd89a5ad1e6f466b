"""`contra run`: a build in a simulated network, and what happened there."""

from __future__ import annotations

import argparse
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contra.cli.arguments import file_name, whole
from contra.cli.files import write_result
from contra.cli.frame import INTERRUPTED, OK, Console
from contra.cli.progress import RunLine
from contra.diagnostics import CompileError
from contra.emit.errors import CannotWrite
from contra.source import SourceFile

if TYPE_CHECKING:
    from contra.engine.run.experiment import Observation
    from contra.engine.run.plan import Plan
    from contra.engine.simulation import Settings, Simulation

PICTURES = (".svg", ".png")
_QUEUE = re.compile(r"([0-9]{1,9})\s*(k|M|Ki|Mi)?(B|bytes)?")
_SIZES = {"": 1, "k": 1000, "M": 10**6, "Ki": 1024, "Mi": 2**20}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra run`."""
    parser.add_argument("build", type=Path, metavar="BUILD", help="folder that contrac wrote")
    parser.add_argument("--for", dest="duration", metavar="TIME",
                        help="virtual time, such as 5s (20 probe periods, and 6 after the last failure)")  # fmt: skip
    parser.add_argument("--traffic", action="append", default=[], metavar="FLOW",
                        help="FROM:TO:RATE such as h1:h2:5Mbit, or a JSON file of flows; again for more")  # fmt: skip
    parser.add_argument("--fail", action="append", default=[], metavar="WHAT@WHEN",
                        help="a link or switch that is down, as A-B@2s..3s or A@2s; again for more")  # fmt: skip
    parser.add_argument("--picture", type=_picture, metavar="FILE", help="draw what happened, as .svg or .png")
    parser.add_argument("--pcap", type=file_name, metavar="DIR", help="write a capture of each port of each switch")
    parser.add_argument("--queue", type=_queue, default=(1000, 0), metavar="SIZE",
                        help="what each port queues, in packets, or as 150kB (1000)")  # fmt: skip
    parser.add_argument("--ecn", type=whole(1, 10**9), default=0, metavar="PACKETS",
                        help="mark packets that find a longer queue")  # fmt: skip
    parser.add_argument("--seed", type=whole(0, 2**32 - 1), default=1, metavar="N", help="of all chance (1)")
    parser.add_argument("--no-jit", action="store_true", help="run as plain Python: slow, needs no numba")
    parser.add_argument("--strict", action="store_true", help="report where a program does what P4 leaves undefined")
    parser.add_argument("--json", action="store_true", help="the report as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Load, run, report."""
    from contra.engine.run.capture import PortCaptures
    from contra.engine.run.collect import collect, make_pairs
    from contra.engine.run.experiment import Experiment
    from contra.engine.simulation import open_simulation

    _check_picture(arguments.picture)
    with RunLine(arguments.error_format == "text") as line:
        line.say("loading the build; the first run compiles the engine")
        simulation = open_simulation(arguments.build, console.reporter, _settings(arguments))
        plan = _plan(arguments, simulation, console)
        captures = PortCaptures(simulation, arguments.pcap) if arguments.pcap is not None else None
        pairs = make_pairs(simulation.topology, [(flow.source, flow.target) for flow in plan.flows])
        seen = Experiment(simulation, plan, pairs, captures).run(line.moment)
        line.say("counting")
        report = collect(seen, pairs)
        extra = _files(arguments, captures, seen, line)
    console.show_new()
    _print(arguments, report, extra)
    return INTERRUPTED if report.interrupted else OK


def _check_picture(path: Path | None) -> None:
    """What would keep us from drawing is better known before the run than after it."""
    if path is not None:
        import_module("matplotlib")

        if path.is_dir() or not path.parent.is_dir():
            reason = "it is a folder" if path.is_dir() else f"there is no folder '{path.parent}'"
            raise CompileError([CannotWrite(path=str(path), reason=reason)])


def _settings(arguments: argparse.Namespace) -> Settings:
    from contra.engine.simulation import Settings

    packets, size = arguments.queue
    return Settings(
        jit=not arguments.no_jit,
        strict=arguments.strict,
        seed=arguments.seed,
        queue_packets=packets,
        queue_bytes=size,
        mark_packets=arguments.ecn,
    )


def _plan(arguments: argparse.Namespace, simulation: Simulation, console: Console) -> Plan:
    from contra.engine.inputs import read_duration, read_failure, read_traffic
    from contra.engine.run.plan import make_plan

    topology, reporter = simulation.topology, console.reporter
    lasts = None
    if arguments.duration is not None:
        lasts = read_duration(SourceFile("--for", arguments.duration), reporter)
    flows = [flow for text in arguments.traffic for flow in read_traffic(text, topology, reporter)]
    failures = [read_failure(text, topology, reporter) for text in arguments.fail]
    return make_plan(topology, simulation.period_ps, flows, failures, lasts, reporter)


def _files(arguments: argparse.Namespace, captures: Any, seen: Observation, line: RunLine) -> dict[str, Any]:
    """Write the picture; what was written, for the report."""
    extra: dict[str, Any] = {"picture": None, "pcap": None}
    if arguments.picture is not None:
        from contra.engine.run.picture import draw

        line.say("drawing")
        kind = arguments.picture.suffix.lower().lstrip(".")
        write_result(str(arguments.picture), draw(seen, kind))
        extra["picture"] = str(arguments.picture)
    if captures is not None:
        extra["pcap"] = captures.where()
    return extra


def _print(arguments: argparse.Namespace, report: Any, extra: dict[str, Any]) -> None:
    if arguments.json:
        from contra.engine.run.jsonform import to_json

        sys.stdout.write(to_json(report, extra))
        return
    from contra.engine.run.text import text

    sys.stdout.write(text(report))
    if extra["pcap"]:
        sizes = f"{extra['pcap']['files']} captures, SWITCH-PORT.pcap, with {extra['pcap']['packets']:,} packets"
        sys.stdout.write(f"\n{extra['pcap']['folder']}/: {sizes}\n")
    if extra["picture"]:
        sys.stdout.write(f"\n{extra['picture']}: what happened over time\n")


def _picture(text: str) -> Path:
    path = file_name(text)
    if path.suffix.lower() not in PICTURES:
        raise argparse.ArgumentTypeError(f"found '{text[:40]}', expected a file name that ends in .svg or .png")
    return path


def _queue(text: str) -> tuple[int, int]:
    """Packets and bytes, one of them 0: no limit."""
    found = _QUEUE.fullmatch(text.strip())
    value = int(found[1]) * _SIZES[found[2] or ""] if found else 0
    if not found or value < 1 or (found[2] and not found[3]):
        raise argparse.ArgumentTypeError(f"found '{text[:40]}', expected packets such as 1000, or bytes such as 150kB")
    return (0, value) if found[3] else (value, 0)
