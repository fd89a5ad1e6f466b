"""What a run has to do, as plain data that goes to another process or machine, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from hashlib import sha256
from typing import Any

from contra.engine.transport import Transport
from contra.experiments.spec import Queue, Recovery
from contra.options import ProtocolOptions
from contra.workload.arrivals import Demand
from contra.workload.model import Flow


@dataclass(frozen=True, slots=True, kw_only=True)
class FctTask:
    """TCP flows until the last one is finished. Either a demand or a trace."""

    demand: Demand | None
    trace: tuple[Flow, ...] = ()
    transport: Transport
    queue: Queue
    seed: int
    failures: tuple[str, ...]
    """Those that this build's network has, `A-B@2s..3s`."""
    warm_up_periods: int
    limit_ns: int
    large_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryTask:
    """UDP at a constant rate while links fail."""

    pairs: tuple[tuple[str, str], ...]
    recovery: Recovery
    queue: Queue
    seed: int
    failures: tuple[str, ...]
    warm_up_periods: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTask:
    """Count the bits of a build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileTask:
    """Compile, and take the time."""

    policy: str
    baseline: str
    topology: str
    """In Contra's JSON."""
    options: ProtocolOptions
    repeats: int


Task = FctTask | RecoveryTask | StateTask | CompileTask


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run. `labels` are the columns of the table that say which it is; `build` names a folder of `builds`.

    `id` is a hash of all that the result depends on.
    """

    id: str
    labels: Mapping[str, Any]
    task: Task
    build: str = ""

    @property
    def words(self) -> str:
        """The run, for messages."""
        labels = self.labels
        load = f"load {labels['load']:g}" if labels.get("load") is not None else ""
        parts = [labels["scheme"], labels["topology"] if not load else labels["workload"], load]
        return " ".join([*(str(part) for part in parts if part), f"seed {labels['seed']}"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run found: columns of the table, a list of flows (gzipped CSV), curves over time."""

    measures: Mapping[str, Any]
    flows: bytes = b""
    series: Mapping[str, Any] = field(default_factory=dict)


def run_id(determined_by: Mapping[str, Any]) -> str:
    """Twelve hexadecimal digits."""
    text = json.dumps(determined_by, sort_keys=True, default=_plain, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:12]


def described(task: Task) -> dict[str, Any]:
    """A task as JSON has it, long lists as their digest."""
    found: dict[str, Any] = json.loads(json.dumps(asdict(task), default=_plain))
    for key in ("trace", "topology"):
        if found.get(key):
            found[key] = "sha256 " + sha256(json.dumps(found[key]).encode()).hexdigest()
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no part of a run")
