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
    ranked = simulation.build.policy is not None
    rows_text = [["from", "to", *["rank"] * ranked, "path"]]
    for route in found:
        path = " ".join(route.path) if route.path else "dropped"
        rows_text.append([route.source, route.target, *[str(route.rank)] * ranked, path])
    widths = [max(map(len, column)) for column in zip(*rows_text, strict=True)][:-1]
    for row in rows_text:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
        sys.stdout.write("  ".join([*cells, row[-1]]) + "\n")
    return OK
