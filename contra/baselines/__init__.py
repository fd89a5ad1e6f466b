"""`Topology` -> a build folder of another routing scheme, to compare Contra with.

Each scheme is a P4_16 program of its own (`p4templates/baselines`) with its own headers, state and probes, in a folder
of the same form as contrac's, so that the same engine and the same commands run it. docs/baselines.md says what each
does and where it departs from the paper that it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contra.diagnostics import Reporter
    from contra.options import ProtocolOptions
    from contra.topology.model import Topology

__all__ = ["SCHEMES", "compile_baseline"]

SCHEMES: Mapping[str, str] = {
    "shortest-path": "one shortest path to each destination, by number of links",
    "ecmp": "all shortest paths, one by the hash of each flow",
    "letflow": "all shortest paths, one at random for each flowlet (LetFlow, NSDI 2017)",
    "hula": "the least loaded path of a tree of tiers, by probes (HULA, SOSR 2016)",
    "spain": "several precomputed paths for each pair, one VLAN by the hash of each flow (SPAIN, NSDI 2010)",
}
"""Every scheme with its line of help."""


def compile_baseline(
    scheme: str,
    topology: Topology,
    options: ProtocolOptions,
    out: Path,
    reporter: Reporter,
    *,
    named: str = "",
    paths: int = 4,
    count: Callable[[int], None] = lambda files: None,
) -> int:
    """Write a build of a scheme (of SCHEMES) for a network, and return the number of files.

    `named` is the topology as the user named it, for the manifest; `paths` are those of SPAIN for each pair at most;
    `count` hears how many files have been written so far. Raises CompileError (CTR0206, CTR07xx, CTR14xx).
    """
    from contra.baselines.build import generated_files, prepare
    from contra.emit.output import check_replaceable, write_tree

    check_replaceable(out, (named,) if named else ())
    baseline = prepare(scheme, topology, options, reporter, paths)
    reporter.check()
    return write_tree(out, generated_files(baseline, named or topology.name, count))
