"""Times of a simulation: a number and a unit, read exactly."""

from __future__ import annotations

from contra.diagnostics import Reporter, report
from contra.engine.inputs.errors import BadTime, BadTimes
from contra.source import SourceFile, Span
from contra.units import format_latency, parse_duration

EXAMPLE = "2.5ms"


def read_duration(file: SourceFile, reporter: Reporter) -> int:
    """ns of the text of an option such as `--for`, longer than nothing. Raises CompileError (CTR1023)."""
    span = file.span(0, len(file.text))
    value = time_of(file.text, span, reporter, "5s")
    if value == 0:
        reporter.report(BadTime(reason="a duration of nothing", example="5s", span=span))
    reporter.check()
    assert value is not None, "there was a message"
    return value


def time_of(text: str, span: Span, reporter: Reporter, example: str = EXAMPLE) -> int | None:
    """ns of "2.5ms", or None and a message."""
    try:
        return parse_duration(text)
    except ValueError as error:
        report(reporter, BadTime(reason=str(error), example=example, span=span))
        return None


def check_order(start: int, stop: int | None, what: str, span: Span, reporter: Reporter) -> None:
    """Report a stop that is not after the start."""
    if stop is not None and stop <= start:
        first, last = format_latency(start), format_latency(stop)
        report(reporter, BadTimes(what=what, start=first, stop=last, span=span))
