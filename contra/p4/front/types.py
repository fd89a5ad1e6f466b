"""Types in the tree -> types of the typed program."""

from __future__ import annotations

from typing import Literal

from contra.p4 import typed
from contra.p4.front import errors, tree
from contra.p4.front.fold import bits
from contra.p4.front.scope import Broken, Env, TypeName
from contra.p4.front.v1model import PACKAGE, PACKETS, REFUSED_EXTERNS, STATEFUL

_MAX_STACK = 1024
_MAX_SCALARS = 20_000
_MAX_LEVELS = 20


def constant_int(env: Env, node: tree.Node, what: str, wanted: typed.Bits | None = None) -> int:
    """A width, a size or a value of an enum. Types have numbers in them, and numbers casts to types."""
    from contra.p4.front import expressions

    return expressions.constant_int(env, node, what, wanted)


def resolve(env: Env, node: tree.Node) -> typed.Type:
    """A type that values at run time have."""
    found = resolve_any(env, node)
    if found == "int":
        construct = "variables and fields of type int (arbitrary precision) are"
        raise env.unsupported(node, construct, "use bit<W> or int<W>")
    return found


def resolve_any(env: Env, node: tree.Node) -> typed.Type | Literal["int"]:
    """A type, `int` of arbitrary precision among them."""
    match node:
        case tree.BitsType(width=None, signed=signed):
            return "int" if signed else typed.Bits(1)
        case tree.BitsType(width=width, signed=signed):
            assert width is not None
            return bits(env, constant_int(env, width, "a width"), signed, env.span(width))
        case tree.PlainType(word="bool"):
            return typed.Boolean()
        case tree.PlainType(word="error"):
            return typed.ErrorValue()
        case tree.PlainType():
            raise env.refuse(
                errors.NotHere(what="'void'", place="where a type of values is wanted", span=env.span(node))
            )
        case tree.StackType(header=header, size=size):
            return _stack(env, header, size)
        case tree.NamedType():
            return _named(env, node)
    raise AssertionError(node)


def _stack(env: Env, header: tree.Node, size: tree.Node) -> typed.StackType:
    kind = resolve(env, header)
    if not isinstance(kind, typed.HeaderType):
        raise env.refuse(
            errors.Mismatch(what="the element of a stack", found=str(kind), expected="a header", span=env.span(header))
        )
    count = constant_int(env, size, "the size of a stack")
    if not 1 <= count <= _MAX_STACK:
        wanted = f"1 to {_MAX_STACK}"
        raise env.refuse(
            errors.OutOfRange(what="the size of a stack", value=str(count), expected=wanted, span=env.span(size))
        )
    return typed.StackType(kind, count)


def _named(env: Env, node: tree.NamedType) -> typed.Type | Literal["int"]:
    if node.name in REFUSED_EXTERNS:
        raise env.unsupported(node, f"the extern '{node.name}' is", REFUSED_EXTERNS[node.name])
    if node.name in (*PACKETS, *STATEFUL, PACKAGE):
        raise env.refuse(
            errors.NotHere(what=f"'{node.name}'", place="where a type of values is wanted", span=env.span(node))
        )
    found = env.find(node.name, node, "type")
    if not isinstance(found, TypeName):
        raise env.wrong_kind(node, node.name, found, "a type of values")
    if node.arguments:
        raise env.unsupported(node, "type arguments of such types are")
    return found.type


def typedef(env: Env, node: tree.Typedef) -> None:
    """`typedef` and `type`: the engine takes both for the type itself."""
    env.declare(node.name, Broken())
    inner = env.scope.find(node.type.name) if isinstance(node.type, tree.NamedType) else None
    kind = resolve_any(env, node.type)
    members = inner.members if isinstance(inner, TypeName) else {}
    env.scope.names[node.name.text] = TypeName(kind, members)


def enumeration(env: Env, node: tree.Enumeration) -> None:
    """`enum`, plain or serializable."""
    env.declare(node.name, Broken())
    seen: dict[str, tree.Token] = {}
    for name, _ in node.members:
        if name.text in seen:
            raise env.refuse(errors.Duplicate(name=name.text, first=env.span(seen[name.text]), span=env.span(name)))
        seen[name.text] = name
    if node.underlying is None:
        for name, value in node.members:
            if value is not None:
                what = f"a value for '{name.text}'"
                place = "in an enum without underlying type"
                hint = f"write:  enum bit<8> {node.name.text} {{ ... }}"
                raise env.refuse(errors.NotHere(what=what, place=place, hint=hint, span=env.span(value)))
        env.scope.names[node.name.text] = TypeName(typed.EnumType(node.name.text, tuple(seen)))
        return
    kind = resolve(env, node.underlying)
    if not isinstance(kind, typed.Bits):
        found = str(kind)
        raise env.refuse(
            errors.Mismatch(
                what="the underlying type", found=found, expected="bit<W> or int<W>", span=env.span(node.underlying)
            )
        )
    members: dict[str, int] = {}
    for name, value in node.members:
        if value is None:
            raise env.refuse(
                errors.NoValue(
                    what=f"'{name.text}' alone",
                    wanted="member of a serializable enum",
                    hint=f"give it a value:  {name.text} = 1",
                    span=env.span(name),
                )
            )
        members[name.text] = constant_int(env, value, "the value of a member", kind)
    env.scope.names[node.name.text] = TypeName(kind, members, node.name.text)


def composite(env: Env, node: tree.Composite) -> None:
    """`header` and `struct`."""
    env.declare(node.name, Broken())
    if node.generic:
        raise env.unsupported(node.name, f"generic {node.which}s are", f"declare one {node.which} a type")
    fields: dict[str, typed.Field] = {}
    places: dict[str, tree.Token] = {}
    for each in node.fields:
        name = each.name.text
        if name in places:
            raise env.refuse(errors.Duplicate(name=name, first=env.span(places[name]), span=env.span(each.name)))
        places[name] = each.name
        kind = resolve(env, each.type)
        if node.which == "header" and not isinstance(kind, typed.Bits | typed.Boolean):
            expected = "bit<W>, int<W> or bool"
            what = f"the field '{name}' of a header"
            raise env.refuse(errors.Mismatch(what=what, found=str(kind), expected=expected, span=env.span(each.type)))
        fields[name] = typed.Field(name, kind, field_lists(env, each))
    _check_weight(env, node, [field.type for field in fields.values()])
    make = typed.HeaderType if node.which == "header" else typed.StructType
    made = make(node.name.text, tuple(fields.values()))
    env.scope.names[node.name.text] = TypeName(made)
    for annotation in node.annotations:
        if annotation.name == "controller_header" and isinstance(made, typed.HeaderType):
            env.shared.controller_headers[(annotation.body or "").strip('"')] = made


def _check_weight(env: Env, node: tree.Composite, kinds: list[typed.Type]) -> None:
    """Structs of structs grow fast, and each scalar costs a word for each packet."""
    scalars, levels = 0, 0
    for kind in kinds:
        times = kind.size if isinstance(kind, typed.StackType) else 1
        inner = kind.header if isinstance(kind, typed.StackType) else kind
        weight, depth = env.shared.weights.get(getattr(inner, "name", ""), (1, 0))
        scalars, levels = scalars + weight * times, max(levels, depth + 1)
    if scalars > _MAX_SCALARS:
        what = f"fields in {node.which} {node.name.text}"
        raise env.refuse(errors.TooLarge(limit=_MAX_SCALARS, what=what, span=env.span(node.name)))
    if levels > _MAX_LEVELS:
        raise env.refuse(errors.TooDeep(limit=_MAX_LEVELS, span=env.span(node.name)))
    env.shared.weights[node.name.text] = (scalars, levels)


def field_lists(env: Env, node: tree.Field) -> tuple[int, ...]:
    """The numbers of `@field_list(0, 2)`."""
    found: list[int] = []
    for annotation in node.annotations:
        if annotation.name != "field_list":
            continue
        for word in (annotation.body or "").split(","):
            if not (word.isascii() and word.isdigit() and len(word) < 4 and int(word) < 256):
                raise env.refuse(
                    errors.BadAnnotation(
                        name="field_list",
                        expected="numbers from 0 to 255, such as @field_list(0)",
                        found=f"'{word}'",
                        span=env.span(annotation),
                    )
                )
            found.append(int(word))
    return tuple(dict.fromkeys(found))
