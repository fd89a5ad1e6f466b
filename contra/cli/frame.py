"""What every command has around it: exit codes, messages, colour, Ctrl-C, broken pipes, our own bugs.

Results go to stdout, messages to stderr. Exit codes: 0 fine, 1 error in the input, 2 wrong usage, 3 an
external tool failed or is missing, 70 our bug, 130 Ctrl-C, 141 the reader of a pipe left, 143 terminated.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from contra.diagnostics import CompileError, Diagnostic, InternalError, Reporter

OK, INPUT_ERROR, USAGE, TOOL_FAILED, OUR_BUG, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 70, 130, 141

_DEPENDENCIES = {"lark", "networkx", "jinja2"}
_SIMULATOR = {"numpy", "numba", "llvmlite", "matplotlib"}
_LOCALIZATION = "contra.localize"
_TESTBED = {"grpc", "google", "p4", "p4runtime_sh", "mininet", "thrift"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How messages are shown."""

    color: str = "auto"
    """auto, always or never."""
    error_format: str = "text"
    """text or json."""
    verbose: bool = False
    quiet: bool = False


@dataclass(slots=True)
class Console:
    """The messages of one run: collects diagnostics, shows each once."""

    manner: Manner
    reporter: Reporter = field(default_factory=Reporter)
    _shown: int = 0
    _done: bool = False

    def show_new(self) -> None:
        """Show what was reported since the last call. The JSON form waits for the end: it is one document."""
        if self.manner.error_format == "json":
            return
        self._show(self.reporter.diagnostics[self._shown :])
        self._shown = len(self.reporter.diagnostics)

    def silence(self) -> None:
        """Say nothing more: the one JSON document has been written."""
        self._done = True

    def show_rest(self, raised: Sequence[Diagnostic] = ()) -> None:
        """Show all that was not shown yet, and what an exception carried beyond it."""
        if self._done:
            return
        known = {id(diagnostic) for diagnostic in self.reporter.diagnostics}
        self.reporter.diagnostics += [d for d in raised if id(d) not in known]
        if self.manner.error_format == "json":
            from contra.render import render_json

            sys.stderr.write(render_json(self.reporter.diagnostics))
        else:
            self.show_new()

    def _show(self, diagnostics: Sequence[Diagnostic]) -> None:
        from contra.diagnostics import Severity

        if self.manner.quiet:
            diagnostics = [d for d in diagnostics if d.severity is Severity.ERROR]
        if diagnostics:
            from contra.render import render_text

            sys.stderr.write(render_text(diagnostics, color=use_color(self.manner.color, sys.stderr)))


def use_color(choice: str, stream: TextIO) -> bool:
    """Whether to colour: as told, else on a terminal unless NO_COLOR is set."""
    if choice != "auto":
        return choice == "always"
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


def run(name: str, manner: Manner, body: Callable[[Console], int]) -> int:
    """Run a command's body and turn whatever happens into messages and an exit code."""
    console = Console(manner)
    try:
        code = body(console)
        console.show_rest()
        sys.stdout.flush()
    except CompileError as error:
        console.show_rest(error.diagnostics)
        code = _exit_code(error)
    except KeyboardInterrupt:
        say(f"{name}: interrupted\n", manner, "interrupted")
        code = INTERRUPTED
    except BrokenPipeError:
        _detach_stdout()
        code = BROKEN_PIPE
    except (OSError, MemoryError) as error:
        code = _report_machine(console, error)
    except Exception as error:
        code = _report_bug(name, manner, error)
    return code


def say(text: str, manner: Manner, message: str, *, severity: str = "error", helps: Sequence[str] = ()) -> None:
    """Say what no diagnostic says (wrong usage, Ctrl-C, our bugs): `text`, or `message` as `render_json` has it."""
    if manner.error_format != "json":
        sys.stderr.write(text)
        return
    entry = {"code": "CTR0000", "severity": severity, "message": message, "file": None, "line": None, "column": None}
    rest = {"endLine": None, "endColumn": None, "label": "", "notes": [], "helps": list(helps), "related": []}
    sys.stderr.write(json.dumps({"diagnostics": [entry | rest]}, indent=2, ensure_ascii=False) + "\n")


def _report_machine(console: Console, error: OSError | MemoryError) -> int:
    """The disk is full, memory is short: neither the input nor we are wrong, but only the user can help."""
    from contra.emit.errors import CannotWrite, OutOfMemory

    if isinstance(error, MemoryError):
        console.show_rest([OutOfMemory()])
        return INPUT_ERROR
    _detach_stdout()
    reason = (error.strerror or str(error)).lower()
    console.show_rest([CannotWrite(path=str(error.filename or "standard output"), reason=reason)])
    return INPUT_ERROR


def _exit_code(error: CompileError) -> int:
    from contra.deploy.errors import ToolError

    return TOOL_FAILED if isinstance(error, ToolError) else INPUT_ERROR


def _detach_stdout() -> None:
    """The reader has gone: send what is still buffered nowhere, so that the last flush is silent."""
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
    except (OSError, ValueError):
        return  # stdout is no file, so nothing is left to flush


def _report_bug(name: str, manner: Manner, error: Exception) -> int:
    if isinstance(error, ModuleNotFoundError) and (told := _lacking(error)) is not None:
        lacking, helps = told
        say(f"{name}: {lacking}\n" + "".join(f"  = help: {each}\n" for each in helps), manner, lacking, helps=helps)
        return TOOL_FAILED
    if manner.error_format == "text" and (manner.verbose or os.environ.get("CONTRA_DEBUG") == "1"):
        import traceback

        traceback.print_exc()
    text = _in_one_line(error)
    full = (
        f"{name}: internal error: {text}\n"
        "  = note: this is a bug in contrac, not in your input; nothing half-written was left behind\n"
        "  = help: please report it, with the policy, the topology and what CONTRA_DEBUG=1 shows\n"
    )
    say(full, manner, text, severity="internal")
    return OUR_BUG


def _lacking(error: ModuleNotFoundError) -> tuple[str, list[str]] | None:
    """Which package is not installed, who needs it, and what helps; None if it is none of those that we use."""
    package = error.name or ""
    top = package.split(".")[0]

    def told(who: str, what: str, *helps: str) -> tuple[str, list[str]]:
        lacking = f"the Python package '{package}', which {who}, is not installed"
        return lacking, [f"install contrac with {what}", *helps]

    if top == "scipy" or (top in _SIMULATOR and _localizes(error)):
        return told("'contra localize' and 'contra diagnose' need", "it: pip install 'contrac[diagnosis]'")
    if package in _SIMULATOR:
        slow = ["or run without compiling, much slower: --no-jit"] * (package in ("numba", "llvmlite"))
        return told("simulations need", "it: pip install 'contrac[sim]'", *slow)
    if top in _TESTBED:
        doctor = "'contra doctor' shows what else is missing"
        return told("'contra net' needs", "it: pip install 'contrac[testbed]'", doctor)
    if package in _DEPENDENCIES:
        return told("contrac needs", "its dependencies: pip install contrac")
    return None


def _localizes(error: ModuleNotFoundError) -> bool:
    """Whether localization asked for the package, which simulations may ask for as well."""
    from traceback import walk_tb

    frames = walk_tb(error.__traceback__)
    return any(str(frame.f_globals.get("__name__")).startswith(_LOCALIZATION) for frame, _ in frames)


def _in_one_line(error: Exception) -> str:
    text = " ".join(str(error).split())[:500]
    kind = type(error).__name__
    if isinstance(error, InternalError):
        return text
    return f"{kind}: {text}" if text else kind


def as_process(main: Callable[[], int]) -> int:
    """`main` as the whole of a process: odd encodings do not matter, and SIGTERM cleans up like Ctrl-C."""
    import signal

    def terminate(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, terminate)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # nohup ignores it
        signal.signal(signal.SIGHUP, terminate)
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return main()
    except KeyboardInterrupt:  # before the command had begun
        return INTERRUPTED


def _open_streams() -> None:
    """Streams that were closed before we started lead nowhere; else the first file we open would take their place."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - open until the process ends
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
