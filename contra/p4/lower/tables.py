"""Tables: constant entries become conditions in text order, the others a lookup at run time."""

from __future__ import annotations

from contra.p4 import typed
from contra.p4.code import Binary, Body, Concat, Const, If, Local, Lookup, Parameter, Set, Switch, Value, words_of
from contra.p4.lower.calls import call, call_with_data
from contra.p4.lower.context import Context
from contra.p4.lower.places import width_of
from contra.p4.lower.values import both, value

ACTION_WIDTH = 16


def apply_table(context: Context, table: typed.Table) -> tuple[Local, Local]:
    """Apply a table: whether it hit, and the position of the action that ran."""
    keys = tuple(context.spill(value(context, key.expression)) for key in table.keys)
    hit, action = context.local(1, "hit"), context.local(ACTION_WIDTH, "action")
    if table in context.shared.tables:
        data = _look_up(context, table, keys, hit, action)
    else:
        data = _match_constants(context, table, keys, hit, action)
    bodies = []
    for position, use in enumerate(table.actions):
        with context.body() as block:
            _run(context, use, data[position])
        bodies.append((position, tuple(block)))
    context.emit(Switch(action, tuple(bodies), ()))
    return hit, action


def _run(context: Context, use: typed.ActionUse, data: tuple[Value, ...]) -> None:
    given = dict(zip(use.action.data, data, strict=True))
    directed = tuple(parameter for parameter in use.action.parameters if parameter.direction)
    if not directed:
        call_with_data(context, use.action, given)
        return
    for parameter, datum in given.items():
        _bind_datum(context, parameter, datum)
    call(context, directed, use.arguments, use.action.body)


def _bind_datum(context: Context, parameter: typed.Variable, datum: Value) -> None:
    from contra.p4.lower.places import ScalarPlace

    target = context.local(width_of(parameter.type), parameter.name)
    context.emit(Set(target, datum))
    context.scope[parameter] = ScalarPlace(target)


# ------------------------------------------------------------------------------------------------ lookup


def _look_up(
    context: Context, table: typed.Table, keys: tuple[Value, ...], hit: Local, action: Local
) -> list[tuple[Value, ...]]:
    context.lookups += 1
    number = context.lookups
    context.emit(Lookup(number, context.shared.tables[table], keys, hit, action))
    data: list[tuple[Value, ...]] = []
    for use in table.actions:
        widths = [width_of(parameter.type) for parameter in use.action.data]
        starts = [sum(map(words_of, widths[:position])) for position in range(len(widths))]
        data.append(tuple(Parameter(width, number, start) for width, start in zip(widths, starts, strict=True)))
    return data


# ------------------------------------------------------------------------------------------------ constant entries


def _match_constants(
    context: Context, table: typed.Table, keys: tuple[Value, ...], hit: Local, action: Local
) -> list[tuple[Value, ...]]:
    data = [
        tuple(context.local(width_of(parameter.type), parameter.name) for parameter in use.action.data)
        for use in table.actions
    ]
    positions = {use.action: position for position, use in enumerate(table.actions)}

    def outcome(chosen: typed.Action, arguments: tuple[int, ...], hits: int) -> Body:
        position = positions[chosen]
        values = zip(data[position], arguments, strict=True)
        mask = [Set(target, Const(target.width, number & ((1 << target.width) - 1))) for target, number in values]
        return (Set(hit, Const(1, hits)), Set(action, Const(ACTION_WIDTH, position)), *mask)

    entries = [
        (_exact_part(table, entry), _condition(table, keys, entry), outcome(entry.action, entry.arguments, 1))
        for entry in _in_order(table)
    ]
    miss = outcome(table.default, table.default_arguments, 0)
    context.emit(*_decide(table, keys, entries, miss))
    return list(data)


def _in_order(table: typed.Table) -> list[typed.ConstEntry]:
    """Earlier entries are preferred; among prefixes the longest."""
    entries = list(table.entries or ())
    prefixes = [position for position, key in enumerate(table.keys) if key.match == "lpm"]
    return sorted(entries, key=lambda entry: [-(entry.keys[p].prefix or 0) for p in prefixes])


def _exact_part(table: typed.Table, entry: typed.ConstEntry) -> int:
    """The exact keys of an entry beside each other."""
    number = 0
    for key, wanted in zip(table.keys, entry.keys, strict=True):
        if key.match == "exact":
            width = width_of(key.expression.type)
            number = number << width | wanted.value & ((1 << width) - 1)
    return number


def _decide(table: typed.Table, keys: tuple[Value, ...], entries: list[tuple[int, Value, Body]], miss: Body) -> Body:
    """Choose by the exact keys first, then entry by entry."""
    exact = tuple(value for key, value in zip(table.keys, keys, strict=True) if key.match == "exact")
    if not exact or len(entries) < 4:
        conditions = [(both(_exact_condition(exact, part), rest), body) for part, rest, body in entries]
        return _chain(conditions, miss)
    groups: dict[int, list[tuple[Value, Body]]] = {}
    for part, rest, body in entries:
        groups.setdefault(part, []).append((rest, body))
    subject = Concat(sum(value.width for value in exact), exact)
    return (Switch(subject, tuple((part, _chain(group, miss)) for part, group in groups.items()), miss),)


def _exact_condition(exact: tuple[Value, ...], part: int) -> Value:
    if not exact:
        return Const(1, 1)
    width = sum(value.width for value in exact)
    return Binary(1, "eq", Concat(width, exact), Const(width, part))


def _chain(entries: list[tuple[Value, Body]], miss: Body) -> Body:
    body = miss
    for condition, outcome in reversed(entries):
        body = outcome if condition == Const(1, 1) else (If(condition, outcome, body),)
    return body


def _condition(table: typed.Table, keys: tuple[Value, ...], entry: typed.ConstEntry) -> Value:
    """Whether the keys that are not exact match."""
    condition: Value = Const(1, 1)
    for key, subject, wanted in zip(table.keys, keys, entry.keys, strict=True):
        if key.match != "exact":
            test = matches(subject, wanted)
            condition = test if condition == Const(1, 1) else both(condition, test)
    return condition


def matches(subject: Value, wanted: typed.KeyValue) -> Value:
    """Whether a value matches a key: value, mask, prefix or range."""
    width = subject.width
    everything = (1 << width) - 1
    if wanted.high is not None:
        above = Binary(1, "ule", Const(width, wanted.value), subject)
        below = Binary(1, "ule", subject, Const(width, wanted.high))
        if wanted.value == 0:
            return below
        return above if wanted.high == everything else both(above, below)
    mask = everything if wanted.mask is None else wanted.mask & everything
    if wanted.prefix is not None:
        mask = everything ^ (everything >> wanted.prefix)
    if mask == 0:
        return Const(1, 1)
    seen = subject if mask == everything else Binary(width, "and", subject, Const(width, mask))
    return Binary(1, "eq", seen, Const(width, wanted.value & mask))
