"""TCP while its way changes: reordering and retransmits, with nothing going on, under load, and with cuts."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any

from wire import interfaces_of, paths, read_frames, shim_of

from contra.diagnostics import Reporter
from contra.engine.build import load
from experiments.moves import Way, as_sent
from experiments.net import CONTRA, CommandFailed, Net, environment
from experiments.options import Options
from experiments.traffic import Flow, senders

SOURCE, TARGET = "hA", "hD"
SECONDS = 10.0
_BETWEEN_S = 1.5


def measure(net: Net, options: Options) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """One transfer each: alone, beside load that comes and goes, while links fail and heal."""
    rows, details = [], {}
    for name, happening in (("nothing", _nothing), ("load", _load), ("cuts", _cuts)):
        file = options.out / "captures" / f"react-tcp-{name}.pcapng"
        with net.captured(file), _repeated(net, happening) as times:
            flow = _transfer(net, options.seconds or SECONDS)
        ways = _ways(net, file)
        changes = sum(a != b for a, b in pairwise(ways))
        used = Counter("-".join(way) for way in ways)
        details[name] = {"flow": flow, "segments": used, "changes": changes}
        rows.append(
            {
                "event": f"TCP, {name}",
                "what": f"{flow['received_rate'] / 1e6:.2f} Mbit/s, {changes} changes of way, "
                f"{flow['retransmits']} retransmits, {flow['out_of_order']} out of order",
                "times": len(times),
                "done": "",
                "median s": "",
                "most s": "",
                "periods": "",
                "allowed s": "",
                "within": "",
            }
        )
    return rows, details


def _transfer(net: Net, seconds: float) -> dict[str, Any]:
    """As iperf3 tells it."""
    command = [*CONTRA, "net", "traffic", "--name", net.name, SOURCE, TARGET, "--for", f"{seconds:g}s", "--json"]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandFailed(f"contra net traffic: {done.stderr}")
    return dict(json.loads(done.stdout))


def _ways(net: Net, file: Path) -> list[Way]:
    """Of the segments with data that arrived from SOURCE, in the order in which they were sent."""
    build = load(net.build, Reporter())
    frames = read_frames(file, shim_of(build))
    start = build.topology.by_name[net.switch_of[SOURCE]]
    found = [path for path in paths(build, frames, interfaces_of(build)) if path.arrived and path.switches[0] == start]
    names = [switch.name for switch in build.topology.switches]
    return [tuple(names[switch] for switch in path.switches) for path in as_sent(found)]


@contextmanager
def _repeated(net: Net, happening: Callable[[Net, int], None]) -> Iterator[list[int]]:
    """Something happens again and again while the block runs."""
    ended = Event()
    times: list[int] = []

    def work() -> None:
        while not ended.wait(_BETWEEN_S) and happening is not _nothing:
            happening(net, len(times))
            times.append(len(times))

    thread = Thread(target=work)
    thread.start()
    try:
        yield times
    finally:
        ended.set()
        thread.join()


def _nothing(net: Net, number: int) -> None:
    """Nothing."""


def _load(net: Net, number: int) -> None:
    """Most of the capacity of one way, then of the other."""
    middle = ("hB", "hC")[number % 2]
    capacity = min(row["capacity"] for row in net.status["links"])
    interval = 8 * 1450 / (0.8 * capacity)
    flow = Flow(number=2000 + number, source=middle, target=TARGET, count=int(2.0 / interval), interval_s=interval,
                size=1400)  # fmt: skip
    with senders(net, [flow]) as running:
        running.wait()


def _cuts(net: Net, number: int) -> None:
    """A cut of one of the two ways, then of the other."""
    link = ("B-D", "C-D")[number % 2]
    net.do("fail", link)
    time.sleep(_BETWEEN_S)
    net.do("heal", link)
