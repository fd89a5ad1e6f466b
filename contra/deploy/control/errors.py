"""What can go wrong between the control plane and a switch (CTR1101 to CTR1119)."""

from __future__ import annotations

from typing import Any

from contra.deploy.control.client import Kind
from contra.deploy.errors import ToolError
from contra.diagnostics import Diagnostic, Severity

_SHOWN = 5


def enumerated(lines: tuple[str, ...], what: str) -> str:
    """The first few of many, one a line, and how many more there are."""
    more = [f"and {len(lines) - _SHOWN} more {what}"] if len(lines) > _SHOWN else []
    return "\n".join([*lines[:_SHOWN], *more])


class ControlError(ToolError):
    """A switch did not do what it should: exit code 3. `kind` says in which way."""

    def __init__(self, kind: Kind, diagnostic: Diagnostic) -> None:
        super().__init__([diagnostic])
        self.kind = kind


class Unreachable(Diagnostic):
    """Nobody at the address speaks P4Runtime with us."""

    code = "CTR1101"
    title = "switch '{switch}' cannot be reached at {address}"
    notes = ("{reason}",)
    helps = ("{advice}",)
    switch: str
    address: str
    reason: str
    advice: str


class NotPrimary(Diagnostic):
    """Somebody else controls the switch."""

    code = "CTR1102"
    title = "switch '{switch}' is controlled by somebody else: {reason}"
    helps = ("end the other controller ('contra net down' if it is a deployment of ours), then try again",)
    switch: str
    reason: str


class WrongDevice(Diagnostic):
    """The switch at the address is another one."""

    code = "CTR1103"
    title = "what answers at {address} is not switch '{switch}' (device {device}): {reason}"
    notes = ("two switches may have been given one port, or one device id",)
    helps = ("choose other ports, or end the process that holds this one: ss -ltnp",)
    switch: str
    address: str
    device: int
    reason: str


class OtherProgram(Diagnostic):
    """The switch runs a program that is not the build's."""

    code = "CTR1104"
    title = "switch '{switch}' does not run program '{program}' of this build"
    helps = ("have it load the program again: contra net restart {switch}",)
    switch: str
    program: str
    reasons: tuple[str, ...]

    def note_texts(self) -> tuple[str, ...]:
        """What is different."""
        return (enumerated(self.reasons, "differences"),)


class ProgramRefused(Diagnostic):
    """The switch did not take the program."""

    code = "CTR1105"
    title = "switch '{switch}' does not take program '{program}': {reason}"
    notes = ("BMv2 and p4c have to be of about the same age: an old switch refuses what a new compiler writes",)
    helps = ("compile again with --p4c; 'contra doctor' shows the versions",)
    switch: str
    program: str
    reason: str


class EntryRefused(Diagnostic):
    """The switch did not take some entries."""

    code = "CTR1106"
    title = "switch '{switch}' refuses {entry}: {reason}"
    switch: str
    entry: str
    """With its provenance, in words."""
    reason: str
    operation: str
    others: tuple[str, ...]

    def title_text(self) -> str:
        """What was refused."""
        return f"switch '{self.switch}' refuses to {self.operation} {self.entry}: {self.reason}"

    def note_texts(self) -> tuple[str, ...]:
        """What else was refused."""
        if not self.others:
            return ()
        return (f"it also refuses\n{enumerated(self.others, 'entries')}",)

    helps = ("compare what it holds with the build: contra net verify",)


class TableFull(Diagnostic):
    """More entries than the table has room for."""

    code = "CTR1107"
    title = "table '{table}' of switch '{switch}' is full: {wanted} entries, and room for {size}"
    notes = ("the first entry without room is {entry}", "the switch said: {reason}")
    helps = ("compile again: contrac gives each table the room that the network needs",)
    switch: str
    table: str
    size: int
    wanted: int
    entry: str
    reason: str

    def data(self) -> dict[str, Any]:
        """The table, its room and what was to go there."""
        return {"table": self.table, "size": self.size, "wanted": self.wanted}


class Busy(Diagnostic):
    """The switch says again and again that it cannot take more now."""

    code = "CTR1108"
    title = "switch '{switch}' takes no more entries: {reason}"
    notes = ("the first entry that it did not take is {entry}; it was tried {attempts} times, at last alone",)
    helps = ("the machine may be overloaded or out of memory: try again with fewer switches",)
    switch: str
    entry: str
    attempts: int
    reason: str


class NoAnswer(Diagnostic):
    """A request that was not answered."""

    code = "CTR1109"
    title = "switch '{switch}' did not answer in time: {doing}"
    notes = ("{reason}",)
    helps = ("is the process stopped, or the machine overloaded? 'contra net restart {switch}' starts it anew",)
    switch: str
    doing: str
    reason: str


class SwitchDied(Diagnostic):
    """The connection to a switch broke and could not be made again."""

    code = "CTR1110"
    title = "switch '{switch}' is gone: {doing}"
    notes = ("{reason}",)
    helps = ("its log tells why; 'contra net restart {switch}' starts it anew",)
    switch: str
    doing: str
    reason: str


class StillDiffers(Diagnostic):
    """All was written without an error, and yet something else is held."""

    code = "CTR1111"
    title = "switch '{switch}' said yes to every entry, but does not hold what it should"
    helps = ("report this: the switch loses writes, or somebody else writes to it",)
    switch: str
    differences: tuple[str, ...]

    def note_texts(self) -> tuple[str, ...]:
        """What it holds in place of what it should."""
        return (enumerated(self.differences, "differences"),)


class ReadRefused(Diagnostic):
    """The switch does not tell what it holds."""

    code = "CTR1112"
    title = "switch '{switch}' does not tell {what}: {reason}"
    notes = ("entries that were added or removed by simple_switch_CLI are unknown to its P4Runtime server",)
    helps = ("'contra net restart {switch}' starts it anew",)
    switch: str
    what: str
    reason: str


class CannotHold(Diagnostic):
    """A metric is to be held still that the programs have no parameter for."""

    code = "CTR1113"
    title = "the programs of this build cannot hold '{metric}' still"
    helps = ("compile again with this version of contrac",)
    metric: str


class NotCompiled(Diagnostic):
    """A build without what p4c makes of its programs."""

    code = "CTR1114"
    title = "program '{program}' was not compiled: {reason}"
    helps = ("compile again with --p4c",)
    program: str
    reason: str


class BadRecord(Diagnostic):
    """A line of a journal that is no record."""

    code = "CTR1115"
    severity = Severity.WARNING
    title = "{where} of the journal {reason}"
    notes = ("all other lines are read",)
    where: str
    reason: str


class JournalFailed(Diagnostic):
    """The journal cannot be written."""

    code = "CTR1116"
    title = "the deploy journal '{path}' cannot be {done}: {reason}"
    helps = ("give the build folder to the user that deploys it, and make room on the disk",)
    path: str
    done: str
    reason: str


class RequestRefused(Diagnostic):
    """The switch refused a request as a whole."""

    code = "CTR1117"
    title = "switch '{switch}' refuses: {doing}"
    notes = ("it said: {reason}",)
    helps = ("is it simple_switch_grpc? 'contra doctor' shows the version",)
    switch: str
    doing: str
    reason: str
