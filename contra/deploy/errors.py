"""What can go wrong with the tools that contrac runs."""

from __future__ import annotations

from contra.diagnostics import CompileError, Diagnostic, Severity


class ToolError(CompileError):
    """An external tool is missing or failed: exit code 3."""


class ToolMissing(Diagnostic):
    """A program that was asked for is not installed."""

    code = "CTR0801"
    title = "'{tool}' is not installed"
    notes = ("it is needed for {purpose}; compiling a policy does not need it",)
    helps = ("{fix}", "'contra doctor' shows what else is missing")

    tool: str
    purpose: str
    fix: str


class P4cFailed(Diagnostic):
    """p4c refused a generated program: our bug."""

    code = "CTR0802"
    title = "p4c does not accept the generated program '{program}': {summary}"
    label = "p4c stopped here"
    notes = ("p4c said:\n{output}", "the program is {path}")
    helps = ("this is a bug in contrac, please report it with the policy and the topology",)

    program: str
    path: str
    summary: str
    output: str


class P4cWarned(Diagnostic):
    """p4c accepts a generated program but has something to say about it: our bug as well."""

    code = "CTR0803"
    severity = Severity.WARNING
    title = "p4c warns about the generated program '{program}': {summary}"
    label = "here"
    notes = ("p4c said:\n{output}", "the program is {path}")
    helps = ("it works all the same; please report it with the policy and the topology",)

    program: str
    path: str
    summary: str
    output: str


class ToolTimeout(Diagnostic):
    """A tool did not come to an end."""

    code = "CTR0804"
    title = "'{tool}' did not finish {what} within {seconds} s and was stopped"

    tool: str
    what: str
    seconds: int


class NoBuild(Diagnostic):
    """A folder that should be a build is none."""

    code = "CTR0805"
    title = "'{path}' is no build of contrac: {reason}"
    helps = ("make one with: contrac POLICY TOPOLOGY -o {path}",)

    path: str
    reason: str


class ToolFailed(Diagnostic):
    """A tool failed in a way that has nothing to do with a program of ours."""

    code = "CTR0806"
    title = "'{tool}' failed: {summary}"
    notes = ("it said:\n{output}",)

    tool: str
    summary: str
    output: str
