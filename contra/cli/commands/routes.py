"""`contra routes`: the path that a packet takes for every pair of switches, with link metrics held still."""

from __future__ import annotations

import argparse
import json
import sys

from contra.cli.engine import add_build, add_state, open_held
from contra.cli.frame import OK, Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra routes`."""
    add_build(parser)
    add_state(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Settle the network, send a packet for each pair, print what became of it."""
    from contra.engine.policy import policy_of
    from contra.engine.routes import routes

    simulation, states = open_held(arguments, console)
    found = routes(simulation, policy_of(simulation.build), states)
    console.show_new()
    if arguments.json:
        rows = ",\n".join(f"  {json.dumps(route.json(), ensure_ascii=False)}" for route in found)
        sys.stdout.write(f'{{"routes": [\n{rows}\n]}}\n')
        return OK
    rows_text = [("from", "to", "rank", "path")]
    rows_text += [
        (route.source, route.target, str(route.rank), " ".join(route.path) if route.path else "dropped")
        for route in found
    ]
    widths = [max(len(row[column]) for row in rows_text) for column in range(3)]
    for row in rows_text:
        sys.stdout.write(
            "  ".join([*(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)), row[3]]) + "\n"
        )
    return OK
