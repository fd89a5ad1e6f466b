"""How the network reacts: to load, to a cut and its end, to a switch that restarts; and what that does to TCP.

On the diamond with widest-shortest paths: A and D have two ways of the same length, so load moves traffic between
them; B and D have a link, and a detour while it is cut.
"""

from __future__ import annotations

from typing import Any

from experiments import react_cut, react_load, react_restart, react_tcp
from experiments.cases import Case
from experiments.net import compiled, network
from experiments.options import Options
from experiments.report import Result, say


def run(options: Options) -> Result:
    """All of them, on one network."""
    case = Case((options.networks or ("diamond",))[0], (options.policies or ("wsp",))[0])
    if case.network != "diamond":
        raise ValueError("'react' knows the diamond only")
    build = compiled(case, options)
    rows: list[dict[str, Any]] = []
    details: dict[str, Any] = {}
    with network(build, options) as net:
        for part in (react_load, react_cut, react_restart, react_tcp):
            name = part.__name__.rpartition("react_")[2]
            say(f"react: {name}")
            found, details[name] = part.measure(net, options)
            rows += found
    bounded = [row for row in rows if row["allowed s"] != ""]
    return Result(
        f"react: {case.name}, probe period {net.period_s * 1000:.0f} ms, flowlet timeout {net.flowlet_s * 1000:.0f} ms",
        rows,
        all(row["within"] for row in bounded),
        details,
    )
