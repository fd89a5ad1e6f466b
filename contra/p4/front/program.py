"""The whole program: declarations at the top, and what `V1Switch(...) main` is made of."""

from __future__ import annotations

from contextlib import suppress

from contra.diagnostics import InternalError, Reporter
from contra.p4 import typed
from contra.p4.front import errors, tree
from contra.p4.front.annotations import check, has
from contra.p4.front.controls import action, control, instance, parser
from contra.p4.front.operators import kind_of
from contra.p4.front.scope import Broken, Builtin, ControlType, Env, ParserType, Refused, Scope, Shared, TypeName
from contra.p4.front.statements import declare_constant
from contra.p4.front.types import composite, enumeration, typedef
from contra.p4.front.v1model import CALLS, ERRORS, PACKAGE, REFUSED_CALLS, TAKEN, TYPE_NAMES, TYPES
from contra.source import SourceFile

_PARTS = ("parser", "verify", "ingress", "egress", "compute", "deparser")
_SHAPES: dict[str, tuple[tuple[str, ...], ...]] = {
    "parser": (("out", "headers"), ("inout", "metadata"), ("inout", "standard")),
    "verify": (("inout", "headers"), ("inout", "metadata")),
    "ingress": (("inout", "headers"), ("inout", "metadata"), ("inout", "standard")),
    "egress": (("inout", "headers"), ("inout", "metadata"), ("inout", "standard")),
    "compute": (("inout", "headers"), ("inout", "metadata")),
    "deparser": (("in", "headers"),),
}


def check_program(program: tree.Program, source: SourceFile, reporter: Reporter) -> typed.Program:
    """The typed program. Raises CompileError with all that is wrong."""
    env = _outermost(source, reporter, program)
    main: tree.Instance | None = None
    for node in program.declarations:
        try:
            if isinstance(node, tree.Instance) and _is_package(node):
                main = _main(env, node, main)
            else:
                _declaration(env, node)
        except Refused:
            continue
    made: typed.Program | None = None
    if main is not None:
        with suppress(Refused):
            made = _assembled(env, main)
    _unused(env, program)
    if main is None and not reporter.has_errors:
        end = len(source.text)
        env.report(errors.NoMain(span=source.span(end, end)))
    reporter.check()
    if made is None:
        raise InternalError("a program without diagnostics was not read")
    return made


def _outermost(source: SourceFile, reporter: Reporter, program: tree.Program) -> Env:
    scope = Scope(None)
    for name, kind in TYPES.items():
        scope.names[name] = TypeName(kind)
    for name in (*CALLS, *REFUSED_CALLS):
        scope.names[name] = Builtin(name)
    scope.names["NoAction"] = typed.Action("NoAction", (), (), source.span(0, 0))
    for name in (*scope.names, *TYPE_NAMES, *TAKEN):
        scope.places[name] = source.span(0, 0)
    shared = Shared(source, reporter, scope, errors=list(ERRORS))
    env = Env(shared, scope)
    for node in program.declarations:
        if isinstance(node, tree.Errors):
            for word in node.names:
                if word.text in shared.errors:
                    env.report(errors.Duplicate(name=word.text, span=env.span(word)))
                else:
                    shared.errors.append(word.text)
    return env


def _is_package(node: tree.Instance) -> bool:
    return isinstance(node.type, tree.NamedType) and node.type.name == PACKAGE


def _main(env: Env, node: tree.Instance, earlier: tree.Instance | None) -> tree.Instance:
    if node.name.text != "main":
        what = f"'{node.name.text}'"
        raise env.refuse(errors.WrongKind(name=node.name.text, found=what, expected="main", span=env.span(node.name)))
    if earlier is not None:
        raise env.refuse(errors.Duplicate(name="main", first=env.span(earlier.name), span=env.span(node.name)))
    return node


def _declaration(env: Env, node: tree.Node) -> None:
    if isinstance(node, tree.Declaration):
        check(env, node.annotations)
    match node:
        case tree.Typedef():
            typedef(env, node)
        case tree.Constant():
            declare_constant(env, node)
        case tree.Enumeration():
            enumeration(env, node)
        case tree.Composite():
            composite(env, node)
            for field in node.fields:
                check(env, field.annotations)
        case tree.Parser():
            env.declare(node.name, ParserType(node))
        case tree.Control():
            env.declare(node.name, ControlType(node))
            if has(node.annotations, "name"):
                raise env.unsupported(node.annotations[0], "@name of a control type is", "rename the control")
        case tree.Action():
            action(env, node)
        case tree.Instance():
            instance(env, node)
        case tree.Function():
            env.declare(node.name, Broken())
            raise env.unsupported(
                node.name, "function declarations are", "use an action, or a control with an out parameter"
            )


# ------------------------------------------------------------------------------------------------ V1Switch


def _assembled(env: Env, main: tree.Instance) -> typed.Program:
    if len(main.arguments) != len(_PARTS):
        expected = f"{len(_PARTS)} arguments: {', '.join(_PARTS)}"
        count = len(main.arguments)
        raise env.refuse(errors.ArgumentCount(name=PACKAGE, expected=expected, found=count, span=env.span(main)))
    parts: dict[str, typed.Control] = {}
    read: typed.Parser | None = None
    failed = False
    for part, argument in zip(_PARTS, main.arguments, strict=True):
        try:
            if part == "parser":
                read = _parser_part(env, argument)
            else:
                parts[part] = _control_part(env, part, argument)
        except Refused:
            failed = True
    if failed or read is None:
        raise Refused
    headers, metadata = _structs(env, main, read)
    for part in _PARTS[1:]:
        _check_shape(env, part, parts[part].parameters, parts[part], headers, metadata)
    shared = env.shared
    return typed.Program(
        headers=headers,
        metadata=metadata,
        parser=read,
        registers=tuple(shared.registers),
        counters=tuple(shared.counters),
        tables=tuple(shared.tables),
        errors=tuple(shared.errors),
        packet_in_header=shared.controller_headers.get("packet_in"),
        packet_out_header=shared.controller_headers.get("packet_out"),
        **parts,
    )


def _constructed(env: Env, part: str, argument: tree.Node) -> ControlType | ParserType:
    if not isinstance(argument, tree.Construction):
        hint = "such as  MyIngress()"
        raise env.refuse(errors.NoValue(what="this", wanted=f"new {part}", hint=hint, span=env.span(argument)))
    if argument.arguments:
        raise env.unsupported(argument, "constructor arguments are", "write one control for each value")
    found = env.find(argument.type.name, argument.type, "type")
    if not isinstance(found, ParserType if part == "parser" else ControlType):
        expected = "a parser" if part == "parser" else f"the control for {part}"
        raise env.wrong_kind(argument.type, argument.type.name, found, expected)
    wanted = len(_SHAPES[part]) + (part in ("parser", "deparser"))
    if len(found.node.parameters) != wanted:
        name = found.node.name
        problem = f"{name.text} has {len(found.node.parameters)} parameters, v1model gives the {part} {wanted}"
        raise env.refuse(errors.BadProgram(problem=problem, hint=f"expected {wanted} parameters", span=env.span(name)))
    return found


def _parser_part(env: Env, argument: tree.Node) -> typed.Parser:
    found = _constructed(env, "parser", argument)
    assert isinstance(found, ParserType)
    return parser(env, found.node, found.node.name.text, "parser")


def _control_part(env: Env, part: str, argument: tree.Node) -> typed.Control:
    found = _constructed(env, part, argument)
    assert isinstance(found, ControlType)
    return control(env, found.node, found.node.name.text, part)


def _structs(env: Env, main: tree.Instance, read: typed.Parser) -> tuple[typed.StructType, typed.StructType]:
    kinds = [each.type for each in read.parameters[:2]]
    if len(read.parameters) != 3 or not all(isinstance(kind, typed.StructType) for kind in kinds):
        problem = f"the parser {read.name} has other parameters than v1model gives it"
        hint = "packet_in, out headers, inout metadata, inout standard_metadata_t"
        raise env.refuse(errors.BadProgram(problem=problem, hint=hint, span=read.span))
    headers, metadata = kinds
    assert isinstance(headers, typed.StructType) and isinstance(metadata, typed.StructType)
    _check_shape(env, "parser", read.parameters, read, headers, metadata)
    for field in headers.fields:
        if not isinstance(field.type, typed.HeaderType | typed.StackType):
            found = kind_of(field.type)
            what = f"the field '{field.name}' of {headers}"
            raise env.refuse(errors.Mismatch(what=what, found=found, expected="a header or stack", span=env.span(main)))
    return headers, metadata


def _check_shape(
    env: Env,
    part: str,
    given: tuple[typed.Variable, ...],
    made: typed.Control | typed.Parser,
    headers: typed.StructType,
    metadata: typed.StructType,
) -> None:
    kinds = {"headers": headers, "metadata": metadata, "standard": typed.STANDARD_METADATA}
    wanted = [(direction, kinds[kind]) for direction, kind in _SHAPES[part]]
    found = [(each.direction, each.type) for each in given]
    if found != wanted:
        problem = f"{made.name} has other parameters than v1model gives the {part}"
        hint = "expected " + ", ".join(f"{direction} {kind}" for direction, kind in wanted)
        raise env.refuse(errors.BadProgram(problem=problem, hint=hint, span=made.span))


def _unused(env: Env, program: tree.Program) -> None:
    """Reads the controls and parsers that nothing uses, for what is wrong in them."""
    env.shared.instances = 0
    for node in program.declarations:
        try:
            if isinstance(node, tree.Control):
                if env.scope.names.get(node.name.text) and node not in env.shared.read:
                    control(env, node, node.name.text)
            elif isinstance(node, tree.Parser) and node not in env.shared.read:
                parser(env, node, node.name.text)
        except Refused:
            continue
