"""Policies as text, over the switches of a network: the paper's shapes with random names in them."""

from __future__ import annotations

from hypothesis import strategies as st
from strategies.networks import networks
from support.builds import with_cost

from contra.topology.model import Topology

SHAPES = (
    "path.len",
    "path.util",
    "path.lat",
    "0",
    "(path.len, path.util)",
    "(path.cost, path.lat)",
    "2 * path.cost + path.len + 0.5",
    "max(path.util, 0.25)",
    "if path.util < .8 then (1, 0, path.util) else (2, path.len, path.util)",
    "if path.util < .8 then (1, path.util) else (2, path.len)",
    "if .* ({x} + {y}) .* then path.util else inf",
    "if .* {x} {y} .* then path.util else inf",
    "(if .* {x} {y} .* then 10 else 0) + path.len",
    "(if .* {x} {y} .* then 10 else 0) + (if .* {y} {z} .* then 20 else 0) + path.len",
    "if {x} .* then path.util else path.lat",
    "if {x} {y} {z} then 0 else if {y} .* {z} then path.util else inf",
    "if .* {x} .* {y} .* then inf else path.util",
    "if {x} .* {y} .* {z} then (0, path.len, path.util) else if {x} .* {z} then (1, path.len, path.util) else inf",
    "if .* {x} .* then (1, path.util) else if .* {y} .* then (1, path.len) else (2, path.cost)",
    "if {x} .* {y} then (if path.util < .5 then (1, path.util) else (2, path.len)) else (3, path.lat)",
    "if .* {x} .* {y} .* then path.len else if .* {y} .* {z} .* then path.lat else inf",
    "if ({x} + {y}) .* then path.util else if . . {z} then path.len else inf",
)


@st.composite
def policies_on(draw: st.DrawFn, max_switches: int = 6) -> tuple[str, Topology]:
    """A policy text and a network that has the switches it names; every link has a `cost`."""
    topology = with_cost(draw(networks(max_switches)))
    names = [switch.name for switch in topology.switches]
    chosen = {letter: draw(st.sampled_from(names)) for letter in "xyz"}
    return f"minimize({draw(st.sampled_from(SHAPES)).format(**chosen)})\n", topology
