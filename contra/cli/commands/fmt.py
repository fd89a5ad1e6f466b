"""`contra fmt`: policies in the one canonical form."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from contra.cli.files import write_result
from contra.cli.frame import INPUT_ERROR, OK, Console
from contra.diagnostics import CompileError, Reporter


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra fmt`."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="policy files")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="name the files that are not formatted, exit 1 if any")
    how.add_argument("-w", "--write", action="store_true", help="rewrite the files instead of printing them")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Format each file; one that is wrong does not keep the others from being formatted."""
    unformatted = 0
    for path in arguments.files:
        reporter = Reporter()
        try:
            old, new = _formatted(path, reporter)
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


def _formatted(path: Path, reporter: Reporter) -> tuple[str, str]:
    from contra.syntax import format_source, read

    source = read(path, reporter)
    reporter.check()
    return source.text, format_source(source, reporter)
