"""Journals told as stories: what a controller did to one switch, line by line, written by the real writer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from contra.deploy.control.journal import Event, Journal, journal_path
from contra.deploy.control.model import Content, Key
from contra.deploy.control.words import as_json
from contra.diagnose.diagnose import diagnose
from contra.diagnose.lines import read_lines
from contra.diagnose.model import Diagnosis
from contra.localize import Hypothesis
from contra.verify import FieldChange, Finding, FindingKind, Part, Report, Status, SwitchReport

NOBODY = Hypothesis("scout", ())
OWN, OLD = "a" * 12, "b" * 12
"""Revisions: that of the build, and one before."""


class Story:
    """Events of a switch, appended to the journal of a build."""

    def __init__(self, build: Path, switch: str = "A", revision: str = OWN, network: str = "net") -> None:
        self.build, self.switch, self.network = build, switch, network
        self.revision = revision

    def event(self, action: str, what: Mapping[str, Any] | None = None, **more: Any) -> Story:
        switch = more.pop("switch", self.switch)
        with Journal(journal_path(self.build), self.network, self.revision) as journal:
            journal.write([Event(switch=switch, action=action, object=what or {}, **more)])
        return self

    def of(self, revision: str) -> Story:
        """What follows is of another compilation."""
        self.revision = revision
        return self

    def pushed(self) -> Story:
        return self.event("connect").event("pipeline")

    def wrote(self, contents: Mapping[Key, Content], action: str = "insert", outcome: str = "ok") -> Story:
        for key, content in contents.items():
            self.event(action, as_json(key, content), outcome=outcome)
        return self

    def deleted(self, *keys: Key, outcome: str = "ok") -> Story:
        for key in keys:
            self.event("delete", as_json(key, None), outcome=outcome)
        return self

    def applied(self) -> Story:
        return self.event("applied", {"inserted": 1})

    def failed(self, outcome: str, code: str, **more: Any) -> Story:
        return self.event("failure", {"doing": "writing its entries", "code": code, **more}, outcome=outcome)

    def told(self, *findings: Finding, status: Status = Status.DIFFERS, until: str = "", **more: str) -> Diagnosis:
        """What is made of it, if this is what was found at the switch."""
        row = SwitchReport(self.switch, status, tuple(findings), compared=9, **more)
        good = SwitchReport("other", Status.EQUAL, compared=9)
        report = Report(self.build, OWN, (good, row))
        return diagnose(report, NOBODY, read_lines(self.build, self.network, until))


def missing(key: Key, expected: Content) -> Finding:
    return Finding(FindingKind.MISSING, key, expected, None, (), {})


def extra(key: Key, found: Content) -> Finding:
    return Finding(FindingKind.EXTRA, key, None, found, (), {})


def altered(key: Key, expected: Content, found: Content) -> Finding:
    fields = (FieldChange(Part.PARAMETER, "weight", 1, 2),)
    return Finding(FindingKind.ALTERED, key, expected, found, fields, {})


def shadowed(key: Key, content: Content, by: Sequence[Key]) -> Finding:
    return Finding(FindingKind.SHADOWED, key, content, content, (), {}, tuple(by))
