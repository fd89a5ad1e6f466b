"""A build folder -> `Build`. Edited files are used, with a warning; what does not fit together is an error."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from contra.diagnostics import CompileError, Diagnostic, Reporter, report, shown
from contra.engine.build.errors import (
    BadReference,
    CopyNotUsed,
    Edited,
    MissingFile,
    NoBuild,
    OtherState,
    StaleInput,
    SwitchWithoutPlace,
    SwitchWithoutProgram,
)
from contra.engine.build.manifest import read_manifest
from contra.engine.build.model import CONTRA, FORWARDING, Build, BuiltProgram, BuiltSwitch, Manifest
from contra.engine.inputs.files import printable, read_file
from contra.jsontext import JsonDocument
from contra.jsontext import Path as JsonPath
from contra.p4.runtime import SwitchEntries, read_entries
from contra.p4.typed import Program
from contra.source import SourceFile, Span
from contra.topology import load_source
from contra.topology.model import Topology

FrontEnd = Callable[[SourceFile, Reporter], Program]
"""P4 text -> typed program; raises CompileError."""

_ENOUGH_ERRORS = 10
MAX_METRIC_BITS = 64
DROPS = "drops"
"""The counter of packets dropped by reason."""


def load(folder: Path, reporter: Reporter, front: FrontEnd | None = None) -> Build:
    """The build in a folder; `front` reads P4 text (`contra.p4.front.read` unless another is given).

    Raises CompileError with what is wrong (CTR02xx, CTR09xx, CTR1001 to CTR1009, CTR1013); warnings (CTR1010 to
    CTR1012: files edited, inputs changed since) stay with the reporter.
    """
    return _Loader(folder, reporter, front or _front_end()).load()


def _front_end() -> FrontEnd:
    from contra.p4.front import read

    return read


class _Loader:
    def __init__(self, folder: Path, reporter: Reporter, front: FrontEnd) -> None:
        self.folder = folder
        self.reporter = reporter
        self.front = front
        self.edited: list[str] = []

    def load(self) -> Build:
        manifest = self.manifest()
        self.check_inputs(manifest)
        policy = self.policy(manifest)
        topology = self.topology(manifest)
        self.check_switches(manifest, topology)
        self.check_metrics(manifest, topology)
        programs = self.programs(manifest)
        entries = self.entries(manifest, topology, programs)
        self.check_copies(manifest, programs)
        if self.edited:
            self.reporter.report(Edited(names=tuple(self.edited)))
        self.reporter.check()
        switches = (
            BuiltSwitch(switch, programs[manifest.switches[switch.name].program], each)
            for switch, each in zip(topology.switches, entries, strict=True)
        )
        return Build(self.folder, manifest, policy, topology, programs, tuple(switches))

    # ------------------------------------------------------------------------------------------ files

    def manifest(self) -> Manifest:
        path = self.folder / "manifest.json"
        if not path.is_file():
            reason = "it has no manifest.json" if self.folder.is_dir() else "there is no such folder"
            reason = "it is a file" if self.folder.is_file() else reason
            self.reporter.report(NoBuild(path=printable(self.folder), reason=reason))
            self.reporter.check()
        file = read_file(path, "the manifest", self.reporter)
        self.document = JsonDocument(file, None)  # for places alone
        return read_manifest(file, printable(self.folder), self.reporter)

    def place(self, *path: str | int, key: bool = False) -> Span:
        """A place in the manifest."""
        return self.document.span(path, key=key)

    def file(self, name: str, what: str, part: str, named: JsonPath, digest: str) -> SourceFile:
        """A file of the build that the manifest names at a place; remembers that it was edited."""
        path = self.folder / name
        if not path.is_file():
            self.reporter.report(MissingFile(file=name, what=what, part=part, span=self.place(*named)))
            self.reporter.check()
        file = read_file(path, what, self.reporter)
        if digest != sha256(file.text.encode()).hexdigest():
            self.edited.append(file.name)
        return file

    # ------------------------------------------------------------------------------------------ the network

    def check_inputs(self, manifest: Manifest) -> None:
        """Warn of a policy or topology that was changed since; of what cannot be found nothing is known."""
        for each in manifest.inputs:
            try:
                data = Path(each.file).read_bytes()
            except (OSError, ValueError):
                continue
            if sha256(data).hexdigest() != each.sha256:
                span = self.place("inputs", each.kind, "sha256")
                self.reporter.report(StaleInput(kind=each.kind, file=shown(each.file), span=span))

    def policy(self, manifest: Manifest) -> SourceFile | None:
        """The policy, where the scheme has one."""
        if manifest.policy is None:
            return None
        place = ("policy", "file")
        return self.file(manifest.policy, "the policy", "entries", place, manifest.policy_sha256)

    def topology(self, manifest: Manifest) -> Topology:
        place = ("topology", "file")
        file = self.file(manifest.topology, "the network", "entries", place, manifest.topology_sha256)
        return load_source(file, self.reporter)

    def check_switches(self, manifest: Manifest, topology: Topology) -> None:
        """The switches of the manifest are those of the topology, with the same numbers."""
        index_of = {switch.name: switch.index for switch in topology.switches}
        for switch in topology.switches:
            if switch.name not in manifest.switches:
                where = self.place("switches", key=True)
                report(self.reporter, SwitchWithoutProgram(name=switch.label, manifest=where, span=switch.span))
        for row in manifest.switches.values():
            index = index_of.get(row.name)
            if index != row.index:
                place = self.place("switches", row.name, key=True)
                there = "which is not in the topology"
                reason = there if index is None else f"as number {row.index}, but in the topology it is number {index}"
                report(self.reporter, SwitchWithoutPlace(name=shown(row.label), reason=reason, span=place))
        self.reporter.check()

    def check_metrics(self, manifest: Manifest, topology: Topology) -> None:
        """The metrics of the manifest are those of the network."""
        units = {each.name: "1/1000" for each in topology.declarations} | {"len": "links", "lat": "ns", "util": "1/"}
        for number, metric in enumerate(manifest.metrics):
            name, unit = metric.name, units.get(metric.name)
            if unit is None:
                reason = f"the network has no metric '{shown(name)}'"
                report(self.reporter, BadReference(reason=reason, span=self.place("metrics", number, "name")))
            elif not metric.unit.startswith(unit) or metric.bits > MAX_METRIC_BITS:
                reason = f"metric '{shown(name)}' cannot have {metric.bits} bits in units of '{shown(metric.unit)}'"
                report(self.reporter, BadReference(reason=reason, span=self.place("metrics", number)))
        self.reporter.check()

    # ------------------------------------------------------------------------------------------ programs, entries

    def programs(self, manifest: Manifest) -> dict[str, BuiltProgram]:
        """Every program of the build, read and checked."""
        result = {}
        for row in manifest.programs.values():
            what = f"the program '{shown(row.name)}'"
            file = self.file(row.file, what, "p4", ("programs", row.name, "p4"), row.sha256)
            result[row.name] = BuiltProgram(row, file, self.front(file, self.reporter))
            self.check_state(result[row.name], len(manifest.drop_reasons), manifest.scheme == CONTRA)
        self.reporter.check()
        return result

    def check_state(self, program: BuiltProgram, reasons: int, learns: bool) -> None:
        """The registers and the counter that decisions and drops are read from are those of the manifest."""
        registers = {each.name: (each.size, each.cell.width) for each in program.typed.registers}
        counters = {each.name: each.size for each in program.typed.counters}
        name, place = program.row.name, ("programs", program.row.name, "cells")
        for number, cell in enumerate(program.row.cells):
            found = registers.get(cell.name)
            if found != (cell.slots, cell.bits):
                register = f"register '{shown(cell.name)}'"
                self.other_state(
                    name,
                    f"no {register}" if found is None else f"a {register} of {found[0]} times {found[1]} bits",
                    f"one of {cell.slots} times {cell.bits} bits",
                    self.place(*place, number),
                )
        if learns and FORWARDING not in (cell.name for cell in program.row.cells):
            lacking = f"a register '{FORWARDING}'"
            self.other_state(
                name, lacking if FORWARDING in registers else f"no {lacking[2:]}", "none", self.place(*place)
            )
        if counters.get(DROPS, -1) < reasons:
            found_text = f"a counter '{DROPS}' of {counters[DROPS]}" if DROPS in counters else f"no counter '{DROPS}'"
            self.other_state(name, found_text, f"one of {reasons} reasons", self.place("drop_reasons"))

    def other_state(self, program: str, found: str, expected: str, span: Span) -> None:
        self.reporter.report(OtherState(program=shown(program), found=found, expected=expected, span=span))
        self.reporter.check()  # one is enough: of a user's own program all would be said

    def entries(self, manifest: Manifest, topology: Topology, programs: dict[str, BuiltProgram]) -> list[SwitchEntries]:
        """What each switch is loaded with. Gives up after a few errors: one mistake is often made in all files."""
        result = []
        errors: list[Diagnostic] = []
        for switch in topology.switches:
            row = manifest.switches[switch.name]
            own = _Loader(self.folder, Reporter(), self.front)
            own.document, own.edited = self.document, self.edited
            try:
                place = ("switches", row.name, "runtime")
                file = own.file(row.runtime, f"the entries of switch '{switch.label}'", "entries", place, row.sha256)
                result.append(read_entries(file, programs[row.program].typed, own.reporter))
            except CompileError:
                errors += own.reporter.diagnostics
            for diagnostic in own.reporter.diagnostics:
                self.reporter.report(diagnostic)
            if len(errors) >= _ENOUGH_ERRORS:
                break
        self.reporter.check()
        return result

    def check_copies(self, manifest: Manifest, programs: dict[str, BuiltProgram]) -> None:
        """Warn of an edited copy in a switch's folder: it is for people and for other loaders."""
        for row in manifest.switches.values():
            program = programs[row.program]
            try:
                data = (self.folder / row.p4).read_bytes()
            except OSError:
                continue
            if data != program.source.text.encode() and sha256(data).hexdigest() != program.row.sha256:
                name = printable(self.folder / row.p4)
                report(self.reporter, CopyNotUsed(file=name, program=program.source.name))
