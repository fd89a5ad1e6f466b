"""Results: tables for people, JSON for the rest."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from contra.emit.show_table import table
from experiments.options import Options

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What a measurement has found."""

    title: str
    rows: Sequence[Row]
    """One line of the table each; the keys are its heads."""
    passed: bool
    """Whether all that must hold held."""
    details: Mapping[str, Any]
    """For the JSON file only."""
    notes: Sequence[str] = ()


def say(text: str) -> None:
    """A line of progress, on standard error."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")


def lines(result: Result) -> list[str]:
    """The table."""
    heads = list(dict.fromkeys(head for row in result.rows for head in row))
    cells = [[shown(row.get(head, "")) for head in heads] for row in result.rows]
    names = [head.replace(" ", "\u00a0") for head in heads]  # a head is one word for `right`
    numeric = [
        name
        for name, head in zip(names, heads, strict=True)
        if all(isinstance(row.get(head, 0), int | float) for row in result.rows)
    ]
    body = [line.replace("\u00a0", " ") for line in table(names, cells, " ".join(numeric))] if heads else []
    return [result.title, *body, *result.notes, "passed" if result.passed else "NOT PASSED"]


def write(name: str, result: Result, options: Options) -> Path:
    """The JSON file of a measurement."""
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / f"{name}.json"
    given = {field: str(value) if isinstance(value, Path) else value for field, value in _fields(options)}
    content = {
        "experiment": name,
        "title": result.title,
        "passed": result.passed,
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "options": given,
        "rows": result.rows,
        "notes": result.notes,
        "details": result.details,
    }
    file.write_text(json.dumps(content, indent=1, default=str) + "\n", encoding="utf-8")
    return file


def machine() -> dict[str, Any]:
    """What figures depend on."""
    model = [line for line in _text("/proc/cpuinfo").splitlines() if line.startswith("model name")]
    return {
        "processor": model[0].partition(":")[2].strip() if model else platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "p4c": version("p4c-bm2-ss"),
        "simple_switch_grpc": version("simple_switch_grpc"),
    }


def version(tool: str) -> str:
    """What a tool says of its version, on one line; empty where it is missing."""
    if shutil.which(tool) is None:
        return ""
    done = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False)
    return " ".join((done.stdout or done.stderr).split())[:100]


def shown(value: object) -> str:
    """A cell."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
    return str(value)


def spread(values: Iterable[float]) -> dict[str, float]:
    """Median and extremes; empty without values."""
    found = sorted(values)
    return {"median": median(found), "least": found[0], "most": found[-1]} if found else {}


def _fields(options: Options) -> list[tuple[str, Any]]:
    return [(name, getattr(options, name)) for name in type(options).__slots__]


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
