"""Expressions: names resolved, types checked, implicit casts made explicit, constants folded."""

from __future__ import annotations

from dataclasses import replace

from contra.p4 import typed
from contra.p4.front import errors, fold, tree
from contra.p4.front.operators import binary, condition_value, kind_of, prefix, ternary
from contra.p4.front.scope import Broken, Builtin, ConstantName, Env, Int, Packet, Refused, TypeName, Value
from contra.p4.front.types import resolve, resolve_any
from contra.p4.front.v1model import REFUSED_CALLS

_BIT32 = typed.Bits(32)


def value_of(env: Env, node: tree.Node) -> Value:
    """What an expression stands for; an `Int` only where nothing gives it a width."""
    with env.deeper(node):
        match node:
            case tree.Number():
                return fold.literal(env, node)
            case tree.Truth(value=value):
                return typed.Constant(typed.Boolean(), int(value), env.span(node))
            case tree.Identifier():
                return _identifier(env, node)
            case tree.TypeMember():
                return _type_member(env, node)
            case tree.MemberOf():
                return _member(env, node)
            case tree.Index():
                return _index(env, node)
            case tree.Slice():
                return _slice(env, node)
            case tree.Invocation():
                return _call(env, node)
            case tree.Cast():
                return _cast(env, node)
            case tree.Prefix(operator=operator, operand=operand):
                return prefix(env, operator, value_of(env, operand), env.span(node))
            case tree.Binary(operator=operator, left=left, right=right):
                one = value_of(env, left)
                return binary(env, operator, one, value_of(env, right), env.span(node))
            case tree.Ternary():
                test = condition(env, node.condition)
                return ternary(env, test, value_of(env, node.yes), value_of(env, node.no), env.span(node))
            case tree.ListOf():
                return list_value(env, node)
            case tree.String():
                raise env.refuse(errors.NotHere(what="a string", place="in an expression", span=env.span(node)))
            case tree.NamedArgument():
                raise env.unsupported(node, "values by name are", "give the values in order")
            case tree.Anything():
                raise env.refuse(errors.NotHere(what="'_'", place="where a value is wanted", span=env.span(node)))
            case tree.Construction():
                raise env.refuse(
                    errors.NotHere(what="a new instance", place="where a value is wanted", span=env.span(node))
                )
    raise AssertionError(node)


def expression(env: Env, node: tree.Node, wanted: typed.Type | None = None, what: str = "this") -> typed.Expression:
    """An expression with a type that values have at run time, cast to `wanted` as far as P4 does so by itself."""
    if wanted is not None:
        return coerced(env, _for_type(env, node, wanted), wanted, what)
    value = value_of(env, node)
    if isinstance(value, Int):
        hint = f"give it a width, such as 32w{fold.shown(value.value)}"
        raise env.refuse(
            errors.Mismatch(what="this number", found="int", expected="a type with a width", hint=hint, span=value.span)
        )
    return value


def _for_type(env: Env, node: tree.Node, wanted: typed.Type) -> Value:
    if isinstance(node, tree.ListOf) and isinstance(wanted, typed.StructType | typed.HeaderType | typed.TupleType):
        return list_value(env, node, wanted)
    return value_of(env, node)


def coerced(env: Env, value: Value, wanted: typed.Type, what: str = "this") -> typed.Expression:
    """A value as `wanted`; only `int` takes another type by itself."""
    if isinstance(value, Int):
        if isinstance(wanted, typed.Bits):
            return fold.fitted(env, value.value, wanted, value.span)
        raise env.refuse(errors.Mismatch(what=what, found="int", expected=kind_of(wanted), span=value.span))
    if value.type == wanted:
        return value
    hint = ""
    if isinstance(value.type, typed.Bits) and isinstance(wanted, typed.Bits):
        hint = f"cast it:  ({wanted}) {value.span.text}"
        if value.type.signed != wanted.signed and value.type.width != wanted.width:
            hint = f"cast twice, width then sign:  ({wanted}) ({_resigned(value.type, wanted)}) {value.span.text}"
    elif value.type == typed.Bits(1) and isinstance(wanted, typed.Boolean):
        hint = "compare it:  ... == 1"
    raise env.refuse(
        errors.Mismatch(what=what, found=kind_of(value.type), expected=kind_of(wanted), hint=hint, span=value.span)
    )


def _resigned(found: typed.Bits, wanted: typed.Bits) -> typed.Bits:
    return typed.Bits(wanted.width, found.signed)


def condition(env: Env, node: tree.Node) -> typed.Expression:
    """An expression of type bool."""
    return condition_value(env, value_of(env, node))


def constant_int(env: Env, node: tree.Node, what: str, wanted: typed.Bits | None = None) -> int:
    """The value of a constant number."""
    value = value_of(env, node)
    if wanted is not None and isinstance(value, Int):
        return fold.fitted(env, value.value, wanted, value.span).value
    if isinstance(value, Int):
        return value.value
    if isinstance(value, typed.Constant) and isinstance(value.type, typed.Bits):
        return value.value
    if isinstance(value, typed.Constant):
        raise env.refuse(errors.Mismatch(what=what, found=str(value.type), expected="a number", span=value.span))
    raise env.refuse(errors.NotConstant(what=what, span=env.span(node)))


# ------------------------------------------------------------------------------------------------ names


def _identifier(env: Env, node: tree.Identifier) -> Value:
    found = env.find(node.name, node, outermost=node.outermost)
    span = env.span(node)
    match found:
        case ConstantName(value=value):
            return replace(value, span=span)
        case typed.Variable():
            return typed.VariableRef(found.type, found, span)
        case Builtin() if found.name in REFUSED_CALLS:
            raise env.unsupported(node, f"the function '{found.name}' is", REFUSED_CALLS[found.name])
    raise env.wrong_kind(node, node.name, found, "a value")


def _type_member(env: Env, node: tree.TypeMember) -> Value:
    name, span = node.name.text, env.span(node)
    if node.type.type != "TYPE_NAME":
        names = env.shared.errors
        if name in names:
            return typed.Constant(typed.ErrorValue(), names.index(name), span)
        missing = errors.UnknownName(kind="error", name=name, candidates=tuple(names), span=env.span(node.name))
        raise env.refuse(missing)
    found = env.find(node.type.text, node.type, "type")
    if not isinstance(found, TypeName):
        raise env.wrong_kind(node.type, node.type.text, found, "an enum")
    members: tuple[str, ...] = tuple(found.members)
    if isinstance(found.type, typed.EnumType):
        members = found.type.members
    elif not members:
        raise env.refuse(
            errors.WrongKind(
                name=node.type.text,
                found=f"the type {kind_of(found.type)}",
                expected="an enum",
                span=env.span(node.type),
            )
        )
    if name not in members:
        where = f" in enum {node.type.text}"
        missing = errors.UnknownName(
            kind="member", name=name, where=where, candidates=members, span=env.span(node.name)
        )
        raise env.refuse(missing)
    if isinstance(found.type, typed.EnumType):
        return typed.Constant(found.type, members.index(name), span)
    assert isinstance(found.type, typed.Bits)
    return typed.Constant(found.type, found.members[name], span)


def _member(env: Env, node: tree.MemberOf) -> Value:
    if isinstance(node.base, tree.Invocation):
        result = _apply_result(env, node)
        if result is not None:
            return result
    base = value_of(env, node.base)
    name = node.name.text
    if isinstance(base, Int):
        raise env.refuse(errors.Mismatch(what="this", found="int", expected="a struct or header", span=base.span))
    if isinstance(base.type, typed.StackType):
        return _stack_member(env, node, base)
    if not isinstance(base.type, typed.StructType | typed.HeaderType):
        found = kind_of(base.type)
        raise env.refuse(errors.Mismatch(what="this", found=found, expected="a struct or header", span=base.span))
    for field in base.type.fields:
        if field.name == name:
            return typed.Member(field.type, base, name, env.span(node))
    names = tuple(field.name for field in base.type.fields)
    where = f" in {base.type.name}"
    if name in ("isValid", "setValid", "setInvalid"):
        raise env.refuse(
            errors.NoValue(what=f"'{name}'", wanted="value", hint=f"call it:  {name}()", span=env.span(node))
        )
    raise env.refuse(
        errors.UnknownName(kind="field", name=name, where=where, candidates=names, span=env.span(node.name))
    )


def _stack_member(env: Env, node: tree.MemberOf, base: typed.Expression) -> Value:
    assert isinstance(base.type, typed.StackType)
    name, span = node.name.text, env.span(node)
    if name == "size":
        return typed.Constant(_BIT32, base.type.size, span)
    if name not in ("next", "last", "lastIndex"):
        names = ("next", "last", "lastIndex", "size")
        missing = errors.UnknownName(
            kind="member", name=name, where=" of a header stack", candidates=names, span=env.span(node.name)
        )
        raise env.refuse(missing)
    if env.place != "parser":
        hint = "outside of parsers the elements are STACK[0], STACK[1], ..."
        raise env.refuse(errors.NotHere(what=f"'{name}' of a stack", place="outside of a parser", hint=hint, span=span))
    if name == "lastIndex":
        return typed.StackCursor(_BIT32, base, "lastIndex", span)
    return typed.StackCursor(base.type.header, base, "next" if name == "next" else "last", span)


def _apply_result(env: Env, node: tree.MemberOf) -> Value | None:
    """`table.apply().hit` and `.miss`; None where the call is something else."""
    call = node.base
    assert isinstance(call, tree.Invocation)
    table = applied_table(env, call)
    if table is None:
        return None
    match node.name.text:
        case "hit":
            return typed.ApplyResult(typed.Boolean(), table, "hit", env.span(node))
        case "miss":
            return typed.ApplyResult(typed.Boolean(), table, "miss", env.span(node))
        case "action_run":
            raise env.refuse(errors.NotHere(what="'action_run'", place="outside of switch (...)", span=env.span(node)))
    raise env.refuse(
        errors.UnknownName(
            kind="result",
            name=node.name.text,
            where=" of a table",
            candidates=("hit", "miss", "action_run"),
            span=env.span(node.name),
        )
    )


def applied_table(env: Env, call: tree.Invocation) -> typed.Table | None:
    """The table of `table.apply()`; None where the call is something else."""
    target = call.target
    if not (
        isinstance(target, tree.MemberOf) and target.name.text == "apply" and isinstance(target.base, tree.Identifier)
    ):
        return None
    found = env.scope.find(target.base.name)
    if isinstance(found, Broken):
        raise Refused
    if not isinstance(found, typed.Table):
        return None
    if call.arguments:
        name = f"{target.base.name}.apply"
        raise env.refuse(
            errors.ArgumentCount(name=name, expected="no arguments", found=len(call.arguments), span=env.span(call))
        )
    if env.place != "control":
        raise env.refuse(errors.NotHere(what="applying a table", place=f"in {_in(env)}", span=env.span(call)))
    return found


def _in(env: Env) -> str:
    return {"action": "an action", "parser": "a parser"}.get(env.place, "a declaration")


# ------------------------------------------------------------------------------------------------ parts of values


def _index(env: Env, node: tree.Index) -> Value:
    base = expression(env, node.base)
    if not isinstance(base.type, typed.StackType):
        hint = "a bit is sliced as [i:i]" if isinstance(base.type, typed.Bits) else ""
        found = kind_of(base.type)
        raise env.refuse(
            errors.Mismatch(what="this", found=found, expected="a header stack", hint=hint, span=base.span)
        )
    index = value_of(env, node.index)
    if isinstance(index, Int | typed.Constant):
        if not isinstance(index, Int) and not isinstance(index.type, typed.Bits):
            raise env.refuse(
                errors.Mismatch(what="the index", found=kind_of(index.type), expected="a number", span=index.span)
            )
        if not 0 <= index.value < base.type.size:
            wanted = f"0 to {base.type.size - 1}"
            raise env.refuse(
                errors.OutOfRange(what="the index", value=fold.shown(index.value), expected=wanted, span=index.span)
            )
        index = typed.Constant(_BIT32, index.value, index.span)
    elif not isinstance(index.type, typed.Bits):
        raise env.refuse(
            errors.Mismatch(what="the index", found=kind_of(index.type), expected="bit<W>", span=index.span)
        )
    return typed.Element(base.type.header, base, index, env.span(node))


def _slice(env: Env, node: tree.Slice) -> Value:
    base = expression(env, node.base)
    if not isinstance(base.type, typed.Bits):
        raise env.refuse(
            errors.BadOperand(operator="[high:low]", found=kind_of(base.type), expected="bit<W>", span=base.span)
        )
    high = constant_int(env, node.high, "the high end of a slice")
    low = constant_int(env, node.low, "the low end of a slice")
    for value, place in ((high, node.high), (low, node.low)):
        if not 0 <= value < base.type.width:
            wanted = f"0 to {base.type.width - 1}, the bits of {base.type}"
            raise env.refuse(
                errors.OutOfRange(
                    what="an end of the slice", value=fold.shown(value), expected=wanted, span=env.span(place)
                )
            )
    if high < low:
        wanted = f"{low} or more: the high end comes first"
        raise env.refuse(
            errors.OutOfRange(what="the high end", value=str(high), expected=wanted, span=env.span(node.high))
        )
    kind = typed.Bits(high - low + 1)
    if isinstance(base, typed.Constant):
        return typed.Constant(kind, fold.wrap(base.value >> low, kind), env.span(node))
    return typed.Slice(kind, base, high, low, env.span(node))


def list_value(env: Env, node: tree.ListOf, wanted: typed.Type | None = None) -> typed.ListValue:
    """`{ a, b }`, as a struct or header where one is wanted."""
    if any(isinstance(item, tree.NamedArgument) for item in node.items):
        raise env.unsupported(node, "values by name are", "give the values in order")
    if isinstance(wanted, typed.StructType | typed.HeaderType | typed.TupleType):
        types = wanted.items if isinstance(wanted, typed.TupleType) else tuple(field.type for field in wanted.fields)
        if len(types) != len(node.items):
            expected = f"{len(types)} values"
            count = errors.ArgumentCount(
                name=str(wanted), expected=expected, found=len(node.items), span=env.span(node)
            )
            raise env.refuse(count)
        items = tuple(expression(env, item, kind) for item, kind in zip(node.items, types, strict=True))
        return typed.ListValue(wanted, items, env.span(node))
    items = tuple(expression(env, item) for item in node.items)
    return typed.ListValue(typed.TupleType(tuple(item.type for item in items)), items, env.span(node))


# ------------------------------------------------------------------------------------------------ casts


def _cast(env: Env, node: tree.Cast) -> Value:
    wanted = resolve_any(env, node.type)
    span = env.span(node)
    if isinstance(wanted, typed.StructType | typed.HeaderType) and isinstance(node.operand, tree.ListOf):
        return list_value(env, node.operand, wanted)
    operand = value_of(env, node.operand)
    if wanted == "int":
        if isinstance(operand, Int):
            return operand
        if isinstance(operand, typed.Constant) and isinstance(operand.type, typed.Bits):
            return Int(operand.value, span)
        raise env.refuse(errors.NotConstant(what="a cast to int", span=operand.span))
    if isinstance(operand, Int):
        if isinstance(wanted, typed.Bits):
            return replace(fold.fitted(env, operand.value, wanted, operand.span), span=span)
        if isinstance(wanted, typed.Boolean) and operand.value in (0, 1):
            return typed.Constant(wanted, operand.value, span)
        raise env.refuse(errors.BadCast(found="int", wanted=kind_of(wanted), span=operand.span))
    found = operand.type
    if found == wanted:
        return operand
    if not _castable(found, wanted):
        hint = ""
        if isinstance(found, typed.Bits) and isinstance(wanted, typed.Bits):
            hint = f"cast twice, width then sign:  ({wanted}) ({_resigned(found, wanted)}) ..."
        elif isinstance(found, typed.Bits) and isinstance(wanted, typed.Boolean):
            hint = "compare it:  ... != 0"
        raise env.refuse(errors.BadCast(found=kind_of(found), wanted=kind_of(wanted), hint=hint, span=operand.span))
    assert isinstance(wanted, typed.Bits | typed.Boolean)
    if isinstance(operand, typed.Constant):
        value = fold.wrap(operand.value, wanted) if isinstance(wanted, typed.Bits) else operand.value
        return typed.Constant(wanted, value, span)
    return typed.Cast(wanted, operand, span)


def _castable(found: typed.Type, wanted: typed.Type) -> bool:
    """P4_16 language specification 1.2.4, section 8.11.1."""
    if isinstance(found, typed.Bits) and isinstance(wanted, typed.Bits):
        return found.signed == wanted.signed or found.width == wanted.width
    one = typed.Bits(1)
    pair = (found, wanted)
    return pair in ((one, typed.Boolean()), (typed.Boolean(), one))


# ------------------------------------------------------------------------------------------------ calls with a value


def _call(env: Env, node: tree.Invocation) -> Value:
    target = node.target
    if isinstance(target, tree.MemberOf):
        method = target.name.text
        packet = env.scope.find(target.base.name) if isinstance(target.base, tree.Identifier) else None
        if isinstance(packet, Packet):
            return _packet_value(env, node, packet, target.name)
        if method == "isValid":
            header = header_of(env, target.base)
            _no_arguments(env, node, method)
            return typed.IsValid(typed.Boolean(), header, env.span(node))
        if method == "apply" and applied_table(env, node) is not None:
            hint = "use .hit or .miss, or a statement of its own"
            raise env.refuse(errors.NoValue(what="what a table does", wanted="value", hint=hint, span=env.span(node)))
        if method in ("minSizeInBits", "minSizeInBytes", "maxSizeInBits", "maxSizeInBytes"):
            raise env.unsupported(target.name, f"the method '{method}' is", "write the number")
    if isinstance(target, tree.Identifier):
        found = env.find(target.name, target)
        if isinstance(found, Builtin) and found.name in REFUSED_CALLS:
            raise env.unsupported(target, f"the function '{found.name}' is", REFUSED_CALLS[found.name])
    raise env.refuse(errors.NoValue(what="this call", wanted="value", span=env.span(node)))


def _no_arguments(env: Env, node: tree.Invocation, name: str) -> None:
    if node.arguments:
        count = len(node.arguments)
        raise env.refuse(errors.ArgumentCount(name=name, expected="no arguments", found=count, span=env.span(node)))


def header_of(env: Env, node: tree.Node) -> typed.Expression:
    """An expression that is a header."""
    header = expression(env, node)
    if not isinstance(header.type, typed.HeaderType):
        found = kind_of(header.type)
        raise env.refuse(errors.Mismatch(what="this", found=found, expected="a header", span=header.span))
    return header


def _packet_value(env: Env, node: tree.Invocation, packet: Packet, method: tree.Token) -> Value:
    """`lookahead` and `length`."""
    if method.text not in ("lookahead", "length") or packet.kind != "packet_in":
        hint = "write it as a statement of its own" if method.text in ("extract", "advance", "emit") else ""
        what = f"'{method.text}'"
        raise env.refuse(errors.NoValue(what=what, wanted="value of the packet", hint=hint, span=env.span(method)))
    _no_arguments(env, node, method.text)
    if method.text == "length":
        return typed.PacketLength(_BIT32, env.span(node))
    if len(node.types) != 1:
        hint = "packet.lookahead<bit<8>>()"
        raise env.refuse(
            errors.NoValue(what="lookahead without a type", wanted="value", hint=hint, span=env.span(node))
        )
    kind = resolve(env, node.types[0])
    if not isinstance(kind, typed.Bits | typed.HeaderType):
        raise env.unsupported(node.types[0], f"lookahead of {kind_of(kind)} is", "look ahead for bit<W> or a header")
    return typed.Lookahead(kind, env.span(node))
