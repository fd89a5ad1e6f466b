"""v1model's functions (p4c, p4include/v1model.p4)."""

from __future__ import annotations

from contra.p4 import typed
from contra.p4.front import errors, tree
from contra.p4.front.expressions import condition, constant_int, expression, value_of
from contra.p4.front.lvalues import check_lvalue, count_arguments
from contra.p4.front.operators import kind_of
from contra.p4.front.scope import Env, Int
from contra.p4.front.v1model import CLONE_TYPE, HASH_ALGORITHM, HASHES, REFUSED_CALLS
from contra.source import Span

_BIT32 = typed.Bits(32)
_COUNTS = {
    "verify": 2,
    "hash": 5,
    "random": 3,
    "digest": 2,
    "mark_to_drop": 1,
    "verify_checksum": 4,
    "update_checksum": 4,
    "verify_checksum_with_payload": 4,
    "update_checksum_with_payload": 4,
    "resubmit_preserving_field_list": 1,
    "recirculate_preserving_field_list": 1,
    "clone": 2,
    "clone_preserving_field_list": 3,
    "truncate": 1,
}
_RANDOM_BITS = 64
_LIMITS = ("the least number", "the greatest number")
_PIPELINE = ("ingress", "egress")
_PLACES = {
    "digest": ("ingress",),
    "resubmit_preserving_field_list": ("ingress",),
    "recirculate_preserving_field_list": ("egress",),
    "clone": _PIPELINE,
    "clone_preserving_field_list": _PIPELINE,
    "mark_to_drop": _PIPELINE,
    "truncate": _PIPELINE,
    "verify_checksum": ("verify",),
    "verify_checksum_with_payload": ("verify",),
    "update_checksum": ("compute",),
    "update_checksum_with_payload": ("compute",),
}
"""In which parts of V1Switch a function does what it is for."""


def function(env: Env, node: tree.Invocation, name: str, span: Span) -> typed.Statement | None:
    """A call of one of v1model's functions."""
    if name in REFUSED_CALLS:
        raise env.unsupported(node.target, f"the function '{name}' is", REFUSED_CALLS[name])
    arguments = node.arguments
    if name == "mark_to_drop" and not arguments:
        raise env.unsupported(node, "mark_to_drop without argument is", "mark_to_drop(standard_metadata)")
    count_arguments(env, name, arguments, _COUNTS[name], span)
    _check_place(env, name, span)
    match name:
        case "verify":
            return typed.Verify(condition(env, arguments[0]), _error(env, arguments[1]), span)
        case "hash":
            return _hash(env, arguments, span)
        case "random":
            return _random(env, arguments, span)
        case "digest":
            receiver = expression(env, arguments[0], _BIT32, "the receiver")
            return typed.Digest(receiver, data_of(env, arguments[1]), span)
        case "mark_to_drop":
            metadata = expression(env, arguments[0], typed.STANDARD_METADATA, "the argument")
            check_lvalue(env, metadata, "the argument")
            return typed.MarkToDrop(metadata, span)
        case "truncate":
            return typed.Truncate(expression(env, arguments[0], _BIT32, "the length"), span)
        case "resubmit_preserving_field_list":
            return typed.Replicate("resubmit", None, _field_list(env, arguments[0]), span)
        case "recirculate_preserving_field_list":
            return typed.Replicate("recirculate", None, _field_list(env, arguments[0]), span)
        case "clone" | "clone_preserving_field_list":
            return _clone(env, arguments, span)
    return _checksum(env, name, arguments, span)


def _check_place(env: Env, name: str, span: Span) -> None:
    if name == "verify":
        if env.place != "parser":
            hint = "use if and mark_to_drop"
            raise env.refuse(errors.NotHere(what="'verify'", place="outside of a parser", hint=hint, span=span))
        return
    if env.place == "parser":
        raise env.refuse(errors.NotHere(what=f"'{name}'", place="in a parser", hint="use it in a control", span=span))
    allowed = _PLACES.get(name)
    if env.main and allowed and env.main not in allowed:
        places = " and ".join(allowed)
        hint = f"v1model has it in {places}"
        raise env.refuse(errors.NotHere(what=f"'{name}'", place=f"in {env.main}", hint=hint, span=span))


def data_of(env: Env, node: tree.Node) -> tuple[typed.Expression, ...]:
    """The data of a hash, checksum or digest: the items of a list, or one value."""
    value = expression(env, node)
    items = value.items if isinstance(value, typed.ListValue) else (value,)
    for item in items:
        _check_data(env, item.type, item.span)
    return items


def _check_data(env: Env, kind: typed.Type, span: Span) -> None:
    match kind:
        case typed.StackType():
            raise env.refuse(
                errors.Unsupported(construct="header stacks as data are", instead="list the headers", span=span)
            )
        case typed.StructType() | typed.HeaderType():
            for field in kind.fields:
                _check_data(env, field.type, span)
        case typed.TupleType():
            for item in kind.items:
                _check_data(env, item, span)
        case typed.EnumType():
            construct = f"values of {kind_of(kind)} as data are"
            raise env.refuse(errors.Unsupported(construct=construct, instead="use a serializable enum", span=span))


def _constant(env: Env, node: tree.Node, wanted: typed.EnumType) -> str:
    value = expression(env, node, wanted, "this argument")
    if not isinstance(value, typed.Constant):
        raise env.refuse(errors.NotConstant(what=f"a value of {wanted.name}", span=value.span))
    return wanted.members[value.value]


def _algorithm(env: Env, node: tree.Node) -> typed.HashAlgorithm:
    name = _constant(env, node, HASH_ALGORITHM)
    if name not in HASHES:
        raise env.unsupported(node, f"the hash algorithm '{name}' is", f"use one of {', '.join(HASHES)}")
    return HASHES[name]


def _number(env: Env, node: tree.Node, what: str, default: typed.Bits) -> typed.Expression:
    """A number of any width."""
    value = value_of(env, node)
    if isinstance(value, Int):
        width = typed.Bits(max(default.width, value.value.bit_length(), 1))
        return expression(env, node, width, what)
    if not isinstance(value.type, typed.Bits) or value.type.signed:
        found = kind_of(value.type)
        raise env.refuse(errors.Mismatch(what=what, found=found, expected="bit<W>", span=value.span))
    return value


def _hash(env: Env, arguments: tuple[tree.Node, ...], span: Span) -> typed.Statement:
    target = expression(env, arguments[0])
    if not isinstance(target.type, typed.Bits):
        found = kind_of(target.type)
        raise env.refuse(errors.Mismatch(what="the target", found=found, expected="bit<W>", span=target.span))
    check_lvalue(env, target, "the target")
    algorithm = _algorithm(env, arguments[1])
    base = _number(env, arguments[2], "the base", target.type)
    data = data_of(env, arguments[3])
    return typed.Hash(target, algorithm, base, data, _number(env, arguments[4], "the maximum", _BIT32), span)


def _random(env: Env, arguments: tuple[tree.Node, ...], span: Span) -> typed.Statement:
    """All three of one type; behavioral-model draws 64 bits at most (primitives.cpp, modify_field_rng_uniform)."""
    target = expression(env, arguments[0])
    kind = target.type
    if not isinstance(kind, typed.Bits) or kind.signed or kind.width > _RANDOM_BITS:
        found, expected = kind_of(kind), f"bit<W> of at most {_RANDOM_BITS} bits"
        raise env.refuse(errors.Mismatch(what="the target", found=found, expected=expected, span=target.span))
    check_lvalue(env, target, "the target")
    low, high = (expression(env, node, kind, what) for node, what in zip(arguments[1:], _LIMITS, strict=True))
    return typed.Random(target, low, high, span)


def _checksum(env: Env, name: str, arguments: tuple[tree.Node, ...], span: Span) -> typed.Statement:
    test = condition(env, arguments[0])
    data = data_of(env, arguments[1])
    target = expression(env, arguments[2])
    if not isinstance(target.type, typed.Bits):
        found = kind_of(target.type)
        raise env.refuse(errors.Mismatch(what="the checksum", found=found, expected="bit<W>", span=target.span))
    update = name.startswith("update")
    if update:
        check_lvalue(env, target, "the checksum")
    algorithm = _algorithm(env, arguments[3])
    payload = name.endswith("payload")
    return typed.Checksum("update" if update else "verify", test, data, target, algorithm, payload, span)


def _error(env: Env, node: tree.Node) -> int:
    value = expression(env, node, typed.ErrorValue(), "the error")
    if not isinstance(value, typed.Constant):
        raise env.refuse(errors.NotConstant(what="the error", span=value.span))
    return value.value


def _field_list(env: Env, node: tree.Node) -> int:
    return constant_int(env, node, "the field list", typed.Bits(8))


def _clone(env: Env, arguments: tuple[tree.Node, ...], span: Span) -> typed.Statement:
    kind = _constant(env, arguments[0], CLONE_TYPE)
    session = expression(env, arguments[1], _BIT32, "the session")
    fields = _field_list(env, arguments[2]) if len(arguments) == 3 else None
    ingress = kind == "I2E"
    if env.main and env.main != ("ingress" if ingress else "egress"):
        other = "E2E" if ingress else "I2E"
        hint = f"use CloneType.{other}"
        what, place = f"CloneType.{kind}", f"in {env.main}"
        raise env.refuse(errors.NotHere(what=what, place=place, hint=hint, span=env.span(arguments[0])))
    return typed.Replicate("clone_ingress" if ingress else "clone_egress", session, fields, span)
