"""`Deployment` -> the files of a build.

Consumes verified switch programs, produces (relative path, text) pairs one at a time, in stable order; equal input
gives equal bytes. Writing them is the business of `contra.emit.output`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contra.emit.inputs import InputFile
    from contra.ir.model import Deployment

__all__ = ["emit"]


def emit(deployment: Deployment, inputs: Sequence[InputFile], canonical: str) -> Iterator[tuple[str, str]]:
    """Every file of the build: relative path and content. The manifest comes last.

    `canonical` is the policy in canonical form.
    """
    from contra.emit.manifest import RuntimeFile, digest, manifest_text
    from contra.emit.runtime import RuntimeWriter, node_names
    from contra.emit.tools import lua_text, scapy_text
    from contra.emit.v1model import p4_text, policy_text
    from contra.ir.entries import Configurator
    from contra.product import to_dot, to_json
    from contra.topology import to_json as topology_text

    source = deployment.graph.policy.checked.source
    policy = policy_text(source)
    programs = {p.name: p4_text(p, deployment.clauses, policy) for p in deployment.programs}
    for name, text in programs.items():
        yield f"programs/{name}.p4", text
    graph = deployment.graph
    configurator, writer = Configurator(deployment), RuntimeWriter(graph.topology, node_names(graph))
    runtimes = []
    for switch in deployment.graph.topology.switches:
        config = configurator.configure(switch.index)
        runtime = writer.text(config)
        runtimes.append(RuntimeFile(digest(runtime), len(config.entries), len(config.groups)))
        folder = f"switches/{switch.name}"
        yield f"{folder}/{switch.name}.p4", programs[config.program]
        yield f"{folder}/runtime.json", runtime
    topology = topology_text(deployment.graph.topology)
    yield "policy.ctr", canonical
    yield "topology.json", topology
    yield "graph/product.json", to_json(deployment.graph)
    yield "graph/product.dot", to_dot(deployment.graph)
    yield "tools/contra_headers.py", scapy_text(deployment)
    yield "tools/contra.lua", lua_text(deployment)
    yield "manifest.json", manifest_text(deployment, inputs, programs, canonical, topology, runtimes)
