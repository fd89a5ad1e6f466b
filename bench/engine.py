"""How fast the embedded engine runs generated programs: `python -m bench.engine [--large]`.

A packet-hop is a packet received by a switch over a wire; data and probes count alike. Times are processor time of one
core. Every host of a fat tree sends UDP to a host of another pod over several flows. The peers, in the same run: the
same programs interpreted, and the network alone, with a program that only looks up a port.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench import core
from contra.diagnostics import Reporter
from contra.driver import CompileRequest, compile
from contra.engine.frames import FIRST_PORT, SINK_PORT, udp_head
from contra.engine.inputs import Endpoint
from contra.engine.simulation import Settings, Simulation, open_simulation
from contra.options import SIMULATION
from contra.resources import resource_dir
from contra.topology import to_json
from contra.topology.generate import fat_tree

POLICIES = {
    "SP": "minimize(path.len)",
    "MU": "minimize(path.util)",
    "WSP": "minimize((path.len, path.util))",
    "CA": "minimize(if path.util < .8 then (1, 0, path.util) else (2, path.len, path.util))",
    "WP": "minimize(if .* {names[0]} .* then path.util else if .* {names[1]} .* then path.util else inf)",
    "WP5": "minimize({chain} else path.len + 90)",
}
FLOWS_PER_HOST = 4
FRAME_BYTES = 1000
WARM_UP_PERIODS = 6


@dataclass(frozen=True)
class Measured:
    """One run: packet-hops, those of data, seconds of processor time."""

    hops: int
    data: int
    seconds: float

    @property
    def rate(self) -> float:
        """Million packet-hops a second."""
        return self.hops / self.seconds / 1e6


def make_build(policy: str, k: int, folder: Path) -> Path:
    """A build for a k-ary fat tree, with the constants of the paper's simulations."""
    topology = fat_tree(k)
    names = [switch.label for switch in topology.switches[:5]]
    chain = " else ".join(f"if .* {name} .* then path.len + {10 * number}" for number, name in enumerate(names))
    (folder / "policy.ctr").write_text(POLICIES[policy].format(names=names, chain=chain), encoding="utf-8")
    (folder / "topology.json").write_text(to_json(topology), encoding="utf-8")
    reporter = Reporter()
    request = CompileRequest(
        policy=folder / "policy.ctr", topology=str(folder / "topology.json"), out=folder / "build", options=SIMULATION
    )
    compile(request, reporter)
    return folder / "build"


def loaded(build: Path, load: float, *, jit: bool, hosts: int = 1 << 30) -> Simulation:
    """A simulation whose hosts send at a share of their links' rate."""
    simulation = open_simulation(build, Reporter(), Settings(jit=jit))
    topology, network = simulation.topology, simulation.network
    start = WARM_UP_PERIODS * simulation.period_ps
    count = min(len(topology.hosts), hosts)
    for host in topology.hosts[:count]:
        target = topology.hosts[(host.index + len(topology.hosts) // 2) % len(topology.hosts)]
        ends = Endpoint(host.switch, host.index), Endpoint(target.switch, target.index)
        gap = int(FRAME_BYTES * 8 * 10**12 / (host.capacity * load / FLOWS_PER_HOST))
        for number in range(FLOWS_PER_HOST):
            flow = network.add_flow(target.name)
            ports = FIRST_PORT + (host.index * FLOWS_PER_HOST + number) % 60_000, SINK_PORT
            head = udp_head(topology, *ends, ports, FRAME_BYTES, ecn=False)
            offset = gap * (host.index * FLOWS_PER_HOST + number) // (count * FLOWS_PER_HOST)
            network.add_udp(host.name, head, size=FRAME_BYTES, gap_ps=gap, flow=flow, start_ps=start + offset)
    network.run(start)
    return simulation


def measure(simulation: Simulation, span_ps: int) -> Measured:
    """Run on for a time."""
    network = simulation.network
    before, data = network.totals.packet_hops, _data(simulation)
    start = time.process_time()
    network.run(network.now + span_ps)
    seconds = time.process_time() - start
    return Measured(network.totals.packet_hops - before, _data(simulation) - data, seconds)


def _data(simulation: Simulation) -> int:
    """Data packets sent on wires to switches."""
    network = simulation.network
    wires = [simulation.links[place] for place in simulation.links]
    wires += [up for up, _ in simulation.host_links.values()]
    return sum(network.link_totals(wire).data_packets for wire in wires)


# ------------------------------------------------------------------------------------------------ tables


def rates() -> None:
    """WSP, compiled and interpreted, against the network alone."""
    print("WSP on a fat tree of 20 switches (k = 4), 10 Gbit/s, hosts send at 40 % of their links")
    print(f"{'':34} {'packet-hops':>11} {'s':>6} {'M/s':>7} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        build = make_build("WSP", 4, Path(folder))
        compiled = measure(loaded(build, 0.4, jit=True), 50 * 10**9)
        interpreted = measure(loaded(build, 0.4, jit=False), 3 * 10**8)
    bare = network_alone()
    for name, found in (
        ("generated P4, compiled", compiled),
        ("generated P4, interpreted", interpreted),
        ("network alone", bare),
    ):
        print(f"{name:34} {found.hops:11,} {found.seconds:6.2f} {found.rate:7.3f} {found.rate / compiled.rate:6.2f}")


def network_alone() -> Measured:
    """The core with a program that looks one port up."""
    hops, seconds = core.run(4, 0.4, 50)
    return Measured(hops, hops, seconds)


def growth(large: bool) -> None:
    """By policy and by size."""
    print(f"\n{'network':16} {'policy':6} {'packet-hops':>11} {'data':>5} {'ns/hop':>7} {'M/s':>6} {'peak MiB':>9}")
    for k in (4, 8, 14, 20) if large else (4, 8):
        for policy in POLICIES if k == 4 or large else ("MU", "WSP"):
            row = _in_process(policy, k)
            print(row, flush=True)


def _in_process(policy: str, k: int) -> str:
    """A row of the table from a process of its own, for its memory."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.engine", "--row", policy, str(k)], capture_output=True, text=True, check=True
    )
    return done.stdout.rstrip("\n")


def row(policy: str, k: int) -> str:
    """One row: a probe period or more, with hosts of the first 16 hosts' number sending."""
    with tempfile.TemporaryDirectory() as folder:
        simulation = loaded(make_build(policy, k, Path(folder)), 0.4, jit=True, hosts=16)
        periods = 40 if k == 4 else 8 if k == 8 else 2
        found = measure(simulation, periods * simulation.period_ps)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    name = f"fat tree {5 * k * k // 4}"
    share = f"{found.data / found.hops:.0%}"
    nanoseconds = found.seconds / found.hops * 1e9
    return f"{name:16} {policy:6} {found.hops:11,} {share:>5} {nanoseconds:7.0f} {found.rate:6.2f} {peak:9.0f}"


def packets() -> None:
    """The cost of one packet-hop does not grow with their number."""
    print(f"\n{'WSP, k = 4, virtual time':26} {'packet-hops':>11} {'ns/hop':>7}")
    with tempfile.TemporaryDirectory() as folder:
        simulation = loaded(make_build("WSP", 4, Path(folder)), 0.4, jit=True)
        for milliseconds in (5, 20, 80):
            found = measure(simulation, milliseconds * 10**9)
            print(f"{milliseconds:2} ms {'':20} {found.hops:11,} {found.seconds / found.hops * 1e9:7.0f}")


def starts() -> None:
    """Whole commands on Abilene: the first run on a machine, and a later one."""
    main_of = "import sys; from contra.cli.contra import main; sys.exit(main(sys.argv[1:]))"
    with tempfile.TemporaryDirectory() as folder:
        build = Path(folder) / "build"
        policy = Path(folder) / "policy.ctr"
        policy.write_text(POLICIES["CA"], encoding="utf-8")
        topology = str(resource_dir("topologies") / "abilene.json")
        compile(CompileRequest(policy=policy, topology=topology, out=build), Reporter())
        command = [sys.executable, "-c", main_of, "routes", str(build)]
        environment = {**os.environ, "CONTRA_CACHE": str(Path(folder) / "cache")}
        times = []
        for _ in range(4):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, env=environment)
            times.append(time.perf_counter() - start)
    print("\ncontra routes on Abilene, whole command")
    print(f"first run, nothing compiled yet  {times[0]:6.1f} s")
    print(f"later runs                       {min(times[1:]):6.2f} to {max(times[1:]):.2f} s")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="up to 500 switches (minutes)")
    parser.add_argument("--row", nargs=2, metavar=("POLICY", "K"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.row:
        print(row(arguments.row[0], int(arguments.row[1])))
        return
    rates()
    growth(arguments.large)
    packets()
    starts()


if __name__ == "__main__":
    main()
