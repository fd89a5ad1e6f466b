"""The table of contents: the stages of a compilation, in order.

Each stage is one function of its own folder; what it consumes, assumes and produces stands at the top of that
folder's `__init__.py`. This module adds no logic to them: it hands the result of one to the next, takes the
time, and stops where it was asked to stop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from contra.diagnostics import CompileError, InternalError, Reporter, Severity
from contra.options import ProtocolOptions

if TYPE_CHECKING:
    from contra.analysis.model import AnalysedPolicy
    from contra.check.model import CheckedPolicy
    from contra.ir import Deployment
    from contra.product.graph import ProductGraph
    from contra.source import SourceFile
    from contra.syntax.ast import Policy
    from contra.topology.model import Topology

PARTS = ("p4", "entries", "graph", "probes", "manifest")
"""What a build consists of; the manifest is always written, it marks the folder as ours."""

_FILES_PER_EVENT = 256

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileRequest:
    """What to compile and how."""

    policy: Path
    topology: str
    """A path, or a name such as `zoo:Abilene`."""
    out: Path | None = None
    """Where the build goes; None writes nothing."""
    options: ProtocolOptions = field(default_factory=ProtocolOptions)
    capacity: int | None = None
    """bit/s of links that name none."""
    latency_ns: int | None = None
    """Latency of links that name none."""
    hula_capacity: int | None = None
    """bit/s that the byte counts of a `.hula` policy were written for."""
    parts: frozenset[str] = frozenset(PARTS)
    last_stage: str = "emit"
    """The stage to stop after."""
    warnings_are_errors: bool = False


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a stage took."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Progress:
    """A stage starts, or has written `files` files so far."""

    stage: str
    number: int
    total: int
    files: int = 0


Observer = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True)
class Compilation:
    """The result of every stage that ran; None where none did."""

    request: CompileRequest
    source: SourceFile | None = None
    policy: Policy | None = None
    topology: Topology | None = None
    checked: CheckedPolicy | None = None
    analysed: AnalysedPolicy | None = None
    graph: ProductGraph | None = None
    deployment: Deployment | None = None
    files: int = 0
    timings: tuple[Timing, ...] = ()


def _tell_files(observe: Observer, progress: Progress, files: int) -> None:
    observe(replace(progress, files=files))


def _ignore(progress: Progress) -> None:
    """The observer of those who do not want to know."""


def compile(request: CompileRequest, reporter: Reporter, observe: Observer = _ignore) -> Compilation:
    """Run the stages up to `request.last_stage`.

    Raises CompileError where the input is wrong; warnings are in the reporter.
    """
    if request.out is not None:
        from contra.emit.output import check_replaceable

        check_replaceable(request.out, (str(request.policy), request.topology))
    compilation = Compilation(request=request)
    for number, (name, stage) in enumerate(STAGES.items()):
        progress = Progress(name, number, len(STAGES))
        observe(progress)
        start = perf_counter()
        compilation = stage(compilation, reporter, partial(_tell_files, observe, progress))
        timing = Timing(name, perf_counter() - start)
        compilation = replace(compilation, timings=(*compilation.timings, timing))
        if request.warnings_are_errors:
            _refuse_warnings(reporter)
        if name == request.last_stage:
            break
    return compilation


# ------------------------------------------------------------------------------------------ the stages

Count = Callable[[int], None]


def _parse(so_far: Compilation, reporter: Reporter, count: Count) -> Compilation:
    from contra import syntax

    request = so_far.request
    source = syntax.read(request.policy, reporter)
    policy = syntax.parse(source, reporter, hula_capacity=request.hula_capacity)
    return replace(so_far, source=source, policy=policy)


def _load(so_far: Compilation, reporter: Reporter, count: Count) -> Compilation:
    from contra import topology

    request = so_far.request
    defaults = topology.Defaults(capacity=request.capacity, latency_ns=request.latency_ns)
    return replace(so_far, topology=topology.load(request.topology, reporter, defaults=defaults))


def _check(so_far: Compilation, reporter: Reporter, count: Count) -> Compilation:
    from contra.check import check

    policy, topology, source = _done(so_far.policy), _done(so_far.topology), _done(so_far.source)
    return replace(so_far, checked=check(policy, topology, reporter, source))


def _analyse(so_far: Compilation, reporter: Reporter, count: Count) -> Compilation:
    from contra.analysis import analyse

    return replace(so_far, analysed=analyse(_done(so_far.checked), reporter))


def _build(so_far: Compilation, reporter: Reporter, count: Count) -> Compilation:
    from contra.product import build

    return replace(so_far, graph=build(_done(so_far.analysed), _done(so_far.topology), reporter))


def _lower(so_far: Compilation, reporter: Reporter, count: Count) -> Compilation:
    from contra import ir

    deployment = ir.lower(_done(so_far.graph), so_far.request.options, reporter)
    ir.verify(deployment)
    return replace(so_far, deployment=deployment)


def _emit(so_far: Compilation, reporter: Reporter, count: Count) -> Compilation:
    if so_far.request.out is None:
        return so_far
    from contra.emit.output import write_tree

    files = write_tree(so_far.request.out, _counted(generated_files(so_far), count))
    return replace(so_far, files=files)


STAGES: dict[str, Callable[[Compilation, Reporter, Count], Compilation]] = {
    "parse": _parse,
    "load": _load,
    "check": _check,
    "analyse": _analyse,
    "build": _build,
    "lower": _lower,
    "emit": _emit,
}
"""Every stage by name, in order."""


# -------------------------------------------------------------------------------------------- details


def generated_files(compilation: Compilation) -> Iterator[tuple[str, str]]:
    """Relative path and content of each wanted file of the build, generated one at a time."""
    from contra.emit import emit
    from contra.emit.inputs import input_file, part_of
    from contra.syntax.pretty import format
    from contra.topology import to_json

    request, topology = compilation.request, _done(compilation.topology)
    inputs = (
        input_file("policy", str(request.policy), lambda: _done(compilation.source).text),
        input_file("topology", request.topology, lambda: to_json(topology)),
    )
    wanted = {*request.parts, "manifest"}
    files = emit(_done(compilation.deployment), inputs, format(_done(compilation.policy)))
    return ((path, content) for path, content in files if part_of(path) in wanted)


def _counted(files: Iterable[_T], count: Count) -> Iterator[_T]:
    for number, file in enumerate(files):
        if number % _FILES_PER_EVENT == 0:
            count(number)
        yield file


def _refuse_warnings(reporter: Reporter) -> None:
    warnings = sum(d.severity is Severity.WARNING for d in reporter.diagnostics)
    if warnings:
        from contra.emit.errors import WarningsAreErrors

        reporter.report(WarningsAreErrors(count=warnings))
        raise CompileError(reporter.diagnostics)


def _done(result: _T | None) -> _T:
    if result is None:
        raise InternalError("a stage ran before the one that it depends on")
    return result
