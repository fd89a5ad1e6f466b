"""Controls and parsers: each instance is read on its own, so that its tables, actions and variables are its own."""

from __future__ import annotations

from typing import Literal

from contra.diagnostics import CompileError
from contra.p4 import typed
from contra.p4.front import errors, tree
from contra.p4.front.annotations import check, control_plane_name
from contra.p4.front.expressions import constant_int, expression
from contra.p4.front.keysets import items_of, key_value
from contra.p4.front.operators import kind_of
from contra.p4.front.scope import Broken, ControlType, Env, Packet, ParserType, Refused, Scope
from contra.p4.front.statements import declare_constant, declare_variable, statements
from contra.p4.front.tables import table
from contra.p4.front.types import resolve
from contra.p4.front.v1model import COUNTER_TYPE, PACKETS, REFUSED_EXTERNS
from contra.source import Span

MAX_NESTED = 30
"""Controls within controls."""
MAX_INSTANCES = 2000
MAX_CELLS = 1 << 28
"""Of a register or counter."""


def parameters(env: Env, nodes: tuple[tree.Parameter, ...], action: bool = False) -> tuple[typed.Variable, ...]:
    """Declares the parameters; gives those that are no packets. Raises Refused after the last."""
    made: list[typed.Variable] = []
    failed = False
    for node in nodes:
        check(env, node.annotations)
        try:
            variable = _parameter(env, node, action)
        except Refused:
            env.declare(node.name, Broken())
            failed = True
            continue
        if variable is not None:
            made.append(variable)
    if failed:
        raise Refused
    return tuple(made)


def _parameter(env: Env, node: tree.Parameter, action: bool) -> typed.Variable | None:
    if node.default is not None:
        raise env.unsupported(node.default, "default values of parameters are", "give the argument at each call")
    if isinstance(node.type, tree.NamedType) and node.type.name in PACKETS and not action:
        env.declare(node.name, Packet(node.type.name))
        return None
    kind = resolve(env, node.type)
    direction: typed.Direction = ""
    match node.direction:
        case "in":
            direction = "in"
        case "out":
            direction = "out"
        case "inout":
            direction = "inout"
        case _ if not action:
            direction = "in"
    if (
        action
        and not direction
        and not isinstance(kind, typed.Bits | typed.Boolean | typed.EnumType | typed.ErrorValue)
    ):
        found = kind_of(kind)
        raise env.refuse(
            errors.Mismatch(what="action data", found=found, expected="bit<W> or bool", span=env.span(node))
        )
    variable = typed.Variable(node.name.text, kind, env.span(node.name), direction)
    if action and not direction:
        env.shared.action_data.add(variable)
    env.declare(node.name, variable)
    return variable


def action(env: Env, node: tree.Action) -> typed.Action:
    """An action, declared."""
    env.declare(node.name, Broken())
    inner = env.inner("action")
    given = parameters(inner, node.parameters, action=True)
    directions = [bool(each.direction) for each in given]
    if directions != sorted(directions, reverse=True):
        hint = "put the parameters without direction last"
        what = "a directed parameter"
        raise env.refuse(errors.NotHere(what=what, place="behind action data", hint=hint, span=env.span(node.name)))
    name = control_plane_name(env, node, "action")
    made = typed.Action(name, given, statements(inner.inner(), node.body.body), env.span(node.name))
    env.scope.names[node.name.text] = made
    return made


# ------------------------------------------------------------------------------------------------ instances


def instance(env: Env, node: tree.Instance) -> None:
    """`type(arguments) name;` within a control or at the top."""
    env.declare(node.name, Broken())
    kind = node.type
    if not isinstance(kind, tree.NamedType):
        raise env.refuse(errors.NoValue(what="this type", wanted="type with instances", span=env.span(kind)))
    if kind.name in REFUSED_EXTERNS:
        raise env.unsupported(kind, f"the extern '{kind.name}' is", REFUSED_EXTERNS[kind.name])
    entity: typed.Register | typed.Counter | typed.Control
    if kind.name == "register":
        entity = _register(env, node, kind)
    elif kind.name == "counter":
        entity = _counter(env, node)
    else:
        entity = _control_instance(env, node, kind)
    env.scope.names[node.name.text] = entity


def _size(env: Env, node: tree.Node, what: str) -> int:
    size = constant_int(env, node, what)
    if not 0 <= size <= MAX_CELLS:
        wanted = f"0 to {MAX_CELLS}"
        raise env.refuse(errors.OutOfRange(what=what, value=str(size)[:40], expected=wanted, span=env.span(node)))
    return size


def _count(env: Env, node: tree.Instance, name: str, expected: int) -> None:
    if len(node.arguments) != expected:
        wanted = f"{expected or 'no'} argument{'' if expected == 1 else 's'}"
        raise env.refuse(
            errors.ArgumentCount(name=name, expected=wanted, found=len(node.arguments), span=env.span(node))
        )


def _register(env: Env, node: tree.Instance, kind: tree.NamedType) -> typed.Register:
    if len(kind.arguments) != 1:
        hint = "register<bit<32>>(1024)"
        raise env.refuse(
            errors.NoValue(what="register without a type", wanted="register", hint=hint, span=env.span(kind))
        )
    cell = resolve(env, kind.arguments[0])
    if not isinstance(cell, typed.Bits):
        construct = f"registers of {kind_of(cell)} are"
        raise env.unsupported(kind.arguments[0], construct, "use bit<W>: concatenate and slice")
    _count(env, node, "register", 1)
    size = _size(env, node.arguments[0], "the size of a register")
    made = typed.Register(control_plane_name(env, node, "register"), cell, size, env.span(node.name))
    if _counts(env):
        env.shared.registers.append(made)
    return made


def _counts(env: Env) -> bool:
    """Whether this belongs to the program: the reading of a control that has no instance does not."""
    return bool(env.main) or env.place == "program"


def _counter(env: Env, node: tree.Instance) -> typed.Counter:
    _count(env, node, "counter", 2)
    size = _size(env, node.arguments[0], "the size of a counter")
    kind = expression(env, node.arguments[1], COUNTER_TYPE, "the kind")
    if not isinstance(kind, typed.Constant):
        raise env.refuse(errors.NotConstant(what="the kind of a counter", span=kind.span))
    kinds: tuple[Literal["packets", "bytes", "packets_and_bytes"], ...]
    kinds = ("packets", "bytes", "packets_and_bytes")
    name = control_plane_name(env, node, "counter")
    made = typed.Counter(name, size, kinds[kind.value], env.span(node.name))
    if _counts(env):
        env.shared.counters.append(made)
    return made


def _control_instance(env: Env, node: tree.Instance, kind: tree.NamedType) -> typed.Control:
    found = env.find(kind.name, kind, "type")
    if isinstance(found, ParserType):
        raise env.unsupported(kind, "parsers within others are", "write the states into one parser")
    if not isinstance(found, ControlType):
        raise env.wrong_kind(kind, kind.name, found, "a control, register or counter")
    if env.place != "control":
        hint = "declare it in the control that applies it"
        raise env.refuse(errors.NotHere(what="an instance of a control", place="here", hint=hint, span=env.span(node)))
    if found.node.constructor is not None:
        raise env.unsupported(kind, "constructor parameters are", "write one control for each value")
    _count(env, node, kind.name, 0)
    name = control_plane_name(env, node)
    if name.count(".") > MAX_NESTED:
        raise env.refuse(errors.TooDeep(limit=MAX_NESTED, span=env.span(node)))
    return control(env, found.node, name)


def control(env: Env, node: tree.Control, name: str, main: str = "") -> typed.Control:
    """An instance of a control with its instance path. Raises Refused where its head is wrong."""
    env.shared.instances += 1
    if env.shared.instances > MAX_INSTANCES:
        env.report(errors.TooLarge(limit=MAX_INSTANCES, what="instances of controls", span=env.span(node.name)))
        raise CompileError(env.shared.reporter.diagnostics)
    env_ = Env(env.shared, Scope(env.shared.outermost), "control", f"{name}.", [], main or env.main)
    env.shared.read.add(node)
    _check_head(env_, node)
    given = parameters(env_, node.parameters)
    env_ = env_.inner()
    env_.tables = []
    body: list[typed.Statement] = []
    for each in node.locals:
        try:
            with env_.deeper(each):
                _local(env_, each, body)
        except Refused:
            continue
    body += statements(env_.inner(), node.body.body)
    made = typed.Control(name, given, tuple(body), tuple(env_.tables), env.span(node.name))
    if env_.main:
        env.shared.tables.extend(env_.tables)
    return made


def _check_head(env: Env, node: tree.Control | tree.Parser) -> None:
    if node.generic:
        raise env.unsupported(node.name, "type parameters are", "write one control for each type")
    if node.constructor is not None:
        raise env.unsupported(node.constructor[0] if node.constructor else node.name, "constructor parameters are", "")


def _local(env: Env, node: tree.Declaration, body: list[typed.Statement]) -> None:
    check(env, node.annotations)
    match node:
        case tree.Constant():
            declare_constant(env, node)
        case tree.Variable():
            body.append(declare_variable(env, node))
        case tree.Instance():
            instance(env, node)
        case tree.Action():
            action(env, node)
        case tree.Table():
            env.declare(node.name, Broken())
            made = table(env, node)
            env.scope.names[node.name.text] = made
            env.tables.append(made)


# ------------------------------------------------------------------------------------------------ parsers


def parser(env: Env, node: tree.Parser, name: str, main: str = "") -> typed.Parser:
    """The parser."""
    inside = Env(env.shared, Scope(env.shared.outermost), "parser", f"{name}.", [], main)
    env.shared.read.add(node)
    _check_head(inside, node)
    given = parameters(inside, node.parameters)
    inside = inside.inner()
    body: list[typed.Statement] = []
    for each in node.locals:
        try:
            if isinstance(each, tree.Instance):
                raise env.unsupported(each, "instances in a parser are", "use them in a control")
            _local(inside, each, body)
        except Refused:
            continue
    places: dict[str, Span] = {}
    for state in node.states:
        word = state.name.text
        if word in places or word in ("accept", "reject"):
            first = places.get(word)
            env.report(errors.Duplicate(name=word, first=first, span=env.span(state.name)))
        places[word] = env.span(state.name)
    if "start" not in places:
        problem = f"the parser {node.name.text} has no state 'start'"
        raise env.refuse(errors.BadProgram(problem=problem, hint="begins in 'start'", span=env.span(node.name)))
    targets = (*places, "accept", "reject")
    states = {}
    for state in node.states:
        try:
            states[state.name.text] = _state(inside.inner(), state, targets)
        except Refused:
            continue
    return typed.Parser(name, given, tuple(body), states, env.span(node.name))


def _state(env: Env, node: tree.State, targets: tuple[str, ...]) -> typed.State:
    check(env, node.annotations)
    body = statements(env, node.body)
    name = node.name.text
    if node.direct is not None:
        case = typed.SelectCase((), _target(env, node.direct, targets), env.span(node.direct))
        return typed.State(name, body, (), (case,), env.span(node.name))
    if not node.subjects:
        case = typed.SelectCase((), "reject", env.span(node.name))  # no transition: reject (section 13.5)
        return typed.State(name, body, (), (case,), env.span(node.name))
    subjects = tuple(expression(env, each) for each in node.subjects)
    for each in subjects:
        if not isinstance(each.type, typed.Bits | typed.Boolean | typed.EnumType | typed.ErrorValue):
            found = kind_of(each.type)
            raise env.refuse(errors.Mismatch(what="what is selected", found=found, expected="a number", span=each.span))
    cases = tuple(_case(env, each, subjects, targets) for each in node.cases)
    return typed.State(name, body, subjects, cases, env.span(node.name))


def _case(
    env: Env, node: tree.Case, subjects: tuple[typed.Expression, ...], targets: tuple[str, ...]
) -> typed.SelectCase:
    items = items_of(env, node.keyset, len(subjects))
    keys = tuple(key_value(env, item, each.type) for item, each in zip(items, subjects, strict=True))
    return typed.SelectCase(keys, _target(env, node.target, targets), env.span(node))


def _target(env: Env, name: tree.Token, targets: tuple[str, ...]) -> str:
    if name.text not in targets:
        raise env.refuse(errors.UnknownName(kind="state", name=name.text, candidates=targets, span=env.span(name)))
    return name.text
