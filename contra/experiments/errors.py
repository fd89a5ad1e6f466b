"""What can be wrong with an experiment and its results. Codes CTR152x to CTR154x."""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Severity


class NoExperiment(Diagnostic):
    """Neither a file nor the name of a ready-made experiment."""

    code = "CTR1520"
    title = "there is no experiment '{name}'"
    name: str
    near: str = ""
    known: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """A near name, and those that there are."""
        listed = f"name a file, or one of {self.known}" if self.known else "name the file of an experiment"
        return (*((self.near,) if self.near else ()), listed)


class NoToml(Diagnostic):
    """A file that is no TOML."""

    code = "CTR1521"
    title = "this is not valid TOML: {reason}"
    helps = ("texts stand in double quotes, lists in brackets: loads = [0.1, 0.5]",)
    reason: str


class UnknownKey(Diagnostic):
    """A key that means nothing there."""

    code = "CTR1522"
    title = "unknown key '{key}' in {where}"
    key: str
    where: str
    near: str
    known: str

    def help_texts(self) -> tuple[str, ...]:
        """A near key, or all of them."""
        return (self.near or f"known keys are {self.known}",)


class MissingKey(Diagnostic):
    """A key that has to be there."""

    code = "CTR1523"
    title = "{where} has no '{key}'"
    helps = ("write for instance: {example}",)
    where: str
    key: str
    example: str


class BadValue(Diagnostic):
    """A value that is of the wrong kind or out of range."""

    code = "CTR1524"
    title = "{what} must be {expected}, found {found}"
    label = "expected {expected}"
    what: str
    expected: str
    found: str
    hint: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """The hint of the raise site, if any."""
        return (self.hint,) if self.hint else ()


class UnknownName(Diagnostic):
    """A scheme, workload, pattern, topology of a name that is not known."""

    code = "CTR1525"
    title = "unknown {what} '{name}'"
    what: str
    name: str
    near: str
    known: str

    def help_texts(self) -> tuple[str, ...]:
        """A near name, or all of them."""
        return (self.near or f"expected {self.known}",)


class NoSuchHost(Diagnostic):
    """A host, or a pattern that no host fits."""

    code = "CTR1526"
    title = "no host of '{topology}' is called '{name}'"
    name: str
    topology: str
    near: str
    known: str

    def help_texts(self) -> tuple[str, ...]:
        """A near name, or some hosts that are there."""
        return (self.near or f"hosts are {self.known}; '*' stands for any characters",)


class TooMuchLoad(Diagnostic):
    """A load that the network cannot carry."""

    code = "CTR1527"
    title = "a load of {load} is above the capacity of the network"
    label = "expected more than 0 and at most 1"
    notes = ("a load of 1 is the rate at which {definition}",)
    load: str
    definition: str


class AboveCut(Diagnostic):
    """A load that is more than any routing could carry."""

    code = "CTR1543"
    title = "a load of {load} is {rate} of payload, and {cut} is all that goes from the senders to the receivers"
    label = "expected at most {most}"
    notes = ("a load of 1 is the rate at which {definition}",)
    helps = ("lower the load, or let 'full_load' mean less",)
    load: str
    rate: str
    cut: str
    most: str
    definition: str


class TooManyPairs(Diagnostic):
    """More random pairs, or senders at a time, than there are hosts for."""

    code = "CTR1528"
    title = "{what} need {needed} hosts, and there are {found}"
    what: str
    needed: int
    found: int


class NoTraffic(Diagnostic):
    """Senders and receivers between which nothing can be sent."""

    code = "CTR1529"
    title = "nothing can be sent: {reason}"
    reason: str


class NotBuilt(Diagnostic):
    """A scheme that this network cannot have; why, the diagnostics beside it say."""

    code = "CTR1530"
    title = "scheme '{scheme}' cannot be built for '{topology}'"
    label = "this scheme"
    helps = ("leave the scheme out with --only, or take another network",)
    scheme: str
    topology: str


class FallsApart(Diagnostic):
    """Links down from the start that cut the network in two."""

    code = "CTR1531"
    title = "without the links that are down from the start, '{switch}' cannot be reached"
    helps = ("let fewer links fail at 0s",)
    switch: str


class NotOurResults(Diagnostic):
    """A folder that holds something else."""

    code = "CTR1532"
    title = "'{path}' is no folder of results: {reason}"
    helps = ("name a new or an empty folder with --out",)
    path: str
    reason: str


class OtherVersion(Diagnostic):
    """Results of another version."""

    code = "CTR1533"
    title = "the results in '{path}' are of contrac {found}, and this is version {own}"
    notes = ("runs of two versions are not to be compared, and none was changed",)
    helps = ("name another folder with --out, or remove this one to start anew",)
    path: str
    found: str
    own: str


class OtherExperiment(Diagnostic):
    """Results of another experiment."""

    code = "CTR1534"
    title = "the results in '{path}' are of the experiment '{found}', and this is '{own}'"
    notes = ("nothing in the folder was changed",)
    helps = ("name another folder with --out",)
    path: str
    found: str
    own: str


class InUse(Diagnostic):
    """Another process writes into the folder."""

    code = "CTR1535"
    title = "another 'contra exp run' is working in '{path}'"
    helps = ("wait for it, or name another folder with --out",)
    path: str


class CannotKeep(Diagnostic):
    """The disk is full, or the folder cannot be written."""

    code = "CTR1536"
    title = "cannot write '{path}': {reason}"
    notes = ("{finished} of {total} runs are kept, and whole",)
    helps = ("make room, then give the same command: it goes on where it stopped",)
    path: str
    reason: str
    finished: int
    total: int


class RunFailed(Diagnostic):
    """A run that ended with an exception."""

    code = "CTR1537"
    severity = Severity.WARNING
    title = "run {run} ({what}) failed: {reason}"
    notes = ("the others went on; what happened is in {file}",)
    helps = ("give the same command to try it again",)
    run: str
    what: str
    reason: str
    file: str


class Unfinished(Diagnostic):
    """Runs with flows that did not finish: their times would be those of the lucky flows."""

    code = "CTR1538"
    severity = Severity.WARNING
    title = "{runs} have flows that did not finish, {worst}"
    notes = ("their completion times are left empty in the table, and count in no mean",)
    helps = ("raise 'limit' in the experiment, or lower the load",)
    runs: str
    worst: str


class NoCluster(Diagnostic):
    """A cluster that cannot be had."""

    code = "CTR1539"
    title = "cannot use the cluster '{address}': {reason}"
    address: str
    reason: str
    hint: str = "start one with 'dask scheduler' and 'dask worker', and name the scheduler: tcp://host:8786"

    def help_texts(self) -> tuple[str, ...]:
        """The hint of the raise site."""
        return (self.hint,)


class BadSelection(Diagnostic):
    """`--only` that selects nothing."""

    code = "CTR1540"
    title = "--only {text}: {reason}"
    helps = ("write --only KEY=VALUE, such as --only scheme=ECMP --only load=0.5,0.9; keys are {keys}",)
    text: str
    reason: str
    keys: str


class DamagedRun(Diagnostic):
    """A finished run whose file cannot be read."""

    code = "CTR1541"
    severity = Severity.WARNING
    title = "'{path}' is damaged, so its run is done again"
    path: str


class FailureIgnored(Diagnostic):
    """A failure in an experiment in which nothing runs."""

    code = "CTR1542"
    title = "an experiment of kind '{kind}' has no {what}"
    helps = ("remove it: nothing is simulated",)
    kind: str
    what: str
