"""The cases of docs/validation.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bench.ns3.runs import Case
from contra.engine.transport import Transport

TRANSPORT = Transport(initial_rto_us=10_000)
"""With the engine's own first time-out of 100 ms the 99th percentile would be that of a lost SYN, in any simulator."""
FIFO = replace(TRANSPORT, host_queue="fifo", window_validation=False)
"""Hosts and windows as ns-3 itself has them."""
PAPER = ("h1_*", "h2_*"), ("h3_*", "h4_*")
DCTCP_MARK = 65
"""Packets at 10 Gbit/s (DCTCP, SIGCOMM 2010)."""


def cases() -> Iterator[Case]:
    """All of them, the main ones first."""
    for seed in range(1, 9):
        yield Case(title="ECMP, load 0.3", load=0.3, transport=TRANSPORT, seed=seed)
        yield Case(title="ECMP, load 0.6", load=0.6, transport=TRANSPORT, seed=seed)
        yield Case(title="shortest path, load 0.1", scheme="shortest-path", load=0.1, transport=TRANSPORT, seed=seed)
        crowded = Case(
            title="shortest path, load 0.2", scheme="shortest-path", load=0.2, transport=TRANSPORT, seed=seed
        )
        yield crowded
        yield replace(crowded, title=f"{crowded.title}, ns-3 put right", ns3={"careful": True})
    for seed in range(1, 4):
        yield from _variants(seed)


def _variants(seed: int) -> Iterator[Case]:
    usual = Case(title="", load=0.6, flows=500, transport=TRANSPORT, seed=seed)
    yield replace(usual, title="ways drawn by ns-3 itself", same_paths=False)
    yield replace(usual, title="ns-3 put right", ns3={"careful": True})
    yield replace(usual, title="ns-3's hosts", transport=FIFO)
    yield replace(usual, title="ns-3's hosts and NewReno", transport=replace(FIFO, delayed_ack_segments=1))
    # ns-3's CUBIC and DCTCP count acknowledged segments in slow start
    cubic = replace(FIFO, congestion_control="cubic", slow_start_segments=2)
    yield replace(usual, title="ns-3's hosts and CUBIC", transport=cubic, ns3={"careful": True})
    dctcp = replace(FIFO, congestion_control="dctcp", slow_start_segments=2)
    yield replace(
        usual, title="ns-3's hosts and DCTCP", transport=dctcp, mark_packets=DCTCP_MARK, ns3={"careful": True}
    )
    yield Case(
        title="the paper's fat tree, queues of 1000",
        topology="fattree-paper",
        load=0.6,
        flows=500,
        queue_packets=1000,
        senders=PAPER[0],
        receivers=PAPER[1],
        transport=TRANSPORT,
        seed=seed,
    )
