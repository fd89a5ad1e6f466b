"""What can be wrong with a network that is to be made, or that runs (CTR1201 to CTR1299).

Names that come from the input are passed through `contra.diagnostics.shown` at the raise site.
"""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Severity

# ----------------------------------------------------------------------------------------------------------- plan


class BadScale(Diagnostic):
    """A factor that leaves no capacity."""

    code = "CTR1201"
    title = "the scale of capacities must be larger than 0, found {scale}"
    helps = ("give a factor such as 1/100, or none: then the fastest link gets what software switches carry",)
    scale: str


class PortRange(Diagnostic):
    """Servers that would need ports that do not exist."""

    code = "CTR1202"
    title = "{switches} switches need the {server} ports {first} to {last}; there are 1 to 65535"
    helps = ("let them start at another port",)
    server: str
    switches: int
    first: int
    last: int


class PortsOverlap(Diagnostic):
    """Servers of two kinds on the same ports."""

    code = "CTR1203"
    title = "the P4Runtime ports from {grpc} and the Thrift ports from {thrift} overlap"
    notes = ("each of the {switches} switches needs one of both",)
    helps = ("let them start further apart",)
    grpc: int
    thrift: int
    switches: int


class TooSlow(Diagnostic):
    """A scaled capacity that does not even carry the probes."""

    code = "CTR1204"
    title = "{name} would have {found} bit/s; at least {least} are needed for probes"
    helps = ("scale by {needed} or more",)
    name: str
    found: int
    least: int
    needed: str


class TooFast(Diagnostic):
    """A capacity that is never reached."""

    code = "CTR1205"
    severity = Severity.WARNING
    title = "{name} has {found} bit/s, which no software switch reaches"
    notes = ("the link is never full, and its utilisation is measured as a share of a capacity that it does not have",)
    helps = ("scale by a smaller factor",)
    name: str
    found: int


class BadDeploymentName(Diagnostic):
    """A name that cannot be a folder's."""

    code = "CTR1206"
    title = "'{name}' cannot name a deployment"
    helps = ("use up to 31 letters, digits, '_', '.' and '-', beginning with a letter, a digit or '_'",)
    name: str


class BadLogLevel(Diagnostic):
    """A log level that the switches do not have."""

    code = "CTR1207"
    title = "the switches have no log level '{level}'{near}"
    helps = ("use one of {known}",)
    level: str
    near: str
    known: str


# -------------------------------------------------------------------------------------------------------- running


class NamespaceRefused(Diagnostic):
    """The kernel gives no network namespace."""

    code = "CTR1230"
    title = "the kernel refuses a network namespace ({call}): {reason}"
    helps = ("run this as root; in a container, it must be a privileged one",)
    call: str
    reason: str


class NameTaken(Diagnostic):
    """A deployment of this name is there."""

    code = "CTR1231"
    title = "a deployment '{name}' runs already, or a crash has left it behind"
    notes = ("its ledger is in {path}",)
    helps = ("take it down with 'contra net down', or give this one another name",)
    name: str
    path: str


class UnwritableFolder(Diagnostic):
    """A folder for the ledger that cannot be written."""

    code = "CTR1232"
    title = "cannot write to '{path}': {reason}"
    notes = ("what a deployment makes is written down there first, so that all of it can be removed",)
    path: str
    reason: str


class NotRemoved(Diagnostic):
    """Things of a deployment that could not be removed."""

    code = "CTR1233"
    title = "of deployment '{name}' these are left: {left}"
    notes = ("the ledger stays: {path}",)
    helps = ("try 'contra net down' again, as root and in the network namespace where it was started",)
    name: str
    left: str
    path: str


class BadLedger(Diagnostic):
    """A ledger that cannot be read."""

    code = "CTR1234"
    title = "cannot read the ledger '{path}': {reason}"
    helps = ("remove what is left of this deployment by hand (processes, interfaces), then the ledger's folder",)
    path: str
    reason: str


class SwitchDied(Diagnostic):
    """A switch process that ended by itself."""

    code = "CTR1235"
    title = "the switch '{switch}' {how}"
    notes = ("its last words:\n{log}",)
    helps = ("{hint}",)
    switch: str
    how: str
    log: str
    hint: str


class SwitchSilent(Diagnostic):
    """A switch that runs and does not listen."""

    code = "CTR1236"
    title = "the switch '{switch}' does not listen on port {port} after {seconds} s"
    notes = ("its last words:\n{log}",)
    switch: str
    port: int
    seconds: int
    log: str


class NotAsWanted(Diagnostic):
    """A setting of the kernel that was made and is not there."""

    code = "CTR1237"
    title = "{what} of interface '{interface}' should be {wanted} and is {found}"
    helps = ("the kernel or another program (such as a network manager) works against the testbed",)
    what: str
    interface: str
    wanted: str
    found: str
