"""An analysed policy in words, for `--explain`."""

from __future__ import annotations

from collections.abc import Iterator

from contra.analysis import text
from contra.analysis.model import AnalysedPolicy, RankRule

_MAX_ROWS = 40
_GROWTH = {"sum": "adds up along the path", "max": "the largest on the path", "min": "the smallest on the path"}


def explain(policy: AnalysedPolicy) -> str:
    """How the policy was understood: metrics, probe classes, rank rules, and which regexes lead to which rule.

    Plain text that ends with a newline; rules beyond the fortieth are counted, not shown.
    """
    parts = (_metrics(policy), _classes(policy), _regexes(policy), _rules(policy))
    return "\n".join(line for part in parts for line in part) + "\n"


def _metrics(policy: AnalysedPolicy) -> Iterator[str]:
    yield "Metrics that probes carry:" if policy.metrics else "Probes carry no metrics: any allowed path will do."
    for info in policy.metrics:
        unit = f", in {info.unit}" if info.unit else ""
        yield f"  path.{info.name:<6} {_GROWTH[info.combine.value]}{unit}"
    yield ""


def _classes(policy: AnalysedPolicy) -> Iterator[str]:
    yield "Probe classes (each keeps the best path by its own order):" if policy.classes else "No probes are needed."
    for cls in policy.classes:
        users = [str(rule.index) for rule in policy.rules if cls.pid in rule.probe_classes]
        order = f"least {text.vector(cls.order)}" if cls.order else "any path"
        word = "rule" if len(users) == 1 else "rules"
        shown = text.listing(users) if len(users) <= 8 else f"{', '.join(users[:8])} and {len(users) - 8} more"
        yield f"  pid {cls.pid}: {order}; used by {word} {shown}"
    yield ""


def _regexes(policy: AnalysedPolicy) -> Iterator[str]:
    regexes = policy.checked.regexes
    if not regexes:
        return
    yield "Regexes, and the rule of a path that matches this one alone:"
    for regex in regexes[:_MAX_ROWS]:
        place = f"line {regex.span.line}"
        yield f"  {regex.text}  ({place}) -> rule {policy.rule_of(frozenset({regex.index}))}"
    if len(regexes) > _MAX_ROWS:
        yield f"  ... and {len(regexes) - _MAX_ROWS} more"
    yield f"  no match -> rule {policy.rule_of(frozenset())}"
    yield ""


def _rules(policy: AnalysedPolicy) -> Iterator[str]:
    yield "Rank rules (smaller is better):"
    for rule in policy.rules[:_MAX_ROWS]:
        yield from _rule(rule)
    if len(policy.rules) > _MAX_ROWS:
        yield f"  ... and {len(policy.rules) - _MAX_ROWS} more"


def _rule(rule: RankRule) -> Iterator[str]:
    for place, branch in enumerate(rule.branches[:_MAX_ROWS]):
        head = f"  rule {rule.index}:" if place == 0 else " " * len(f"  rule {rule.index}:")
        guard = f"if {text.threshold(branch.guard)} then " if branch.guard else "else " if place else ""
        what = f"{text.vector(branch.rank)}, found by pid {branch.probe_class}" if branch.rank else "inf, drop"
        yield f"{head} {guard}{what}  (line {branch.span.line})"
    if len(rule.branches) > _MAX_ROWS:
        yield f"    ... and {len(rule.branches) - _MAX_ROWS} more branches"
