"""A scheme and a network -> the files of a build."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from contra.baselines import SCHEMES, ecmp, hula, letflow, shortest, spain
from contra.baselines.errors import UnknownScheme, Unreachable
from contra.baselines.manifest import manifest_text
from contra.baselines.model import Baseline
from contra.baselines.text import p4_text
from contra.diagnostics import CompileError, Reporter, shown
from contra.emit.inputs import input_file
from contra.emit.manifest import RuntimeFile, digest
from contra.emit.runtime import RuntimeWriter
from contra.options import ProtocolOptions
from contra.suggest import did_you_mean
from contra.topology import to_json as topology_text
from contra.topology.model import Topology

_FILES_PER_EVENT = 256


def prepare(scheme: str, topology: Topology, options: ProtocolOptions, reporter: Reporter, paths: int) -> Baseline:
    """The scheme for a network. Raises CompileError (CTR14xx) where it cannot be run there."""
    made = _prepared(scheme, topology, replace(options, authenticate=False), reporter, paths)
    if made.unreachable:
        source, target = (topology.switches[index].label for index in made.unreachable[0])
        total = len(topology.destinations) * (len(topology.destinations) - 1)
        count = len(made.unreachable)
        reporter.report(Unreachable(scheme=scheme, pairs=count, total=total, source=source, target=target))
    return made


def _prepared(scheme: str, topology: Topology, options: ProtocolOptions, reporter: Reporter, paths: int) -> Baseline:
    match scheme:
        case "shortest-path":
            return shortest.prepare(topology, options)
        case "ecmp":
            return ecmp.prepare(topology, options)
        case "letflow":
            return letflow.prepare(topology, options)
        case "hula":
            return hula.prepare(topology, options, reporter)
        case "spain":
            return spain.prepare(topology, options, paths)
    hint = did_you_mean(scheme, SCHEMES) or f"schemes are {', '.join(SCHEMES)}"
    raise CompileError([UnknownScheme(scheme=shown(scheme), hint=hint)])


def generated_files(baseline: Baseline, named: str, count: Callable[[int], None]) -> Iterator[tuple[str, str]]:
    """Relative path and content of each file of the build, generated one at a time."""
    for number, file in enumerate(_files(baseline, named)):
        if number % _FILES_PER_EVENT == 0:
            count(number)
        yield file


def _files(baseline: Baseline, named: str) -> Iterator[tuple[str, str]]:
    text, network = p4_text(baseline), topology_text(baseline.topology)
    yield f"programs/{baseline.scheme}.p4", text
    tables = {table.name: table.control for table in baseline.program.tables}
    writer, runtimes = RuntimeWriter(baseline.topology, tables=tables), []
    for switch in baseline.topology.switches:
        config = baseline.configure(switch.index)
        runtime = writer.text(config)
        runtimes.append(RuntimeFile(digest(runtime), len(config.entries), len(config.groups)))
        yield f"switches/{switch.name}/{switch.name}.p4", text
        yield f"switches/{switch.name}/runtime.json", runtime
    yield "topology.json", network
    inputs = (input_file("topology", named, lambda: network),)
    yield "manifest.json", manifest_text(baseline, inputs, text, network, runtimes)
