"""A report for people: the switches that are not as they should be, their findings, the places in the policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from contra.deploy.control.model import Action, Content
from contra.deploy.control.words import content_words, key_words, number_words, provenance_words
from contra.diagnostics import Label, shown
from contra.emit.show_table import count, table
from contra.engine.keys import KEY_ACTION
from contra.render import render_places
from contra.verify.model import FieldChange, Finding, FindingKind, Part, Report, Status, SwitchReport
from contra.verify.places import Place, Policy
from contra.words import few

SHOWN = 12
"""Findings of a switch that are told in full, unless all are asked for."""
SWITCHES_SHOWN = 20
"""Switches that are told of, unless all are asked for."""
_KIND_WIDTH = max(len(kind.value) for kind in FindingKind)
_LONG = 300


def report_text(report: Report, policy: Policy, limit: int | None = SHOWN, color: bool = False) -> str:
    """The report: of some switches the first `limit` findings, None for all of all."""
    most = None if limit is None else SWITCHES_SHOWN
    lines = [*_table(report, most), *_findings(report, policy, limit, most)]
    lines.append(_summary(report))
    return "".join(f"{line}\n" for line in lines) + _places(report, policy, color)


def _table(report: Report, most: int | None) -> list[str]:
    bad = [each for each in report.switches if each.status is not Status.EQUAL]
    if not bad:
        return []
    numbers = ("holds", *(kind.value for kind in FindingKind))
    shown = bad[:most]
    why = ["why"] if any(each.reason for each in shown) else []
    rows = [[*_row(each), *([_printable(each.reason)] if why else [])] for each in shown]
    lines = [line[2:] for line in table(("switch", "status", *numbers, *why), rows, right=" ".join(numbers))]
    more = len(bad) - len(shown)
    return [*lines, *([f"… and {more} switches more (all of them: --all)"] if more else []), ""]


def _row(switch: SwitchReport) -> list[str]:
    name = shown(switch.switch)
    if switch.reason:
        return [name, switch.status.value, *["-"] * (1 + len(FindingKind))]
    counts = [sum(each.kind is kind for each in switch.findings) for kind in FindingKind]
    held = switch.compared - counts[0]
    return [name, switch.status.value, f"{held} of {switch.compared}", *map(str, counts)]


def _findings(report: Report, policy: Policy, limit: int | None, most: int | None) -> Iterator[str]:
    bad = [each for each in report.switches if each.status is not Status.EQUAL]
    for switch in bad[:most]:
        if not switch.findings:
            continue
        yield switch.switch
        for finding in switch.findings[:limit]:
            yield from _finding(switch.switch, finding, policy)
        more = len(switch.findings) - len(switch.findings[:limit])
        if more:
            yield f"  … and {more} more findings (all of them: --all)"
        yield ""


def _finding(switch: str, finding: Finding, policy: Policy) -> Iterator[str]:
    indent = " " * (_KIND_WIDTH + 4)
    yield f"  {finding.kind.value:<{_KIND_WIDTH}}  {finding_words(finding)}"
    if finding.kind is FindingKind.EXTRA:
        if finding.others:
            yield f"{indent}in place of {_keys(finding)}"
        return
    if finding.kind is FindingKind.SHADOWED:
        yield f"{indent}it never matches: {_keys(finding)} comes first"
    elif finding.others:
        yield f"{indent}{_keys(finding)} is there instead: {'; '.join(map(change_words, finding.fields))}"
    why = provenance_words(finding.provenance)
    places = policy.origin(switch, finding.provenance, finding.key)
    parts = [f"of {why}"] if why else []
    if places.places:
        words = ", ".join(_place_words(each) for each in places.places if each.kind == "clause")
        parts.append(f"policy {words}" if places.direct else f"serves policy {words}")
    if parts:
        yield indent + "; ".join(parts)


def _place_words(place: Place) -> str:
    return f"{_printable(place.file)}:{place.line}:{place.column}"


def _printable(text: str) -> str:
    """A text of a file that anybody may have written, fit for a terminal."""
    text = text if len(text) <= _LONG else text[:_LONG] + "..."
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def finding_words(finding: Finding) -> str:
    """A finding on one line, without where it comes from."""
    key = key_words(finding.key)
    if finding.kind is FindingKind.ALTERED:
        if _is_secret(finding.expected) and _is_secret(finding.found):
            return f"{key}: the key of probes is another one"
        copies = [each for each in finding.fields if each.part is Part.REPLICA]
        words = [change_words(each) for each in finding.fields if each.part is not Part.REPLICA]
        return f"{key}: {'; '.join([*words, *_copies_words(copies)])}"
    content = finding.found if finding.expected is None else finding.expected
    assert content is not None
    return f"{key}: {content_words(content)}"


def _copies_words(changes: Sequence[FieldChange]) -> Iterator[str]:
    """Copies of a group that are missing, and those that are too much."""
    for state, rows in (
        ("missing", [each for each in changes if each.found is None]),
        ("too much", [each for each in changes if each.found is not None]),
    ):
        places = [f"port {each.name.replace(':', ' as ')}" for each in rows]
        if places:
            one = len(places) == 1
            yield f"the {'copy' if one else 'copies'} to {few(places)} {'is' if one else 'are'} {state}"


def _is_secret(content: Content | None) -> bool:
    return isinstance(content, Action) and content.name.rpartition(".")[2] == KEY_ACTION


def _keys(finding: Finding) -> str:
    return few([key_words(key) for key in finding.others])


def change_words(change: FieldChange) -> str:
    """A field that differs: `port is 3, expected 2`."""
    name = change.name or change.part.value
    if change.found is None:
        return f"{name} is absent, expected {_value(change, change.expected)}"
    if change.expected is None:
        return f"{name} is {_value(change, change.found)}, expected none"
    return f"{name} is {_value(change, change.found)}, expected {_value(change, change.expected)}"


def _value(change: FieldChange, value: int | str | None) -> str:
    if change.part is Part.ACTION:
        return str(value).rpartition(".")[2]
    if change.part in (Part.PARAMETER, Part.MATCH) and isinstance(value, int):
        return number_words(change.name, value)
    return str(value)


def _summary(report: Report) -> str:
    good = sum(each.status is Status.EQUAL for each in report.switches)
    compared = sum(each.compared for each in report.switches)
    harmless = sum(each.harmless for each in report.switches)
    total = len(report.switches)
    text = f"{count(total, 'switch')}, {count(compared, 'entry')} and groups compared: "
    if good == total:
        text += "as compiled"
    else:
        found = [f"{report.count(kind)} {kind.value}" for kind in FindingKind if report.count(kind)]
        unread = sum(bool(each.reason) for each in report.switches)
        parts = [f"{unread} of {total} could not be compared"] if unread else []
        if good + unread < total:
            counts = f" ({', '.join(found)})" if found else ""
            parts.insert(0, f"{total - good - unread} of {total} not as compiled{counts}")
        text += ", ".join(parts)
    return text + (f"; {count(harmless, 'entry')} without effect" if harmless else "")


# ------------------------------------------------------------------------------------------ places


@dataclass
class _Marked:
    """A place in the policy and what was found of it."""

    place: Place
    direct: int = 0
    other: int = 0
    switches: dict[str, None] = field(default_factory=dict)


def _places(report: Report, policy: Policy, color: bool) -> str:
    marks: dict[tuple[str, int], _Marked] = {}
    for switch in report.switches:
        for finding in switch.findings:
            if finding.kind is FindingKind.EXTRA:
                continue
            origin = policy.origin(switch.switch, finding.provenance, finding.key)
            for place in origin.places:
                mark = marks.setdefault((place.kind, place.index), _Marked(place))
                mark.direct += origin.direct
                mark.other += not origin.direct
                mark.switches[switch.switch] = None
    labels = [Label(mark.place.span, _mark_words(mark)) for mark in marks.values() if mark.place.span is not None]
    text = render_places(labels, color)
    return f"\nIn the policy:\n{text}" if text else ""


def _mark_words(mark: _Marked) -> str:
    parts = [f"{count(mark.direct, 'entry')} of this {mark.place.kind}"] if mark.direct else []
    if mark.other:
        parts.append(f"{count(mark.other, 'entry')} that it relies on")
    return f"{' and '.join(parts)}, at {few(list(mark.switches))}"
