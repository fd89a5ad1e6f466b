"""What can go wrong when the state of running switches is read (CTR1301 to CTR1309)."""

from __future__ import annotations

from contra.deploy.errors import ToolError
from contra.diagnostics import Diagnostic


class Unreadable(ToolError):
    """The state of a switch cannot be read; the diagnostics say why."""


class SwitchSilent(Diagnostic):
    """A switch that is not there, or does not answer."""

    code = "CTR1301"
    title = "the state of switch '{switch}' cannot be read {way}: {reason}"
    helps = ("'contra net status' tells whether the switch runs; 'contra net restart {switch}' starts it again",)

    switch: str
    way: str
    reason: str


class BadAnswer(Diagnostic):
    """Something answers that is not a switch, or not one that speaks as ours do."""

    code = "CTR1302"
    title = "what answers for switch '{switch}' {way} is no BMv2 switch: {reason}"
    helps = ("look what else listens there; 'contra net status' names the ports",)

    switch: str
    way: str
    reason: str


class NoSuchCell(Diagnostic):
    """A switch whose program does not have the state that the build describes."""

    code = "CTR1303"
    title = "switch '{switch}' {problem} '{cell}'"
    notes = ("it runs another program than the one of this build",)
    helps = ("'contra net verify' tells how it differs; 'contra net up' starts the build's own programs",)

    switch: str
    cell: str
    problem: str


class TooWide(Diagnostic):
    """BMv2's Thrift interface hands registers out as signed numbers of 64 bits and cuts what is larger."""

    code = "CTR1304"
    title = "'{cell}' of switch '{switch}' has {bits} bits, and Thrift carries {limit}"
    helps = ("read it by query packets, as 'contra net' does by itself where a cell is too wide",)

    switch: str
    cell: str
    bits: int
    limit: int


class NoQueries(Diagnostic):
    """A program that does not know query packets."""

    code = "CTR1305"
    title = "program '{program}' of switch '{switch}' answers no query packets"
    helps = ("compile the policy again with this version of contrac, or deploy with Thrift",)

    switch: str
    program: str


class QueriesLost(Diagnostic):
    """Query packets without answers."""

    code = "CTR1306"
    title = "switch '{switch}' left {lost} of {asked} queries for '{cell}' unanswered, each asked {tries} times"
    notes = ("a switch answers at once, unless it drops the query: see its drop counters",)
    helps = (
        "'contra net status' tells whether the switch runs; 'contra net verify' whether it holds what the build says",
    )

    switch: str
    cell: str
    lost: int
    asked: int
    tries: int


class NoThrift(Diagnostic):
    """The Python package that talks to BMv2 is missing."""

    code = "CTR1307"
    title = "reading registers over Thrift needs the Python package 'thrift'"
    helps = ("pip install 'contrac[testbed]'", "or deploy without Thrift: state is then read by query packets")
