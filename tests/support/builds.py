"""Whole builds in memory: policy text and topology in, deployment and files out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from contra import ir, syntax
from contra.analysis import analyse
from contra.check import check
from contra.diagnostics import Reporter
from contra.emit import emit
from contra.emit.inputs import InputFile
from contra.emit.runtime import RuntimeWriter, node_names
from contra.ir import Configurator, Deployment
from contra.options import ProtocolOptions
from contra.product import build
from contra.source import SourceFile
from contra.topology import Defaults, load_source
from contra.topology.model import Declaration, Topology

INPUTS = (
    InputFile(kind="policy", name="policy.ctr", sha256="0" * 64),
    InputFile(kind="topology", name="topo.json", sha256="1" * 64),
)
DEFAULTS = ProtocolOptions()


def topology_of(content: Mapping[str, Any]) -> Topology:
    """A topology in our JSON form, read by the real reader."""
    source = SourceFile("topo.json", json.dumps(content, ensure_ascii=False))
    return load_source(source, Reporter(), defaults=Defaults())


def lowered(policy: str, topology: Topology, options: ProtocolOptions = DEFAULTS) -> Deployment:
    """Policy text through all stages up to the switch programs. Raises CompileError."""
    reporter = Reporter()
    source = SourceFile("policy.ctr", policy)
    checked = check(syntax.parse(source, reporter), topology, reporter, source)
    graph = build(analyse(checked, reporter), topology, reporter)
    deployment = ir.lower(graph, options, reporter)
    ir.verify(deployment)
    return deployment


def files(deployment: Deployment) -> dict[str, str]:
    """Every file of the build by path."""
    return dict(emit(deployment, INPUTS, deployment.graph.policy.checked.source.text))


def runtime(build: Mapping[str, str], switch: str) -> dict[str, Any]:
    """The parsed runtime.json of a switch."""
    return json.loads(build[f"switches/{switch}/runtime.json"])


def with_cost(topology: Topology, combine: str = "sum", unit: str = "euro") -> Topology:
    """The topology with an attribute `cost`: the number of the link, in halves."""
    links = (replace(link, attributes=(("cost", Fraction(link.index + 1, 2)),)) for link in topology.links)
    return replace(topology, links=tuple(links), declarations=(Declaration("cost", combine, unit),))


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by relative path."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def runtimes(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """The parsed runtime.json of every switch by name, without the rest of the build."""
    configurator, writer = (
        Configurator(deployment),
        RuntimeWriter(deployment.graph.topology, node_names(deployment.graph)),
    )
    return {
        switch.name: json.loads(writer.text(configurator.configure(switch.index)))
        for switch in deployment.graph.topology.switches
    }


def manifest(deployment: Deployment) -> dict[str, Any]:
    """The parsed manifest.json."""
    return json.loads(files(deployment)["manifest.json"])


def tables(config: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Entries of a runtime.json by the last word of the table's name."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for entry in config["table_entries"]:
        rows.setdefault(entry["table"].rpartition(".")[2], []).append(entry)
    return rows
