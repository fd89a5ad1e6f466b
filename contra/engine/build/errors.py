"""What can be wrong with a build folder (CTR1002 to CTR1019)."""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Label, Severity
from contra.source import Span


class NoBuild(Diagnostic):
    """A folder that contrac did not write, or no folder."""

    code = "CTR1002"
    title = "'{path}' is no build of contrac: {reason}"
    helps = ("name a folder that 'contrac POLICY TOPOLOGY -o FOLDER' has written",)
    path: str
    reason: str


class OtherVersion(Diagnostic):
    """A build by another version of contrac."""

    code = "CTR1003"
    title = "this build was made by contrac {found}, and this is version {own}"
    label = "expected {own}"
    notes = ("programs, entries and protocol belong together, so a build is run by the version that made it",)
    helps = ("compile again: {command}",)
    found: str
    own: str
    command: str


class BadManifest(Diagnostic):
    """A manifest that lacks something or has something else there."""

    code = "CTR1004"
    title = "{what} must be {expected}, found {found}"
    label = "this is {found}"
    helps = ("manifest.json is written by contrac and not meant to be edited: compile again",)
    what: str
    expected: str
    found: str


class Incomplete(Diagnostic):
    """A key that the manifest has to have."""

    code = "CTR1005"
    title = "the manifest has no '{key}' in {where}"
    label = "'{key}' is missing here"
    helps = ("manifest.json is written by contrac and not meant to be edited: compile again",)
    where: str
    key: str


class BadReference(Diagnostic):
    """A number or name in the manifest that leads nowhere, or out of the folder."""

    code = "CTR1006"
    title = "{reason}"
    helps = ("compile again, or undo what was edited",)
    reason: str


class MissingFile(Diagnostic):
    """A file of the build that is not there."""

    code = "CTR1007"
    title = "the build lacks '{file}', {what}"
    label = "named here"
    file: str
    what: str
    part: str

    def help_texts(self) -> tuple[str, ...]:
        """What to do."""
        return (f"compile again; if --emit is given, it has to name {self.part}",)


class SwitchWithoutProgram(Diagnostic):
    """A switch of the topology that the manifest does not know."""

    code = "CTR1008"
    title = "switch '{name}' of the topology has no program in this build"
    helps = ("undo the change of topology.json, or compile again for the changed network",)
    name: str
    manifest: Span

    def secondary(self) -> tuple[Label, ...]:
        """The switches that have one."""
        return (Label(self.manifest, "the switches that have one"),)


class SwitchWithoutPlace(Diagnostic):
    """A switch of the manifest that the topology does not have, or has elsewhere."""

    code = "CTR1009"
    title = "the build has a program for switch '{name}', {reason}"
    label = "its program is named here"
    helps = ("undo the change of topology.json, or compile again for the changed network",)
    name: str
    reason: str


class Edited(Diagnostic):
    """Files that are not as contrac wrote them: used all the same, people experiment."""

    code = "CTR1010"
    severity = Severity.WARNING
    title = "files are not as contrac wrote them"
    helps = ("compile again to undo the change",)
    names: tuple[str, ...]

    def title_text(self) -> str:
        """Which files."""
        one = len(self.names) == 1
        shown_names = ", ".join(f"'{name}'" for name in self.names[:3])
        more = f" and {len(self.names) - 3} more" if len(self.names) > 3 else ""
        return f"{shown_names}{more} {'is' if one else 'are'} not as contrac wrote {'it' if one else 'them'}"

    def note_texts(self) -> tuple[str, ...]:
        """What is done with them."""
        return ("it is used as it is now",) if len(self.names) == 1 else ("they are used as they are now",)


class StaleInput(Diagnostic):
    """A policy or topology that was changed after the build was made."""

    code = "CTR1011"
    severity = Severity.WARNING
    title = "the {kind} '{file}' has changed since this build was made"
    label = "the build is of an earlier text of this file"
    helps = ("compile again to run what the file says now",)
    kind: str
    file: str


class CopyNotUsed(Diagnostic):
    """The copy of a program in a switch's folder differs from the program that runs."""

    code = "CTR1012"
    severity = Severity.WARNING
    title = "'{file}' is not what runs: it differs from '{program}', the program of this switch"
    helps = ("edit '{program}' to change all switches of its role",)
    file: str
    program: str


class OtherState(Diagnostic):
    """A program whose state is not what the manifest describes: nobody could tell what it decides."""

    code = "CTR1013"
    title = "the program '{program}' has {found}, and the manifest describes {expected}"
    label = "described here"
    notes = ("decisions and drops are read from the state of the programs that contrac writes",)
    helps = ("keep its registers and the counter 'drops' when you edit a program, or compile again",)
    program: str
    found: str
    expected: str
