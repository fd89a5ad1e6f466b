"""The front end of the embedded engine: P4_16 text -> typed program (`contra.p4.typed`).

`read` is all that others need. What the engine does not execute is refused with its place and its name.
"""

from __future__ import annotations

from contra.diagnostics import Reporter
from contra.p4 import typed
from contra.p4.front.build import parse
from contra.p4.front.program import check_program
from contra.source import SourceFile


def read(source: SourceFile, reporter: Reporter) -> typed.Program:
    """A v1model program, every name and width checked. Raises CompileError with all that is wrong (CTR09xx)."""
    return check_program(parse(source, reporter), source, reporter)
