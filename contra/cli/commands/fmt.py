"""`contra fmt`: policies in the one canonical form."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from contra.cli.arguments import capacity, usage_error
from contra.cli.files import write_result
from contra.cli.frame import INPUT_ERROR, OK, USAGE, Console
from contra.diagnostics import CompileError, Reporter


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra fmt`."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="policy files")
    parser.add_argument("--hula-capacity", type=capacity, metavar="RATE",
                        help="link speed that the byte counts in a .hula policy mean")  # fmt: skip
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="name the files that are not formatted, exit 1 if any")
    how.add_argument("-w", "--write", action="store_true", help="rewrite the files instead of printing them")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Format each file; one that is wrong does not keep the others from being formatted."""
    foreign = next((path for path in arguments.files if path.suffix == ".hula"), None)
    if foreign is not None and (arguments.check or arguments.write):
        message = f"{foreign} would become .ctr text, which its name denies"
        text = f"contra fmt: error: {message}\nto translate it: contra fmt {foreign} > {foreign.with_suffix('.ctr')}\n"
        usage_error("contra fmt", message, text, arguments.error_format == "json")
        console.silence()
        return USAGE
    unformatted = 0
    for path in arguments.files:
        reporter = Reporter()
        try:
            old, new = _formatted(path, reporter, arguments.hula_capacity)
        except CompileError as error:
            console.reporter.diagnostics += error.diagnostics
            continue
        console.reporter.diagnostics += reporter.diagnostics
        if arguments.check:
            if old != new:
                unformatted += 1
                print(path)
        elif arguments.write:
            if old != new:
                write_result(str(path), new)
        else:
            sys.stdout.write(new)
    console.reporter.check()
    return INPUT_ERROR if unformatted else OK


def _formatted(path: Path, reporter: Reporter, hula_capacity: int | None) -> tuple[str, str]:
    from contra.syntax import format_source, read

    source = read(path, reporter)
    reporter.check()
    return source.text, format_source(source, reporter, hula_capacity=hula_capacity)
