"""What a result depends on, and how to repeat it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contra.experiments.report.document import Block, Callout, Code, Heading, Paragraph, Table
from contra.experiments.report.model import Results, Run, State
from contra.experiments.report.numbers import listed, load_text, plural
from contra.experiments.report.statistics import CONFIDENCE

MOST_VALUES = 12
MOST_LOST = 30
_KNOWN = frozenset({"experiment", "kind", "scheme", "policy"})
_ZERO = {"queue_packets": "no limit", "queue_bytes": "no limit", "queue_mark_packets": "no marks"}
NONE = "none"
_UNITS = {"us": "us", "bps": "bit/s", "bytes": "bytes", "ns": "ns"}


def status(results: Results) -> Callout:
    """Whether all runs have finished; which have not, and what that means."""
    lost, total = results.lost, len(results.runs)
    if not lost:
        return Callout(f"All {plural(total, 'run')} of '{results.name}' finished.", _strangers(results), good=True)
    failed = [run for run in lost if run.state is State.FAILED]
    missing = [run for run in lost if run.state is State.MISSING]
    items = [f"Failed: {words(run)} (run {run.run}): {run.reason}" for run in failed[:MOST_LOST]]
    if len(failed) > MOST_LOST:
        items.append(f"and {plural(len(failed) - MOST_LOST, 'more failed run')}")
    if missing:
        items.append(
            f"Not run yet, or interrupted: {'; '.join(words(run) for run in missing[:MOST_LOST])}{_more(missing)}"
        )
    items.append(
        "Where a scheme has lost a run, no mean of it is shown and no ratio is formed with it: the comparison counts "
        "as failed there."
    )
    title = f"{len(lost):,} of {plural(total, 'run')} of '{results.name}' did not finish: the comparison has failed."
    return Callout(title, (*items, *_strangers(results)))


def _strangers(results: Results) -> tuple[str, ...]:
    count = plural(results.strangers, "row")
    note = f"{count} of the table left out: the plan does not know them, they are of an older version."
    return (note,) if results.strangers else ()


def _more(runs: list[Run]) -> str:
    return f"; and {len(runs) - MOST_LOST:,} more" if len(runs) > MOST_LOST else ""


def words(run: Run) -> str:
    """Which run it is."""
    network = run.text("workload") or run.text("topology")
    load = "" if run.load is None else f"{load_text(run.load)} load"
    return ", ".join(part for part in (run.scheme, network, load, f"seed {run.seed}") if part)


def method(results: Results) -> str:
    """How means and intervals are formed."""
    seeds = sorted({run.seed for run in results.runs})
    if len(seeds) == 1:
        return f"There is one seed ({seeds[0]}), so nothing says how sure the values are."
    return (
        f"Each value is the mean over {len(seeds)} seeds ({listed([str(seed) for seed in seeds])}): n = {len(seeds)}. "
        f"± and the bars in the pictures are its {100 * CONFIDENCE:g} % confidence interval, by Student's t with "
        f"{plural(len(seeds) - 1, 'degree')} of freedom."
    )


def sections(results: Results) -> Iterator[Block]:
    """The settings, the experiment file, the commands."""
    yield Heading("What determines the result")
    if any(run.load is not None for run in results.runs):
        full = results.plan.get("full_load")
        defined = f"A load of 100 % is the payload rate at which {full}. " if isinstance(full, str) and full else ""
        yield Paragraph(
            f"{defined}Load counts the payload of the flows; headers come on top. A flow is complete when its last "
            "byte is acknowledged at the sender. All schemes get the same flows from a seed."
        )
    yield Table("", ("setting", "value"), tuple(_settings(results)), names=2)
    if results.experiment_text:
        yield Paragraph("The experiment file:")
        yield Code(results.experiment_text)
    yield Heading("How to repeat it")
    yield Paragraph(
        f"With contrac {results.version}, in the folder of these results ('{results.folder.name}'), with the policies "
        "that the experiment names beside its file where they are not contrac's own. Each run has all of its settings "
        "in plan.json:"
    )
    yield Code("contra exp run experiment.toml --out again\ncontra exp report again")


def differences(results: Results, other: Results) -> Iterator[tuple[str, str, str]]:
    """Settings in which two folders differ, but for their names: what, here, there."""
    if results.version != other.version:
        yield "contrac", results.version, other.version
    for name in dict.fromkeys((*results.labels, *other.labels)):
        if name not in ("experiment", "kind"):
            here, there = _values(results, name), _values(other, name)
            if sorted(here) != sorted(there):
                yield _name(name), _some(here), _some(there)
    if _flows(results) != _flows(other):
        yield "flows in each run", _some(_flows(results)), _some(_flows(other))


def _values(results: Results, name: str) -> list[str]:
    """The values of a setting in all runs, each once."""
    return list(dict.fromkeys(_shown(name, row.get(name)) for row in results.plan["runs"]))


def _flows(results: Results) -> list[str]:
    flows = {int(each) for run in results.runs if (each := run.number("flows")) is not None}
    return [f"{each:,}" for each in sorted(flows)]


def _settings(results: Results) -> Iterator[tuple[str, str]]:
    """All that the plan says of the runs besides their measures; what differs from run to run as a list."""
    yield "contrac", results.version
    yield "schemes", ", ".join(_scheme(results, scheme) for scheme in results.schemes)
    for name in results.labels:
        if name not in _KNOWN:
            values = _values(results, name)
            if values != [NONE] or name == "failures":
                yield _name(name), _some(values)
    if _flows(results):
        yield "flows in each run", _some(_flows(results))


def _some(values: list[str]) -> str:
    more = f" and {len(values) - MOST_VALUES:,} more" if len(values) > MOST_VALUES else ""
    return ", ".join(values[:MOST_VALUES]) + more


def _shown(name: str, value: Any) -> str:
    """A value of the plan, for people."""
    if value is None or value == "":
        return NONE
    if name == "load" and isinstance(value, int | float):
        return load_text(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _ZERO[name] if value == 0 and name in _ZERO else str(value)


def _name(column: str) -> str:
    """`min_rto_us` -> `min rto, us`."""
    words, _, unit = column.rpartition("_")
    return f"{words.replace('_', ' ')}, {_UNITS[unit]}" if words and unit in _UNITS else column.replace("_", " ")


def _scheme(results: Results, scheme: str) -> str:
    run: Any = next(run for run in results.runs if run.scheme == scheme)
    of = run.text("policy")
    return f"{scheme} ({of})" if of and of != scheme else scheme
