"""Keysets: the values of select cases and of constant entries."""

from __future__ import annotations

from contra.p4 import typed
from contra.p4.front import errors, tree
from contra.p4.front.expressions import expression
from contra.p4.front.scope import Env


def items_of(env: Env, node: tree.Node, count: int, entry: bool = False) -> tuple[tree.Node, ...]:
    """The keyset of each of `count` keys; in a select one `_` or `default` stands for all."""
    if isinstance(node, tree.Anything) and not entry:
        return (node,) * count
    items = node.items if isinstance(node, tree.KeysetTuple) else (node,)
    if len(items) != count:
        expected = f"{count} {'key' if count == 1 else 'keys'}"
        raise env.refuse(
            errors.ArgumentCount(
                name="this entry" if entry else "this case", expected=expected, found=len(items), span=env.span(node)
            )
        )
    return items


def constant(env: Env, node: tree.Node, kind: typed.Type) -> int:
    """A constant of a type."""
    value = expression(env, node, kind, "the value")
    if not isinstance(value, typed.Constant):
        raise env.refuse(errors.NotConstant(what="the value to match", span=env.span(node)))
    return value.value


def key_value(env: Env, node: tree.Node, kind: typed.Type) -> typed.KeyValue | None:
    """A value, a mask or a range; None for anything."""
    match node:
        case tree.Anything():
            return None
        case tree.Mask(value=value, mask=mask):
            _needs_bits(env, node, kind, "&&&")
            bits = constant(env, mask, kind)
            return typed.KeyValue(constant(env, value, kind) & bits, mask=bits)
        case tree.Range(low=low, high=high):
            _needs_bits(env, node, kind, "..")
            first, last = constant(env, low, kind), constant(env, high, kind)
            if first > last:
                wanted = f"{first} or more"
                raise env.refuse(
                    errors.OutOfRange(
                        what="the end of the range", value=str(last), expected=wanted, span=env.span(high)
                    )
                )
            return typed.KeyValue(first, high=last)
    return typed.KeyValue(constant(env, node, kind))


def _needs_bits(env: Env, node: tree.Node, kind: typed.Type, operator: str) -> None:
    if not isinstance(kind, typed.Bits):
        raise env.refuse(errors.BadOperand(operator=operator, found=str(kind), expected="numbers", span=env.span(node)))


def entry_value(env: Env, node: tree.Node, key: typed.Key, table: str) -> typed.KeyValue:
    """What a constant entry says of a key, in the form of its match kind."""
    kind = key.expression.type
    full = (1 << kind.width) - 1 if isinstance(kind, typed.Bits) else 1
    value = key_value(env, node, kind)
    shape = _shape(node)
    problem = f"an entry with {shape} for the {key.match} key '{key.name}'"
    match key.match:
        case "exact" if value is not None and shape == "a value":
            return value
        case "ternary" if value is None:
            return typed.KeyValue(0, mask=0)
        case "ternary" if shape != "a range":
            assert value is not None
            return typed.KeyValue(value.value, mask=full if value.mask is None else value.mask)
        case "optional" if value is None:
            return typed.KeyValue(0, mask=0)
        case "optional" if shape == "a value":
            assert value is not None
            return typed.KeyValue(value.value, mask=full)
        case "range" if value is None:
            return typed.KeyValue(0, high=full)
        case "range" if shape != "a mask":
            assert value is not None
            return typed.KeyValue(value.value, high=value.value if value.high is None else value.high)
        case "lpm" if value is None:
            return typed.KeyValue(0, prefix=0)
        case "lpm" if shape != "a range":
            assert value is not None and isinstance(kind, typed.Bits)
            return _prefix(env, node, value, kind, table)
    raise env.refuse(errors.BadTable(table=table, problem=problem, hint="of another form", span=env.span(node)))


def _shape(node: tree.Node) -> str:
    match node:
        case tree.Anything():
            return "'_'"
        case tree.Mask():
            return "a mask"
        case tree.Range():
            return "a range"
    return "a value"


def _prefix(env: Env, node: tree.Node, value: typed.KeyValue, kind: typed.Bits, table: str) -> typed.KeyValue:
    if value.mask is None:
        return typed.KeyValue(value.value, prefix=kind.width)
    mask = value.mask & ((1 << kind.width) - 1)
    length = mask.bit_count()
    if mask != ((1 << length) - 1) << (kind.width - length):
        problem = "the mask of an lpm key is no prefix"
        raise env.refuse(
            errors.BadTable(table=table, problem=problem, hint="ones must come first, then zeros", span=env.span(node))
        )
    return typed.KeyValue(value.value, prefix=length)
