"""What a probe costs a switch with and without authentication, on the real BMv2 and in the engine.

`python -m differential.probe_cost`, in tests/, prints the table that docs/performance.md quotes. On BMv2 every probe
brings news, so it is accepted and goes on to all neighbours; in the engine, a fat tree without traffic runs, so that
there is nothing but probes. Times are processor time, on BMv2 of all threads of the switch.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from statistics import median

from differential import bmv2, programs
from differential.case import Case, Packet
from differential.programs import POLICIES, Shape
from support.siphash import half_siphash

from contra.diagnostics import Reporter
from contra.driver import CompileRequest, compile
from contra.engine.simulation import Settings, open_simulation
from contra.options import ProtocolOptions
from contra.resources import resource_dir

PROBES = 3000
PERIODS = 300
RUNS = 5
KEY = sha256(b"probe cost").digest()[:8]
COMPARED = ("p1_shortest_path", "p8_congestion_aware")
_HEAD = bytes.fromhex("0180c200000e02000000000188b5")


def case(shape: Shape) -> Case:
    """So many probes of destinations in turn, version after version, by the first port that leads on."""
    here, (text, _) = programs.place(shape), programs.program(shape)
    port, _ = here.doors[0]
    others = [origin for origin in here.destinations if origin != here.itself]
    packets = []
    for number in range(PROBES):
        fields = {"format": 1, "origin": others[number % len(others)], "version": 1 + number // len(others)}
        body = here.probe.pack(**fields)
        if shape.authenticated:
            body = body[:-4] + half_siphash(KEY, body[:-4])
        packets.append(Packet(port, _HEAD + body, number * 10))
    return Case(shape.name, text, programs.held(shape), here.ports, tuple(packets))


def in_engine(policy: str, authenticate: bool, folder: Path) -> float:
    """Nanoseconds that a probe takes at each switch."""
    out = folder / f"{policy}-{authenticate}"
    topology = str(resource_dir("topologies") / "fattree-k4.json")
    options = ProtocolOptions(authenticate=authenticate)
    compile(CompileRequest(policy=POLICIES / f"{policy}.ctr", topology=topology, out=out, options=options), Reporter())
    simulation = open_simulation(out, Reporter(), Settings(cache=False))
    network, runs = simulation.network, []
    network.run(10 * simulation.period_ps)
    for _ in range(RUNS):
        start, hops = time.process_time_ns(), network.totals.packet_hops
        network.run(network.now + PERIODS * simulation.period_ps)
        runs.append((time.process_time_ns() - start) / (network.totals.packet_hops - hops))
    return median(runs)


def on_bmv2(policy: str, authenticate: bool, folder: Path) -> float:
    """Nanoseconds that a probe takes, its copies to all neighbours included."""
    given = case(Shape(policy, "A", True, KEY) if authenticate else Shape(policy, "A"))
    program, runs = bmv2.compiled(given.text, folder), []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as pipes, bmv2.FileSwitch(program, given.ports, Path(pipes)) as switch:
            switch.load(given)
            start = switch.processor_ns()
            switch.feed(given)
            runs.append((switch.processor_ns() - start) / PROBES)
    return median(runs)


def rows(folder: Path) -> Iterator[str]:
    """The table."""
    yield f"{'policy':20} {'switch':7} {'plain ns':>9} {'keyed ns':>9} {'ratio':>6}"
    for policy in COMPARED:
        for name, measure in (("engine", in_engine), ("BMv2", on_bmv2)):
            plain, keyed = measure(policy, False, folder), measure(policy, True, folder)
            yield f"{policy:20} {name:7} {plain:9.0f} {keyed:9.0f} {keyed / plain:6.2f}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as kept:
        for row in rows(Path(kept)):
            print(row, flush=True)
