"""Tables: keys, actions, default action, constant entries."""

from __future__ import annotations

from typing import TypeVar

from contra.p4 import typed
from contra.p4.front import errors, tree
from contra.p4.front.annotations import check, control_plane_name, given_name, has
from contra.p4.front.expressions import constant_int, expression
from contra.p4.front.keysets import entry_value, items_of
from contra.p4.front.lvalues import bind, count_arguments
from contra.p4.front.operators import kind_of
from contra.p4.front.scope import Env
from contra.p4.front.v1model import MATCH_KINDS

_Node = TypeVar("_Node", bound=tree.Node)
DEFAULT_SIZE = 1024
"""Of tables without `size`, as p4c has it."""
_PROPERTIES = ("key", "actions", "entries", "default_action", "size")
_REFUSED = {
    "implementation": "action profiles and selectors are",
    "counters": "direct counters are",
    "meters": "direct meters are",
    "support_timeout": "the table property 'support_timeout' is",
    "idle_timeout": "the table property 'idle_timeout' is",
    "largest_priority_wins": "the table property 'largest_priority_wins' is",
    "priority_delta": "the table property 'priority_delta' is",
}

MAX_RANGE_BITS = 64
"""Lookups compare ranges word by word."""


def table(env: Env, node: tree.Table) -> typed.Table:
    """One table of a control instance."""
    properties = _properties(env, node)
    name = control_plane_name(env, node, "table")
    keys = tuple(_key(env, each) for each in _items(properties, "key", tree.Key))
    if "actions" not in properties:
        raise _bad(env, node, "it has no actions", "write:  actions = { NoAction; }", node.name)
    uses = tuple(_use(env, each) for each in _items(properties, "actions", tree.ActionUse))
    _check_uses(env, node, uses)
    default, arguments, constant = _default(env, node, properties.get("default_action"), uses)
    size = DEFAULT_SIZE
    if "size" in properties:
        size = constant_int(env, properties["size"].items[0], "the size of a table")
        if size < 0:
            place = env.span(properties["size"].items[0])
            raise env.refuse(errors.OutOfRange(what="the size", value=str(size), expected="0 or more", span=place))
    entries = None
    if "entries" in properties:
        entries = _entries(env, node, properties["entries"], keys, uses)
        size = len(entries)  # as p4c has it, whatever 'size' says
    return typed.Table(name, keys, uses, default, arguments, constant, entries, size, env.span(node.name))


def _properties(env: Env, node: tree.Table) -> dict[str, tree.Property]:
    found: dict[str, tree.Property] = {}
    for each in node.properties:
        check(env, each.annotations)
        if each.name in _REFUSED:
            raise env.unsupported(each, _REFUSED[each.name])
        if each.name not in _PROPERTIES:
            where = f" in table {node.name.text}"
            raise env.refuse(
                errors.UnknownName(
                    kind="property", name=each.name, where=where, candidates=_PROPERTIES, span=env.span(each)
                )
            )
        if each.name in found:
            raise env.refuse(errors.Duplicate(name=each.name, first=env.span(found[each.name]), span=env.span(each)))
        if each.name == "entries" and not each.constant:
            instead = "write 'const entries', or leave them to the control plane"
            raise env.unsupported(each, "entries that the control plane may change are", instead)
        found[each.name] = each
    return found


def _items(properties: dict[str, tree.Property], name: str, kind: type[_Node]) -> tuple[_Node, ...]:
    if name not in properties:
        return ()
    return tuple(each for each in properties[name].items if isinstance(each, kind))


def _bad(env: Env, node: tree.Table, problem: str, hint: str, place: tree.Node | tree.Token) -> Exception:
    return env.refuse(errors.BadTable(table=node.name.text, problem=problem, hint=hint, span=env.span(place)))


# ------------------------------------------------------------------------------------------------ keys


def _key(env: Env, node: tree.Key) -> typed.Key:
    check(env, node.annotations)
    value = expression(env, node.expression)
    if not isinstance(value.type, typed.Bits | typed.Boolean | typed.EnumType | typed.ErrorValue):
        found = kind_of(value.type)
        raise env.refuse(errors.Mismatch(what="the key", found=found, expected="a number or bool", span=value.span))
    word = node.match.text
    if word == "selector":
        raise env.unsupported(node.match, "the match kind 'selector' is", "choose in an action or by another table")
    if word not in MATCH_KINDS:
        missing = errors.UnknownName(
            kind="match kind", name=word, candidates=tuple(MATCH_KINDS), span=env.span(node.match)
        )
        raise env.refuse(missing)
    match = MATCH_KINDS[word]
    if match in ("lpm", "range") and not isinstance(value.type, typed.Bits):
        found = kind_of(value.type)
        raise env.refuse(errors.Mismatch(what=f"an {match} key", found=found, expected="bit<W>", span=value.span))
    if match == "range" and isinstance(value.type, typed.Bits) and value.type.width > MAX_RANGE_BITS:
        raise env.unsupported(node.match, f"a range over {value.type.width} bits is", "use at most 64 bits of the key")
    name = given_name(env, node.annotations) or key_name(value)
    if name is None:
        hint = 'such as  hdr.x + 1: exact @name("sum");'
        raise env.refuse(
            errors.NoValue(
                what="this expression", wanted="key without a @name", hint=hint, span=env.span(node.expression)
            )
        )
    return typed.Key(value, match, name)


def key_name(value: typed.Expression) -> str | None:
    """The control plane's name of a key without @name, as p4c makes it; None where it makes none."""
    match value:
        case typed.VariableRef(variable=variable):
            return variable.name
        case typed.Member(base=base, name=name):
            inner = key_name(base)
            return inner and f"{inner}.{name}"
        case typed.Element(base=base, index=typed.Constant(value=index)):
            inner = key_name(base)
            return inner and f"{inner}[{index}]"
        case typed.Slice(base=base, high=high, low=low):
            inner = key_name(base)
            return inner and f"{inner}[{high}:{low}]"
        case typed.IsValid(header=header):
            inner = key_name(header)
            return inner and f"{inner}.$valid$"
        case typed.Binary(operator="&", left=left, right=typed.Constant(value=mask, span=span)):
            inner = key_name(left)
            return inner and f"{inner} & {span.text.strip() or mask}"
    return None


# ------------------------------------------------------------------------------------------------ actions


def _use(env: Env, node: tree.ActionUse) -> typed.ActionUse:
    check(env, node.annotations)
    action, arguments = _action(env, node.action)
    directed = tuple(each for each in action.parameters if each.direction)
    bound = bind(env, action.name, directed, arguments or (), env.span(node))
    only_default = has(node.annotations, "defaultonly", "default_only")
    return typed.ActionUse(action, bound, only_default, has(node.annotations, "tableonly", "table_only"))


def _action(env: Env, node: tree.Node) -> tuple[typed.Action, tuple[tree.Node, ...] | None]:
    """An action and its arguments, None without brackets."""
    target = node.target if isinstance(node, tree.Invocation) else node
    if not isinstance(target, tree.Identifier):
        raise env.refuse(errors.NoValue(what="this", wanted="name of an action", span=env.span(node)))
    found = env.find(target.name, target, "action", target.outermost)
    if not isinstance(found, typed.Action):
        raise env.wrong_kind(target, target.name, found, "an action")
    return found, node.arguments if isinstance(node, tree.Invocation) else None


def _check_uses(env: Env, node: tree.Table, uses: tuple[typed.ActionUse, ...]) -> None:
    seen: set[str] = set()
    for use in uses:
        if use.action.name in seen:
            raise _bad(env, node, f"the action '{use.action.name}' is listed twice", "", node.name)
        seen.add(use.action.name)


def _listed(
    env: Env, node: tree.Table, place: tree.Node, uses: tuple[typed.ActionUse, ...]
) -> tuple[typed.ActionUse, tuple[int, ...]]:
    """The listed action that an entry or default names, and its data."""
    action, arguments = _action(env, place)
    use = next((use for use in uses if use.action is action), None)
    if use is None:
        problem = f"'{action.name.rpartition('.')[2]}' is not among its actions"
        raise _bad(env, node, problem, "add it to 'actions'", place)
    given = arguments or ()
    directed = len(action.parameters) - len(action.data)
    if directed and len(given) == len(action.parameters):
        given = given[directed:]  # P4 repeats the directed arguments of the list of actions
    count_arguments(env, action.name.rpartition(".")[2], given, len(action.data), env.span(place))
    values = []
    for parameter, each in zip(action.data, given, strict=True):
        value = expression(env, each, parameter.type, f"the argument for '{parameter.name}'")
        if not isinstance(value, typed.Constant):
            raise env.refuse(errors.NotConstant(what="an argument here", span=env.span(each)))
        values.append(value.value)
    return use, tuple(values)


def _default(
    env: Env, node: tree.Table, given: tree.Property | None, uses: tuple[typed.ActionUse, ...]
) -> tuple[typed.Action, tuple[int, ...], bool]:
    if given is None:
        nothing = env.find("NoAction", node, "action", outermost=True)
        assert isinstance(nothing, typed.Action)
        return nothing, (), False
    use, arguments = _listed(env, node, given.items[0], uses)
    if use.table_only:
        raise _bad(env, node, "its default action is marked @tableonly", "only entries may use it", given.items[0])
    return use.action, arguments, given.constant


def _entries(
    env: Env,
    node: tree.Table,
    given: tree.Property,
    keys: tuple[typed.Key, ...],
    uses: tuple[typed.ActionUse, ...],
) -> tuple[typed.ConstEntry, ...]:
    if not keys:
        raise _bad(env, node, "it has entries but no key", "add a key", given)
    made = []
    for each in given.items:
        assert isinstance(each, tree.Entry)
        if each.annotations:
            raise env.unsupported(each.annotations[0], "annotations of entries are", "order the entries by preference")
        items = items_of(env, each.keyset, len(keys), entry=True)
        values = tuple(entry_value(env, item, key, node.name.text) for item, key in zip(items, keys, strict=True))
        use, arguments = _listed(env, node, each.action, uses)
        if use.default_only:
            raise _bad(env, node, "an entry uses an action marked @defaultonly", "not for entries", each.action)
        made.append(typed.ConstEntry(values, use.action, arguments, env.span(each)))
    return tuple(made)
