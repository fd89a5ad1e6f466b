"""Writing to places: whole headers and structs, slices, elements of stacks known at run time only."""

from __future__ import annotations

from contra.p4 import abi, typed
from contra.p4.code import Binary, Const, If, Resize, Set, Value, Word
from contra.p4.lower.context import Context
from contra.p4.lower.places import HeaderPlace, Place, ScalarPlace, StackPlace, StructPlace, targets, width_of
from contra.p4.lower.values import check_read, header, negated, place, stack_index, value


def assign(context: Context, target: typed.Expression, source: typed.Expression) -> None:
    """`target = source`."""
    if isinstance(source, typed.ListValue):
        assign_list(context, place(context, target), source)
    elif isinstance(source.type, typed.HeaderType | typed.StructType | typed.StackType):
        source_place = place(context, source)
        if _moving(target):
            assert isinstance(source_place, HeaderPlace)
            _store_element(context, target, source_place)
        else:
            copy_place(context, place(context, target), source_place)
    else:
        store(context, target, value(context, source))


def assign_list(context: Context, target: Place, source: typed.ListValue) -> None:
    """`target = { ... }`; every item is evaluated before the first is written."""
    if isinstance(target, HeaderPlace):
        values = [context.spill(value(context, item)) for item in source.items]
        context.emit(Set(target.valid, Const(1, 1)))
        context.emit(*(Set(field, item) for field, item in zip(target.fields.values(), values, strict=True)))
        return
    assert isinstance(target, StructPlace)
    for member, item in zip(target.members.values(), source.items, strict=True):
        if isinstance(item, typed.ListValue):
            assign_list(context, member, item)
        elif isinstance(member, ScalarPlace):
            context.emit(Set(member.target, value(context, item)))
        else:
            copy_place(context, member, place(context, item))


def copy_place(context: Context, target: Place, source: Place) -> None:
    """Everything of one place to another of its type."""
    pairs = zip(targets(target), targets(source), strict=True)
    context.emit(*(Set(to, origin) for to, origin in pairs if to != origin))


def store(context: Context, target: typed.Expression, new: Value) -> None:
    """A scalar to an lvalue, which may be a slice or in a header."""
    if isinstance(target, typed.Slice):
        store(context, target.base, _spliced(value_before(context, target.base), new, target))
        return
    if isinstance(target, typed.Member) and _moving(target.base):
        _store_field(context, target, new)
        return
    if isinstance(target, typed.Member) and isinstance(target.base.type, typed.HeaderType):
        new = context.spill(new) if context.shared.strict else new
        check_read(context, target)
    found = place(context, target)
    assert isinstance(found, ScalarPlace)
    context.emit(Set(found.target, new))
    if found.defined is not None:
        context.emit(Set(found.defined, Const(1, 1)))


def value_before(context: Context, target: typed.Expression) -> Value:
    """The whole of which a slice is written; slices may nest."""
    if isinstance(target, typed.Slice):
        return value(context, target)
    found = place(context, target)
    assert isinstance(found, ScalarPlace)
    return found.target


def _spliced(whole: Value, part: Value, target: typed.Slice) -> Value:
    width = whole.width
    mask = ((1 << (target.high - target.low + 1)) - 1) << target.low
    kept = Binary(width, "and", whole, Const(width, ((1 << width) - 1) & ~mask))
    moved = Binary(width, "shl", Resize(width, part), Const(32, target.low))
    return Binary(width, "or", kept, moved)


# ------------------------------------------------------------------------------------------------ stacks


def _moving(target: typed.Expression) -> bool:
    """Whether it is an element of a stack that only run time knows."""
    if isinstance(target, typed.StackCursor):
        return True
    return isinstance(target, typed.Element) and not isinstance(target.index, typed.Constant)


def for_element(context: Context, expression: typed.Expression) -> list[tuple[Value, HeaderPlace]]:
    """The elements that a stack expression may mean, each with the condition that it is the one."""
    assert isinstance(expression, typed.Element | typed.StackCursor)
    stack, index = stack_index(context, expression)
    inside = Binary(1, "ult", index, Const(32, len(stack.elements)))
    context.fault(negated(inside), abi.FAULT_STACK_INDEX, expression.span)
    return [(Binary(1, "eq", index, Const(32, n)), element) for n, element in enumerate(stack.elements)]


def _store_element(context: Context, target: typed.Expression, source: HeaderPlace) -> None:
    for condition, element in for_element(context, target):
        with context.body() as block:
            copy_place(context, element, source)
        context.emit(If(condition, tuple(block)))


def _store_field(context: Context, target: typed.Member, new: Value) -> None:
    kept = context.spill(new)
    for condition, element in for_element(context, target.base):
        context.emit(If(condition, (Set(element.fields[target.name], kept),)))


def set_validity(context: Context, statement: typed.SetValidity) -> None:
    """`setValid()`, `setInvalid()`."""
    if _moving(statement.header):
        for condition, element in for_element(context, statement.header):
            context.emit(If(condition, (_change(element, statement.valid),)))
    else:
        context.emit(_change(header(context, statement.header), statement.valid))


def _change(target: HeaderPlace, valid: bool) -> If:
    """As behavioral-model does: a header made valid has fields 0, and the packet's length follows at once."""
    size = sum(field.width for field in target.fields.values()) // 8
    word = Word(64, abi.GROWN if valid else abi.SHRUNK)
    counted = Set(word, Binary(64, "add", word, Const(64, size)))
    if valid:
        cleared = (Set(field, Const(field.width, 0)) for field in target.fields.values())
        return If(negated(target.valid), (counted, *cleared, Set(target.valid, Const(1, 1))))
    return If(target.valid, (counted, Set(target.valid, Const(1, 0))))


def shift_stack(context: Context, statement: typed.ShiftStack) -> None:
    """`push_front`, `pop_front` (P4_16 8.18): elements move, those that come in are invalid."""
    stack = place(context, statement.stack)
    assert isinstance(stack, StackPlace)
    size, count = len(stack.elements), min(statement.count, len(stack.elements))
    push = statement.which == "push_front"
    for position in reversed(range(size)) if push else range(size):
        origin = position - count if push else position + count
        if 0 <= origin < size:
            copy_place(context, stack.elements[position], stack.elements[origin])
        else:
            context.emit(Set(stack.elements[position].valid, Const(1, 0)))
    _move_cursor(context, stack, count, push)


def _move_cursor(context: Context, stack: StackPlace, count: int, push: bool) -> None:
    size = len(stack.elements)
    if push:
        moved = Binary(32, "add", stack.next, Const(32, count))
        context.emit(Set(stack.next, moved))
        context.emit(If(Binary(1, "ult", Const(32, size), stack.next), (Set(stack.next, Const(32, size)),)))
    else:
        context.emit(Set(stack.next, Binary(32, "usub_sat", stack.next, Const(32, count))))


def declare(context: Context, statement: typed.Declare) -> None:
    """A local variable."""
    from contra.p4.lower.places import make_place

    variable, initial = statement.variable, statement.initial
    if isinstance(variable.type, typed.HeaderType | typed.StructType | typed.StackType):
        context.scope[variable] = make_place(variable.type, variable.name, context.allocate)
        if initial is not None:
            found = context.scope[variable]
            if isinstance(initial, typed.ListValue):
                assign_list(context, found, initial)
            else:
                copy_place(context, found, place(context, initial))
        return
    width = width_of(variable.type)
    if initial is not None:
        first = value(context, initial)
        target = context.local(width, variable.name)
        context.emit(Set(target, first))
        context.scope[variable] = ScalarPlace(target)
        return
    defined = context.allocate(1, f"{variable.name}.$defined") if context.shared.strict else None
    context.scope[variable] = ScalarPlace(context.allocate(width, variable.name), defined)
