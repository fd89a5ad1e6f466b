"""What the commands that run a build have in common: their options, and opening the build."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from contra.cli.frame import Console

if TYPE_CHECKING:
    from contra.engine.inputs import LinkState
    from contra.engine.simulation import Simulation


def add_build(parser: argparse.ArgumentParser) -> None:
    """The build, and how its programs are run."""
    parser.add_argument("build", type=Path, metavar="BUILD", help="folder that contrac wrote")
    parser.add_argument("--no-jit", action="store_true", help="interpret the programs instead of compiling them")


def add_state(parser: argparse.ArgumentParser) -> None:
    """Link metrics held still."""
    text = 'link metrics held still: {"links": [{"from": "A", "to": "B", "util": 0.5, "latency": "50us", "up": true}]}'
    parser.add_argument("--state", type=Path, metavar="FILE", help=text)
    parser.add_argument("--json", action="store_true", help="print JSON")


def open_held(arguments: argparse.Namespace, console: Console) -> tuple[Simulation, Sequence[LinkState]]:
    """The build in a network with the metrics of `--state`, run until its decisions stand still."""
    from contra.engine.errors import NotSettled
    from contra.engine.held import MAX_PERIODS, by_port, hold, settle
    from contra.engine.inputs import at_rest, read_file, read_state
    from contra.engine.simulation import Settings, open_build

    settings = Settings(jit=not arguments.no_jit)
    build, executables = open_build(arguments.build, console.reporter, settings)
    states: Sequence[LinkState] = at_rest(build.topology)
    if arguments.state is not None:
        file = read_file(arguments.state, "the state file", console.reporter)
        states = read_state(file, build.topology, console.reporter)
    console.show_new()
    simulation = hold(build, executables, settings, by_port(build, states))
    if settle(simulation) is None:
        console.reporter.report(NotSettled(periods=MAX_PERIODS))
    return simulation, states
