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
    title = "the switches have no log level '{level}'"
    level: str
    near: str
    known: str

    def help_texts(self) -> tuple[str, ...]:
        """A near one, and all."""
        return tuple(text for text in (self.near, f"use one of {self.known}") if text)


# ------------------------------------------------------------------------------------------------------ preflight


class NotRoot(Diagnostic):
    """Somebody who may not make networks."""

    code = "CTR1210"
    title = "a network of real switches needs root"
    notes = ("it makes network namespaces and interfaces",)
    helps = ("run this with sudo; compiling and simulating need no root",)


class MininetUnusable(Diagnostic):
    """Mininet's Python package is missing or does not import."""

    code = "CTR1211"
    title = "Mininet's Python package cannot be used: {reason}"
    helps = ("pip install 'contrac[testbed]'; with Python 3.12 or newer it needs setuptools too",)
    reason: str


class KernelLacks(Diagnostic):
    """A part of the kernel that links are made of."""

    code = "CTR1212"
    title = "the kernel has no {feature}, which links are made of"
    feature: str

    def help_texts(self) -> tuple[str, ...]:
        """The module by name."""
        module = self.feature if self.feature == "veth" else f"sch_{self.feature}"
        return (f"load its module (modprobe {module}), or use a kernel that has it",)


class NoLatency(Diagnostic):
    """Latencies that stay on paper."""

    code = "CTR1213"
    severity = Severity.WARNING
    title = "the kernel has no netem: latencies are not emulated"
    notes = (
        "{count} of {total} links have a latency in the topology, and all have next to none here",
        "probes still carry the latencies of the topology, so policies that use 'lat' decide as they would",
    )
    helps = ("load its module (modprobe sch_netem), or use a kernel that has it",)
    count: int
    total: int


class TooFewFiles(Diagnostic):
    """A limit that a large network exceeds."""

    code = "CTR1214"
    title = "a network of this size needs {needed} open files; a process may have {found}"
    helps = ("raise the limit: ulimit -Hn {needed}",)
    needed: int
    found: int


class NeverCompiled(Diagnostic):
    """Programs without what BMv2 loads, and no p4c to make it."""

    code = "CTR1215"
    title = "the build '{folder}' has a program that is {how}: {programs}"
    notes = ("switches load what p4c makes of a program, and p4c is not installed here",)
    helps = ("{fix}", "or compile the policy with --p4c where p4c is installed, and bring the build here")
    folder: str
    programs: str
    how: str
    fix: str


class TlsFileMissing(Diagnostic):
    """A folder that lacks keys or certificates."""

    code = "CTR1216"
    title = "the folder '{folder}' lacks files for TLS: {files}"
    notes = (
        "it must hold ca.crt, server.crt and server.key",
        "with client.crt and client.key in it, clients must show a certificate",
    )
    folder: str
    files: str


class TlsUnusable(Diagnostic):
    """Keys or certificates that are there and do not serve."""

    code = "CTR1221"
    title = "'{file}' cannot be used for TLS: {reason}"
    notes = (
        "tried with a handshake in memory, before anything is started",
        "server.crt must be signed by ca.crt, be valid now, and name IP:127.0.0.1 as subjectAltName",
    )
    helps = ("docs/testbed.md has the openssl commands that make such files",)
    file: str
    reason: str


class LogsShowKey(Diagnostic):
    """Switches that would write the secret of the network into a file."""

    code = "CTR1222"
    title = "with --log-level {level} the logs of the switches would show the probe key"
    notes = ("BMv2 logs the parameters of every action that it runs, and this build authenticates probes",)
    helps = ("use --log-level info, or a build without --authenticate",)
    level: str


class AlreadyRunning(Diagnostic):
    """The deployment is up."""

    code = "CTR1217"
    title = "a network '{name}' is running (process {pid}), of build '{build}'"
    helps = ("'contra net down' takes it down; 'contra net apply' changes it; another --name runs beside it",)
    name: str
    build: str
    pid: int


class LeftBehind(Diagnostic):
    """The deployment has crashed."""

    code = "CTR1218"
    title = "a network '{name}' of build '{build}' was left behind by a process that has gone"
    helps = ("remove what is left of it: contra net down",)
    name: str
    build: str


class InterfaceExists(Diagnostic):
    """Interfaces that bear the names of ours."""

    code = "CTR1219"
    title = "there are interfaces of the names that the switches need: {names}"
    names: str
    owner: str

    def help_texts(self) -> tuple[str, ...]:
        """Whose they are, and the way out."""
        if self.owner:
            return (f"they belong to the network '{self.owner}': take it down, or run this one isolated",)
        return ("they are not ours: remove them, or run this network isolated, in a namespace of its own",)


class PortTaken(Diagnostic):
    """Ports on which somebody listens."""

    code = "CTR1220"
    title = "ports that the switches need for {server} are in use: {ports}"
    server: str
    ports: str
    count: int
    by: str

    def title_text(self) -> str:
        """The first of them, and how many."""
        more = "" if self.count <= 6 else f" and {self.count - 6} more"
        return super().title_text() + more

    def note_texts(self) -> tuple[str, ...]:
        """Who uses them."""
        return (f"used by {self.by}",) if self.by else ()

    def help_texts(self) -> tuple[str, ...]:
        """Three ways out."""
        return ("end what uses them, let ours start at another port, or run this network isolated",)


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


# -------------------------------------------------------------------------------------------- hosts and captures


class HostGone(Diagnostic):
    """A host whose shell has ended."""

    code = "CTR1240"
    title = "the host '{name}' is not there any more: its shell has ended"
    helps = ("start the network again: contra net down, contra net up",)
    name: str


class NoSuchHost(Diagnostic):
    """A name that no host has."""

    code = "CTR1241"
    title = "the network has no host '{name}'"
    name: str
    near: str
    known: str

    def help_texts(self) -> tuple[str, ...]:
        """A near name, and those that there are."""
        return tuple(text for text in (self.near, f"its hosts are: {self.known}") if text)


class TrafficFailed(Diagnostic):
    """iperf3 did not get through."""

    code = "CTR1242"
    title = "no traffic from '{source}' to '{target}': {reason}"
    helps = ("see whether they reach each other: contra net ping",)
    source: str
    target: str
    reason: str


class CaptureFailed(Diagnostic):
    """A capture that did not start or did not end well."""

    code = "CTR1243"
    title = "the capture into '{file}' failed: {reason}"
    file: str
    reason: str
