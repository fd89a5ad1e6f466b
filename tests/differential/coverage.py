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
    total, true = counts(sys.argv[1:] or runs.SHAPES)
    for each in sorted(true):
        print(f"{each.control:12} {each.text:70} {true[each]:>8} of {total[each]:>8}")
    print("\n".join(one_sided(total, true)))
