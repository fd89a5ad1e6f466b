"""Calls as statements: actions, apply, methods of headers, stacks, packets and registers, v1model's functions."""

from __future__ import annotations

from contra.p4 import typed
from contra.p4.front import errors, tree
from contra.p4.front.expressions import applied_table, constant_int, expression, header_of
from contra.p4.front.functions import function
from contra.p4.front.lvalues import bind, check_lvalue, count_arguments
from contra.p4.front.operators import kind_of
from contra.p4.front.scope import Builtin, Env, Packet
from contra.source import Span

_BIT32 = typed.Bits(32)


def call(env: Env, node: tree.Node, span: Span) -> typed.Statement | None:
    """A call as a statement; None where it does nothing."""
    if isinstance(node, tree.MemberOf) and isinstance(node.base, tree.Invocation):
        table = applied_table(env, node.base)
        if table is not None:
            raise env.refuse(
                errors.NoValue(what="this", wanted="statement", hint="leave out what is behind apply()", span=span)
            )
    if not isinstance(node, tree.Invocation):
        hint = "call it: add ()" if isinstance(node, tree.Identifier | tree.MemberOf) else ""
        raise env.refuse(errors.NoValue(what="this", wanted="statement", hint=hint, span=span))
    target = node.target
    if isinstance(target, tree.Identifier):
        return _named(env, node, target, span)
    if isinstance(target, tree.TypeMember):
        construct = "applying a control by the name of its type is"
        instead = f"declare an instance:  {target.type.text}() NAME;  and apply that"
        raise env.unsupported(target, construct, instead)
    if not isinstance(target, tree.MemberOf):
        raise env.refuse(errors.NoValue(what="this", wanted="function", span=env.span(target)))
    return _method(env, node, target, span)


def _named(env: Env, node: tree.Invocation, target: tree.Identifier, span: Span) -> typed.Statement | None:
    found = env.find(target.name, target, "action or function", target.outermost)
    match found:
        case typed.Action():
            if env.place == "parser":
                raise env.refuse(errors.NotHere(what="a call of an action", place="in a parser", span=span))
            return typed.CallAction(found, bind(env, target.name, found.parameters, node.arguments, span), span)
        case Builtin():
            return function(env, node, found.name, span)
    raise env.wrong_kind(target, target.name, found, "an action or function")


def _method(env: Env, node: tree.Invocation, target: tree.MemberOf, span: Span) -> typed.Statement | None:
    table = applied_table(env, node)
    if table is not None:
        return typed.ApplyTable(table, span)
    found = env.find(target.base.name, target.base) if isinstance(target.base, tree.Identifier) else None
    match found:
        case Packet():
            return _packet(env, node, found, target, span)
        case typed.Register():
            return _register(env, node, found, target.name, span)
        case typed.Counter():
            return _counter(env, node, found, target.name, span)
        case typed.Control():
            return _apply_control(env, node, found, target.name, span)
    return _of_value(env, node, target, span)


def _no_method(env: Env, name: tree.Token, where: str, candidates: tuple[str, ...]) -> Exception:
    return env.refuse(
        errors.UnknownName(kind="method", name=name.text, where=where, candidates=candidates, span=env.span(name))
    )


def _apply_control(
    env: Env, node: tree.Invocation, control: typed.Control, name: tree.Token, span: Span
) -> typed.Statement:
    if name.text != "apply":
        raise _no_method(env, name, " of a control", ("apply",))
    if env.place != "control":
        raise env.refuse(errors.NotHere(what="applying a control", place=f"in an {env.place}", span=span))
    return typed.ApplyControl(control, bind(env, "apply", control.parameters, node.arguments, span), span)


def _of_value(env: Env, node: tree.Invocation, target: tree.MemberOf, span: Span) -> typed.Statement | None:
    """Methods of headers and stacks."""
    method = target.name.text
    if method in ("setValid", "setInvalid", "isValid"):
        header = header_of(env, target.base)
        count_arguments(env, method, node.arguments, 0, span)
        if method == "isValid":
            return None
        check_lvalue(env, header, "this header")
        return typed.SetValidity(header, method == "setValid", span)
    if method in ("push_front", "pop_front"):
        stack = expression(env, target.base)
        if not isinstance(stack.type, typed.StackType):
            found = kind_of(stack.type)
            raise env.refuse(errors.Mismatch(what="this", found=found, expected="a header stack", span=stack.span))
        check_lvalue(env, stack, "this stack")
        count_arguments(env, method, node.arguments, 1, span)
        count = constant_int(env, node.arguments[0], "the count")
        if count < 1:
            raise env.refuse(
                errors.OutOfRange(
                    what="the count", value=str(count), expected="1 or more", span=env.span(node.arguments[0])
                )
            )
        return typed.ShiftStack(stack, "push_front" if method == "push_front" else "pop_front", count, span)
    value = expression(env, target.base)
    methods: tuple[str, ...] = ()
    if isinstance(value.type, typed.HeaderType):
        methods = ("setValid", "setInvalid", "isValid")
    if isinstance(value.type, typed.StackType):
        methods = ("push_front", "pop_front")
    raise _no_method(env, target.name, f" of {kind_of(value.type)}", methods)


# ------------------------------------------------------------------------------------------------ packets


def _packet(
    env: Env, node: tree.Invocation, packet: Packet, target: tree.MemberOf, span: Span
) -> typed.Statement | None:
    method, arguments = target.name.text, node.arguments
    if packet.kind == "packet_out":
        if method != "emit":
            raise _no_method(env, target.name, " of packet_out", ("emit",))
        count_arguments(env, method, arguments, 1, span)
        value = expression(env, arguments[0])
        _check_emitted(env, value.type, value.span)
        return typed.Emit(value, span)
    match method:
        case "extract":
            if len(arguments) == 2:
                raise env.unsupported(node, "extract with a length (varbit) is", "give each length a header type")
            count_arguments(env, method, arguments, 1, span)
            if isinstance(arguments[0], tree.Anything):
                raise env.unsupported(arguments[0], "extract(_) is", "use advance(BITS)")
            header = header_of(env, arguments[0])
            check_lvalue(env, header, "the header")
            return typed.Extract(header, span)
        case "advance":
            count_arguments(env, method, arguments, 1, span)
            amount = expression(env, arguments[0], _BIT32, "the number of bits")
            if isinstance(amount, typed.Constant) and amount.value % 8:
                wanted = "a multiple of 8"
                raise env.refuse(
                    errors.OutOfRange(
                        what="the number of bits", value=str(amount.value), expected=wanted, span=amount.span
                    )
                )
            return typed.Advance(amount, span)
        case "lookahead" | "length":
            expression(env, node)
            return None
    raise _no_method(env, target.name, " of packet_in", ("extract", "advance", "lookahead", "length"))


def _check_emitted(env: Env, kind: typed.Type, span: Span) -> None:
    match kind:
        case typed.HeaderType() | typed.StackType():
            return
        case typed.StructType():
            for field in kind.fields:
                _check_emitted(env, field.type, span)
        case _:
            expected = "a header, a stack or a struct of them"
            raise env.refuse(errors.Mismatch(what="what is emitted", found=kind_of(kind), expected=expected, span=span))


# ------------------------------------------------------------------------------------------------ state


def _index(env: Env, node: tree.Node) -> typed.Expression:
    return expression(env, node, _BIT32, "the index")


def _register(
    env: Env, node: tree.Invocation, register: typed.Register, name: tree.Token, span: Span
) -> typed.Statement:
    _not_in_parser(env, span, "a register")
    arguments = node.arguments
    if name.text not in ("read", "write"):
        raise _no_method(env, name, " of a register", ("read", "write"))
    count_arguments(env, name.text, arguments, 2, span)
    if name.text == "read":
        target = expression(env, arguments[0], register.cell, "the target")
        check_lvalue(env, target, "the target")
        return typed.RegisterRead(register, target, _index(env, arguments[1]), span)
    index = _index(env, arguments[0])
    return typed.RegisterWrite(register, index, expression(env, arguments[1], register.cell, "the value"), span)


def _counter(env: Env, node: tree.Invocation, counter: typed.Counter, name: tree.Token, span: Span) -> typed.Statement:
    _not_in_parser(env, span, "a counter")
    if name.text != "count":
        raise _no_method(env, name, " of a counter", ("count",))
    count_arguments(env, name.text, node.arguments, 1, span)
    return typed.Count(counter, _index(env, node.arguments[0]), span)


def _not_in_parser(env: Env, span: Span, what: str) -> None:
    if env.place == "parser":
        raise env.refuse(errors.NotHere(what=what, place="in a parser", hint="use it in a control", span=span))
