"""How long a switch takes to check, against sorting and comparing JSON: `python -m bench.verify`.

The peer turns both sides into lines of JSON with sorted keys, sorts them, and compares: it says equal or not, and no
more. Its time and ours are medians of alternating runs in one process; absolute times depend on the machine, the
ratio does not. Tables with overlapping entries have no such peer: it would call equal tables different.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable

from contra.deploy.control.model import Action, EntryKey, Holding, Match
from contra.deploy.control.words import as_json
from contra.verify.check import check_switch
from contra.verify.shapes import KeyShape, Shapes, TableShape

TABLE, ACTION = "ContraIngress.decide.product_node", "ContraIngress.decide.enter_node"
PARAMETERS = ("tag", "rule", "group", "turn")
EXACT: Shapes = {
    TABLE: TableShape(TABLE, (KeyShape("hop", "exact", 16), KeyShape("tag", "exact", 16)), {ACTION: PARAMETERS}, None)
}
RULES = "acl"
ACL: Shapes = {
    RULES: TableShape(
        RULES,
        (KeyShape("src", "ternary", 32), KeyShape("dst", "ternary", 32), KeyShape("port", "range", 16)),
        {ACTION: PARAMETERS},
        None,
    )
}


def exact(count: int, seed: int | None = None) -> Holding:
    """So many entries of one exact table, in order or shuffled."""
    numbers = list(range(count))
    if seed is not None:
        random.Random(seed).shuffle(numbers)
    return Holding({_key(number): _action(number) for number in numbers})


def _key(number: int) -> EntryKey:
    return EntryKey(TABLE, (Match("hop", "exact", number % 50), Match("tag", "exact", number // 50)))


def _action(number: int) -> Action:
    return Action(ACTION, (("tag", number % 7), ("rule", 0), ("group", number % 1000), ("turn", 0)))


def broken(holding: Holding, share: float, seed: int) -> Holding:
    """A share of the entries missing, as many altered, as many extra."""
    dice, contents = random.Random(seed), dict(holding.contents)
    chosen = dice.sample(sorted(contents, key=repr), round(2 * share * len(contents)))
    for number, key in enumerate(chosen):
        if number % 2:
            del contents[key]
        else:
            contents[key] = Action(ACTION, (("tag", 99),))
    contents |= {_key(10**6 + number): _action(number) for number in range(len(chosen) // 2)}
    return Holding(contents)


def rules(count: int, seed: int) -> Holding:
    """Rules as in an access list: a source and a destination prefix, a range of ports, priorities."""
    dice, contents = random.Random(seed), {}
    for number in range(count):
        matches = [_masked("dst", dice), _masked("src", dice)]
        if dice.random() < 0.5:
            low = dice.randrange(1, 60000)
            matches.insert(1, Match("port", "range", low, low + dice.randrange(1000)))
        contents[EntryKey(RULES, tuple(matches), count - number)] = _action(dice.randrange(50))
    return Holding(contents)


def _masked(name: str, dice: random.Random) -> Match:
    mask = (0xFFFFFFFF << (32 - dice.choice((8, 16, 24, 32)))) & 0xFFFFFFFF
    return Match(name, "ternary", (dice.randrange(40) << 24 | dice.randrange(1 << 24)) & mask, mask)


def as_lines(holding: Holding) -> list[str]:
    """What the peer compares."""
    return sorted(json.dumps(as_json(key, content), sort_keys=True) for key, content in holding.contents.items())


def seconds(work: Callable[[], object]) -> float:
    """Of the processor, for one call: what it takes of the clock where nobody else wants the processor."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def medians(runs: int, *works: Callable[[], object]) -> list[float]:
    """Of alternating calls."""
    rows = [[seconds(work) for work in works] for _ in range(runs)]
    return [statistics.median(column) for column in zip(*rows, strict=True)]


def exact_table(count: int, runs: int) -> None:
    """Equal, one entry missing, a hundredth broken."""
    expected, found = exact(count), exact(count, seed=1)
    one = Holding({key: content for key, content in found.contents.items() if key != _key(count // 2)})
    cases = {"equal": found, "one missing": one, "1 % missing, altered, extra": broken(found, 0.01, seed=2)}
    print(f"{count:,} exact entries on one switch")
    print(f"  {'':28} {'findings':>8} {'check ms':>9} {'peer ms':>8} {'ratio':>6}")
    for name, other in cases.items():
        findings = len(check_switch(expected, other, EXACT).findings)
        own, peer = medians(
            runs, lambda h=other: check_switch(expected, h, EXACT), lambda h=other: as_lines(expected) == as_lines(h)
        )
        print(f"  {name:28} {findings:8} {own * 1000:9.1f} {peer * 1000:8.1f} {own / peer:6.2f}")


def overlapping_table(count: int, runs: int) -> None:
    """Ternary rules with priorities: a few differences, and many."""
    expected = rules(count, seed=3)
    keys = list(expected.contents)
    print(f"\n{count:,} overlapping rules (two ternary keys, a range, priorities)")
    print(f"  {'':28} {'findings':>8} {'harmless':>8} {'check ms':>9}")
    for name, gone in (("3 missing", 3), ("1 % missing", count // 100), ("all missing", count)):
        lost = set(random.Random(4).sample(keys, gone))
        other = Holding({key: content for key, content in expected.contents.items() if key not in lost})
        result = check_switch(expected, other, ACL)
        [own] = medians(runs, lambda h=other: check_switch(expected, h, ACL))
        notes = "  too large" if result.notes else ""
        print(f"  {name:28} {len(result.findings):8} {result.harmless:8} {own * 1000:9.1f}{notes}", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--entries", type=int, default=50_000)
    parser.add_argument("--rules", type=int, default=20_000)
    arguments = parser.parse_args()
    exact_table(arguments.entries, arguments.runs)
    overlapping_table(arguments.rules, min(arguments.runs, 3))


if __name__ == "__main__":
    main()
