"""Expressions -> values. What has to happen first (a table applied, a check) goes to the body being written."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from contra.p4 import abi, typed
from contra.p4.code import (
    Binary,
    Concat,
    Const,
    If,
    Not,
    Peek,
    Resize,
    Select,
    Set,
    Slice,
    Value,
    Word,
)
from contra.p4.lower.context import Context
from contra.p4.lower.places import (
    HeaderPlace,
    Place,
    ScalarPlace,
    StackPlace,
    StructPlace,
    Target,
    make_header,
    width_of,
)
from contra.source import Span

_PLAIN = {"+": "add", "-": "sub", "*": "mul", "/": "udiv", "%": "urem", "&": "and", "|": "or", "^": "xor"}
_SATURATING = {"|+|": "add_sat", "|-|": "sub_sat"}
_COMPARISON = {"<": "lt", "<=": "le", ">": "lt", ">=": "le"}


def negated(value: Value) -> Value:
    """The complement of a condition."""
    return Not(1, value)


def both(left: Value, right: Value) -> Value:
    """The conjunction of two conditions."""
    return Binary(1, "and", left, right)


def constant(value: int, width: int) -> Const:
    """A number, negative ones in two's complement."""
    return Const(width, value & ((1 << width) - 1))


# ------------------------------------------------------------------------------------------------ places


def place(context: Context, expression: typed.Expression) -> Place:
    """Where an lvalue lies. Elements of a stack need a constant index here."""
    match expression:
        case typed.VariableRef(variable=variable):
            return context.scope[variable]
        case typed.Member(base=base, name=name):
            outer = place(context, base)
            if isinstance(outer, HeaderPlace):
                return ScalarPlace(outer.fields[name])
            assert isinstance(outer, StructPlace)
            return outer.members[name]
        case typed.Element(base=base, index=typed.Constant(value=index)):
            stack = place(context, base)
            assert isinstance(stack, StackPlace)
            return stack.elements[index]
        case typed.Element() | typed.StackCursor():
            return _moving_element(context, expression)
        case typed.Lookahead(type=typed.HeaderType() as kind):
            return _header_ahead(context, kind, expression.span)
        case _:
            raise TypeError(f"{type(expression).__name__} has no place")


def stack_index(context: Context, expression: typed.Element | typed.StackCursor) -> tuple[StackPlace, Value]:
    """The stack and the index of an element that is known at run time only."""
    stack = place(context, expression.base)
    assert isinstance(stack, StackPlace)
    if isinstance(expression, typed.Element):
        return stack, context.spill(Resize(32, value(context, expression.index)))
    if expression.which == "next":
        return stack, context.spill(stack.next)
    return stack, context.spill(Binary(32, "sub", stack.next, Const(32, 1)))


def _moving_element(context: Context, expression: typed.Element | typed.StackCursor) -> HeaderPlace:
    """A copy of the element, for reading."""
    stack, index = stack_index(context, expression)
    inside = Binary(1, "ult", index, Const(32, len(stack.elements)))
    context.fault(negated(inside), abi.FAULT_STACK_INDEX, expression.span)
    first = stack.elements[0]
    copy = HeaderPlace(
        first.type,
        f"{stack.name}[]",
        context.allocate(1, "valid"),
        {name: context.allocate(target.width, name) for name, target in first.fields.items()},
    )
    for number, element in enumerate(stack.elements):
        moved = [Set(copy.valid, element.valid)]
        moved += [Set(copy.fields[name], source) for name, source in element.fields.items()]
        context.emit(If(Binary(1, "eq", index, Const(32, number)), tuple(moved)))
    return copy


def _header_ahead(context: Context, kind: typed.HeaderType, span: Span) -> HeaderPlace:
    """What a header would hold if it were extracted now."""
    from contra.p4.lower.parser import need

    ahead = make_header(kind, "ahead", context.allocate)
    need(context, Const(32, sum(target.width for target in ahead.fields.values()) // 8), span)
    context.emit(Set(ahead.valid, Const(1, 1)))
    offset = 0
    for target in ahead.fields.values():
        context.emit(Set(target, Peek(target.width, offset)))
        offset += target.width
    return ahead


def header(context: Context, expression: typed.Expression) -> HeaderPlace:
    """Where a header lies."""
    found = place(context, expression)
    assert isinstance(found, HeaderPlace)
    return found


def check_read(context: Context, expression: typed.Expression) -> None:
    """Strict mode: a field of an invalid header, or a variable without value, is about to be read."""
    if not context.shared.strict:
        return
    match expression:
        case typed.Member(base=base) if isinstance(base.type, typed.HeaderType):
            context.fault(negated(header(context, base).valid), abi.FAULT_INVALID_HEADER, expression.span)
        case typed.VariableRef(variable=variable):
            found = context.scope[variable]
            if isinstance(found, ScalarPlace) and found.defined is not None:
                context.fault(negated(found.defined), abi.FAULT_UNDEFINED, expression.span)


# ------------------------------------------------------------------------------------------------ values


def value(context: Context, expression: typed.Expression) -> Value:
    """The value of a scalar expression."""
    match expression:
        case typed.Constant(value=number):
            return constant(number, width_of(expression.type))
        case typed.VariableRef() | typed.Member():
            check_read(context, expression)
            return scalar(place(context, expression))
        case typed.StackCursor(which="lastIndex"):
            stack = place(context, expression.base)
            assert isinstance(stack, StackPlace)
            return Binary(32, "sub", stack.next, Const(32, 1))
        case typed.Slice(base=base, low=low):
            return Slice(expression.type.width, value(context, base), low)
        case typed.Unary():
            return _unary(context, expression)
        case typed.Binary():
            return _binary(context, expression)
        case typed.Ternary():
            return _ternary(context, expression)
        case typed.Cast(operand=operand):
            signed = isinstance(operand.type, typed.Bits) and operand.type.signed
            return Resize(width_of(expression.type), value(context, operand), signed)
        case typed.IsValid(header=inner):
            return header(context, inner).valid
        case typed.Lookahead(type=typed.Bits(width=width)):
            return _lookahead(context, width, expression.span)
        case typed.PacketLength():
            return Resize(width_of(expression.type), Word(64, abi.LENGTH))
        case typed.ApplyResult(table=table, which=which):
            from contra.p4.lower.tables import apply_table

            hit, _ = apply_table(context, table)
            return hit if which == "hit" else negated(hit)
        case _:
            raise TypeError(f"{type(expression).__name__} is no scalar")


def scalar(found: Place) -> Target:
    """The storage of a scalar."""
    assert isinstance(found, ScalarPlace)
    return found.target


def flat(context: Context, expressions: tuple[typed.Expression, ...]) -> tuple[Value, ...]:
    """The scalars of expressions beside each other: headers and structs field by field (validity left out)."""
    found: list[Value] = []
    for expression in expressions:
        if isinstance(expression, typed.ListValue):
            found += flat(context, expression.items)
        elif isinstance(expression.type, typed.HeaderType | typed.StructType):
            found += _fields(place(context, expression))
        else:
            found.append(value(context, expression))
    return tuple(found)


def _fields(found: Place) -> list[Value]:
    match found:
        case ScalarPlace(target=target):
            return [target]
        case HeaderPlace(fields=fields):
            return list(fields.values())
        case StructPlace(members=members):
            return [inner for member in members.values() for inner in _fields(member)]
        case StackPlace(elements=elements):
            return [inner for element in elements for inner in _fields(element)]


def _lookahead(context: Context, width: int, span: Span) -> Value:
    from contra.p4.lower.parser import need

    need(context, Const(32, (width + 7) // 8), span)
    return Peek(width, 0)


def _unary(context: Context, expression: typed.Unary) -> Value:
    operand = value(context, expression.operand)
    if expression.operator == "-":
        return Binary(operand.width, "sub", Const(operand.width, 0), operand)
    return Not(operand.width, operand)


def _pair(context: Context, left: typed.Expression, right: typed.Expression) -> tuple[Value, Value]:
    """Both operands; the left one keeps its value if the right one does something."""
    first = value(context, left)
    length = len(context.block)
    second = value(context, right)
    if len(context.block) > length and not isinstance(first, Const):
        kept = context.local(first.width)
        context.block.insert(length, Set(kept, first))
        return kept, second
    return first, second


def _binary(context: Context, expression: typed.Binary) -> Value:
    operator = expression.operator
    if operator in ("&&", "||"):
        return _short_circuit(context, expression)
    if operator in ("==", "!=") and not _is_scalar(expression.left.type):
        same = equal_places(place(context, expression.left), place(context, expression.right))
        return same if operator == "==" else negated(same)
    kind = expression.left.type
    signed = isinstance(kind, typed.Bits) and kind.signed
    left, right = _pair(context, expression.left, expression.right)
    if operator == "++":
        return Concat(left.width + right.width, (left, right))
    if operator in ("<<", ">>"):
        return Binary(left.width, "shl" if operator == "<<" else "ashr" if signed else "lshr", left, right)
    if operator in ("==", "!="):
        return Binary(1, "eq" if operator == "==" else "ne", left, right)
    if operator in _COMPARISON:
        if operator in (">", ">="):
            left, right = right, left
        return Binary(1, ("s" if signed else "u") + _COMPARISON[operator], left, right)
    if operator in _SATURATING:
        return Binary(left.width, ("s" if signed else "u") + _SATURATING[operator], left, right)
    return Binary(left.width, _PLAIN[operator], left, right)


def _is_scalar(kind: typed.Type) -> bool:
    return not isinstance(kind, typed.HeaderType | typed.StructType | typed.StackType | typed.TupleType)


def _short_circuit(context: Context, expression: typed.Binary) -> Value:
    conjunction = expression.operator == "&&"
    left = value(context, expression.left)
    with context.body() as block:
        right = value(context, expression.right)
    if not block:
        return Binary(1, "and" if conjunction else "or", left, right)
    result = context.local(1)
    context.emit(Set(result, left))
    block.append(Set(result, right))
    context.emit(If(result if conjunction else negated(result), tuple(block)))
    return result


def _ternary(context: Context, expression: typed.Ternary) -> Value:
    condition = value(context, expression.condition)
    with context.body() as yes_block:
        yes = value(context, expression.yes)
    with context.body() as no_block:
        no = value(context, expression.no)
    if not yes_block and not no_block:
        return Select(yes.width, condition, yes, no)
    result = context.local(yes.width)
    context.emit(If(condition, (*yes_block, Set(result, yes)), (*no_block, Set(result, no))))
    return result


def _all(conditions: Iterable[Value]) -> Value:
    start: Value = Const(1, 1)
    return reduce(both, conditions, start)


def equal_places(left: Place, right: Place) -> Value:
    """Whether two headers or structs are equal: both invalid, or both valid and all fields equal (P4_16 8.17)."""
    match left, right:
        case ScalarPlace(target=a), ScalarPlace(target=b):
            return Binary(1, "eq", a, b)
        case HeaderPlace(), HeaderPlace():
            fields = [Binary(1, "eq", left.fields[name], right.fields[name]) for name in left.fields]
            same: Value = reduce(both, fields, both(left.valid, right.valid))
            return Binary(1, "or", both(negated(left.valid), negated(right.valid)), same)
        case StructPlace(), StructPlace():
            return _all(equal_places(left.members[name], right.members[name]) for name in left.members)
        case StackPlace(), StackPlace():
            return _all(equal_places(a, b) for a, b in zip(left.elements, right.elements, strict=True))
        case _:
            raise TypeError("places of different types")
