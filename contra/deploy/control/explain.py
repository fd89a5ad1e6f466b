"""Failures of requests -> diagnostics that say what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contra.deploy.control.client import Kind, Refusal, SwitchError
from contra.deploy.control.errors import (
    Busy,
    ControlError,
    EntryRefused,
    NoAnswer,
    NotPrimary,
    OtherProgram,
    ProgramRefused,
    ReadRefused,
    RequestRefused,
    StillDiffers,
    SwitchDied,
    TableFull,
    Unreachable,
    WrongDevice,
)
from contra.deploy.control.model import Difference, Key
from contra.deploy.control.words import content_words, described, key_words
from contra.diagnostics import Diagnostic, shown

if TYPE_CHECKING:
    from contra.deploy.control.session import Target

Provenance = Mapping[Key, Mapping[str, Any]]
_LONG = 300


class Trouble(Exception):
    """A failure that the session itself found, with what it knows of it. Only the fields that fit its kind are set."""

    def __init__(
        self,
        kind: Kind,
        *,
        reasons: tuple[str, ...] = (),
        diagnostic: Diagnostic | None = None,
    ) -> None:
        super().__init__(kind.value)
        self.kind, self.reasons, self.diagnostic = kind, reasons, diagnostic


@dataclass(frozen=True, slots=True)
class Full:
    """A table without room."""

    table: str
    size: int
    wanted: int


def explained(error: SwitchError | Trouble, target: Target, doing: str) -> ControlError:
    """What to tell the user."""
    if isinstance(error, Trouble):
        if error.diagnostic is not None:
            return ControlError(error.kind, error.diagnostic)
        reasons = error.reasons
        return ControlError(error.kind, OtherProgram(switch=target.name, program=target.program, reasons=reasons))
    return ControlError(error.kind, _diagnostic(error, target, doing))


def _diagnostic(error: SwitchError, target: Target, doing: str) -> Diagnostic:
    name, address, reason = target.name, target.address.target, _said(error.message, error.code)
    if error.kind is Kind.UNREACHABLE:
        return Unreachable(switch=name, address=address, reason=reason, advice=_advice(error, target))
    if error.kind is Kind.NOT_PRIMARY:
        return NotPrimary(switch=name, reason=reason)
    if error.kind is Kind.WRONG_DEVICE:
        return WrongDevice(switch=name, address=address, device=target.address.device_id, reason=reason)
    if error.kind is Kind.WRONG_PIPELINE:
        if "pushing" in doing:
            return ProgramRefused(switch=name, program=target.program, reason=reason)
        return OtherProgram(switch=name, program=target.program, reasons=(reason,))
    if error.kind is Kind.TIMEOUT:
        return NoAnswer(switch=name, doing=doing, reason=reason)
    if error.kind in (Kind.DIED, Kind.GONE):
        return SwitchDied(switch=name, doing=doing, reason=reason)
    if "reading" in doing:
        return ReadRefused(switch=name, what="what it holds", reason=reason)
    return RequestRefused(switch=name, doing=doing, reason=reason)


def _advice(error: SwitchError, target: Target) -> str:
    if "certificate" in error.message.lower() or "handshake" in error.message.lower():
        return "check that the certificates belong together, and that both sides use TLS or neither does"
    if target.address.tls is not None:
        return "is the switch running, and was it started with TLS?"
    return "is the switch running? its log tells why it ended; 'contra doctor' shows what is missing"


def _said(message: str, code: str) -> str:
    """What a server said, cut to a length that fits a message."""
    text = " ".join(message.split()) or code
    text = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return text if len(text) <= _LONG else text[:_LONG] + "..."


# ------------------------------------------------------------------------------------------------ entries


def entry_refused(switch: str, refusals: tuple[Refusal, ...], provenance: Provenance) -> Diagnostic:
    """The first refused entry, and the others."""
    first = refusals[0]
    others = tuple(f"{described(r.update.key, provenance.get(r.update.key))}: {r.code}" for r in refusals[1:])
    reason = f"{shown(first.message)} ({first.code})" if first.message else first.code
    return EntryRefused(
        switch=switch,
        entry=described(first.update.key, provenance.get(first.update.key)),
        reason=reason,
        operation=first.update.operation.value,
        others=others,
    )


def table_full(switch: str, full: Full, refusal: Refusal, provenance: Provenance) -> Diagnostic:
    """A table has no more room."""
    return TableFull(
        switch=switch,
        table=full.table,
        size=full.size,
        wanted=full.wanted,
        entry=described(refusal.update.key, provenance.get(refusal.update.key)),
        reason=f"{shown(refusal.message)} ({refusal.code})",
    )


def busy(switch: str, key: Key, provenance: Provenance, attempts: int, reason: str) -> Diagnostic:
    """The switch takes nothing more, though its tables have room."""
    return Busy(switch=switch, entry=described(key, provenance.get(key)), attempts=attempts, reason=shown(reason))


def still_differs(switch: str, difference: Difference, provenance: Provenance) -> Diagnostic:
    """What was written is not what is there."""
    return StillDiffers(switch=switch, differences=tuple(difference_words(difference, provenance)))


def difference_words(difference: Difference, provenance: Provenance) -> list[str]:
    """Each difference on a line: missing, extra or altered, the entry and why it should be there."""
    lines = [f"missing: {described(key, provenance.get(key))}" for key in difference.missing]
    lines += [f"extra: {key_words(key)}" for key in difference.extra]
    for each in difference.altered:
        words = f"{content_words(each.found)} instead of {content_words(each.expected)}"
        lines.append(f"altered: {described(each.key, provenance.get(each.key))}: {words}")
    return lines
