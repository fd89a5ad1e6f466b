"""How long the whole command takes, against one run of p4c on one of its programs: `python -m bench.speed [--large]`.

Each figure is the median over runs of the wall-clock time of a whole process, start-up and writing included. Absolute
times depend on the machine; the ratio to p4c, measured in the same run, does not.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.cases import FAT_TREES, PAPER_SECONDS, Network, fat_tree_network, policy_text
from contra.resources import resource_dir

_CONTRAC = [sys.executable, "-c", "import sys; from contra.cli.contrac import main; sys.exit(main(sys.argv[1:]))"]


def seconds(command: list[str], runs: int) -> float:
    """Median wall-clock time of a command."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def compile_time(policy: str, network: Network, folder: Path, runs: int) -> tuple[float, Path]:
    """Seconds of `contrac POLICY TOPOLOGY -o DIR` into a fresh folder, and the build."""
    policy_file, topology_file = folder / "policy.ctr", folder / "topology.json"
    policy_file.write_text(policy_text(policy, network), encoding="utf-8")
    topology_file.write_text(network.json, encoding="utf-8")
    build = folder / "build"
    times = []
    for _ in range(runs):
        shutil.rmtree(build, ignore_errors=True)
        times.append(seconds([*_CONTRAC, str(policy_file), str(topology_file), "-o", str(build), "-q"], 1))
    return statistics.median(times), build


def p4c_time(build: Path, runs: int) -> float | None:
    """Seconds of p4c on the first program of a build."""
    if shutil.which("p4c-bm2-ss") is None:
        return None
    manifest = json.loads((build / "manifest.json").read_text(encoding="utf-8"))
    program = build / next(iter(manifest["programs"].values()))["p4"]
    return seconds(["p4c-bm2-ss", "--p4v", "16", str(program), "-o", str(build / "out.json")], runs)


def paper_table(runs: int) -> None:
    """The fat trees of the paper."""
    print(f"{'network':14} {'policy':6} {'contrac s':>9} {'paper s':>8} {'p4c s':>6} {'contrac/p4c':>11}")
    for index, k in enumerate(FAT_TREES.values()):
        network = fat_tree_network(k)
        for policy in ("MU", "CA", "WP"):
            with tempfile.TemporaryDirectory() as folder:
                ours, build = compile_time(policy, network, Path(folder), runs)
                peer = p4c_time(build, runs)
            paper = PAPER_SECONDS[policy][index]
            tail = f"{peer:6.2f} {ours / peer:11.2f}" if peer else "     -           -"
            print(f"{network.name:14} {policy:6} {ours:9.2f} {paper:8.2f} {tail}", flush=True)


def large_table() -> None:
    """2,000 and 10,000 switches: cost grows with the number of links."""
    print(f"\n{'network':16} {'policy':6} {'links':>7} {'seconds':>8} {'us/link':>8} {'peak MiB':>9}")
    for k in (40, 90):
        network = fat_tree_network(k)
        links = len(json.loads(network.json)["links"])
        for policy in ("MU", "CA", "WP"):
            with tempfile.TemporaryDirectory() as folder:
                ours, _ = compile_time(policy, network, Path(folder), 1)
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            row = f"{network.name:16} {policy:6} {links:7} {ours:8.1f} {ours / links * 1e6:8.1f} {peak:9.0f}"
            print(row, flush=True)


def small_table(runs: int) -> None:
    """Start-up: the import, and the smallest useful compilation."""
    bare = seconds([sys.executable, "-c", "pass"], runs)
    imported = seconds([sys.executable, "-c", "import contra"], runs)
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder, "policy.ctr")
        policy.write_text("minimize(path.util)\n", encoding="utf-8")
        abilene = str(resource_dir("topologies") / "abilene.json")
        ours = seconds([*_CONTRAC, str(policy), abilene, "-o", str(Path(folder, "build")), "-q"], runs)
    print(f"\npython -c pass          {bare * 1000:7.0f} ms")
    print(f"import contra           {imported * 1000:7.0f} ms ({(imported - bare) * 1000:.0f} ms more)")
    print(f"contrac on Abilene      {ours * 1000:7.0f} ms")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--large", action="store_true", help="2,000 and 10,000 switches as well (minutes, 1 GB of disk)"
    )
    arguments = parser.parse_args()
    paper_table(arguments.runs)
    small_table(arguments.runs)
    if arguments.large:
        large_table()


if __name__ == "__main__":
    main()
