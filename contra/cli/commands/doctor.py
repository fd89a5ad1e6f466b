"""`contra doctor`: what is installed, what needs it, and the command that gets it."""

from __future__ import annotations

import argparse
import sys

from contra.cli.frame import OK, TOOL_FAILED, Console, use_color


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra doctor`."""
    parser.add_argument("--json", action="store_true", help="the findings as JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the findings; 3 if the compiler itself lacks something."""
    from contra import doctor

    findings = doctor.examine()
    if arguments.json:
        sys.stdout.write(doctor.as_json(findings))
    else:
        sys.stdout.write(doctor.as_table(findings, color=use_color(arguments.color, sys.stdout)))
    return OK if doctor.can_compile(findings) else TOOL_FAILED
