"""Hypotheses for people and for programs: suspects, evidence, places in the policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from contra.cli.localizing import Found, Look, entries_behind
from contra.deploy.control.words import key_words
from contra.diagnostics import Label
from contra.emit.show_table import count
from contra.localize import Suspect
from contra.localize.objects import Entry, Kind
from contra.render import render_places
from contra.source import Span
from contra.verify import Finding, FindingKind, Part, Status
from contra.verify.places import Place
from contra.verify.words import finding_words
from contra.words import few

_NAMED = 3
"""So many entries are told one by one."""
_EVIDENCE = {
    "whole": "all {dependants} entries fail",
    "part": "{failed} of {dependants} entries fail",
    "hit ratio": "{failed} of {dependants} elements fail",
    "hitting set": "one of the fewest that explain all; {failed} of {dependants} elements fail",
    "change log": "changed lately; {failed} of {dependants} fail",
}
_UNREAD = {
    Status.UNREACHABLE: "switches that do not answer",
    Status.OTHER_PROGRAM: "switches that run something else",
}


def hypotheses_text(look: Look, found: Sequence[Found], color: bool = False) -> str:
    """All hypotheses."""
    if not look.failing:
        return _nothing(look)
    return "\n".join(
        "".join(f"{line}\n" for line in _hypothesis(look, each)) + _places(look, each, color) for each in found
    )


def _nothing(look: Look) -> str:
    total, unknown = len(look.report.switches), sum(bool(each.reason) for each in look.report.switches)
    if not unknown:
        return f"{count(total, 'switch')}, {count(len(look.entries), 'entry')} and groups: nothing is broken\n"
    return f"{count(total, 'switch')}: nothing is known to be broken; {unknown} could not be compared\n"


def _hypothesis(look: Look, found: Found) -> Iterator[str]:
    suspects = found.hypothesis.suspects
    failing = sum(found.switch in ("", entry.switch) for entry in look.failing)
    where = f" at {found.switch}" if found.switch else ""
    fails = f"{count(failing, 'entry')} or group{'s fail' if failing != 1 else ' fails'}{where}"
    yield f"{fails}: {count(len(suspects), 'suspect')} (method {found.hypothesis.method})"
    for number, suspect in enumerate(suspects, 1):
        yield f"{number}. {suspect.object}: {_evidence(suspect)}"
        yield from (f"   {line}" for line in _more(look, found, suspect))
    if found.hypothesis.unexplained:
        yield f"{count(len(found.hypothesis.unexplained), 'element')} of {found.hypothesis.failures} not explained"


def _evidence(suspect: Suspect) -> str:
    if suspect.evidence == "whole" and suspect.dependants == 1:
        return "its only entry fails"
    return _EVIDENCE[suspect.evidence].format(failed=suspect.failed, dependants=suspect.dependants)


def _more(look: Look, found: Found, suspect: Suspect) -> Iterator[str]:
    entries = entries_behind(look, found, suspect.object)
    switches = list(dict.fromkeys(entry.switch for entry in entries))
    yield f"{', '.join(_counted(look, entries))}; at {few(switches)}"
    findings = _findings(look, entries)
    if len(findings) <= _NAMED:
        yield from map(_told, findings)
    if suspect.alike:
        yield f"has the same entries as {few([str(other) for other in suspect.alike])}: nothing tells them apart"
    for change in suspect.changes[:1]:
        yield f"changed {_time(change.at)}" + (f": {change.text}" if change.text else "")
    serves = [each for each in places_of(look, found, suspect) if each.kind == "clause"]
    own = suspect.object.kind in (Kind.CLAUSE, Kind.REGEX)
    if serves and not own:
        yield f"serves policy {few([f'{each.file}:{each.line}:{each.column}' for each in serves])}"


def _told(finding: Finding) -> str:
    """A finding on one line."""
    instead = f"; {key_words(finding.others[0])} is there instead" if _is_moved(finding) else ""
    return f"{finding.kind.value}: {finding_words(finding)}{instead}"


def _is_moved(finding: Finding) -> bool:
    """Whether an entry is held under another key."""
    return finding.kind is FindingKind.MISSING and bool(finding.others)


def _counted(look: Look, entries: Sequence[Entry]) -> Iterator[str]:
    """What became of some entries."""
    silent = {each.switch: _UNREAD[each.status] for each in look.report.switches if each.status in _UNREAD}
    for words, number in Counter(silent[each.switch] for each in entries if each.switch in silent).items():
        yield f"{number} of {words}"
    for words, number in Counter(word for each in _findings(look, entries) for word in _what(each)).most_common():
        yield f"{number} {words}"


def _findings(look: Look, entries: Sequence[Entry]) -> list[Finding]:
    return [look.findings[place] for entry in entries if (place := (entry.switch, entry.key)) in look.findings]


def _what(finding: Finding) -> Iterator[str]:
    if _is_moved(finding):
        yield "under another key"
        return
    if finding.kind is not FindingKind.ALTERED:
        yield finding.kind.value
        return
    names = {each.name if each.part is Part.PARAMETER else each.part.value for each in finding.fields}
    yield from ("with other copies" if name == Part.REPLICA.value else f"with another {name}" for name in sorted(names))


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def hypotheses_json(look: Look, found: Sequence[Found]) -> dict[str, Any]:
    """All hypotheses; JSON types only."""
    return {
        "build": str(look.report.build),
        "revision": look.report.revision,
        "changes": len(look.changes),
        "failing": len(look.failing),
        "hypotheses": [_json(look, each) for each in found],
    }


def _json(look: Look, found: Found) -> dict[str, Any]:
    rows = []
    for suspect in found.hypothesis.suspects:
        places = [
            {"kind": each.kind, "file": each.file, "line": each.line, "column": each.column, "text": each.text}
            for each in places_of(look, found, suspect)
        ]
        rows.append({**suspect.json(), "policy": places})
    return {
        "model": "switch" if found.switch else "controller",
        "switch": found.switch or None,
        "method": found.hypothesis.method,
        "failures": found.hypothesis.failures,
        "unexplained": [list(element) for element in found.hypothesis.unexplained if isinstance(element, tuple)],
        "suspects": rows,
    }


# ------------------------------------------------------------------------------------------------ places


def places_of(look: Look, found: Found, suspect: Suspect) -> list[Place]:
    """The parts of the policy that a suspect is or that its failing entries serve, each once."""
    origins = [
        look.policy.origin(entry.switch, entry.provenance, entry.key)
        for entry in entries_behind(look, found, suspect.object)
    ]
    direct = [place for origin in origins if origin.direct for place in origin.places]
    found_places = direct or [place for origin in origins for place in origin.places]
    places = sorted(dict.fromkeys(found_places), key=lambda place: (place.kind, place.index))
    thing = suspect.object
    if thing.kind in (Kind.CLAUSE, Kind.REGEX):
        return [each for each in places if each.kind == thing.kind and f"{each.line}:{each.column}" == thing.name]
    return places


def _places(look: Look, found: Found, color: bool) -> str:
    """The policy with a mark at every place, and which suspects it is about."""
    marks: dict[tuple[int, int], tuple[Span, list[str]]] = {}
    for number, suspect in enumerate(found.hypothesis.suspects, 1):
        for place in places_of(look, found, suspect):
            span = place.span
            if span is None:
                continue
            words = f"{number}. {suspect.object}"
            if suspect.object.kind not in (Kind.CLAUSE, Kind.REGEX):
                if place.kind == "regex":
                    continue
                span = _narrowed(span, suspect)
                words = words if suspect.object.kind == Kind.METRIC else f"needs {words}"
            marks.setdefault((span.start, span.end), (span, []))[1].append(words)
    labels = [Label(span, few(words)) for span, words in marks.values()]
    text = render_places(labels, color)
    return f"\nIn the policy:\n{text}" if text else ""


def _narrowed(span: Span, suspect: Suspect) -> Span:
    """Of a metric where the clause names it; of everything else the clause."""
    if suspect.object.kind == Kind.METRIC:
        at = span.text.find(f"path.{suspect.object.name}")
        if at >= 0:
            return span.file.span(span.start + at, span.start + at + len(f"path.{suspect.object.name}"))
    return span
