"""The loop that most measurements are: policies on networks, each network up for as long as it is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from experiments.cases import Case, cases
from experiments.net import CommandFailed, Net, compiled, network
from experiments.options import Options
from experiments.report import say

Measured = tuple[list[dict[str, Any]], dict[str, Any]]
"""Rows of the table, and details."""


@dataclass(slots=True)
class Runs:
    """What was measured on all networks."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    """Of networks that could not be measured."""


def on_networks(
    name: str,
    options: Options,
    usual: tuple[tuple[str, ...], tuple[str, ...]],
    measure: Callable[[Case, Net], Measured],
) -> Runs:
    """Measure all policies on all networks; one that fails does not end the others."""
    runs = Runs()
    for case in cases(options.networks, options.policies, usual):
        say(f"{name}: {case.name}")
        try:
            with network(compiled(case, options), options) as net:
                rows, runs.details[case.name] = measure(case, net)
        except CommandFailed as error:
            say(str(error))
            runs.failures.append(f"{case.name} failed: {error}")
            continue
        runs.rows += [{"network": case.network, "policy": case.policy, **row} for row in rows]
    return runs
