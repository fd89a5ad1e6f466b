"""`contrac POLICY TOPOLOGY`: compile one policy for one network."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from contra.cli import arguments as options
from contra.cli.frame import OK, Console, Manner, as_process, run
from contra.driver import PARTS, STAGES, Compilation, CompileRequest
from contra.driver import compile as compile_policy

_EPILOG = """\
exit codes: 0 fine, 1 error in the input, 2 wrong usage, 3 an external tool failed, 70 a bug in contrac

examples:
  contrac policy.ctr topo.json                 compile into build/
  contrac policy.ctr zoo:Abilene --check       say what is wrong, write nothing
  contrac policy.ctr topo.json --explain       tell how the policy was understood
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; `argv` defaults to the process's own arguments."""
    if argv is None:
        return as_process(lambda: main(sys.argv[1:]))
    parser = make_parser()
    arguments = options.parse(parser, _with_stats_form(argv))
    if isinstance(arguments, int):
        return arguments
    try:
        request = make_request(arguments, parser)
    except SystemExit as end:
        return int(end.code or 0)
    manner = Manner(
        color=arguments.color,
        error_format=arguments.error_format,
        verbose=arguments.verbose,
        quiet=arguments.quiet,
    )
    return run("contrac", manner, lambda console: _compile(request, arguments, console))


def _with_stats_form(argv: Sequence[str]) -> list[str]:
    """`--stats` alone means text; its form may stand behind `=` or a blank."""
    words: list[str] = []
    for text in argv:
        if words and words[-1] == "--stats" and text in ("text", "json"):
            words[-1] = f"--stats={text}"
        else:
            words.append(text)
    return ["--stats=text" if text == "--stats" else text for text in words]


def make_parser() -> argparse.ArgumentParser:
    """The command line of `contrac`."""
    parser = options.Parser(
        prog="contrac",
        usage="contrac [OPTIONS] POLICY TOPOLOGY",
        description="Compile a Contra policy and a topology into one P4_16 program per role of switch.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "policy", type=options.file_name, metavar="POLICY", help="policy file: .ctr, or .hula of the prototype"
    )
    parser.add_argument(
        "topology", type=options.some_text, metavar="TOPOLOGY", help="topology file, or a name such as zoo:Abilene"
    )
    parser.add_argument("-o", "--output", type=options.file_name, default=Path("build"), metavar="DIR",
                        help="folder of the build, replaced as a whole (build)")  # fmt: skip
    parser.add_argument("--check", action="store_true", help="do everything but write")
    parser.add_argument("--explain", action="store_true", help="tell how the policy was understood")
    parser.add_argument("--stats", choices=("text", "json"), metavar="text|json", help="sizes and times on stdout")
    parser.add_argument("--emit", type=options.names(PARTS), default=frozenset(PARTS), metavar="PARTS",
                        help=f"what to write, out of {','.join(PARTS)} (all)")  # fmt: skip
    parser.add_argument("--dump-after", choices=tuple(STAGES), metavar="STAGE",
                        help=f"print what a stage produced and stop: {', '.join(STAGES)}")  # fmt: skip
    parser.add_argument("--p4c", action="store_true", help="compile each distinct program with the real p4c")
    options.add_link_defaults(parser)
    parser.add_argument("--hula-capacity", type=options.capacity, metavar="RATE",
                        help="link speed that the byte counts in a .hula policy mean")  # fmt: skip
    parser.add_argument("--Werror", action="store_true", help="warnings are errors")
    parser.add_argument("-q", "--quiet", action="store_true", help="errors only: no warnings, no summary")
    options.add_version(parser)
    options.add_manner(parser)
    options.add_protocol(parser)
    return parser


def make_request(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> CompileRequest:
    """What the arguments ask for; ends with a usage error where they do not go together."""
    writes = not (arguments.check or arguments.dump_after)
    if arguments.p4c and not writes:
        parser.error("--p4c needs the files that --check and --dump-after do not write")
    if arguments.p4c and "p4" not in arguments.emit:
        parser.error("--p4c needs the programs: add p4 to --emit")
    return CompileRequest(
        policy=arguments.policy,
        topology=arguments.topology,
        out=arguments.output if writes else None,
        options=options.protocol(arguments, parser),
        capacity=arguments.capacity,
        latency_ns=arguments.latency,
        hula_capacity=arguments.hula_capacity,
        parts=arguments.emit,
        last_stage=arguments.dump_after or "emit",
        warnings_are_errors=arguments.Werror,
    )


def _compile(request: CompileRequest, arguments: argparse.Namespace, console: Console) -> int:
    from contra.cli.progress import ProgressLine

    start = perf_counter()
    enabled = not arguments.quiet and arguments.error_format == "text"
    with _NoCollector(), ProgressLine(enabled) as observe:
        compilation = compile_policy(request, console.reporter, observe)
    _show_results(compilation, arguments)
    if arguments.p4c:
        _run_p4c(request, console)
    console.show_new()
    if arguments.verbose and arguments.error_format == "text":
        _show_times(compilation)
    if not (arguments.quiet or arguments.dump_after or arguments.stats == "json"):
        from contra.cli.summary import summary

        print(summary(compilation, console.reporter.diagnostics, perf_counter() - start))
    return OK


def _show_results(compilation: Compilation, arguments: argparse.Namespace) -> None:
    if arguments.dump_after:
        from contra.dump import dump

        sys.stdout.write(dump(compilation, arguments.dump_after))
    if arguments.explain and compilation.analysed is not None:
        from contra.analysis import explain

        print(explain(compilation.analysed).rstrip("\n"), end="\n\n")
        if compilation.graph is not None:
            from contra.product import explain as explain_graph

            print(explain_graph(compilation.graph).rstrip("\n"), end="\n\n")
    if arguments.stats:
        from contra.cli.summary import statistics, statistics_json

        sys.stdout.write((statistics_json if arguments.stats == "json" else statistics)(compilation))


def _run_p4c(request: CompileRequest, console: Console) -> None:
    from contra.deploy.p4c import compile_programs

    assert request.out is not None
    compile_programs(request.out, console.reporter)


def _show_times(compilation: Compilation) -> None:
    for timing in compilation.timings:
        sys.stderr.write(f"{timing.stage:<8} {timing.seconds:8.3f} s\n")


class _NoCollector:
    """Nothing that the stages build has reference cycles: looking for them would cost a tenth of the time."""

    def __enter__(self) -> None:
        self._was_enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *exception: object) -> None:
        if self._was_enabled:
            gc.enable()
