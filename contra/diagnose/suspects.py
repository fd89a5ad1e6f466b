"""From the report of a check to the rows of a risk model, and from a hypothesis back to switches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from contra.deploy.control.model import Action, Content, EntryKey, GroupKey, Holding, Key
from contra.localize import Hypothesis, Suspect
from contra.localize.objects import GROUP_TABLE, Entry, Outcome
from contra.verify import Finding, FindingKind, Part, Report, Status, SwitchReport
from contra.verify.places import pid_of

_WHOLE = (Status.UNREACHABLE, Status.OTHER_PROGRAM)
_NOTHING: Mapping[str, Any] = {}


def entries_of(report: Report, expected: Mapping[str, Holding]) -> Iterator[Entry]:
    """All entries of a network as localization sees them. `expected`: what each switch should hold.

    Of a switch that does not answer, or runs something else, every entry counts as gone. An entry with a wrong key is
    one that is missing and one too many: it counts once, as what it should be.
    """
    for switch in report.switches:
        if switch.switch in expected:
            yield from _entries(switch, expected[switch.switch])


def _entries(switch: SwitchReport, expected: Holding) -> Iterator[Entry]:
    wrong = {each.key: _outcome(each) for each in switch.findings}
    gone = Outcome() if switch.status in _WHOLE else None
    for key, content in expected.contents.items():
        why = expected.provenance.get(key, _NOTHING)
        yield _entry(switch.switch, key, why, wrong.get(key, gone), content)
    for finding in switch.findings:
        if finding.kind is FindingKind.EXTRA and not finding.others:
            yield _entry(switch.switch, finding.key, _NOTHING, Outcome(), finding.found)


def _entry(switch: str, key: Key, why: Mapping[str, Any], outcome: Outcome | None, content: Content | None) -> Entry:
    if isinstance(key, GroupKey) or not isinstance(content, Action):
        return Entry(switch, GROUP_TABLE, why, outcome=outcome, parameters=("replicas",), key=key)
    parameters = tuple(name for name, _ in content.parameters)
    return Entry(switch, key.table.rpartition(".")[2], why, pid_of(key), outcome, parameters, key)


def _outcome(finding: Finding) -> Outcome:
    """Which fields differ, where that says more than that the entry is not there."""
    parts = {each.part for each in finding.fields}
    if finding.kind is FindingKind.MISSING and parts == {Part.MATCH}:
        return Outcome(tuple(each.name for each in finding.fields))
    if finding.kind is not FindingKind.ALTERED or Part.ACTION in parts:
        return Outcome()
    if not isinstance(finding.key, EntryKey):
        return Outcome(("replicas",))
    return Outcome(tuple(dict.fromkeys(each.name for each in finding.fields if each.part is Part.PARAMETER)))


class Suspects:
    """The suspects of a hypothesis by what they explain.

    Elements are those of the controller's model: (switch, product node, destination).
    """

    def __init__(self, hypothesis: Hypothesis) -> None:
        self._of: dict[object, list[Suspect]] = {}
        self._at: dict[str, list[Suspect]] = {}
        for suspect in hypothesis.suspects:
            for element in suspect.explained:
                self._of.setdefault(element, []).append(suspect)
            for switch in {str(each[0]) for each in suspect.explained if isinstance(each, tuple) and each}:
                self._at.setdefault(switch, []).append(suspect)

    def at(self, switch: str, findings: Sequence[Finding] = ()) -> tuple[Suspect, ...]:
        """Those that explain something at a switch: of these findings, if there are any. The surest come first."""
        places = {
            (switch, each.provenance.get("node", ""), each.provenance.get("destination", "")) for each in findings
        }
        wanted = {id(suspect) for place in places for suspect in self._of.get(place, ())}
        return tuple(each for each in self._at.get(switch, ()) if not findings or id(each) in wanted)
