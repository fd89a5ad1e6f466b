"""P4 of the order words (FwdT) and of the decision table of policy ranks (BestT)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contra.emit.p4text import component_lines, metric_fields, sum_text, when, word_text
from contra.ir.model import Clause, Component, RankCase, RankWord, SwitchProgram


@dataclass(frozen=True, slots=True)
class RankLogic:
    """Declarations and statements that compute `order`, and `rank` where the program has BestT."""

    order_lines: tuple[str, ...]
    declarations: tuple[str, ...]
    rank_lines: tuple[str, ...]


def rank_logic(program: SwitchProgram, clauses: Sequence[Clause]) -> RankLogic:
    """The logic of a program; comments name the policy clause of each case."""
    orders = _order_lines(program)
    if not program.has_best:
        return RankLogic(orders, (), ())
    declarations, lines = _policy(program, clauses)
    return RankLogic(orders, declarations, lines)


def _order_lines(program: SwitchProgram) -> tuple[str, ...]:
    lines: list[str] = []
    for order in program.orders:
        names = [f"order{order.pid}_{index}" for index in range(len(order.word.components))]
        before, parts = _parts(order.word, names, program)
        assign = f"order = {word_text(order.word, program.order_bits, parts)};"
        body = [*before, assign]
        if len(program.orders) > 1:
            lines.append(f"// {order.text}")
            lines += when(f"hdr.probe.pid == {order.pid}", *body)
        else:
            lines += [f"// {order.text}", *body]
    return tuple(lines)


def _parts(word: RankWord, names: Sequence[str], program: SwitchProgram) -> tuple[list[str], list[str]]:
    """Statements to run first, and the text of each component."""
    fields = metric_fields(program.metrics)
    before: list[str] = []
    parts = []
    for name, component in zip(names, word.components, strict=True):
        if component.is_plain:
            parts.append(sum_text(component.alternatives[0], component.bits, fields))
        else:
            before += [f"bit<{component.bits}> {name};", *component_lines(name, component, fields)]
            parts.append(name)
    return before, parts


# ------------------------------------------------------------------------------------------ policy rank


def _shape(word: RankWord) -> tuple[object, ...]:
    """Words of one shape share an action: constants of plain components are its parameters."""
    return tuple((c.bits, c.alternatives[0].terms) if c.is_plain else c for c in word.components)


def _policy(program: SwitchProgram, clauses: Sequence[Clause]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    shapes: dict[tuple[object, ...], list[RankCase]] = {}
    for case in program.cases:
        if case.word is not None:
            shapes.setdefault(_shape(case.word), []).append(case)
    special: dict[Component, str] = {}
    actions: list[str] = []
    args_of: dict[int, str] = {}
    for number, cases in enumerate(shapes.values()):
        actions += _action(number, cases, program, special, args_of)
    variables = [f"bit<{component.bits}> {name};" for component, name in special.items()]
    table = _table(program, clauses, len(shapes), args_of)
    fields = metric_fields(program.metrics)
    before = [line for component, name in special.items() for line in component_lines(name, component, fields)]
    local = ["rank_t rank;", *variables]
    return (*local, "", *actions, *table), (*before, "policy.apply();")


def _action(
    number: int,
    cases: list[RankCase],
    program: SwitchProgram,
    special: dict[Component, str],
    args_of: dict[int, str],
) -> list[str]:
    words = [case.word for case in cases if case.word is not None]
    fields = metric_fields(program.metrics)
    parts: list[str] = []
    params: list[tuple[int, int]] = []
    for index, component in enumerate(words[0].components):
        constants = {word.components[index].alternatives[0].constant for word in words}
        if not component.is_plain:
            parts.append(special.setdefault(component, f"part{len(special)}"))
        elif len(constants) > 1:
            params.append((index, component.bits))
            parts.append(sum_text(component.alternatives[0], component.bits, fields, f"c{index}"))
        else:
            parts.append(sum_text(component.alternatives[0], component.bits, fields))
    for case, word in zip(cases, words, strict=True):
        values = (str(word.components[index].alternatives[0].constant) for index, _ in params)
        args_of[id(case)] = f"rank_{number}({', '.join(values)})"
    signature = ", ".join(f"bit<{bits}> c{index}" for index, bits in params)
    text = word_text(words[0], program.rank_bits, parts)
    return [f"action rank_{number}({signature}) {{", f"    rank = {text};", "}", ""]


def _table(program: SwitchProgram, clauses: Sequence[Clause], shapes: int, args_of: dict[int, str]) -> list[str]:
    ranged = [m for m in program.metrics if any(m.name == r[0] for case in program.cases for r in case.ranges)]
    key = ['meta.rule: exact @name("rule");']
    key += [f'hdr.probe.{metric.field}: range @name("{metric.name}");' for metric in ranged]
    if program.widths.pid:
        key.insert(1, 'hdr.probe.pid: exact @name("pid");')
    entries = []
    for case in program.cases:
        clause = clauses[case.clause]
        ranges = [_range(case, metric.name, metric.bits) for metric in ranged]
        for order in program.orders:
            pid = [str(order.pid)] if program.widths.pid else []
            values = [str(case.rule), *pid, *ranges]
            match = values[0] if len(values) == 1 else f"({', '.join(values)})"
            action = args_of.get(id(case), "rank_inf()") if order.pid == case.pid else _other(case)
            note = "" if order.pid == case.pid or case.word is None else f", which pid {case.pid} serves"
            entries.append(f"{match}: {action};  // {clause.file}:{clause.line}: {_safe(clause.text)}{note}")
    names = [f"rank_{number};" for number in range(shapes)] + ["rank_inf;"]
    last = ["action rank_last() {", "    rank = LAST_RESORT;", "}", ""]
    if any("rank_last()" in line for line in entries):
        names.append("rank_last;")
    else:
        last = []
    return [
        *last,
        "action rank_inf() {",
        "    rank = INF;",
        "}",
        "",
        "// The policy: rank rule of the product node, and metrics, to rank; the first match counts",
        "table policy {",
        "    key = {",
        *(f"        {line}" for line in key),
        "    }",
        f"    actions = {{ {' '.join(names)} }}",
        "    const default_action = rank_inf();",
        "    const entries = {",
        *(f"        {line}" for line in entries),
        "    }",
        "}",
        "",
    ]


def _other(case: RankCase) -> str:
    """A probe class that is not sure to find the optimum of a branch: its route is used where there is none that is."""
    return "rank_inf()" if case.word is None else "rank_last()"


def _range(case: RankCase, metric: str, bits: int) -> str:
    for name, least, greatest in case.ranges:
        if name == metric:
            return f"{least} .. {greatest}"
    return f"0 .. {(1 << bits) - 1}"


def _safe(text: str) -> str:
    """A clause behind `//`: the preprocessor joins a line that ends in a backslash to the next one."""
    return "".join(char if char.isprintable() else " " for char in text).rstrip("\\ ")
