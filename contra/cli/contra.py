"""`contra COMMAND`: everything around compiling. One module per command in `contra.cli.commands`.

A command's module has `add_arguments(parser)` and `run(arguments, console) -> exit code`; only the one that
was asked for is imported.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from contra.cli import arguments as options
from contra.cli.frame import USAGE, Manner, as_process, run
from contra.suggest import did_you_mean

COMMANDS = {
    "fmt": "format policies",
    "baseline": "compile another routing scheme for a network, to compare Contra with",
    "topo": "generate or import a topology",
    "show": "show a switch of a build: ports, tags, tables, state",
    "routes": "run a build until it settles, and show the path of every pair of switches",
    "trace": "send one packet through a build, and show it hop by hop",
    "graph": "the product graph of a build, as dot or SVG",
    "run": "run a build in a simulated network, with traffic and failures",
    "net": "deploy a build to real switches on this machine, and work with the running network",
    "verify": "compare what the switches of a network hold with a build, and point to the policy",
    "localize": "which objects of policy and network are broken, from what the switches hold",
    "diagnose": "what happened to the switches that do not hold what they should, with lines of the journal",
    "chaos": "break a running network on purpose, and see whether the diagnosis finds it",
    "exp": "experiments: flow completion times and more, for schemes, loads and seeds",
    "doctor": "what is installed, what needs it, and how to get it",
    "completion": "print a shell completion script",
}
"""Every command with its line of help."""

_EPILOG = "'contra COMMAND --help' tells more about each. To compile a policy, use 'contrac'."


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; `argv` defaults to the process's own arguments."""
    if argv is None:
        return as_process(lambda: main(sys.argv[1:]))
    argv = _command_first(argv)
    chosen = argv[0] if argv and not argv[0].startswith("-") else None
    if chosen is not None and chosen not in COMMANDS:
        near = did_you_mean(chosen, COMMANDS)
        message = f"unknown command '{chosen}'{f'; {near}' if near else ''}"
        text = f"contra: error: {message}\ncommands: {', '.join(COMMANDS)}\n"
        options.usage_error("contra", message, text, options.wants_json(argv))
        return USAGE
    arguments = options.parse(make_parser((chosen,) if chosen else ()), argv)
    if isinstance(arguments, int):
        return arguments
    manner = Manner(
        color=arguments.color,
        error_format=arguments.error_format,
        verbose=arguments.verbose,
        quiet=getattr(arguments, "quiet", False),
    )
    module = import_module(f"contra.cli.commands.{arguments.command}")
    return run("contra", manner, lambda console: int(module.run(arguments, console)))


def _command_first(argv: Sequence[str]) -> Sequence[str]:
    """The arguments, with the options about messages that stand before the command moved behind it."""
    at = 0
    while at < len(argv) and argv[at].split("=")[0] in ("--color", "--error-format", "-v", "--verbose"):
        at += 2 if argv[at] in ("--color", "--error-format") else 1
    return [*argv[at : at + 1], *argv[:at], *argv[at + 1 :]]


def make_parser(commands: Sequence[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """The command line of `contra`; the arguments of `commands` only, so that no other module is imported."""
    parser = options.Parser(prog="contra", description="Companion of contrac, the Contra compiler.", epilog=_EPILOG)
    options.add_version(parser)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        sub = subparsers.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if name in commands:
            import_module(f"contra.cli.commands.{name}").add_arguments(sub)
            options.add_manner(sub)
    return parser
