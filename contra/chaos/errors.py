"""What can go wrong with faults that are injected on purpose (CTR1901 to CTR1909)."""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Severity


class NothingToBreak(Diagnostic):
    """A fault that needs something that no switch has."""

    code = "CTR1901"
    title = "no switch of the network has anything that '{fault}' could break"
    notes = ("faults need a switch with at least two entries; 'stale' one whose entries another compilation changes",)
    fault: str


class NotAsCompiled(Diagnostic):
    """A network that is broken already."""

    code = "CTR1902"
    title = "the network is not as compiled: {differing}"
    notes = ("faults are injected into a network that is whole, or nobody could tell what was found",)
    helps = ("find out what it is: contra diagnose {build}", "then write what is missing: contra net apply {build}")
    differing: str
    build: str


class InjectionFailed(Diagnostic):
    """A fault that did not come about."""

    code = "CTR1903"
    title = "the fault '{fault}' could not be put into switch '{switch}': {reason}"
    fault: str
    switch: str
    reason: str


class NotMended(Diagnostic):
    """A fault that stays."""

    code = "CTR1904"
    title = "switch '{switch}' could not be mended after '{fault}': {reason}"
    helps = ("start it anew: contra net restart {switch}", "or end the network: contra net down")
    fault: str
    switch: str
    reason: str


class NoThriftTool(Diagnostic):
    """An entry is altered over P4Runtime for want of something better."""

    code = "CTR1905"
    severity = Severity.WARNING
    title = "entries are altered by another P4Runtime controller: {reason}"
    helps = ("simple_switch_CLI comes with BMv2; it runs with the first python3 of the PATH, which needs 'thrift'",)
    reason: str


class SwitchesSpeakTls(Diagnostic):
    """Switches that cannot be reached through a proxy."""

    code = "CTR1906"
    title = "faults cannot be put into a network whose switches speak TLS"
    notes = ("a proxy between controller and switch would need the keys of both",)
    helps = ("start the network without --tls",)


class OtherBuildRuns(Diagnostic):
    """The network that runs is of another build."""

    code = "CTR1907"
    title = "network '{name}' runs {running}, not {build}"
    helps = ("name the build that runs, or change to this one: contra net apply {build}",)
    name: str
    running: str
    build: str
