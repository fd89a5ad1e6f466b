"""What the schemes of an experiment run: each scheme compiled once per network, into the folder of results."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from contra.diagnostics import CompileError, Reporter, Severity
from contra.driver import CompileRequest, compile
from contra.experiments.errors import NotBuilt
from contra.experiments.networks import without_links
from contra.experiments.schemes import STATIC, policy_for
from contra.experiments.spec import Network, Scheme, Spec
from contra.topology import to_json
from contra.topology.model import Topology

FOLDER, INPUTS = "builds", "inputs"
"""Folders of the results."""


@dataclass(frozen=True, slots=True)
class Built:
    """A build of a scheme for a network. `digest` is of its programs, entries, constants and topology."""

    name: str
    digest: str


NOTHING = Built("", "")
"""Of kinds that build by themselves."""

Key = tuple[str, str]
"""Names of network and scheme."""


def build_all(
    spec: Spec, wanted: frozenset[Key], folder: Path, reporter: Reporter, say: Callable[[str], None]
) -> Mapping[Key, Built]:
    """Compile what the runs need into `folder`. Raises CompileError where a scheme cannot be had on a network."""
    found: dict[Key, Built] = {}
    for network in spec.networks:
        for scheme in spec.schemes:
            if (network.name, scheme.name) in wanted:
                say(f"compiling {scheme.name} for {network.name}")
                found[network.name, scheme.name] = _build(spec, network, scheme, folder, reporter)
    reporter.check()
    return found


def earlier_builds(spec: Spec, digests: Mapping[str, Any]) -> Mapping[Key, Built]:
    """What an earlier `plan.json` says was built for networks and schemes of the experiment."""
    keys = [(network.name, scheme.name) for network in spec.networks for scheme in spec.schemes]
    names = {key: slug("-".join(key)) for key in keys}
    return {key: Built(name, str(digests[name])) for key, name in names.items() if name in digests}


def _build(spec: Spec, network: Network, scheme: Scheme, folder: Path, reporter: Reporter) -> Built:
    name = slug("-".join((network.name, scheme.name)))
    own = Reporter()
    out = folder / FOLDER / name
    try:
        topology = network_of(spec, network, scheme, own)
        make_build(scheme, topology, folder / INPUTS / name, out, own)
    except CompileError:
        reporter.report(NotBuilt(scheme=scheme.name, topology=network.name, span=scheme.span))
        for diagnostic in own.diagnostics:
            reporter.report(diagnostic)
        return Built(name, "")
    for diagnostic in own.diagnostics:
        if diagnostic.severity is Severity.WARNING:
            reporter.report(diagnostic)
    return Built(name, digest_of(out))


def network_of(spec: Spec, network: Network, scheme: Scheme, reporter: Reporter) -> Topology:
    """The network that a scheme is compiled for: static ones do not know links that are down from the start."""
    down = frozenset(link for outage in spec.outages if outage.from_start for link in outage.links)
    if scheme.baseline in STATIC and down:
        return without_links(network.topology, down, reporter)
    return network.topology


def make_build(scheme: Scheme, topology: Topology, inputs: Path, out: Path, reporter: Reporter) -> None:
    """Compile a scheme for a network."""
    if scheme.baseline:
        from contra.baselines import compile_baseline

        out.parent.mkdir(parents=True, exist_ok=True)
        compile_baseline(scheme.baseline, topology, scheme.options, out, reporter)
        return
    policy, network = write_inputs(policy_for(scheme, topology), to_json(topology), inputs)
    compile(CompileRequest(policy=policy, topology=str(network), out=out, options=scheme.options), reporter)


def write_inputs(policy: str, topology: str, folder: Path) -> tuple[Path, Path]:
    """A policy and a topology as files."""
    folder.mkdir(parents=True, exist_ok=True)
    policy_file, topology_file = folder / "policy.ctr", folder / "topology.json"
    policy_file.write_text(policy, encoding="utf-8")
    topology_file.write_text(topology, encoding="utf-8")
    return policy_file, topology_file


def digest_of(build: Path) -> str:
    """A hash of all of a build that a run depends on: not of the names of the files that it was made from."""
    manifest: dict[str, Any] = json.loads((build / "manifest.json").read_text(encoding="utf-8"))
    facts = {
        "version": manifest["version"],
        "topology": manifest["topology"]["sha256"],
        "constants": manifest["constants"],
        "programs": {name: row["sha256"] for name, row in manifest["programs"].items()},
        "switches": {name: row["sha256"] for name, row in manifest["switches"].items()},
    }
    return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def slug(name: str) -> str:
    """A name as a folder may have it."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:60]
    return plain if plain == name and plain else f"{plain or 'x'}-{sha256(name.encode()).hexdigest()[:6]}"
