"""The reader behind `read_snapshot`: a walk over the JSON that leaves out what is wrong, and says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from contra.deploy.control.desired import Adjustments, Held
from contra.deploy.control.dump import SAME_KEY
from contra.deploy.control.errors import OtherProgram
from contra.deploy.control.journal import revision_of
from contra.deploy.plan import scaled
from contra.diagnostics import CompileError, Diagnostic, Reporter, shown
from contra.engine.build import Build
from contra.jsontext import JsonDocument, Path, kind_of
from contra.source import Span
from contra.suggest import did_you_mean
from contra.verify.entries_read import EntriesReader
from contra.verify.errors import (
    AbsentSwitches,
    BadSnapshot,
    MoreStrange,
    OtherRevision,
    OtherSchema,
    SnapshotOfTheFuture,
    StrangeSwitch,
)
from contra.verify.seen import SCHEMA, Failure, Seen, Snapshot
from contra.verify.shapes import Shapes, shapes_of
from contra.words import few

_FEW = 3
_SLACK = timedelta(minutes=1)
_MOST_NOTES = 100
_MAX_DIGITS = 40
_FOREIGN = 4
"""If more than one in so many entries of another compilation cannot be read, they are of other programs."""
_HELD = "an object with 'switch' and 'port' of this network, 'utilisation', 'latency_ns', 'attributes'"


class SnapshotReader:
    """Reads one document for one build."""

    def __init__(self, document: JsonDocument, build: Build, reporter: Reporter, live: bool) -> None:
        """`live`: the document is an answer that nobody has as a file, so no places in it are told."""
        self.document, self.build, self.reporter, self.live = document, build, reporter, live
        self.notes: list[Diagnostic] = []
        self._shapes: dict[str, Shapes] = {}
        self._other = False
        """Whether the network was filled from another compilation."""

    def read(self) -> Snapshot:
        """All of it. Raises CompileError where it is no snapshot at all."""
        top = self.document.value
        if not isinstance(top, dict) or not isinstance(top.get("switches"), dict):
            path: Path = ("switches",) if isinstance(top, dict) and "switches" in top else ()
            found = top["switches"] if path else top
            what = "'switches'" if path else "a snapshot"
            expected = "an object" if path else "an object with 'switches'"
            self.fatal(self.bad(path, what, expected, found))
        if top.get("schema", SCHEMA) != SCHEMA:
            self.fatal(OtherSchema(found=kind_of(top["schema"]), own=SCHEMA, span=self.place("schema")))
        revision = self.text(top, "revision")
        self.check_revision(revision, top)
        taken = self.text(top, "taken")
        self.check_time(taken)
        strange = self.check_names(top["switches"])
        deployment = self.mapping(top, "deployment")
        return Snapshot(
            file=self.document.file,
            revision=revision,
            taken=taken,
            scale=self.scale(deployment),
            adjustments=self.adjustments(deployment),
            switches={name: self.switch(name, row) for name, row in top["switches"].items() if name not in strange},
            strange=strange,
            notes=tuple(self.notes),
            network=name if isinstance(name := deployment.get("name"), str) else "",
        )

    # ------------------------------------------------------------------------------------------ messages

    def fatal(self, diagnostic: Diagnostic) -> None:
        """Give up."""
        self.reporter.report(diagnostic)
        raise CompileError(self.reporter.diagnostics)

    def note(self, diagnostic: Diagnostic) -> None:
        """What concerns the whole snapshot."""
        self.notes.append(diagnostic)
        self.reporter.report(diagnostic)

    def bad(self, path: Path, what: str, expected: str, value: Any) -> BadSnapshot:
        """Something else is expected at a place."""
        return BadSnapshot(what=what, expected=expected, found=kind_of(value), span=self.place(*path))

    def place(self, *path: str | int, key: bool = False) -> Span | None:
        """A place in the file, if there is one."""
        return None if self.live else self.document.span(path, key=key)

    # ------------------------------------------------------------------------------------------ the network

    def text(self, top: Mapping[str, Any], key: str) -> str:
        """A text that may be absent."""
        value = top.get(key, "")
        if isinstance(value, str):
            return value
        self.note(self.bad((key,), f"'{key}'", "a text", value))
        return ""

    def mapping(self, top: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        """An object that may be absent."""
        value = top.get(key, {})
        if isinstance(value, dict):
            return value
        self.note(self.bad((key,), f"'{key}'", "an object", value))
        return {}

    def check_revision(self, revision: str, top: Mapping[str, Any]) -> None:
        """Warn of a network that was filled from something else."""
        own = revision_of(self.build.manifest.file.text)
        if revision in ("", own):
            return
        self._other = True
        build = self.mapping(top, "deployment").get("build")
        of = f" ('{shown(build)}')" if isinstance(build, str) else ""
        self.note(OtherRevision(found=shown(revision), build=of, own=own, span=self.place("revision")))

    def check_time(self, taken: str) -> None:
        """Warn of what is no time, and of one that is yet to come."""
        if self.live or not taken:
            return
        try:
            at = datetime.fromisoformat(taken)
        except ValueError:
            self.note(self.bad(("taken",), "'taken'", "a time (ISO 8601)", taken))
            return
        if (at if at.tzinfo else at.replace(tzinfo=UTC)) > datetime.now(UTC) + _SLACK:
            self.note(SnapshotOfTheFuture(taken=shown(taken), span=self.place("taken")))

    def check_names(self, switches: Mapping[str, Any]) -> tuple[str, ...]:
        """Warn of switches that are not on both sides; those that the build does not have."""
        known = self.build.manifest.switches
        strange = tuple(name for name in switches if name not in known)
        free = [each for each in known if each not in switches]
        for name in strange[:_FEW]:
            span = self.place("switches", name, key=True)
            self.note(StrangeSwitch(name=shown(name), near=did_you_mean(name, free) or "", span=span))
        if len(strange) > _FEW:
            self.note(MoreStrange(count=len(strange) - _FEW))
        if free:
            names = few([f"'{shown(name)}'" for name in free], _FEW)
            one = "switch " if len(free) == 1 else "switches "
            span = self.place("switches", key=True)
            self.note(AbsentSwitches(switches=one + names, span=span))
        return strange

    def scale(self, deployment: Mapping[str, Any]) -> Fraction:
        """The scale of capacities; 1 if nothing is said, or nothing that leaves each link a bit per second."""
        text = deployment.get("scale", "1")
        found = self.fraction(text, ("deployment", "scale"), Fraction(1)) or Fraction(0)
        slowest = min((link.capacity for link in self.build.topology.links), default=1)
        if scaled(slowest, found) >= 1:
            return found
        expected = "such that no link has less than 1 bit/s"
        self.note(self.bad(("deployment", "scale"), "'scale'", expected, text))
        return Fraction(1)

    def fraction(self, value: Any, path: Path, default: Fraction | None) -> Fraction | None:
        """A number that is not negative, as text such as 1/500."""
        try:
            if isinstance(value, str) and len(value) <= _MAX_DIGITS and "e" not in value.lower():
                number = Fraction(value)
                if number >= 0:
                    return number
        except (ValueError, ZeroDivisionError):
            pass
        self.note(self.bad(path, f"'{path[-1]}'", 'a number as text, such as "1/500"', value))
        return default

    def adjustments(self, deployment: Mapping[str, Any]) -> Adjustments:
        """Metrics that are held still. Keys of probes stand for themselves (`contra.deploy.control.dump`)."""
        rows = deployment.get("held", [])
        if not isinstance(rows, list):
            self.note(self.bad(("deployment", "held"), "'held'", "a list", rows))
            rows = []
        held = dict(each for number, row in enumerate(rows) if (each := self.held(number, row)) is not None)
        authenticates = self.build.manifest.constants.authenticate
        return Adjustments(held=held, probe_key=(SAME_KEY, SAME_KEY) if authenticates else None)

    def held(self, number: int, row: Any) -> tuple[tuple[int, int], Held] | None:
        """One direction of a link."""
        path: Path = ("deployment", "held", number)
        by_name = self.build.topology.by_name
        fields = row if isinstance(row, dict) else {}
        name, port, attributes = fields.get("switch"), fields.get("port"), fields.get("attributes", {})
        latency, load = fields.get("latency_ns"), fields.get("utilisation")
        known_latency = latency is None or (type(latency) is int and latency >= 0)
        if type(name) is not str or name not in by_name or type(port) is not int or not known_latency:
            self.note(self.bad(path, "an element of 'held'", _HELD, row))
            return None
        if not isinstance(attributes, dict):
            self.note(self.bad((*path, "attributes"), "'attributes'", "an object", attributes))
            return None
        util = None if load is None else self.fraction(load, (*path, "utilisation"), None)
        others = ((key, self.fraction(value, (*path, "attributes", key), None)) for key, value in attributes.items())
        known = tuple((key, value) for key, value in others if value is not None)
        return (by_name[name], port), Held(utilisation=util, latency_ns=latency, attributes=known)

    # ------------------------------------------------------------------------------------------ switches

    def switch(self, name: str, row: Any) -> Seen:
        """What is said about a switch."""
        path: Path = ("switches", name)
        if not isinstance(row, dict):
            return self.unreadable(self.bad(path, f"switch '{name}'", "an object", row))
        if "error" in row:
            return self.failure(path, row["error"])
        program = self.build.programs[self.build.manifest.switches[name].program]
        if program.row.name not in self._shapes:
            self._shapes[program.row.name] = shapes_of(program.typed)
        reader = EntriesReader(self.document, path, self._shapes[program.row.name], program.typed)
        holding = reader.read(row)
        if self._other and (reader.rows - reader.known) * _FOREIGN > reader.rows:
            foreign = OtherProgram(switch=name, program=program.row.name, reasons=())
            return Seen(failure=Failure(foreign.code, foreign.title_text()))
        if len(self.reporter.diagnostics) < _MOST_NOTES:
            for each in reader.notes:
                self.reporter.report(each)
        return Seen(holding=holding, notes=tuple(reader.notes))

    def unreadable(self, diagnostic: Diagnostic) -> Seen:
        """Nothing can be read."""
        self.reporter.report(diagnostic)
        return Seen(notes=(diagnostic,))

    def failure(self, path: Path, error: Any) -> Seen:
        """The switch could not be read when the snapshot was taken."""
        if isinstance(error, str):
            return Seen(failure=Failure("", error))
        code, message = (error.get("code", ""), error.get("message")) if isinstance(error, dict) else ("", None)
        if not isinstance(message, str) or not isinstance(code, str):
            expected = "a text, or an object with 'code' and 'message'"
            return self.unreadable(self.bad((*path, "error"), "'error'", expected, error))
        return Seen(failure=Failure(code, message))
