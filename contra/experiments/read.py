"""The file of an experiment -> `Spec`, all of it checked, with all that is wrong reported at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from contra.diagnostics import CompileError, Reporter
from contra.engine.inputs import LinkFailure, read_failure, read_file
from contra.experiments.constants import moved, read_constants, read_transport
from contra.experiments.ends import pattern_for, read_ends
from contra.experiments.errors import AboveCut, FailureIgnored, NoExperiment, TooMuchLoad
from contra.experiments.form import Section
from contra.experiments.networks import read_networks
from contra.experiments.plan import cut_bps, definition_of_load, full_load_bps
from contra.experiments.schemes import READY, read_schemes
from contra.experiments.spec import (
    FULL_LOADS,
    KINDS,
    SIMULATED,
    Fct,
    Network,
    Outage,
    Queue,
    Recovery,
    Spec,
)
from contra.experiments.tomltext import read_toml
from contra.source import SourceFile
from contra.suggest import did_you_mean
from contra.topology.model import Topology
from contra.units import format_capacity, parse_capacity
from contra.workload.catalogue import names, one_size, read_sizes, shipped
from contra.workload.distribution import Distribution
from contra.workload.model import Traffic
from contra.workload.trace import read_trace, read_trace_file

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WRONG_TIMES = {"CTR1023": "at", "CTR1024": "until"}
"""Messages on times of a failure, with the key that they are about."""
_MAX_SEED = 2**32 - 1


def ready_made() -> tuple[str, ...]:
    """Names of the experiments that ship with contrac."""
    return tuple(sorted(path.stem for path in READY.glob("*.toml")))


def find_experiment(name: str, reporter: Reporter) -> SourceFile:
    """The text of an experiment, of a file or of the ready-made one of that name. Raises CompileError (CTR1520)."""
    shipped_one = READY / f"{name}.toml"
    if name in ready_made():
        return read_file(shipped_one, "the experiment", reporter)
    try:
        there = Path(name).exists()
    except (OSError, ValueError):
        there = False
    if not there and "/" not in name and not name.endswith(".toml"):
        known = ready_made()
        reporter.report(NoExperiment(name=name[:80], near=did_you_mean(name, known), known=", ".join(known)))
        reporter.check()
    return read_file(Path(name), "the experiment", reporter)


def read_spec(file: SourceFile, reporter: Reporter) -> Spec:
    """An experiment. Raises CompileError (CTR15xx) with all that is wrong with it."""
    document = read_toml(file)
    top = Section(document, document.value, (), "the experiment", reporter)
    name = top.text("name", Path(file.name).stem)
    if not _NAME.fullmatch(name):
        top.wrong("name", "a name of letters, digits, '.', '_' and '-'", name)
    kind = top.choice("kind", tuple(KINDS), "fct", "kind")
    title, published = top.text("title", name), top.text("published")
    networks, schemes = read_networks(top), read_schemes(top)
    seeds = top.members("seeds", lambda each: type(each) is int and 0 <= each <= _MAX_SEED, "whole numbers")
    reading = _Reading(top, networks)
    rest = reading.simulated(kind) if kind in SIMULATED else reading.compiled(kind)
    top.finish()
    reporter.check()
    spec = Spec(
        file=file,
        name=name,
        title=title,
        kind=kind,
        published=published,
        networks=networks,
        schemes=schemes,
        seeds=tuple(top.unique("seeds", seeds)) or (1,),
        **rest,
    )
    _check_capacity(spec, top)
    reporter.check()
    return spec


def _check_capacity(spec: Spec, top: Section) -> None:
    """No load may be more than any routing can carry."""
    network = spec.networks[0]
    for number, load in enumerate(spec.fct.loads):
        for seed in spec.seeds:
            pattern = pattern_for(spec.ends, network.topology, seed)
            cut, full = cut_bps(network, pattern), full_load_bps(spec, network, pattern)
            if load * full > cut:
                top.report(
                    AboveCut(
                        load=f"{load:g}",
                        rate=format_capacity(round(load * full)),
                        cut=format_capacity(cut),
                        most=f"{cut / full:.4g}",
                        definition=definition_of_load(spec),
                        span=top.span("loads", number),
                    )
                )
                break


class _Reading:
    """The parts of a file that only some kinds have."""

    def __init__(self, top: Section, networks: tuple[Network, ...]) -> None:
        self.top = top
        self.topology: Topology | None = networks[0].topology if networks else None

    def compiled(self, kind: str) -> dict[str, Any]:
        """Of kinds in which nothing runs."""
        for key, what in (("failure", "failures"), ("loads", "loads"), ("workloads", "workloads")):
            if self.top.has(key):
                self.top.report(FailureIgnored(kind=kind, what=what, span=self.top.span(key)))
        return {"repeats": self.top.whole("repeats", 1, 100, 3)} if kind == "compile-time" else {}

    def simulated(self, kind: str) -> dict[str, Any]:
        """Of kinds that run."""
        top = self.top
        if top.has("topologies"):
            top.wrong("topologies", f"left out in an experiment of kind '{kind}'", top.raw("topologies"),
                      "name one network: topology = \"fattree-paper\"")  # fmt: skip
        rest: dict[str, Any] = {
            "transport": read_transport(top.table("transport")),
            "queue": read_constants(top.table("queue"), Queue()),
            "warm_up_periods": top.whole("warm_up_periods", 1, 10_000, 12),
        }
        # These names are known even where a broken topology keeps them from being looked at.
        known = ("senders", "receivers", "pairs", "pattern", "fan_in", "pair_seed", "failure", "trace", "workloads")
        for key in (*known, "loads", "full_load", "flows", "limit", "rate", "frame_bytes", "duration", "bin"):
            top.has(key)
        if self.topology is None:
            return rest
        ends = read_ends(top, self.topology)
        rest |= {"ends": ends, "outages": self._outages(self.topology)}
        return rest | ({"fct": self._fct(self.topology)} if kind == "fct" else {"recovery": self._recovery()})

    # ------------------------------------------------------------------------------------------ kinds

    def _fct(self, topology: Topology) -> Fct:
        top = self.top
        trace, name = self._trace(topology) if top.has("trace") else (None, "")
        full = self._full_load()
        if not top.has("trace"):
            for key, example in (("workloads", 'workloads = ["web-search"]'), ("loads", "loads = [0.1, 0.5, 0.9]")):
                if not top.has(key):
                    top.missing(key, example)
        loads = top.members("loads", lambda each: type(each) in (int, float), "numbers such as 0.5")
        for number, load in enumerate(top.raw("loads") if isinstance(top.raw("loads"), list) else []):
            self._check_load(load, number, full)
        return Fct(
            workloads=self._workloads(),
            loads=tuple(float(each) for each in top.unique("loads", loads)),
            full_load=full,
            flows=top.whole("flows", 1, 10_000_000, 2000),
            trace=trace,
            trace_name=name,
            limit_ns=top.time_ns("limit", Fct().limit_ns, "20s"),
        )

    def _recovery(self) -> Recovery:
        top, usual = self.top, Recovery()
        duration = top.time_ns("duration", usual.duration_ns, "20ms")
        width = top.time_ns("bin", usual.bin_ns, "50us")
        if width < 1 or not width <= duration <= width * 1_000_000:
            top.wrong("bin", "a part of the duration, a millionth at least", top.raw("bin") or "50us")
        return Recovery(
            rate=top.rate("rate", usual.rate, "4.25Gbit"),
            frame_bytes=top.whole("frame_bytes", 60, 9000, usual.frame_bytes),
            flows_per_pair=top.whole("flows_per_pair", 1, 10_000, usual.flows_per_pair),
            duration_ns=duration,
            bin_ns=width,
        )

    # ------------------------------------------------------------------------------------------ loads

    def _full_load(self) -> str | int:
        """What a load of 1 is: a name, or a rate."""
        top = self.top
        value = top.text("full_load", "cut")
        if value in FULL_LOADS:
            return value
        try:
            rate = parse_capacity(value)
        except ValueError as error:
            top.wrong("full_load", f'one of {", ".join(FULL_LOADS)}, or a rate such as "40Gbit"', value, str(error))
            return "cut"
        return rate

    def _check_load(self, load: Any, number: int, full: str | int) -> None:
        if type(load) not in (int, float) or 0 < load <= 1:
            return
        span = self.top.span("loads", number)
        if load > 1:
            definition = FULL_LOADS[full] if isinstance(full, str) else f"{format_capacity(full)} are sent"
            self.top.report(TooMuchLoad(load=f"{load:g}", definition=definition, span=span))
        else:
            self.top.wrong("loads", "numbers above 0, at most 1", load, number=number)

    def _workloads(self) -> tuple[Distribution, ...]:
        top = self.top
        found = []
        for number, name in enumerate(top.unique("workloads", top.texts("workloads"))):
            sizes = self._file_of_sizes(name) if name.endswith(".toml") else self._sizes(name, number)
            if sizes is not None:
                found.append(sizes)
        return tuple(found)

    def _sizes(self, name: str, number: int) -> Distribution | None:
        found = shipped(name) if name in names() else one_size(name)
        if found is None:
            known = (*names(), 'a size such as "64kB"', "a .toml file of sizes")
            self.top.unknown("workloads", "workload", name, known, number)
        return found

    def _file_of_sizes(self, name: str) -> Distribution | None:
        try:
            return read_sizes(read_file(self._beside(name), "the file of flow sizes", Reporter()))
        except CompileError as error:
            self._pass_on(error)
            return None

    def _trace(self, topology: Topology) -> tuple[Traffic | None, str]:
        top = self.top
        name = top.text("trace")
        hosts = tuple(host.label for host in topology.hosts)
        for key in ("workloads", "loads"):
            if top.has(key):
                top.wrong(key, "left out where there is a trace", top.raw(key), "the trace says what is sent, and when")
        try:
            return read_trace(read_trace_file(self._beside(name)), hosts, topology.name, Reporter()), name
        except CompileError as error:
            self._pass_on(error)
        except (OSError, EOFError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            top.wrong("trace", "a CSV file of flows", name, hint=reason.lower())
        return None, name

    def _beside(self, name: str) -> Path:
        return Path(self.top.document.file.name).parent / name

    def _pass_on(self, error: CompileError) -> None:
        for diagnostic in error.diagnostics:
            self.top.report(diagnostic)

    # ------------------------------------------------------------------------------------------ failures

    def _outages(self, topology: Topology) -> tuple[Outage, ...]:
        found = [self._outage(section, topology) for section in self.top.tables("failure")]
        return tuple(outage for outage in found if outage is not None)

    def _outage(self, section: Section, topology: Topology) -> Outage | None:
        """`link` or `switch`, `at`, `until`: as `contra run --fail` reads them."""
        keys = [key for key in ("link", "switch") if section.has(key)]
        for key in ("at", "until"):
            section.has(key)
        section.finish()
        if len(keys) != 1:
            section.missing("link' or 'switch", 'link = "a1_1-c1"')
            return None
        what, start = section.text(keys[0]), section.text("at", "0s")
        until = section.text("until") if "until" in section.value else ""
        text = f"{what}@{start}" + (f"..{until}" if until else "")
        try:
            failure = read_failure(text, topology, Reporter())
        except CompileError as error:
            for diagnostic in error.diagnostics:
                section.report(moved(diagnostic, section.span(_WRONG_TIMES.get(diagnostic.code, keys[0]))))
            return None
        if isinstance(failure, LinkFailure):
            links = failure.links
        else:
            links = tuple(link.index for link in topology.links if failure.switch in (link.a, link.b))
        return Outage(text=text, links=links, from_start=failure.start_ns == 0)
