"""Tables of the file that stand for a dataclass of constants: `[options]`, `[transport]`, `[queue]`.

Each field is a key. A field of microseconds, `min_rto_us`, is written with a unit, `min_rto = "10ms"`, or as it is.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from contra.diagnostics import Diagnostic, Reporter
from contra.engine.transport import CONGESTION_CONTROLS, HOST_QUEUES, Transport, check_transport
from contra.experiments.errors import BadValue
from contra.experiments.form import Section
from contra.options import ProtocolOptions
from contra.source import Span
from contra.units import format_latency, parse_duration

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_T = TypeVar("_T", bound="DataclassInstance")
_MOST = 10**12
LIMITS = {
    "expiry_periods": (1, 64),
    "failure_periods": (1, 64),
    "pin_periods": (1, 64),
    "loop_threshold": (1, 254),
    "flowlet_slots": (2, 65_536),
    "probe_metrics_tau_periods": (1, 64),
    "packets": (0, _MOST),
    "bytes": (0, _MOST),
    "mark_packets": (0, _MOST),
}
"""Smallest and largest value of fields; others have at least 1."""
CHOICES = {"congestion_control": CONGESTION_CONTROLS, "host_queue": HOST_QUEUES}


def read_constants(section: Section, usual: _T) -> _T:
    """The dataclass with what the table says, and the rest as it usually is."""
    found: dict[str, Any] = {}
    for field in fields(usual):
        name, value = field.name, getattr(usual, field.name)
        timed = name.removesuffix("_us")
        if name in CHOICES:
            found[name] = section.choice(name, CHOICES[name], value, name.replace("_", " "))
        elif isinstance(value, bool):
            found[name] = section.flag(name, value)
        elif timed != name and not (name in section.value and section.has(name)):
            found[name] = _microseconds(section, timed, value)
        elif isinstance(value, int):
            found[name] = section.whole(name, *LIMITS.get(name, (1, _MOST)), value)
        else:
            raise AssertionError(f"no form for {name}")
    section.finish()
    return replace(usual, **found)


def _microseconds(section: Section, key: str, usual: int) -> int:
    value = section.raw(key)
    if value is None:
        return usual
    expected = 'a time of whole microseconds such as "200us"'
    try:
        nanoseconds = parse_duration(value) if isinstance(value, str) else -1
    except ValueError as error:
        section.wrong(key, expected, value, hint=str(error))
        return usual
    if nanoseconds < 1000 or nanoseconds % 1000:
        section.wrong(key, expected, value)
        return usual
    return nanoseconds // 1000


def read_transport(section: Section) -> Transport:
    """`[transport]`, checked by the transport itself."""
    transport = read_constants(section, Transport())
    own = Reporter()
    check_transport(transport, own)
    for diagnostic in own.diagnostics:
        name = str(diagnostic.__dict__.get("name", ""))
        key = name if name in section.value else name.removesuffix("_us")
        section.report(moved(diagnostic, section.span(key)))
    return transport


def moved(diagnostic: Diagnostic, span: Span | None) -> Diagnostic:
    """A diagnostic about a text or value out of the experiment, with its place in the experiment."""
    return type(diagnostic)(**{**diagnostic.__dict__, "span": span})


def check_options(section: Section, options: ProtocolOptions) -> None:
    """What holds between constants of the protocol."""
    if options.flowlet_slots & (options.flowlet_slots - 1):
        found = str(options.flowlet_slots)
        span = section.span("flowlet_slots")
        section.report(BadValue(what="'flowlet_slots'", expected="a power of two", found=found, span=span))
    life = options.probe_period_us * options.expiry_periods
    if options.flowlet_timeout_us > life:
        expected = f"at most {format_latency(life * 1000)}, as long as table entries live"
        found = format_latency(options.flowlet_timeout_us * 1000)
        span = section.span("flowlet_timeout")
        section.report(BadValue(what="'flowlet_timeout'", expected=expected, found=found, span=span))
