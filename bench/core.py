"""Speed of the network core alone: a k-ary fat tree under UDP load, with a program that only picks a port.

python -m bench.core [k] [load] [virtual milliseconds]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.fake import both, frame, machine, memory

from contra.engine.model import HostPlan, LinkPlan, NetworkPlan, SwitchPlan
from contra.engine.network import Network

GIGABIT = 10**9


def forward(state: Any, phv: Any, head: Any) -> None:
    phv[1] = state[head[5]]


def nothing(state: Any, phv: Any, head: Any) -> None:
    pass


def fat_tree(k: int, rate: int) -> NetworkPlan:
    """Edge, aggregation, core; up-links chosen by the destination."""
    half, fake = k // 2, machine(forward, nothing, nothing, nothing)
    fake = fake._replace(words=100, growth=0)
    hosts = k * half * half
    switches, links = [], []
    for pod in range(k):
        for edge in range(half):
            table = {h: 10 + h % half for h in range(hosts)}
            base = (pod * half + edge) * half
            table |= {base + i: 100 + i for i in range(half)}
            switches.append(SwitchPlan(f"e{pod}.{edge}", fake, memory(table)))
            for i in range(half):
                links += both(f"e{pod}.{edge}", 100 + i, f"h{base + i}", 0, rate, 10**6)
        for agg in range(half):
            table = {h: 10 + (h // half) % half for h in range(hosts)}
            table |= {h: 100 + (h // half) % half for h in range(pod * half * half, (pod + 1) * half * half)}
            switches.append(SwitchPlan(f"a{pod}.{agg}", fake, memory(table)))
            for edge in range(half):
                links += both(f"a{pod}.{agg}", 100 + edge, f"e{pod}.{edge}", 10 + agg, rate, 10**6)
    for core in range(half * half):
        table = {h: 100 + h // (half * half) for h in range(hosts)}
        switches.append(SwitchPlan(f"c{core}", fake, memory(table)))
        for pod in range(k):
            links += both(f"c{core}", 100 + pod, f"a{pod}.{core // half}", 10 + core % half, rate, 10**6)
    bounded = [LinkPlan(**{**vars(link), "queue_packets": 1000}) for link in links]
    return NetworkPlan(switches, [HostPlan(f"h{h}") for h in range(hosts)], bounded)


def run(k: int = 4, load: float = 0.6, milliseconds: float = 30.0) -> tuple[int, float]:
    """Packet-hops, and the seconds of processor time that they took."""
    rate = 10 * GIGABIT
    network = Network(fat_tree(k, rate))
    hosts = k**3 // 4
    gap = int(1500 * 8 * 10**12 / rate / load)
    for host in range(hosts):
        target = (host + hosts // 2 + 1) % hosts
        flow = network.add_flow(f"h{target}")
        network.add_udp(f"h{host}", frame(target), size=1500, gap_ps=gap, flow=flow, start_ps=host * 1000, poisson=True)
    network.run(10**6)
    start = time.process_time()
    network.run(int(milliseconds * 10**9))
    return network.totals.packet_hops, time.process_time() - start


def main(k: int = 4, load: float = 0.6, milliseconds: float = 30.0) -> None:
    hops, spent = run(k, load, milliseconds)
    rate = f"{hops / spent / 1e6:.2f} M/s, {spent / hops * 1e9:.0f} ns each"
    print(f"{hops} packet-hops in {spent:.2f} s of processor time: {rate}")


if __name__ == "__main__":
    main(*(kind(value) for kind, value in zip((int, float, float), sys.argv[1:], strict=False)))
