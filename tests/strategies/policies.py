"""Analysed policies made by hand: regexes and a table from what they match to a rank.

A rank is written as a string of `+`-separated terms and `,`-separated components (`"10+len"`, `"len,util"`, `"0"`),
or None for inf. Two ranks share a probe class if they differ in constants only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import chain, combinations

from contra.analysis.model import AnalysedPolicy, Form, Linear, ProbeClass, RankBranch, RankRule
from contra.automata.regex import AnySymbol, Concat, Regex, Star, Symbols
from contra.check.model import AttributeInfo, CheckedPolicy, Combine, Const, PolicyRegex
from contra.source import SourceFile, Span

Rank = str | None

INFO = {
    "len": AttributeInfo("len", Combine.SUM),
    "lat": AttributeInfo("lat", Combine.SUM, "us"),
    "util": AttributeInfo("util", Combine.MAX),
}


def text_of(regex: Regex) -> str:
    """The regex in the policy language."""
    if isinstance(regex, AnySymbol):
        return "."
    if isinstance(regex, Symbols):
        names = sorted(regex.names)
        return names[0] if len(names) == 1 else f"({' + '.join(names)})"
    if isinstance(regex, Concat):
        return " ".join(map(text_of, regex.parts)) if regex.parts else "()"
    if isinstance(regex, Star):
        body = text_of(regex.body)
        return f"{body}*" if len(body) == 1 or body[0] == "(" else f"({body})*"
    return f"({' + '.join(map(text_of, regex.options))})"


def form(text: str) -> Form:
    """One component of a rank."""
    constant = Fraction(0)
    terms: dict[str, Fraction] = {}
    for part in text.split("+"):
        if part in INFO:
            terms[part] = terms.get(part, Fraction(0)) + 1
        else:
            constant += Fraction(part)
    return Form((Linear(constant, tuple(sorted(terms.items()))),))


def _order(rank: str) -> tuple[Form, ...]:
    forms = [form(part) for part in rank.split(",")]
    return tuple(Form((Linear(Fraction(0), f.alternatives[0].terms),)) for f in forms if not f.is_constant)


def policy(regexes: Sequence[Regex], rank: Callable[[frozenset[int]], Rank]) -> AnalysedPolicy:
    """The policy that ranks a path by the set of `regexes` (indices) that match it."""
    source, spans, clause = _source([text_of(regex) for regex in regexes], sorted(_ranks(len(regexes), rank)))
    table: dict[Rank, int] = {}
    classes: dict[tuple[Form, ...], int] = {}
    rules: list[RankRule] = []

    def rule_of(matched: frozenset[int]) -> int:
        value = rank(matched)
        if value not in table:
            table[value] = len(rules)
            pid = None if value is None else classes.setdefault(_order(value), len(classes))
            forms = None if value is None else tuple(form(part) for part in value.split(","))
            branch = RankBranch(guard=None, rank=forms, probe_class=pid, span=clause[str(value)])
            rules.append(RankRule(index=len(rules), branches=(branch,)))
        return table[value]

    for matched in _subsets(len(regexes)):
        rule_of(matched)
    used = [info for name, info in INFO.items() if any(name in str(value) for value in table)]
    checked = CheckedPolicy(
        source=source,
        rank=Const(value=Fraction(0), span=source.span(0, len(source.text))),
        arity=1,
        regexes=tuple(
            PolicyRegex(index=i, regex=r, text=text_of(r), span=s)
            for i, (r, s) in enumerate(zip(regexes, spans, strict=True))
        ),
        attributes=tuple(used),
    )
    return AnalysedPolicy(
        checked=checked,
        metrics=tuple(used),
        rules=tuple(rules),
        classes=tuple(ProbeClass(pid=pid, order=order) for order, pid in classes.items()),
        rule_of=rule_of,
    )


def _subsets(count: int) -> list[frozenset[int]]:
    sizes = (combinations(range(count), size) for size in range(count + 1))
    return [frozenset(members) for members in chain.from_iterable(sizes)]


def _ranks(count: int, rank: Callable[[frozenset[int]], Rank]) -> set[str]:
    return {str(rank(matched)) for matched in _subsets(count)}


def _source(regexes: list[str], ranks: list[str]) -> tuple[SourceFile, list[Span], dict[str, Span]]:
    """A text in which every regex and every rank stands somewhere, with the places."""
    parts = [*regexes, *("inf" if text == "None" else text for text in ranks)]
    source = SourceFile("policy.ctr", "\n".join(parts) + "\n")
    starts = [sum(len(part) + 1 for part in parts[:i]) for i in range(len(parts))]
    spans = [source.span(start, start + len(part)) for start, part in zip(starts, parts, strict=True)]
    return source, spans[: len(regexes)], dict(zip(ranks, spans[len(regexes) :], strict=True))
