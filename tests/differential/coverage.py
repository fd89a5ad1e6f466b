"""Which way every condition of the generated programs went, and which actions ran, over all runs.

Counters woven into the text count each; the engine runs the recorded packets once more.
`python -m differential.coverage`, in tests/, prints the table that docs/differential.md quotes.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from differential import engine, runs

_CONTROL = re.compile(r"^control (\w+)\(")
_BRANCH = re.compile(r"^ +if \((.*)\) \{(?: +//.*)?$")
_ACTION = re.compile(r"^ +action (\w+)\(.*\) \{$")
_NAME = "branch_counts"

_RELATIONS = "relation_counts"
_DECISION = re.compile(r"^ +if \(merit > (?P<current>current\[\d+:\d+\])\) \{$", re.M)
RANKS = ("better", "equal", "worse")
AGES = ("same version", "newer", "newer, wrapped", "older", "older, wrapped")


@dataclass(frozen=True, order=True)
class Place:
    """A condition or an action of a control."""

    control: str
    text: str


def woven(text: str) -> tuple[str, list[Place]]:
    """The program with a counter before every `if`, in it, and in every action; two cells for each place."""
    lines, places, control = [], [], ""
    for line in text.splitlines():
        control = match[1] if (match := _CONTROL.match(line)) else control
        branch, action = _BRANCH.match(line), _ACTION.match(line)
        if control and branch:
            lines += [f"{_NAME}.count({2 * len(places)});", line, f"{_NAME}.count({2 * len(places) + 1});"]
            places.append(Place(control, f"if ({branch[1]})"))
        elif control and action:
            lines += [line, f"{_NAME}.count({2 * len(places) + 1});"]
            places.append(Place(control, f"action {action[1]}"))
        else:
            lines.append(line)
    declared = f"counter({2 * len(places)}, CounterType.packets) {_NAME};\n\ncontrol "
    return re.sub(r"^control ", declared, "\n".join(lines) + "\n", count=1, flags=re.M), places


def related(text: str) -> str:
    """The program with a count of how each probe stands to what was known: rank and version against the cell's."""
    decision = _DECISION.search(text)
    assert decision, "the comparison of a probe's merit with the cell's"
    current = decision["current"]
    count = f"""
        bit<32> relation = merit > {current} ? 32w0 : (merit == {current} ? 32w5 : 32w10);
        if (ahead[15:15] == 1) {{
            relation = relation + (hdr.probe.version > newest ? 32w4 : 32w3);
        }} else if (ahead != 0) {{
            relation = relation + (hdr.probe.version < newest ? 32w2 : 32w1);
        }}
        if (meta.retry == RETRY_NONE) {{
            {_RELATIONS}.count(relation);
        }}
"""
    text = text[: decision.start()] + count + text[decision.start() :]
    declared = f"counter({len(RANKS) * len(AGES)}, CounterType.packets) {_RELATIONS};\n\ncontrol "
    return re.sub(r"^control ", declared, text, count=1, flags=re.M)


def relations(names: Iterable[str]) -> Counter[tuple[str, str]]:
    """How often a probe stood so to the cell that it came to, by rank and by version."""
    found: Counter[tuple[str, str]] = Counter()
    for name in names:
        outcome = engine.run(runs.recorded(name).case(related(runs.text(name))), jit=False)
        for number, (packets, _) in enumerate(outcome.counters[_RELATIONS]):
            found[RANKS[number // len(AGES)], AGES[number % len(AGES)]] += packets
    return found


def counts(names: Iterable[str]) -> tuple[Counter[Place], Counter[Place]]:
    """How often each place was reached, and how often a condition held or an action ran."""
    reached: Counter[Place] = Counter()
    held: Counter[Place] = Counter()
    for name in names:
        text, places = woven(runs.text(name))
        outcome = engine.run(runs.recorded(name).case(text), jit=False)
        cells = outcome.counters[_NAME]
        for number, place in enumerate(places):
            reached[place] += cells[2 * number][0]
            held[place] += cells[2 * number + 1][0]
    return reached, held


def one_sided(reached: Counter[Place], held: Counter[Place]) -> Iterator[str]:
    """Conditions that always went the same way, and actions that never ran."""
    for place in sorted(held):
        if place.text.startswith("action"):
            if not held[place]:
                yield f"{place.control}: {place.text} never ran"
        elif held[place] in (0, reached[place]):
            yield f"{place.control}: {place.text} {'never' if not held[place] else 'always'} of {reached[place]}"


if __name__ == "__main__":
    for pair, packets in relations(sys.argv[1:] or runs.SHAPES).items():
        print(f"{pair[0]:8} {pair[1]:20} {packets:>6}")
    total, true = counts(sys.argv[1:] or runs.SHAPES)
    for each in sorted(true):
        print(f"{each.control:12} {each.text:70} {true[each]:>8} of {total[each]:>8}")
    print("\n".join(one_sided(total, true)))
