"""What the actions have in common: asking the running network, with a line of progress, and printing."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contra.cli.frame import use_color
from contra.cli.progress import Line
from contra.deploy.daemon.client import call
from contra.deploy.daemon.places import places_of


def ask(arguments: argparse.Namespace, do: str, **values: Any) -> dict[str, Any]:
    """The answer of the running network. Raises CompileError and RemoteFailure."""
    request = {"do": do, "color": use_color(arguments.color, sys.stderr), **values}
    with Line(arguments.error_format == "text") as line:
        return call(places_of(arguments.name), request, line.note)


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def print_json(content: Any) -> None:
    """One document."""
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def print_lines(lines: Sequence[str]) -> None:
    """Lines of a result."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def absolute(path: Path) -> str:
    """A path that means the same to the process that holds the network."""
    return str(path.resolve())
