"""Statements, calls excepted: assignments, branches, declarations of locals."""

from __future__ import annotations

from contra.p4 import typed
from contra.p4.front import errors, tree
from contra.p4.front.annotations import check
from contra.p4.front.calls import call
from contra.p4.front.expressions import applied_table, coerced, condition, expression, value_of
from contra.p4.front.lvalues import check_lvalue
from contra.p4.front.operators import kind_of
from contra.p4.front.scope import Broken, ConstantName, Env, Int, Refused
from contra.p4.front.types import resolve, resolve_any


def statements(env: Env, nodes: tuple[tree.Node, ...]) -> tuple[typed.Statement, ...]:
    """Statements in a row, in the scope of `env`; what is wrong is reported and left out."""
    made: list[typed.Statement] = []
    for node in nodes:
        try:
            with env.deeper(node):
                one = statement(env, node)
        except Refused:
            continue
        if one is not None:
            made.append(one)
    return tuple(made)


def block(env: Env, node: tree.Node | None) -> tuple[typed.Statement, ...]:
    """The body of a branch, in a scope of its own."""
    if node is None:
        return ()
    return statements(env.inner(), node.body if isinstance(node, tree.Block) else (node,))


def statement(env: Env, node: tree.Node) -> typed.Statement | None:
    """One statement; None where it leaves nothing to do."""
    match node:
        case tree.Assignment():
            return _assignment(env, node)
        case tree.Call(expression=inner):
            return call(env, inner, env.span(node))
        case tree.Branch(condition=test, yes=yes, no=no):
            _not_in_parser(env, node, "if")
            return typed.If(condition(env, test), block(env, yes), block(env, no), env.span(node))
        case tree.Annotated(annotations=annotations):
            place = "before such a statement"
            raise env.refuse(errors.NotHere(what="an annotation", place=place, span=env.span(annotations[0])))
        case tree.Block():
            check(env, node.annotations)
            return typed.Block(block(env, node), env.span(node))
        case tree.Switch():
            return _switch(env, node)
        case tree.Leave():
            return _leave(env, node)
        case tree.Empty():
            return None
        case tree.Constant():
            check(env, node.annotations)
            declare_constant(env, node)
            return None
        case tree.Variable():
            check(env, node.annotations)
            return declare_variable(env, node)
        case tree.Instance():
            hint = "declare it before 'apply'"
            raise env.refuse(
                errors.NotHere(what="an instance", place="among statements", hint=hint, span=env.span(node))
            )
    raise AssertionError(node)


def declare_constant(env: Env, node: tree.Constant) -> None:
    """`const`."""
    env.declare(node.name, Broken())
    wanted = resolve_any(env, node.type)
    value = value_of(env, node.value)
    if wanted == "int":
        if not isinstance(value, Int):
            raise env.refuse(errors.Mismatch(what="this", found=kind_of(value.type), expected="int", span=value.span))
    else:
        value = coerced(env, value, wanted)
        if not isinstance(value, typed.Constant):
            if isinstance(value, typed.ListValue):
                raise env.unsupported(node.value, "constants of struct and header types are", "write the values out")
            raise env.refuse(errors.NotConstant(what=f"the value of '{node.name.text}'", span=env.span(node.value)))
    env.scope.names[node.name.text] = ConstantName(value)


def declare_variable(env: Env, node: tree.Variable) -> typed.Statement:
    """A local variable."""
    kind = Broken()
    try:
        found = resolve(env, node.type)
        initial = None if node.initial is None else expression(env, node.initial, found, "the initial value")
    except Refused:
        env.declare(node.name, kind)
        raise
    variable = typed.Variable(node.name.text, found, env.span(node.name))
    env.declare(node.name, variable)
    return typed.Declare(variable, initial, env.span(node))


def _not_in_parser(env: Env, node: tree.Node, what: str) -> None:
    if env.place == "parser":
        construct = f"'{what}' in a parser is"
        raise env.unsupported(node, construct, "use transition select(...)")


def _assignment(env: Env, node: tree.Assignment) -> typed.Statement:
    target = expression(env, node.target)
    check_lvalue(env, target)
    return typed.Assign(target, expression(env, node.value, target.type, "the value"), env.span(node))


def _leave(env: Env, node: tree.Leave) -> typed.Statement:
    if env.place == "parser":
        what = f"'{node.which}'"
        raise env.refuse(
            errors.NotHere(what=what, place="in a parser", hint="use transition accept", span=env.span(node))
        )
    if node.value is not None:
        raise env.refuse(
            errors.NoValue(what="what a control or action gives back", wanted="value", span=env.span(node.value))
        )
    return typed.Leave("exit" if node.which == "exit" else "return", env.span(node))


# ------------------------------------------------------------------------------------------------ switch


def _switch(env: Env, node: tree.Switch) -> typed.Statement:
    _not_in_parser(env, node, "switch")
    subject: typed.Table | typed.Expression
    table = _action_run(env, node.subject)
    subject = table if table is not None else expression(env, node.subject)
    scalar = typed.Bits | typed.EnumType | typed.ErrorValue | typed.Boolean
    if not isinstance(subject, typed.Table) and not isinstance(subject.type, scalar):
        found, expected = kind_of(subject.type), "a number or enum"
        raise env.refuse(errors.Mismatch(what="the subject", found=found, expected=expected, span=subject.span))
    cases: list[typed.SwitchCase] = []
    labels: list[typed.Action | typed.Constant] = []
    default, seen = False, set[object]()
    for case in node.cases:
        if default and cases and cases[-1].default:
            raise env.refuse(errors.Unused(reason="it stands behind 'default'", span=env.span(case)))
        if case.label is None:
            default = True
        else:
            label = _label(env, subject, case.label)
            key: object = label.value if isinstance(label, typed.Constant) else label
            if key in seen:
                raise env.refuse(errors.Unused(reason="an earlier case has the same label", span=env.span(case)))
            seen.add(key)
            labels.append(label)
        if case.block is not None:
            cases.append(typed.SwitchCase(tuple(labels), default, block(env, case.block), env.span(case)))
            labels = []
    if labels or (default and not (cases and cases[-1].default)):
        last = node.cases[-1]
        cases.append(typed.SwitchCase(tuple(labels), default, (), env.span(last)))
    return typed.Switch(subject, tuple(cases), env.span(node))


def _action_run(env: Env, node: tree.Node) -> typed.Table | None:
    if not (isinstance(node, tree.MemberOf) and node.name.text == "action_run"):
        return None
    return applied_table(env, node.base) if isinstance(node.base, tree.Invocation) else None


def _label(env: Env, subject: typed.Table | typed.Expression, node: tree.Node) -> typed.Action | typed.Constant:
    if not isinstance(subject, typed.Table):
        value = expression(env, node, subject.type, "the label")
        if not isinstance(value, typed.Constant):
            raise env.refuse(errors.NotConstant(what="a label", span=env.span(node)))
        return value
    names = {use.action.name.rpartition(".")[2]: use.action for use in subject.actions}
    if isinstance(node, tree.Identifier):
        found = env.find(node.name, node, "action")
        if isinstance(found, typed.Action) and any(found is use.action for use in subject.actions):
            return found
        where = f" in table {subject.name}"
        missing = errors.UnknownName(
            kind="action", name=node.name, where=where, candidates=tuple(names), span=env.span(node)
        )
        raise env.refuse(missing)
    raise env.refuse(errors.NoValue(what="this label", wanted="name of an action", span=env.span(node)))
