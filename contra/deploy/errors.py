"""What can go wrong with the tools that contrac runs."""

from __future__ import annotations

from contra.diagnostics import CompileError, Diagnostic, Severity, shown


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


class BadName(Diagnostic):
    """A name that no running network can have."""

    code = "CTR0807"
    title = "'{name}' cannot be the name of a running network"
    helps = ("expected a letter, then up to 31 letters, digits, '-' or '_'",)

    name: str

    def title_text(self) -> str:
        """The name, made fit to be shown."""
        return f"'{shown(self.name)}' cannot be the name of a running network"


class NotRunning(Diagnostic):
    """A command for a network that is not there."""

    code = "CTR0808"
    title = "no network '{name}' is running"

    name: str
    others: str

    def help_texts(self) -> tuple[str, ...]:
        """How to start one, or which are there."""
        start = "start one with: contra net up BUILD"
        return (f"running: {self.others}; choose one with --name", start) if self.others else (start,)


class DaemonGone(Diagnostic):
    """The process that holds a network ended in the middle of a request."""

    code = "CTR0809"
    title = "the process that holds network '{name}' has ended"

    name: str
    log: str
    """Empty where it is gone too: then all was taken down in order."""

    def note_texts(self) -> tuple[str, ...]:
        """Where to look, if there is anything to see."""
        if not self.log:
            return ("nothing is left of it: it was stopped from elsewhere, as by 'contra net down'",)
        return (f"what it said last is in {self.log}",)

    def help_texts(self) -> tuple[str, ...]:
        """What to do about what is left."""
        return (f"clear up what is left with: contra net down --name {self.name}",) if self.log else ()


class UnknownRequest(Diagnostic):
    """A request that the daemon does not know: of another version."""

    code = "CTR0810"
    title = "the running network does not know the request '{name}'"
    helps = ("it was started by another version of contra; stop it with: contra net down",)

    name: str


class NotConverged(Diagnostic):
    """The network runs, but some pairs have no path."""

    code = "CTR0811"
    severity = Severity.WARNING
    title = "only {routed} of {allowed} pairs of switches have a path after the time that is enough"
    helps = ("the network runs on; look at it with: contra net routes, contra net show SWITCH",)

    routed: int
    allowed: int
    lacking: tuple[str, ...]

    def note_texts(self) -> tuple[str, ...]:
        """The first of them."""
        more = [f"and {len(self.lacking) - 5} more"] if len(self.lacking) > 5 else []
        return ("\n".join([*self.lacking[:5], *more]),)


class OtherNetwork(Diagnostic):
    """A build of another network than the one that runs."""

    code = "CTR0812"
    title = "'{build}' is for another network: switches, hosts or ports are not those that run"
    helps = ("start it anew: contra net down, then contra net up {build}",)

    build: str


class OtherShape(Diagnostic):
    """A build whose programs are not those that run."""

    code = "CTR0813"
    title = "'{build}' has another program '{program}' than the one that runs: entries alone cannot lead there"
    notes = ("constants of the protocol, probe classes and conditions of the policy are part of a program",)
    helps = ("start it anew: contra net down, then contra net up {build}",)

    build: str
    program: str


class OtherBuildRuns(Diagnostic):
    """A network of this name runs, with another build."""

    code = "CTR0814"
    title = "network '{name}' is running, with {running}"
    helps = ("change it in place: contra net apply {build}", "or stop it first: contra net down --name {name}")

    name: str
    running: str
    build: str


class BadProbeKey(Diagnostic):
    """A key file without a key."""

    code = "CTR0815"
    title = "'{path}' holds no probe key: {reason}"
    helps = ("expected 16 hex digits, as from: openssl rand -hex 8",)

    path: str
    reason: str


class NoSuchPlace(Diagnostic):
    """A command for a host that the network does not have."""

    code = "CTR0816"
    title = "the network has no {kind} '{name}'"

    kind: str
    name: str
    near: str
    known: str = ""
    """Names that there are."""

    def help_texts(self) -> tuple[str, ...]:
        """The near one, and what there is."""
        return tuple(text for text in (self.near, f"it has {self.known}" if self.known else "") if text)


class NotAllowed(Diagnostic):
    """A network that belongs to somebody else, root as a rule."""

    code = "CTR0817"
    title = "you may not use network '{name}': no access to '{path}'"
    notes = ("a running network belongs to the user that started it",)
    helps = ("run this as that user, with sudo as a rule",)

    name: str
    path: str


class BadPlace(Diagnostic):
    """A folder for running networks that cannot be used."""

    code = "CTR0818"
    title = "cannot make '{path}' for the running network: {reason}"
    notes = ("what a network makes is written down there, and its commands reach it there",)
    helps = ("make room or give access there, or set CONTRA_RUN to another folder",)

    path: str
    reason: str


class Stopped(Diagnostic):
    """The process that holds a network was told to end while the network started."""

    code = "CTR0819"
    title = "network '{name}' was stopped while it started"
    notes = ("by a signal to process {pid}, as 'contra net down' sends; nothing is left of it",)
    helps = ("start it again: contra net up",)

    name: str
    pid: int


class NotTwoHosts(Diagnostic):
    """Traffic of a host with itself."""

    code = "CTR0820"
    title = "{what} needs two hosts, found only '{name}'"
    helps = ("the hosts are listed by: contra net status",)

    what: str
    name: str


class DaemonBug(Diagnostic):
    """Our bug, in the process that holds a network."""

    code = "CTR0821"
    title = "internal error: {text}"
    notes = ("this is a bug in contrac, not in your input; it arose in\n{trail}",)
    helps = ("please report it with the lines above",)

    text: str
    trail: str
    """Places in the code, a line each: the log may be gone before anybody reads it."""


class WaysInTables(Diagnostic):
    """Somebody asks for the routes that switches have learned, of a scheme whose switches learn none."""

    code = "CTR0823"
    title = "switches of scheme '{scheme}' learn no routes: all ways stand in table entries"
    helps = (
        "'contra net verify' compares the entries with those of the build",
        "'contra routes {build}' shows the ways that packets take in a simulated network",
    )

    scheme: str
    build: str


class KeyUnused(Diagnostic):
    """A key for programs that do not ask for one."""

    code = "CTR0822"
    title = "--probe-key has no use: the programs of '{build}' do not authenticate probes"
    helps = ("compile with --authenticate, or leave out --probe-key",)

    build: str
