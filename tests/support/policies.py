"""Short ways to parse and check a text, and to collect what was said about it."""

from __future__ import annotations

from support.switches import ring

from contra.check import check
from contra.check.model import CheckedPolicy
from contra.diagnostics import CompileError, Diagnostic, Reporter
from contra.source import SourceFile
from contra.syntax import ast, parse
from contra.topology.model import Topology

RING = ring()


def parsed(text: str, name: str = "p.ctr", capacity: int | None = None) -> ast.Policy:
    return parse(SourceFile(name, text), Reporter(), hula_capacity=capacity)


def problems(text: str, name: str = "p.ctr", capacity: int | None = None) -> list[Diagnostic]:
    """What the syntax stage says, warnings included."""
    reporter = Reporter()
    try:
        parse(SourceFile(name, text), reporter, hula_capacity=capacity)
    except CompileError:
        assert reporter.has_errors
    return reporter.diagnostics


def checked(text: str, topology: Topology = RING) -> CheckedPolicy:
    """The checked policy of a rank."""
    source = SourceFile("p.ctr", f"minimize({text})")
    reporter = Reporter()
    return check(parse(source, reporter), topology, reporter, source)


def check_problems(text: str, topology: Topology = RING) -> list[Diagnostic]:
    """What syntax and check say about a rank."""
    source = SourceFile("p.ctr", f"minimize({text})")
    reporter = Reporter()
    try:
        check(parse(source, reporter), topology, reporter, source)
    except CompileError:
        assert reporter.has_errors
    return reporter.diagnostics
