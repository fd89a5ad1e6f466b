"""What can be wrong with the output folder."""

from __future__ import annotations

from contra.diagnostics import Diagnostic


class NotOurFolder(Diagnostic):
    """The output folder holds something else than an earlier build."""

    code = "CTR0701"
    title = "the output folder '{path}' holds files that contrac did not write"
    notes = (
        "a build replaces its output folder as a whole; this one has no manifest.json by contrac, so its "
        "files would be lost",
    )
    helps = ("name a new or an empty folder with -o, or remove this one first",)

    path: str


class NotAFolder(Diagnostic):
    """The output path exists and is no folder."""

    code = "CTR0702"
    title = "the output path '{path}' is a file, expected a folder or nothing"
    helps = ("name a folder with -o",)

    path: str


class CannotWrite(Diagnostic):
    """The operating system refused a write: no permission, disk full, and so on."""

    code = "CTR0703"
    title = "cannot write '{path}': {reason}"
    notes = ("nothing half-written was left, and what was there before is as it was",)

    path: str
    reason: str


class WorkingFolder(Diagnostic):
    """The output folder is the current folder or one above it."""

    code = "CTR0704"
    title = "the output folder '{path}' is the current folder or holds it"
    notes = ("a build replaces its output folder as a whole, and the current folder cannot be replaced",)
    helps = ("name a folder inside it, such as -o build",)

    path: str


class WarningsAreErrors(Diagnostic):
    """`--Werror` was given and there were warnings."""

    code = "CTR0705"
    title = "{count} {noun}, and --Werror was given"

    count: int

    def title_text(self) -> str:
        """The one-line message."""
        noun = "warning" if self.count == 1 else "warnings"
        return self.title.format(count=self.count, noun=noun)


class NoBuildFolder(Diagnostic):
    """A folder that should be a build is none."""

    code = "CTR0706"
    title = "'{path}' is no build of contrac: {reason}"
    helps = ("name a folder that 'contrac POLICY TOPOLOGY -o FOLDER' has written",)

    path: str
    reason: str


class BrokenBuild(Diagnostic):
    """A file of a build is missing or is not as contrac wrote it."""

    code = "CTR0707"
    title = "'{file}' of the build '{path}' is of no use: {reason}"

    path: str
    file: str
    reason: str
    left_out: str = ""
    """The part of a build that `--emit` may have left out; empty where it is no such file."""

    def help_texts(self) -> tuple[str, ...]:
        """What to do about it."""
        again = f"compile again: contrac POLICY TOPOLOGY -o {self.path}"
        if self.left_out:
            return (f"{again}; if --emit is given, it has to name {self.left_out}",)
        return (again,)


class UnknownSwitchName(Diagnostic):
    """A switch was asked for that the build does not have."""

    code = "CTR0708"
    title = "the build '{path}' has no switch '{switch}'"
    helps = ("{hint}",)

    switch: str
    path: str
    hint: str


class InputInside(Diagnostic):
    """The policy or the topology lies in the output folder and would go with it."""

    code = "CTR0709"
    title = "the output folder '{path}' holds '{name}', which is read by this compilation"
    notes = ("a build replaces its output folder as a whole, so the file would be lost",)
    helps = ("move the file out of the folder, or name another folder with -o",)

    path: str
    name: str


class OutOfMemory(Diagnostic):
    """Python could not get the memory that it asked for."""

    code = "CTR0710"
    title = "out of memory"
    helps = ("compile on a machine with more memory, or for a part of the network",)
