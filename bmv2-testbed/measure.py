"""The measurements on real switches: `python bmv2-testbed/measure.py EXPERIMENT... --out results/`.

Each prints a table and writes DIR/EXPERIMENT.json. They need root and what `contra doctor` lists, and take networks up
and down by themselves. Exit code 1 where something that must hold does not.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # this checkout's contra

from experiments.net import CommandFailed
from experiments.options import add_options, options_of
from experiments.report import Result, lines, write

EXPERIMENTS = {
    "reach": "ping, TCP and UDP between all pairs, five policies on two networks",
    "state": "live routes of all switches against the product graph",
    "react": "how fast traffic leaves a loaded and a cut link, comes back, survives a restart",
    "comply": "the path of every packet while links fail, against the policy",
    "overhead": "probes as a share of capacity",
    "speed": "packets per second of BMv2, against a plain L3 program",
    "agree": "routes of the switches against 'contra routes', metrics held still",
    "apply": "packets lost while another policy is written to running switches",
    "cycles": "what 20 times up and down leave behind",
}


def run(name: str, arguments: argparse.Namespace) -> bool:
    """Run one, print and write what it found; whether all held."""
    options = options_of(arguments)
    result: Result = importlib.import_module(f"experiments.{name}").run(options)
    file = write(name, result, options)
    sys.stdout.write("\n".join([*lines(result), f"written to {file}", "", ""]))
    sys.stdout.flush()
    return result.passed


def main(words: Sequence[str] | None = None) -> int:
    """The command."""
    listed = "\n".join(f"  {name:<10} {what}" for name, what in EXPERIMENTS.items())
    parser = argparse.ArgumentParser(
        description=f"{__doc__}\nexperiments:\n{listed}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("experiments", nargs="+", choices=[*EXPERIMENTS, "all"], metavar="EXPERIMENT")
    add_options(parser)
    arguments = parser.parse_args(words)
    names = list(EXPERIMENTS) if "all" in arguments.experiments else arguments.experiments
    passed = True
    for name in names:
        try:
            passed = run(name, arguments) and passed
        except (CommandFailed, ValueError) as error:
            sys.stderr.write(f"{name}: {error}\n")
            passed = False
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
