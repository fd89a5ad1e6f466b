"""Checks that the programs keep their own rules; runs after `lower`, always. A breach is our bug."""

from __future__ import annotations

from contra.diagnostics import InternalError
from contra.ir.budget import violations
from contra.ir.model import PIN_BITS, Component, Deployment, SwitchProgram


def verify(deployment: Deployment) -> None:
    """Raise InternalError where a program breaks the access discipline, wraps, or times out ambiguously."""
    found = [f"{program.name}: {text}" for program in deployment.programs for text in program_violations(program)]
    if found:
        raise InternalError("; ".join(found))


def program_violations(program: SwitchProgram) -> list[str]:
    """Every breach, in words."""
    return [
        *violations(program.plan),
        *_wraps(program),
        *_ages(program),
        *(f"header {h.name} has {h.bits} bits, not whole bytes" for h in program.headers if h.bits % 8),
    ]


def _wraps(program: SwitchProgram) -> list[str]:
    """Sums that exceed their width (our rule 7)."""
    limits = {metric.name: metric.limit for metric in program.metrics}
    words = [order.word for order in program.orders] + [case.word for case in program.cases if case.word]
    found = []
    for word in words:
        for component in word.components:
            found += [f"component {component} wraps" for _ in range(_wraps_in(component, limits))]
    return found


def _wraps_in(component: Component, limits: dict[str, int]) -> int:
    wrapped = 0
    for form in component.alternatives:
        greatest = form.constant + sum(f * limits[name] for name, f in form.terms if f > 0)
        least = form.constant + sum(f * limits[name] for name, f in form.terms if f < 0)
        wrapped += greatest >= 1 << component.bits or least < 0
    if component.ceiling is not None:
        wrapped += not 0 <= component.ceiling < 1 << component.bits
    return wrapped


def _ages(program: SwitchProgram) -> list[str]:
    """Age limits must be under half the wrap of the clock (hardware rule 12)."""
    half = 1 << (program.widths.clock - 1)
    clock = program.clock
    ages = {
        "takeover": clock.takeover_age,
        "expiry": clock.expiry_age,
        "failure": clock.failure_age,
        "flowlet timeout": clock.flowlet_timeout,
        "estimate": 1 << clock.tau_bits,
    }
    wraps = 2 * clock.pin_age >> PIN_BITS
    pin = [f"pin age of {clock.pin_age} ticks is not under half of {PIN_BITS} bits"] if wraps else []
    return pin + [
        f"{name} of {age} ticks is not under half the clock's wrap" for name, age in ages.items() if age >= half
    ]
