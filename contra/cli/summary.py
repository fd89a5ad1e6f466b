"""What a compilation came to: the closing line and `--stats`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from contra.diagnostics import Diagnostic, Severity
from contra.driver import Compilation


def summary(compilation: Compilation, diagnostics: Sequence[Diagnostic], seconds: float) -> str:
    """One line: where the build is, and what is in it."""
    return summary_line(compilation.request.out, _sizes(compilation), diagnostics, seconds)


def summary_line(out: Path | None, sizes: Mapping[str, int], diagnostics: Sequence[Diagnostic], seconds: float) -> str:
    """The closing line; `out` is None where nothing was written."""
    parts = [_count(sizes[key], noun) for key, noun in _SUMMARY if key in sizes]
    warnings = sum(d.severity is Severity.WARNING for d in diagnostics)
    parts.append(_count(warnings, "warning") if warnings else "no warnings")
    place = f"{out}/" if out is not None else "checked, nothing written"
    return f"{place}: {', '.join(parts)}, {seconds:.2f} s"


def statistics(compilation: Compilation) -> str:
    """Sizes, state and stages of each program, and times as a table."""
    rows = [(key.replace("_", " "), str(value)) for key, value in _all_sizes(compilation).items()]
    state = _state(compilation)
    if state:
        rows.append(("state, exact", f"{state['state_kb']:.1f} kB"))
        rows.append(("state, by the published accounting", f"{state['state_kb_published']:.1f} kB"))
    for name, program in state.get("per_program", {}).items():
        rows.append((f"{name}: state in {program['cells']} cells", f"{program['state_kb']:.1f} kB"))
        rows += [
            (f"{name}: {where} stages", f"{program[f'{where}_stages']} of {program['chip_stages']}")
            for where in ("ingress", "egress")
        ]
    rows += [(f"{timing.stage} time", f"{timing.seconds:.3f} s") for timing in compilation.timings]
    width = max(len(name) for name, _ in rows)
    right = max(len(value) for _, value in rows)
    return "".join(f"{name:<{width}}  {value:>{right}}\n" for name, value in rows)


def statistics_json(compilation: Compilation) -> str:
    """Sizes, state and stages of each program, and times (seconds) as JSON."""
    times = {timing.stage: round(timing.seconds, 6) for timing in compilation.timings}
    return json.dumps({**_all_sizes(compilation), **_state(compilation), "seconds": times}, indent=2) + "\n"


def _all_sizes(compilation: Compilation) -> dict[str, int]:
    """The sizes, entries too where no build was written that would tell them."""
    sizes = _sizes(compilation)
    if compilation.deployment is not None:
        from contra.emit.stats import entry_statistics

        counted = entry_statistics(compilation.deployment)
        files = {"files": sizes.pop("files")} if "files" in sizes else {}
        sizes = {**sizes, **counted, **files}
    return sizes


def _state(compilation: Compilation) -> dict[str, Any]:
    if compilation.deployment is None:
        return {}
    from contra.emit.stats import state_statistics

    return state_statistics(compilation.deployment)


_SUMMARY = (("switches", "switch"), ("programs", "program"), ("entries", "entry"), ("files", "file"))


def _sizes(compilation: Compilation) -> dict[str, int]:
    sizes: dict[str, int] = {}
    if (topology := compilation.topology) is not None:
        sizes["switches"] = len(topology.switches)
        sizes["links"] = len(topology.links)
        sizes["hosts"] = len(topology.hosts)
        sizes["destinations"] = len(topology.destinations)
    if (analysed := compilation.analysed) is not None:
        sizes["regexes"] = len(analysed.checked.regexes)
        sizes["probe_classes"] = len(analysed.classes)
    if (graph := compilation.graph) is not None:
        sizes["product_nodes"] = len(graph.nodes)
        sizes["product_edges"] = sum(map(len, graph.successors))
        sizes["most_tags"] = graph.max_tags
        sizes["unreachable_pairs"] = graph.unreachable_count
    if compilation.deployment is not None:
        sizes["programs"] = len(compilation.deployment.programs)
    if compilation.request.out is not None and compilation.files:
        sizes.update(totals(compilation.request.out))
        sizes["files"] = compilation.files
    return sizes


def totals(build: Path) -> dict[str, int]:
    """Entries and groups of all switches, as the manifest has them."""
    manifest: dict[str, Any] = json.loads((build / "manifest.json").read_text(encoding="utf-8"))
    switches = manifest["switches"].values()
    return {key: sum(switch[key] for switch in switches) for key in ("entries", "groups")}


def _count(number: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + ("es" if noun.endswith("ch") else "s")
    return f"{number} {noun if number == 1 else plural}"
