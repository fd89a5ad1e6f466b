"""`contra completion`: shell completion for both commands, written by shtab."""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec

from contra.cli.frame import OK, Console
from contra.deploy.errors import ToolError, ToolMissing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra completion`."""
    parser.add_argument("shell", choices=("bash", "zsh"), help="the shell that is to complete")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the script."""
    if find_spec("shtab") is None:
        fix = "install it: pip install 'contrac[completion]'"
        raise ToolError([ToolMissing(tool="shtab", purpose="shell completion", fix=fix)])
    import shtab

    from contra.cli import contra, contrac

    for make_parser in (contrac.make_parser, contra.make_parser):
        sys.stdout.write(shtab.complete(make_parser(), shell=arguments.shell) + "\n")
    return OK
