"""`contra show`: a picture of one switch of a build, or of the build as a whole."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from contra.cli.frame import OK, Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra show`."""
    parser.add_argument("build", type=Path, metavar="BUILD", help="folder that contrac wrote")
    parser.add_argument("switch", nargs="?", metavar="SWITCH", help="a switch by name; without it, all in short")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the picture."""
    from contra.emit.show import show_switch

    sys.stdout.write(show_switch(arguments.build, arguments.switch).rstrip("\n") + "\n")
    return OK
