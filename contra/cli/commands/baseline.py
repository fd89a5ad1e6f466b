"""`contra baseline SCHEME TOPOLOGY`: compile another routing scheme, in a build of the same form as contrac's."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from time import perf_counter

from contra.baselines import SCHEMES, compile_baseline
from contra.cli import arguments as options
from contra.cli.frame import OK, Console

MOST_PATHS = 64
_TOTALS = ("switches", "programs", "entries", "groups", "files")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra baseline`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "schemes:\n" + "".join(f"  {name:<14} {text}\n" for name, text in SCHEMES.items())
    parser.add_argument("scheme", choices=tuple(SCHEMES), metavar="SCHEME", help=f"one of {', '.join(SCHEMES)}")
    parser.add_argument(
        "topology", type=options.some_text, metavar="TOPOLOGY", help="topology file, or a name such as zoo:Abilene"
    )
    parser.add_argument("-o", "--output", type=options.file_name, default=Path("build"), metavar="DIR",
                        help="folder of the build, replaced as a whole (build)")  # fmt: skip
    parser.add_argument("--p4c", action="store_true", help="compile the program with the real p4c")
    parser.add_argument("--paths", type=options.whole(1, MOST_PATHS), metavar="K", default=4,
                        help="of SPAIN, for each pair of switches, at most (4)")  # fmt: skip
    options.add_link_defaults(parser)
    parser.add_argument("--json", action="store_true", help="sizes and time on stdout, as JSON")
    parser.add_argument("-q", "--quiet", action="store_true", help="errors only: no warnings, no summary")
    options.add_times(parser, "constants, as far as a scheme has them")
    parser.set_defaults(parser=parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Compile, and say what was written."""
    from contra.cli.progress import ProgressLine
    from contra.cli.summary import summary_line, totals
    from contra.driver import Progress
    from contra.topology import Defaults, load

    start = perf_counter()
    try:
        constants = options.protocol(arguments, arguments.parser)
    except SystemExit as end:
        return int(end.code or 0)
    out, scheme = arguments.output, arguments.scheme
    with ProgressLine(not arguments.quiet and arguments.error_format == "text") as observe:
        observe(Progress("load", 0, 2))
        defaults = Defaults(capacity=arguments.capacity, latency_ns=arguments.latency)
        topology = load(arguments.topology, console.reporter, defaults=defaults)
        files = compile_baseline(
            scheme,
            topology,
            constants,
            out,
            console.reporter,
            named=arguments.topology,
            paths=arguments.paths,
            count=lambda number: observe(Progress("emit", 1, 2, number)),
        )
    if arguments.p4c:
        from contra.deploy.p4c import compile_programs

        compile_programs(out, console.reporter)
    console.show_new()
    sizes = {"switches": len(topology.switches), "programs": 1, **totals(out), "files": files}
    seconds = perf_counter() - start
    if arguments.json:
        document = {"scheme": scheme, "build": str(out), **sizes, "seconds": round(seconds, 6)}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    elif not arguments.quiet:
        print(summary_line(out, sizes, console.reporter.diagnostics, seconds))
    return OK
