"""The stage: normalise, judge every rank rule, number the probe classes; refuse with witnesses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from contra.analysis import errors
from contra.analysis.decompose import Classes
from contra.analysis.diagram import REGEX, Diagram
from contra.analysis.isotonicity import Fault, Order
from contra.analysis.judge import Draft, Judge, Problem, forms_of
from contra.analysis.model import AnalysedPolicy, Form, ProbeClass, RankBranch, RankRule
from contra.analysis.normalise import DROP, Normalised, normalise
from contra.analysis.search import Searcher
from contra.analysis.witness import WitnessKind
from contra.check.model import AttributeInfo, CheckedPolicy
from contra.diagnostics import Reporter

_MAX_REFUSALS = 8
_UNSOUND = {
    WitnessKind.MONOTONICITY: errors.NotMonotone,
    WitnessKind.ISOTONICITY: errors.NotIsotone,
    WitnessKind.CONSTRAINED_OPTIMUM: errors.ConstrainedOptimum,
}


def analyse(policy: CheckedPolicy, reporter: Reporter) -> AnalysedPolicy:
    """Prove that probes find the optimum of a policy and say which (docs/analysis.md).

    Raises CompileError, after reporting, for every policy that is unsound or cannot be proved sound. An
    unsound policy's diagnostic carries a `Witness` that was checked by evaluating the policy.
    """
    normalised = normalise(policy, reporter)
    reporter.check()
    assert normalised is not None
    nodes = rule_nodes(normalised)
    if len(nodes) > errors.TooManyRules.limit:
        found = f"{len(nodes):,} rules out"
        reporter.report(errors.TooManyRules(span=policy.rank.span, regexes=len(normalised.places), found=found))
        reporter.check()
    judge = Judge(normalised)
    verdicts = [judge.judge(node) for node in nodes]
    problems = [problem for verdict in verdicts if isinstance(verdict, list) for problem in verdict]
    _refuse(problems, judge, normalised, reporter)
    reporter.check()
    return _analysed(normalised, [draft for draft in verdicts if isinstance(draft, Draft)])


def rule_nodes(normalised: Normalised) -> list[int]:
    """The parts of the diagram below all regexes, in the order of the source."""
    diagram = normalised.diagram
    found: dict[int, None] = {}
    seen = set()
    stack = [normalised.root]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if diagram.kind(node) == REGEX:
            stack += (diagram.no(node), diagram.yes(node))
        else:
            found[node] = None
    return list(found)


# --------------------------------------------------------------------------------------------- refusing


def _refuse(problems: Iterable[Problem], judge: Judge, normalised: Normalised, reporter: Reporter) -> None:
    """Report the problems, one for each clause and reason, with witnesses."""
    searcher = Searcher(normalised)
    seen: set[tuple[object, ...]] = set()
    for problem in problems:
        span = normalised.spans.get(problem.leaf, normalised.policy.rank.span)
        key = (span.start, span.end, problem.kind)
        if key in seen:
            continue
        seen.add(key)
        if len(seen) > _MAX_REFUSALS:
            return
        outcome = Outcome.of(normalised, problem.node)
        orders = _kept_by(judge, normalised, problem.node)
        witness = searcher.find(problem, outcome.matched, orders)
        text = outcome.text(normalised.policy)
        if witness is None:
            refusal = errors.UnsupportedRank(span=span, reason=problem.reason, advice=problem.helps, outcome=text)
            reporter.report(refusal)
            continue
        unsound = _UNSOUND[witness.kind]
        reporter.report(unsound(span=span, reason=problem.reason, advice=problem.helps, outcome=text, witness=witness))


def _kept_by(judge: Judge, normalised: Normalised, node: int) -> list[Order]:
    """The orders by which a rule's classes would keep paths: those of its ranks, sound or not."""
    orders: dict[Order, None] = {}
    for leaf in judge.leaves(node):
        order = judge.order(leaf)
        if isinstance(order, Fault):
            forms = [scalar.form() for scalar in normalised.diagram.value(leaf)]
            if any(form is None or form.ceiling is not None for form in forms):
                return []
            order = tuple(form for form in forms if form is not None and not form.is_constant)
        orders[order] = None
    return list(orders)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way in which the regexes lead to a rule; regexes not named do not matter."""

    matched: frozenset[int]
    unmatched: frozenset[int]

    @staticmethod
    def of(normalised: Normalised, node: int) -> Outcome:
        """The first way, with as many failures as it takes."""
        diagram, by_place = normalised.diagram, {place: i for i, place in normalised.places.items()}
        came: dict[int, tuple[int, bool]] = {}
        stack = [normalised.root]
        while stack:
            here = stack.pop()
            if here == node:
                break
            if diagram.kind(here) == REGEX:
                for step, holds in ((diagram.no(here), False), (diagram.yes(here), True)):
                    if step not in came and step != normalised.root:
                        came[step] = (here, holds)
                        stack.append(step)
        matched: set[int] = set()
        unmatched: set[int] = set()
        while node != normalised.root:
            node, holds = came[node]
            (matched if holds else unmatched).add(by_place[diagram.variable(node)[1]])
        return Outcome(frozenset(matched), frozenset(unmatched))

    def text(self, policy: CheckedPolicy) -> str:
        """A sentence for people, or nothing where no regex matters."""
        yes = [policy.regexes[i].text for i in sorted(self.matched)]
        no = [policy.regexes[i].text for i in sorted(self.unmatched)]
        if not yes and not no:
            return ""
        clauses = [f"match {_some(yes)}"] if yes else []
        clauses += [f"do not match {_some(no)}"] if no else []
        return f"for paths that {' and '.join(clauses)}:"


def _some(texts: list[str]) -> str:
    shown = ", ".join(f"`{text if len(text) <= 60 else text[:57] + '...'}`" for text in texts[:3])
    return shown if len(texts) <= 3 else f"{shown} and {len(texts) - 3} more"


# -------------------------------------------------------------------------------------------- accepting


def _analysed(normalised: Normalised, drafts: list[Draft]) -> AnalysedPolicy:
    classes = Classes(drafts)
    rules = tuple(_rule(normalised, index, draft, classes) for index, draft in enumerate(drafts))
    indices = {draft.node: index for index, draft in enumerate(drafts)}
    return AnalysedPolicy(
        checked=normalised.policy,
        metrics=_carried(normalised.policy, rules, classes.classes),
        rules=rules,
        classes=classes.classes,
        rule_of=_lookup(normalised.diagram, normalised.root, normalised.places, indices),
    )


def _rule(normalised: Normalised, index: int, draft: Draft, classes: Classes) -> RankRule:
    branches = []
    pids = classes.pids(draft)
    for branch in draft.branches:
        rank = normalised.diagram.value(branch.leaf)
        branches.append(
            RankBranch(
                guard=branch.guard,
                rank=None if rank == DROP else tuple(forms_of(rank)),
                probe_class=None if branch.order is None else pids[branch.order],
                span=normalised.spans[branch.leaf],
            )
        )
    return RankRule(index=index, branches=tuple(branches))


def _carried(
    policy: CheckedPolicy, rules: tuple[RankRule, ...], classes: tuple[ProbeClass, ...]
) -> tuple[AttributeInfo, ...]:
    """Every attribute that an order, a rank or a threshold uses, in header order."""
    branches = [branch for rule in rules for branch in rule.branches]
    forms: list[Form] = [form for branch in branches for form in branch.rank or ()]
    forms += [form for cls in classes for form in cls.order]
    used = {name for form in forms for term in form.alternatives for name, _ in term.terms}
    used |= {branch.guard.metric for branch in branches if branch.guard is not None}
    return tuple(info for info in policy.attributes if info.name in used)


def _lookup(
    diagram: Diagram, root: int, places: dict[int, int], indices: dict[int, int]
) -> Callable[[frozenset[int]], int]:
    """`rule_of`: follows the diagram, jumping over the regexes at its start that do not match."""
    spine: dict[int, int] = {}
    node = root
    while diagram.kind(node) == REGEX:
        spine[diagram.variable(node)[1]] = node
        node = diagram.no(node)
    default = node
    memo: dict[frozenset[int], int] = {}

    def rule_of(matched: frozenset[int]) -> int:
        if matched not in memo:
            held = {places[index] for index in matched if index in places}
            first = min((place for place in held if place in spine), default=None)
            node = default if first is None else spine[first]
            while diagram.kind(node) == REGEX:
                node = diagram.yes(node) if diagram.variable(node)[1] in held else diagram.no(node)
            memo[matched] = indices[node]
        return memo[matched]

    return rule_of
