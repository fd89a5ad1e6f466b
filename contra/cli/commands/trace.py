"""`contra trace`: one packet, hop by hop."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from contra.cli.engine import add_build, add_state, open_held
from contra.cli.frame import OK, Console

if TYPE_CHECKING:
    from contra.engine.inputs import Endpoint
    from contra.engine.trace import Hop, Trace
    from contra.source import Span
    from contra.topology.model import Topology


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra trace`."""
    add_build(parser)
    parser.add_argument("source", metavar="FROM", help="host or switch that sends the packet")
    parser.add_argument("target", metavar="TO", help="host or switch that it is for")
    add_state(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Settle the network, send one packet, print its way."""
    from contra.engine.errors import SameEnd, no_destination
    from contra.engine.policy import policy_of
    from contra.engine.trace import trace

    simulation, states = open_held(arguments, console)
    source = _end(arguments.source, "FROM", simulation.topology, console)
    target = _end(arguments.target, "TO", simulation.topology, console)
    for end in (source, target):
        if end is not None and end.host is None and end.switch not in simulation.topology.destinations:
            console.reporter.report(no_destination(simulation.topology, end.switch))
    if source is not None and source == target:
        console.reporter.report(SameEnd(name=arguments.source))
    console.reporter.check()
    assert source is not None and target is not None
    found = trace(simulation, policy_of(simulation.build), states, source, target)
    console.show_new()
    if arguments.json:
        document = {"from": arguments.source, "to": arguments.target, **found.json()}
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(_text(arguments.source, arguments.target, found, simulation.topology.cpu_port))
    return OK


def _end(name: str, option: str, topology: Topology, console: Console) -> Endpoint | None:
    from contra.engine.inputs.places import Places
    from contra.source import SourceFile

    places = Places(topology)
    end = places.endpoint(name)
    if end is None:
        console.reporter.report(places.no_endpoint(name, SourceFile(option, name).span(0, len(name))))
    return end


_HEADS = ("", "switch", "in", "out", "tag", "pid", "next tag", "rank", "policy")


def _text(source: str, target: str, found: Trace, cpu_port: int) -> str:
    rows = [_HEADS, *(_row(number, hop, cpu_port) for number, hop in enumerate(found.hops, 1))]
    shown = [column for column in range(len(_HEADS)) if column < 2 or any(row[column] for row in rows[1:])]
    widths = {column: max(len(row[column]) for row in rows) for column in shown}
    lines = ["  ".join(f"{row[column]:<{widths[column]}}" for column in shown).rstrip() for row in rows]
    end = f"arrived, rank {found.rank}" if found.arrived and found.rank is not None else "arrived"
    if not found.arrived:
        end = f"dropped: {found.reason}"
    places = dict.fromkeys(hop.clause for hop in found.hops if hop.clause is not None)
    text = [f"{source} -> {target}: {end}", *lines, *(line for span in places for line in ("", *_quoted(span)))]
    return "".join(f"{line}\n" for line in text)


def _quoted(span: Span) -> tuple[str, ...]:
    """A part of the policy in its line."""
    line = span.file.line(span.line)
    width = min(span.end - span.start, len(line) - span.column + 1)
    return str(span), f"  {line}", f"  {' ' * (span.column - 1)}{'^' * max(width, 1)}"


def _row(number: int, hop: Hop, cpu_port: int) -> tuple[str, ...]:
    clause = hop.clause
    policy = "" if clause is None else " ".join(clause.text.split())
    ports = ("cpu" if port == cpu_port else port for port in (hop.ingress_port, hop.egress_port))
    return (
        str(number),
        hop.switch,
        *("" if value is None else str(value) for value in (*ports, hop.tag, hop.pid, hop.next_tag)),
        "" if hop.rank is None else str(hop.rank),
        policy,
    )
