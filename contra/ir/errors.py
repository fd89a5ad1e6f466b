"""What can be wrong when a checked policy meets the limits of switches."""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Severity


class RankTooWide(Diagnostic):
    """A rank component needs more bits than a data plane can compare."""

    code = "CTR0601"
    title = "component {component} of the rank needs {bits} bits; switches compare at most {limit}"
    label = "the constants here need a common unit that is this fine"
    helps = ("use coarser constants: fewer decimals, or factors with small common multiples",)

    component: int
    bits: int
    limit: int


class AttributeOutOfRange(Diagnostic):
    """A link's value of a declared attribute cannot be carried by probes."""

    code = "CTR0602"
    title = "'{attribute}' of link {link} is {value}; probes carry multiples of {step} up to {limit}"
    helps = ("choose another unit for the attribute, so that its values fit",)

    attribute: str
    link: str
    value: str
    step: str
    limit: str


class NetworkTooLarge(Diagnostic):
    """An index of the data plane cannot number what the network has."""

    code = "CTR0603"
    title = "{what} needs {bits} bits; the programs have {limit}"
    helps = ("{advice}",)

    what: str
    bits: int
    limit: int
    advice: str


class PeriodTooShort(Diagnostic):
    """Probes of one round overtake the next."""

    code = "CTR0604"
    severity = Severity.WARNING
    title = "the probe period {period} is shorter than half the largest round trip between switches ({least})"
    notes = ("a switch may not have heard the round before the next one starts (Contra, section 5)",)
    helps = ("give --probe-period {least} or longer",)

    period: str
    least: str
