"""TopoHub names -> the text of the topology.

`zoo:Abilene`, `sndlib:polska`, `backbone:africa`, `gabriel:25/0`, `caida:2024-08/1103`: the group and the
name of a file of the optional package `topohub`, whose data is read directly (so that messages can point
into it).
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec

from contra.diagnostics import Reporter, shown
from contra.source import SourceFile
from contra.suggest import did_you_mean
from contra.topology.errors import abbreviated
from contra.topology.format_errors import TopohubMissing, UnknownZooName

GROUPS = {
    "zoo": "topozoo",
    "topozoo": "topozoo",
    "sndlib": "sndlib",
    "backbone": "backbone",
    "gabriel": "gabriel",
    "caida": "caida",
}
"""TopoHub's folder per prefix of a name."""


def read_zoo(prefix: str, name: str, reporter: Reporter) -> SourceFile:
    """The text of a TopoHub topology; reports and raises CompileError where there is none."""
    spec = f"{prefix}:{name}"
    group = GROUPS.get(prefix.lower())
    if group is None:
        near = did_you_mean(prefix, GROUPS)
        fallback = f"known groups: {', '.join(GROUPS)}"
        reporter.report(UnknownZooName(what="group", name=shown(prefix), near=near, fallback=fallback))
    elif find_spec("topohub") is None:
        reporter.report(TopohubMissing(spec=shown(spec)))
    reporter.check()
    folder = files("topohub").joinpath("data", str(group))
    found = _file(folder, name.removesuffix(".json"), prefix, reporter)
    return SourceFile(spec, found.read_text(encoding="utf-8"))


def _file(folder: Traversable, name: str, prefix: str, reporter: Reporter) -> Traversable:
    """Walks down by listed names only, so that no name leads out of the folder."""
    *steps, last = name.split("/")
    for step in [*steps, last + ".json"]:
        entries = {entry.name: entry for entry in folder.iterdir() if not entry.name.startswith("_")}
        if step not in entries:
            names = sorted(entry.removesuffix(".json") for entry in entries)
            wanted = step.removesuffix(".json")
            near = did_you_mean(wanted, names)
            fallback = f"{prefix}: has {abbreviated(names)}"
            what = f"topology in {prefix}:"
            reporter.report(UnknownZooName(what=what, name=shown(wanted), near=near, fallback=fallback))
            reporter.check()
        folder = entries[step]
    return folder
