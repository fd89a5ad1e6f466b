"""A file or TopoHub name -> Topology.

The format is told by content; only the modules of that format are imported.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import Any

from contra.diagnostics import Reporter, report, shown
from contra.jsontext import JsonDocument, kind_of, read_json
from contra.source import SourceFile
from contra.topology.build import build
from contra.topology.format_errors import UnknownFormat, WrongType
from contra.topology.jsonform import MAX_LABEL
from contra.topology.model import Topology
from contra.topology.ours import read_ours
from contra.topology.raw import Defaults, RawTopology
from contra.topology.reading import read_source

NO_DEFAULTS = Defaults()

# A drive letter is no prefix: two letters at least.
_ZOO_NAME = re.compile(r"([A-Za-z]{2,20}):([^/\\].*)", re.DOTALL)


def load(spec: str, reporter: Reporter, *, defaults: Defaults = NO_DEFAULTS) -> Topology:
    """The network of a topology file (a path) or of a TopoHub name such as `zoo:Abilene`.

    All errors of the file go to `reporter`; raises CompileError if there is one.
    """
    match = _ZOO_NAME.fullmatch(spec)
    if match and not _exists(spec):
        from contra.topology.zoo import read_zoo

        file = read_zoo(match.group(1), match.group(2), reporter)
    else:
        file = read_source(spec, reporter)
    return load_source(file, reporter, defaults=defaults)


def load_source(file: SourceFile, reporter: Reporter, *, defaults: Defaults = NO_DEFAULTS) -> Topology:
    """The network of a topology text; its format is told by content."""
    raw = _read(file, reporter)
    topology = build(raw, reporter, defaults=defaults)
    reporter.check()
    return topology


def _exists(spec: str) -> bool:
    try:
        return Path(spec).exists()
    except (OSError, ValueError):
        return False


def _read(file: SourceFile, reporter: Reporter) -> RawTopology:
    start = file.text.lstrip()[:1]
    suffix = PurePath(file.name).suffix.lower()
    if start == "<":
        return _read_xml(file, reporter)
    if start in ("{", "[") or suffix == ".json":
        return _read_json(read_json(file, reporter), reporter)
    hint = ""
    start_word = file.text.split(maxsplit=1)[0]
    if suffix == ".gml" or start_word.startswith("graph"):
        hint = "GML is not read; convert it: networkx.write_graphml(networkx.read_gml('x.gml'), 'x.graphml')"
    if suffix in (".ctr", ".hula") or start_word.startswith("minimize"):
        hint = "this is a policy; the topology comes second:  contrac POLICY TOPOLOGY"
    found = f"it begins with '{shown(start_word)}'"
    reporter.report(UnknownFormat(name=shown(file.name), found=found, hint=hint))
    reporter.check()
    raise AssertionError("unreachable: check() raised")


def _read_xml(file: SourceFile, reporter: Reporter) -> RawTopology:
    from contra.topology.graphml import read_graphml
    from contra.topology.prototype import read_prototype
    from contra.topology.xmltext import read_xml

    document = read_xml(file, reporter)
    name = _stem(file)
    if document.root.tag == "graphml":
        return read_graphml(document, name, reporter)
    if document.root.tag == "topology":
        return read_prototype(document, name, reporter)
    found = f"the outermost element is <{shown(document.root.tag)}>, expected <graphml> or <topology>"
    span = document.span(document.root)
    reporter.report(UnknownFormat(name=shown(file.name), found=found, span=span))
    reporter.check()
    raise AssertionError("unreachable: check() raised")


def _read_json(document: JsonDocument, reporter: Reporter) -> RawTopology:
    name = _stem(document.file)
    value = document.value
    if not isinstance(value, dict):
        span = document.span(())
        hint = 'begin with {"switches": {"A": {}, "B": {}}, "links": [{"ends": ["A", "B"]}]}'
        found = kind_of(value)
        report(reporter, WrongType(what="a topology", expected="an object", found=found, hint=hint, span=span))
        reporter.check()
    if "nodes" in value and "switches" not in value:
        from contra.topology.nodelink import read_nodelink

        return read_nodelink(document, name, reporter)
    if _is_p4utils_application(value):
        hint = "give the topology.json that p4-utils writes when it starts the network"
        span = document.span(("topology",), key=True)
        found = "it is an application file of p4-utils (p4app.json)"
        report(reporter, UnknownFormat(name=shown(document.file.name), found=found, hint=hint, span=span))
        reporter.check()
    from contra.topology.tutorials import looks_like_tutorials, read_tutorials

    if looks_like_tutorials(value):
        return read_tutorials(document, name, reporter)
    return read_ours(document, name, reporter)


def _is_p4utils_application(value: dict[str, Any]) -> bool:
    return isinstance(value.get("topology"), dict) and "switches" not in value


def _stem(file: SourceFile) -> str:
    """The name of a topology that does not state one: that of its file."""
    return PurePath(file.name).stem.removesuffix(".topo")[:MAX_LABEL] or "topology"
