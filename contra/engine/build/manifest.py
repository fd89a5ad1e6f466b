"""`manifest.json` -> `Manifest`: every value of the kind that it should have, every index within its list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import PurePosixPath
from typing import Any, NoReturn

from contra import __version__
from contra.diagnostics import CompileError, Diagnostic, Reporter, shown
from contra.engine.build.errors import BadManifest, BadReference, Incomplete, NoBuild, OtherVersion
from contra.engine.build.model import (
    CONTRA,
    Branch,
    Cell,
    Clause,
    Constants,
    Input,
    Manifest,
    Metric,
    ProgramRow,
    Rule,
    SwitchRow,
)
from contra.jsontext import JsonDocument, Path, kind_of, read_json
from contra.source import SourceFile

GENERATOR = "contrac"
_MAX = 2**63 - 1
_UNIT = re.compile(r"links|ns|1/[1-9][0-9]{0,8}( .*)?")
_KINDS: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a whole number, not negative",
    bool: "true or false",
}


class Node:
    """A value of the manifest and where it stands. What is not as expected raises CompileError at once."""

    def __init__(self, document: JsonDocument, value: Any, path: Path = (), what: str = "the manifest") -> None:
        self.document, self.value, self.path, self.what = document, value, path, what

    def fail(self, diagnostic: Diagnostic) -> NoReturn:
        """Give up."""
        raise CompileError([diagnostic])

    def of(self, kind: type) -> Any:
        """The value, if it is of this kind."""
        if not self._is(kind):
            span = self.document.span(self.path)
            found = kind_of(self.value)
            self.fail(BadManifest(what=self.what, expected=_KINDS[kind], found=found, span=span))
        return self.value

    def _is(self, kind: type) -> bool:
        if kind is int:
            return type(self.value) is int and 0 <= self.value <= _MAX
        return isinstance(self.value, kind)

    def child(self, key: str) -> Node:
        """The value of a key."""
        members = self.of(dict)
        if key not in members:
            self.fail(Incomplete(where=self.what, key=key, span=self.document.span(self.path)))
        return Node(self.document, members[key], (*self.path, key), f"'{shown(key)}' of {self.what}")

    def items(self) -> Iterator[Node]:
        """The elements of a list."""
        for number, each in enumerate(self.of(list)):
            yield Node(self.document, each, (*self.path, number), f"element {number} of {self.what}")

    def members(self) -> Iterator[tuple[str, Node]]:
        """The members of an object."""
        for key in self.of(dict):
            yield key, self.child(key)

    def text(self, key: str) -> str:
        """A text."""
        return str(self.child(key).of(str))

    def number(self, key: str) -> int:
        """A whole number, not negative."""
        return int(self.child(key).of(int))

    def flag(self, key: str) -> bool:
        """Whether a key that may be left out is true."""
        return key in self.of(dict) and bool(self.child(key).of(bool))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(str(each.of(str)) for each in self.child(key).items())

    def numbers(self, key: str) -> tuple[int, ...]:
        """A list of numbers."""
        return tuple(int(each.of(int)) for each in self.child(key).items())

    def index(self, key: str, length: int, what: str) -> int:
        """An index into a list."""
        child = self.child(key)
        number = int(child.of(int))
        if number >= length:
            reason = f"{child.what} is {number}, but there are only {length} {what}"
            self.fail(BadReference(reason=reason, span=self.document.span(child.path)))
        return number

    def file(self, key: str) -> str:
        """A file below the build."""
        child = self.child(key)
        name = str(child.of(str))
        parts = PurePosixPath(name).parts
        if not name.isprintable() or not parts or "\\" in name or name.startswith("/") or ".." in parts:
            reason = f"'{shown(name)}' is no file of the build"
            self.fail(BadReference(reason=reason, span=self.document.span(child.path)))
        return name


def read_manifest(file: SourceFile, folder: str, reporter: Reporter) -> Manifest:
    """The manifest of a build. Raises CompileError (CTR02xx where it is no JSON, CTR1002 to CTR1006)."""
    document = read_json(file, reporter, "a manifest.json")
    top = Node(document, document.value)
    if not isinstance(document.value, dict) or document.value.get("generator") != GENERATOR:
        reason = "its manifest.json is not by contrac"
        top.fail(NoBuild(path=folder, reason=reason, span=document.span(("generator",))))
    inputs = tuple(Input(kind, each.text("file"), each.text("sha256")) for kind, each in top.child("inputs").members())
    _check_version(top, inputs, folder)
    clauses = tuple(map(_clause, top.child("clauses").items()))
    regexes = tuple(each.text("text") for each in top.child("regexes").items())
    orders = tuple(each.text("order") for each in top.child("probe_classes").items())
    programs = {name: _program(name, each) for name, each in top.child("programs").members()}
    scheme = top.text("scheme")
    policy = top.child("policy") if scheme == CONTRA else None
    manifest = Manifest(
        file=file,
        scheme=scheme,
        inputs=inputs,
        policy=None if policy is None else policy.file("file"),
        policy_sha256="" if policy is None else policy.text("sha256"),
        topology=top.child("topology").file("file"),
        topology_sha256=top.child("topology").text("sha256"),
        constants=_constants(top.child("constants")),
        metrics=tuple(map(_metric, top.child("metrics").items())),
        orders=orders,
        clauses=clauses,
        regexes=regexes,
        rules=tuple(_rule(each, len(clauses), len(regexes), len(orders)) for each in top.child("rules").items()),
        drop_reasons=top.texts("drop_reasons"),
        programs=programs,
        switches={name: _switch(name, each, programs) for name, each in top.child("switches").members()},
    )
    reporter.check()
    return manifest


def _check_version(top: Node, inputs: tuple[Input, ...], folder: str) -> None:
    found = top.text("version")
    if found != __version__:
        names = {each.kind: shown(each.file) for each in inputs}
        top.fail(
            OtherVersion(
                found=shown(found),
                own=__version__,
                command=_command(top, names, folder),
                span=top.document.span(("version",)),
            )
        )


def _command(top: Node, names: dict[str, str], folder: str) -> str:
    """What makes the build anew; builds of early versions name no scheme, and are of policies."""
    topology = names.get("topology", "TOPOLOGY")
    scheme = top.text("scheme") if "scheme" in top.of(dict) else CONTRA
    if scheme != CONTRA:
        return f"contra baseline {shown(scheme)} {topology} -o {folder}"
    return f"contrac {names.get('policy', 'POLICY')} {topology} -o {folder}"


def _constants(node: Node) -> Constants:
    numbers = {each.name: node.number(each.name) for each in fields(Constants) if each.name != "authenticate"}
    return Constants(authenticate=node.flag("authenticate"), **numbers)


def _metric(node: Node) -> Metric:
    words = {key: node.text(key) for key in ("name", "field", "combine", "unit")}
    if not _UNIT.fullmatch(words["unit"]):
        unit = node.child("unit")
        expected = "links, ns, or a fraction such as 1/1000"
        place = node.document.span(unit.path)
        node.fail(BadManifest(what=unit.what, expected=expected, found=kind_of(unit.value), span=place))
    return Metric(bits=node.number("bits"), **words)


def _clause(node: Node) -> Clause:
    return Clause(node.text("file"), node.number("line"), node.number("column"), node.text("text"))


def _rule(node: Node, clauses: int, regexes: int, classes: int) -> Rule:
    branches = []
    for each in node.child("branches").items():
        condition = each.child("if")
        rank = each.child("rank")
        branches.append(
            Branch(
                condition="" if condition.value is None else str(condition.of(str)),
                rank=each.texts("rank") if isinstance(rank.value, list) else (str(rank.of(str)),),
                pid=None if each.child("pid").value is None else each.index("pid", classes, "probe classes"),
                clause=each.index("clause", clauses, "clauses"),
            )
        )
    indices = node.numbers("regexes")
    if any(index >= regexes for index in indices):
        reason = f"'regexes' of {node.what} names a regex that the manifest does not have"
        node.fail(BadReference(reason=reason, span=node.document.span((*node.path, "regexes"))))
    return Rule(tuple(branches), indices)


def _program(name: str, node: Node) -> ProgramRow:
    rank = node.child("rank")
    return ProgramRow(
        name=name,
        file=node.file("p4"),
        sha256=node.text("sha256"),
        role=node.text("role"),
        cells=tuple(map(_cell, node.child("cells").items())),
        rank_bits=rank.number("bits"),
        rank_components=rank.numbers("components"),
        query_value_bits=node.number("query_value_bits") if "query_value_bits" in node.of(dict) else 0,
    )


def _cell(node: Node) -> Cell:
    parts = []
    for each in node.child("fields").items():
        pair = list(each.items())
        if len(pair) != 2:
            found = kind_of(each.value)
            span = node.document.span(each.path)
            node.fail(BadManifest(what=each.what, expected="a name and its bits", found=found, span=span))
        parts.append((str(pair[0].of(str)), int(pair[1].of(int))))
    if sum(bits for _, bits in parts) != node.number("bits"):
        reason = f"the fields of cell '{shown(node.text('name'))}' do not have {node.number('bits')} bits together"
        node.fail(BadReference(reason=reason, span=node.document.span((*node.path, "fields"))))
    return Cell(node.text("name"), node.number("slots"), node.number("bits"), node.text("index"), tuple(parts))


def _switch(name: str, node: Node, programs: dict[str, ProgramRow]) -> SwitchRow:
    program = node.text("program")
    if program not in programs:
        reason = f"switch '{shown(name)}' is to run program '{shown(program)}', which the manifest does not have"
        node.fail(BadReference(reason=reason, span=node.document.span((*node.path, "program"))))
    return SwitchRow(
        name=name,
        label=node.text("label"),
        index=node.number("index"),
        program=program,
        p4=node.file("p4"),
        runtime=node.file("runtime"),
        sha256=node.text("sha256"),
    )
