"""Actions and controls, put in line: copy-in, copy-out, ways out (P4_16 6.8)."""

from __future__ import annotations

from collections.abc import Iterable

from contra.p4 import typed
from contra.p4.code import Const, Scope, Set, Statement, Value
from contra.p4.lower.assign import assign_list, copy_place, store
from contra.p4.lower.context import Context, Frame
from contra.p4.lower.places import Place, ScalarPlace, StructPlace, make_place, targets, width_of
from contra.p4.lower.values import place, value


def call(
    context: Context,
    parameters: tuple[typed.Variable, ...],
    arguments: tuple[typed.Expression, ...],
    body: Iterable[typed.Statement],
) -> None:
    """Put a body in line, its parameters bound to arguments."""
    frame = Frame(context.label())
    shared = _overlapping(parameters, arguments)
    for parameter, argument in zip(parameters, arguments, strict=True):
        frame.copies += _bind(context, parameter, argument, copied=parameter in shared)
    put_in_line(context, frame, body)
    context.emit(*frame.copies)


def call_with_data(context: Context, action: typed.Action, data: dict[typed.Variable, Value]) -> None:
    """Put an action in line whose parameters are values (of an entry)."""
    frame = Frame(context.label())
    for parameter, given in data.items():
        target = context.local(width_of(parameter.type), parameter.name)
        context.emit(Set(target, given))
        context.scope[parameter] = ScalarPlace(target)
    put_in_line(context, frame, action.body)


def put_in_line(context: Context, frame: Frame, body: Iterable[typed.Statement]) -> None:
    """A body in a scope of its own if anything leaves it early."""
    from contra.p4.lower.statements import statements

    context.frames.append(frame)
    with context.body() as block:
        statements(context, body)
    context.frames.pop()
    if frame.used:
        context.emit(Scope(frame.label, tuple(block)))
    else:
        context.emit(*block)


# ------------------------------------------------------------------------------------------------ arguments


def _root(expression: typed.Expression) -> typed.Variable | None:
    while isinstance(expression, typed.Member | typed.Element | typed.Slice | typed.StackCursor):
        expression = expression.base
    return expression.variable if isinstance(expression, typed.VariableRef) else None


def _overlapping(
    parameters: tuple[typed.Variable, ...], arguments: tuple[typed.Expression, ...]
) -> set[typed.Variable]:
    """Parameters whose argument might be written through another parameter: they need copies."""
    roots = [_root(argument) for argument in arguments]
    writes = [parameter.direction in ("out", "inout") for parameter in parameters]
    found = set()
    for position, parameter in enumerate(parameters):
        for other, root in enumerate(roots):
            touched = writes[position] or writes[other]
            if other != position and touched and root is not None and root is roots[position]:
                found.add(parameter)
    return found


def _bind(context: Context, parameter: typed.Variable, argument: typed.Expression, *, copied: bool) -> list[Statement]:
    """Bind one parameter; the statements that copy it out."""
    if isinstance(parameter.type, typed.HeaderType | typed.StructType | typed.StackType):
        return _bind_whole(context, parameter, argument, copied=copied)
    if parameter.direction == "inout" and not copied and _simple(argument):
        context.scope[parameter] = place(context, argument)
        return []
    target = context.local(width_of(parameter.type), parameter.name)
    if parameter.direction == "out":
        defined = context.allocate(1, f"{parameter.name}.$defined") if context.shared.strict else None
        context.emit(Set(target, Const(target.width, 0)))
        context.scope[parameter] = ScalarPlace(target, defined)
    else:
        context.emit(Set(target, value(context, argument)))
        context.scope[parameter] = ScalarPlace(target)
    if parameter.direction in ("out", "inout"):
        with context.body() as block:
            store(context, argument, target)
        return block
    return []


def _simple(argument: typed.Expression) -> bool:
    """A variable, or a field of a struct: no check, no slice, nothing that moves."""
    while isinstance(argument, typed.Member) and isinstance(argument.base.type, typed.StructType):
        argument = argument.base
    return isinstance(argument, typed.VariableRef)


def _bind_whole(
    context: Context, parameter: typed.Variable, argument: typed.Expression, *, copied: bool
) -> list[Statement]:
    if isinstance(argument, typed.ListValue):
        built = make_place(parameter.type, parameter.name, context.allocate)
        assign_list(context, built, argument)
        context.scope[parameter] = built
        return []
    actual = place(context, argument)
    if not copied:
        context.scope[parameter] = actual
        if parameter.direction == "out":
            _clear(context, actual)
        return []
    copy: Place = make_place(parameter.type, parameter.name, context.allocate)
    if parameter.direction != "out":
        copy_place(context, copy, actual)
    context.scope[parameter] = copy
    if parameter.direction in ("out", "inout"):
        return [Set(to, origin) for to, origin in zip(targets(actual), targets(copy), strict=True)]
    return []


def _clear(context: Context, whole: Place) -> None:
    """`out`: headers come in invalid (P4_16 6.8); other fields are undefined and keep what they have."""
    from contra.p4.lower.places import headers

    assert not isinstance(whole, ScalarPlace)
    if isinstance(whole, StructPlace):
        context.emit(*(Set(each.valid, Const(1, 0)) for each in headers(whole)))
