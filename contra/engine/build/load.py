"""A build folder -> `Build`. Edited files are used, with a warning; what does not fit together is an error."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from contra.diagnostics import CompileError, Diagnostic, Reporter, report, shown
from contra.engine.build.errors import (
    CopyNotUsed,
    Edited,
    MissingFile,
    NoBuild,
    StaleInput,
    SwitchWithoutPlace,
    SwitchWithoutProgram,
)
from contra.engine.build.manifest import read_manifest
from contra.engine.build.model import Build, BuiltProgram, BuiltSwitch, Manifest
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


def load(folder: Path, reporter: Reporter, front: FrontEnd | None = None) -> Build:
    """The build in a folder; `front` reads P4 text (`contra.p4.front.read` unless another is given).

    Raises CompileError with what is wrong (CTR02xx, CTR09xx, CTR1001 to CTR1009); warnings (CTR1010 to CTR1012: files
    edited, inputs changed since) stay with the reporter.
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

    def policy(self, manifest: Manifest) -> SourceFile:
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

    # ------------------------------------------------------------------------------------------ programs, entries

    def programs(self, manifest: Manifest) -> dict[str, BuiltProgram]:
        """Every program of the build, read and checked."""
        result = {}
        for row in manifest.programs.values():
            what = f"the program '{shown(row.name)}'"
            file = self.file(row.file, what, "p4", ("programs", row.name, "p4"), row.sha256)
            result[row.name] = BuiltProgram(row, file, self.front(file, self.reporter))
        return result

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
