"""What operators do with types and constants (P4_16 language specification 1.2.4, sections 8.5 to 8.10)."""

from __future__ import annotations

from contra.p4 import typed
from contra.p4.front import errors, fold
from contra.p4.front.scope import Env, Int, Refused, Value
from contra.source import Span

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_BOOL = typed.Boolean()


def kind_of(kind: typed.Type | str) -> str:
    """A type, for messages."""
    match kind:
        case typed.HeaderType():
            return f"header {kind.name}"
        case typed.StructType():
            return f"struct {kind.name}"
        case typed.EnumType():
            return f"enum {kind.name}"
        case typed.TupleType():
            return f"a list {kind}"
    return str(kind)


def condition_value(env: Env, value: Value) -> typed.Expression:
    """A value of type bool."""
    if isinstance(value, Int) or value.type != _BOOL:
        number = isinstance(value.type, str | typed.Bits)
        hint = f"compare it:  {value.span.text} != 0" if number and len(value.span.text) < 60 else ""
        found = kind_of(value.type)
        raise env.refuse(
            errors.Mismatch(what="the condition", found=found, expected="bool", hint=hint, span=value.span)
        )
    return value


def prefix(env: Env, operator: str, value: Value, span: Span) -> Value:
    """`-`, `+`, `~`, `!` before a value."""
    if operator == "!":
        return _negated(env, value, span)
    if isinstance(value, Int) and operator != "~":
        return fold.bounded(env, -value.value if operator == "-" else value.value, span)
    if isinstance(value, Int) or not isinstance(value.type, typed.Bits):
        expected = "bit<W> or int<W>" if operator == "~" else "numbers"
        raise env.refuse(
            errors.BadOperand(operator=operator, found=kind_of(value.type), expected=expected, span=value.span)
        )
    if operator == "+":
        return value
    kind = value.type
    if isinstance(value, typed.Constant):
        result = -value.value if operator == "-" else ~value.value
        return typed.Constant(kind, fold.wrap(result, kind), span)
    return typed.Unary(kind, "-" if operator == "-" else "~", value, span)


def _negated(env: Env, value: Value, span: Span) -> Value:
    if isinstance(value, Int) or value.type != _BOOL:
        raise env.refuse(errors.BadOperand(operator="!", found=kind_of(value.type), expected="bool", span=value.span))
    if isinstance(value, typed.Constant):
        return typed.Constant(_BOOL, 1 - value.value, span)
    return typed.Unary(_BOOL, "!", value, span)


def binary(env: Env, operator: str, left: Value, right: Value, span: Span) -> Value:
    """Two values joined by an operator."""
    if operator in ("&&", "||"):
        return _logical(env, operator, left, right, span)
    if operator in ("<<", ">>"):
        return _shift(env, operator, left, right, span)
    if operator == "++":
        return _concatenation(env, left, right, span)
    left, right = _same_type(env, operator, left, right, span)
    if operator in _COMPARISONS:
        return _comparison(env, operator, left, right, span)
    return _arithmetic(env, operator, left, right, span)


def _logical(env: Env, operator: str, left: Value, right: Value, span: Span) -> Value:
    for each in (left, right):
        if isinstance(each, Int) or each.type != _BOOL:
            raise env.refuse(
                errors.BadOperand(operator=operator, found=kind_of(each.type), expected="bool", span=each.span)
            )
    assert not isinstance(left, Int) and not isinstance(right, Int)
    if isinstance(left, typed.Constant):
        decided = left.value == (operator == "||")
        return typed.Constant(_BOOL, left.value, span) if decided else right
    return typed.Binary(_BOOL, operator, left, right, span)


def _shift(env: Env, operator: str, left: Value, right: Value, span: Span) -> Value:
    amount = right.value if isinstance(right, Int | typed.Constant) else None
    if not isinstance(right, Int) and (not isinstance(right.type, typed.Bits) or right.type.signed):
        raise _operands(env, operator, left, right, span, "the amount is bit<W>")
    if amount is not None and amount < 0:
        raise env.refuse(
            errors.OutOfRange(what="the amount", value=fold.shown(amount), expected="0 or more", span=right.span)
        )
    if isinstance(left, Int):
        if amount is None:
            hint = "give the number on the left a width, such as 32w1"
            raise _operands(env, operator, left, right, span, hint)
        result = fold.compute(operator, left.value, amount)
        if result is None:
            wanted = "up to 4096"
            raise env.refuse(
                errors.OutOfRange(what="the amount", value=fold.shown(amount), expected=wanted, span=right.span)
            )
        return fold.bounded(env, result, span)
    kind = left.type
    if not isinstance(kind, typed.Bits):
        raise _operands(env, operator, left, right, span, "bit<W> or int<W> can be shifted")
    if amount is not None and amount >= kind.width:
        env.report(errors.Shifted(width=kind.width, amount=min(amount, 10**9), span=span))
    if amount is not None and isinstance(left, typed.Constant):
        shifted = fold.compute(operator, left.value, min(amount, kind.width))
        assert shifted is not None
        return typed.Constant(kind, fold.wrap(shifted, kind), span)
    if isinstance(right, Int):
        width = max(1, right.value.bit_length())
        if width > fold.MAX_WIDTH:
            right = Int(kind.width, right.span)
            width = max(1, right.value.bit_length())
        return typed.Binary(kind, operator, left, typed.Constant(typed.Bits(width), right.value, right.span), span)
    return typed.Binary(kind, operator, left, right, span)


def _concatenation(env: Env, left: Value, right: Value, span: Span) -> Value:
    for each in (left, right):
        if isinstance(each, Int):
            hint = f"give the number a width, such as 8w{fold.shown(each.value)}"
            raise _operands(env, "++", left, right, span, hint)
    if isinstance(left, Int) or isinstance(right, Int):
        raise Refused
    if not isinstance(left.type, typed.Bits) or not isinstance(right.type, typed.Bits):
        raise _operands(env, "++", left, right, span, "both sides are bit<W> or int<W>")
    kind = fold.bits(env, left.type.width + right.type.width, left.type.signed, span)
    if isinstance(left, typed.Constant) and isinstance(right, typed.Constant):
        low = right.value & ((1 << right.type.width) - 1)
        return typed.Constant(kind, fold.wrap(left.value << right.type.width | low, kind), span)
    return typed.Binary(kind, "++", left, right, span)


def _same_type(env: Env, operator: str, left: Value, right: Value, span: Span) -> tuple[Value, Value]:
    """Both sides in one type: an `int` takes the type of the other side."""
    if isinstance(left, Int) and isinstance(right, Int):
        return left, right
    if isinstance(left, Int):
        assert not isinstance(right, Int)
        if not isinstance(right.type, typed.Bits):
            raise _operands(env, operator, left, right, span)
        return fold.fitted(env, left.value, right.type, left.span), right
    if isinstance(right, Int):
        if not isinstance(left.type, typed.Bits):
            raise _operands(env, operator, left, right, span)
        return left, fold.fitted(env, right.value, left.type, right.span)
    if left.type == right.type:
        return left, right
    if operator in ("==", "!="):
        left, right = _list_as(left, right), _list_as(right, left)
        if left.type == right.type:
            return left, right
    hint = ""
    if isinstance(left.type, typed.Bits) and isinstance(right.type, typed.Bits):
        hint = "widths and signs must agree: cast one side, such as  (" + str(left.type) + ") ..."
    raise _operands(env, operator, left, right, span, hint)


def _list_as(value: typed.Expression, other: typed.Expression) -> typed.Expression:
    """A list of the types of a header's or struct's fields, as that header or struct."""
    if not (isinstance(value, typed.ListValue) and isinstance(other.type, typed.HeaderType | typed.StructType)):
        return value
    same = tuple(item.type for item in value.items) == tuple(field.type for field in other.type.fields)
    return typed.ListValue(other.type, value.items, value.span) if same else value


def _comparison(env: Env, operator: str, left: Value, right: Value, span: Span) -> Value:
    if isinstance(left, Int | typed.Constant) and isinstance(right, Int | typed.Constant):
        if operator not in ("==", "!=") and not isinstance(left.type, str | typed.Bits):
            raise _operands(env, operator, left, right, span, "only numbers have an order")
        return typed.Constant(_BOOL, int(fold.compare(operator, left.value, right.value)), span)
    assert not isinstance(left, Int) and not isinstance(right, Int)
    if operator not in ("==", "!=") and not isinstance(left.type, typed.Bits):
        raise _operands(env, operator, left, right, span, "only numbers have an order")
    if isinstance(left.type, typed.TupleType | typed.StackType):
        raise _operands(env, operator, left, right, span, "compare the elements")
    return typed.Binary(_BOOL, operator, left, right, span)


def _arithmetic(env: Env, operator: str, left: Value, right: Value, span: Span) -> Value:
    if isinstance(left, Int) or isinstance(right, Int):
        assert isinstance(left, Int) and isinstance(right, Int)
        result = fold.compute(operator, left.value, right.value)
        if result is None:
            hint = "it needs types with a width" if operator.startswith("|") else "it needs 0 or more by 1 or more"
            raise _operands(env, operator, left, right, span, hint)
        return fold.bounded(env, result, span)
    kind = left.type
    if not isinstance(kind, typed.Bits):
        raise _operands(env, operator, left, right, span, "it joins numbers")
    if operator in ("/", "%"):
        _check_division(env, operator, left, right, span)
    if isinstance(left, typed.Constant) and isinstance(right, typed.Constant):
        if operator in ("|+|", "|-|"):
            return typed.Constant(kind, fold.saturated(operator, left.value, right.value, kind), span)
        result = fold.compute(operator, left.value, right.value)
        assert result is not None
        return typed.Constant(kind, fold.wrap(result, kind), span)
    return typed.Binary(kind, operator, left, right, span)


def _check_division(env: Env, operator: str, left: typed.Expression, right: typed.Expression, span: Span) -> None:
    assert isinstance(left.type, typed.Bits)
    if left.type.signed:
        raise _operands(env, operator, left, right, span, "P4 divides unsigned numbers only")
    if not isinstance(right, typed.Constant):
        raise env.refuse(errors.NotConstant(what=f"the right side of '{operator}'", span=right.span))
    if right.value == 0:
        raise env.refuse(
            errors.OutOfRange(what=f"the right side of '{operator}'", value="0", expected="1 or more", span=right.span)
        )


def ternary(env: Env, test: typed.Expression, yes: Value, no: Value, span: Span) -> Value:
    """`test ? yes : no`."""
    yes, no = _same_type(env, ":", yes, no, span)
    if isinstance(test, typed.Constant):
        return yes if test.value else no
    if isinstance(yes, Int) or isinstance(no, Int):
        hint = "give one of the numbers a width, such as 8w1"
        raise _operands(env, "? :", yes, no, span, hint)
    if not isinstance(yes.type, typed.Bits | typed.Boolean | typed.EnumType | typed.ErrorValue):
        construct = f"'? :' between values of {kind_of(yes.type)} is"
        raise env.refuse(errors.Unsupported(construct=construct, instead="use if and else", span=span))
    return typed.Ternary(yes.type, test, yes, no, span)


def _operands(env: Env, operator: str, left: Value, right: Value, span: Span, hint: str = "") -> Refused:
    return env.refuse(
        errors.BadOperands(operator=operator, left=kind_of(left.type), right=kind_of(right.type), hint=hint, span=span)
    )
